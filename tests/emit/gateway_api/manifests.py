"""Manifests as people write them, converted by the whole program, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import indent
from typing import Any

from kong2x import Options, Source, convert
from kong2x.model.result import Result


def ingress(
    name: str,
    *paths: str,
    host: str = "shop.example.com",
    namespace: str = "shop",
    annotations: Mapping[str, str] | None = None,
    tls: str = "",
) -> str:
    """An Ingress of Kong's class; a path is `TYPE /path service[:port]`, the port 80 unless written."""
    lines = [f'    {key}: "{value}"' for key, value in (annotations or {}).items()]
    notes = "  annotations:\n" + "\n".join(lines) + "\n" if lines else ""
    rule = f'  - host: "{host}"\n    http:\n' if host else "  - http:\n"
    entries = "".join(_path(path) for path in paths)
    return (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
        f"metadata:\n  name: {name}\n  namespace: {namespace}\n{notes}"
        f"spec:\n  ingressClassName: kong\n{tls}"
        + (f"  rules:\n{rule}      paths:\n{entries}" if paths else "")
    )


def _path(text: str) -> str:
    kind, path, service = text.split(" ")
    name, _, port = service.partition(":")
    known = f"number: {port or 80}" if (port or "80").isdigit() else f"name: {port}"
    return (
        f'      - path: "{path}"\n        pathType: {kind}\n'
        f"        backend: {{service: {{name: {name}, port: {{{known}}}}}}}\n"
    )


def service(
    name: str,
    namespace: str = "shop",
    *,
    annotations: Mapping[str, str] | None = None,
    ports: str = "[{name: http, port: 80}]",
) -> str:
    """A Service with one port 80 that is called http, unless said otherwise."""
    lines = [f'{key}: "{value}"' for key, value in (annotations or {}).items()]
    notes = "  annotations:\n" + indent("\n".join(lines), "    ") + "\n" if lines else ""
    return (
        f"apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  namespace: {namespace}\n{notes}"
        f"spec:\n  ports: {ports}\n"
    )


def plugin(name: str, kind: str, config: str, namespace: str = "shop") -> str:
    """A KongPlugin; `config` is a flow mapping."""
    return (
        "apiVersion: configuration.konghq.com/v1\nkind: KongPlugin\n"
        f"metadata:\n  name: {name}\n  namespace: {namespace}\nplugin: {kind}\nconfig: {config}\n"
    )


def consumer(name: str, *credentials: str, username: str = "", plugins: str = "") -> str:
    """A KongConsumer of the namespace shop; a credential is `SECRET TYPE {data}`."""
    parts = [text.split(" ", 2) for text in credentials]
    notes = f', konghq.com/plugins: "{plugins}"' if plugins else ""
    documents = [
        "apiVersion: configuration.konghq.com/v1\nkind: KongConsumer\n"
        f"metadata: {{name: {name}, namespace: shop, annotations: {{kubernetes.io/ingress.class: kong{notes}}}}}\n"
        f'username: "{username or name}"\ncredentials: [{", ".join(secret for secret, _, _ in parts)}]\n'
    ]
    for secret, kind, data in parts:
        documents.append(
            "apiVersion: v1\nkind: Secret\n"
            f"metadata: {{name: {secret}, namespace: shop, labels: {{konghq.com/credential: {kind}}}}}\n"
            f"stringData: {data}\n"
        )
    return "---\n".join(documents)


def converted(
    *documents: str, version: str | None = None, channel: Any = "standard", **settings: str
) -> Result:
    """The result for these documents as one file; settings are `gateway-api.*`, or `kong__*`."""
    chosen = {"gateway-api.parent": "infra/edge"}
    for key, value in settings.items():
        area, _, rest = key.rpartition("__")
        chosen[f"{area or 'gateway-api'}.{rest.replace('_', '-')}"] = value
    options = Options(settings=chosen, target_version=version, channel=channel)
    result = convert(Source("---\n".join(documents)), to="gateway-api", options=options)
    assert not result.errors, result.errors
    return result


def table(result: Result) -> list[tuple[str, ...]]:
    """Every HTTPRoute rule in a line: object, hosts, matches, filters' types, backends."""
    out = []
    for obj in result.objects:
        if obj["kind"] != "HTTPRoute":
            continue
        for rule in obj["spec"]["rules"]:
            out.append(
                (
                    obj["metadata"]["name"],
                    " ".join(obj["spec"].get("hostnames", ["any"])),
                    " | ".join(_match(match) for match in rule["matches"]),
                    " ".join(part["type"] for part in rule.get("filters", ())),
                    " ".join(f"{ref['name']}:{ref['port']}" for ref in rule.get("backendRefs", ())),
                )
            )
    return out


def _match(match: Mapping[str, Any]) -> str:
    parts = [f"{match['path']['type']} {match['path']['value']}"]
    parts += [match["method"]] if "method" in match else []
    parts += [
        f"{h['name']}{'=' if h['type'] == 'Exact' else '~'}{h['value']}" for h in match.get("headers", ())
    ]
    return " ".join(parts)


def named(result: Result, kind: str) -> dict[str, dict[str, Any]]:
    """The specs of all objects of a kind by name."""
    return {obj["metadata"]["name"]: obj["spec"] for obj in result.objects if obj["kind"] == kind}


def codes(result: Result) -> set[str]:
    return {finding.code for finding in result.findings}
