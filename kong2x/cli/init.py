"""`kong2x init`: a commented `.kong2x.yaml` from what the manifests show."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from kong2x.cli.config import NAME
from kong2x.model.source import SourceObject, items, mapping

HEAD = """# Settings of kong2x for the manifests in and below this folder.
# Command line options win over this file; `kong2x targets` lists every key of `settings`.
"""


@click.command(name="init")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False))
@click.option("--to", default="apisix", show_default=True, help="The target to write down.")
@click.option("--print", "print_only", is_flag=True, help="Print the file instead of writing it.")
def command(folder: str, to: str, print_only: bool) -> int:
    """Look at the manifests in FOLDER and write a commented .kong2x.yaml; run again, it keeps yours."""
    from kong2x.pipeline import emitter_named
    from kong2x.read import read_inputs

    emitter_named(to)
    read = read_inputs([folder], keep_going=True, skip_generated=True)
    for error in read.errors:
        click.echo(f"Not looked at: {error.source}: {error.message}", err=True)
    file = Path(folder) / NAME
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    new = updated(old, to, seen_settings(read.objects))
    if print_only:
        click.echo(new, nl=False)
    elif new == old:
        click.echo(f"{file} already says all this.", err=True)
    else:
        file.write_text(new, encoding="utf-8", newline="\n")
        click.echo(f"{'Updated' if old else 'Wrote'} {file}.", err=True)
    return 0


def seen_settings(objects: Sequence[SourceObject]) -> list[tuple[str, str, str]]:
    """Settings with a value and the reason for it, from what the manifests show."""
    classes: Counter[str] = Counter()
    rewrites = facades = alpha = False
    gateways: Counter[str] = Counter()
    for obj in objects:
        found = obj.annotations.get("kubernetes.io/ingress.class") or mapping(obj.value.get("spec")).get(
            "ingressClassName"
        )
        if obj.kind in ("Ingress", "TCPIngress", "UDPIngress") and found:
            classes[str(found)] += 1
        rewrites |= "konghq.com/rewrite" in obj.annotations
        facades |= obj.kind == "KongServiceFacade"
        alpha |= obj.kind in ("TCPRoute", "UDPRoute", "TLSRoute")
        if obj.kind == "HTTPRoute":
            for parent in map(mapping, items(mapping(obj.value.get("spec")).get("parentRefs"))):
                gateways[f"{parent.get('namespace') or obj.namespace or 'default'}/{parent.get('name')}"] += 1
    name, count = classes.most_common(1)[0] if classes else ("kong", 0)
    others = ", ".join(f"{other} ({n})" for other, n in classes.most_common()[1:])
    why = f"seen on {count} object{'' if count == 1 else 's'}" + (
        f"; other classes: {others}" if others else ""
    )
    out = [
        ("kong.class", name, why if count else "the controller's default"),
        (
            "kong.router",
            "traditional",
            "router_flavor of your Kong: traditional, traditional_compatible, expressions",
        ),
        ("kong.version", "3.9", "release of your Kong Gateway; defaults of plugins depend on it"),
    ]
    gates = [
        g
        for g, on in (("RewriteURIs", rewrites), ("KongServiceFacade", facades), ("GatewayAlpha", alpha))
        if on
    ]
    if gates:
        out.append(
            ("kong.gates", ",".join(gates), "manifests use what needs these gates; say which are really on")
        )
    if gateways:
        out.append(("gateway-api.parent", gateways.most_common(1)[0][0], "the Gateway most routes attach to"))
    return out


def updated(old: str, to: str, settings: Sequence[tuple[str, str, str]]) -> str:
    """The file's new text: what stands there stays, comments too; only missing keys are added."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    data: Any = yaml.load(old) if old else None
    if data is None:
        data = CommentedMap()
    changed = False
    if "to" not in data:
        data["to"] = to
        changed = True
    if "settings" not in data or data["settings"] is None:
        data["settings"] = CommentedMap()
        changed = True
    for key, value, why in settings:
        if key not in data["settings"]:
            data["settings"][key] = value
            data["settings"].yaml_add_eol_comment(why, key)
            changed = True
    if not changed:
        return old
    out = io.StringIO()
    yaml.dump(data, out)
    return ((old and "") or HEAD) + out.getvalue()
