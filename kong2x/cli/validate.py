"""`kong2x validate`: target manifests checked as the API server and the controller would, and further."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from kong2x.cli.inputs import Inputs, read
from kong2x.cli.options import input_options, pairs, report_options
from kong2x.cli.reports import check_format, parse_reports, use_color, write_reports
from kong2x.model.finding import Finding
from kong2x.model.result import Result, Summary
from kong2x.model.settings import Options, unknown_key
from kong2x.model.source import SourceObject

TARGETS = {
    "apisix": ("apisix.apache.org", "cert-manager.io"),
    "gateway-api": ("gateway.networking.k8s.io", "gateway.networking.x-k8s.io"),
    "kong": ("configuration.konghq.com", "networking.k8s.io"),
}
SETTINGS = ("apisix.version",)


@click.command(name="validate")
@input_options
@click.option("--to", type=click.Choice(sorted(TARGETS)), default=None, help="Only objects of this target.")
@click.option("--target-version", metavar="VERSION", help="Release of the CRDs; needs --to.")
@click.option(
    "--channel", type=click.Choice(["standard", "experimental"]), default="standard", show_default=True
)
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="For example apisix.version=3.16.")
@click.option("--schemas", multiple=True, metavar="DIR", help="A folder with CRDs of your own.")
@click.option("-o", "--output", default="text", metavar="FORMAT", help="A report format.")
@report_options
def command(**values: Any) -> int:
    """Check existing objects against the CRD schemas, their cross-field rules and the plugin schemas."""
    from kong2x.pipeline import finish
    from kong2x.report import FORMATS, render

    if values["target_version"] and not values["to"]:
        raise click.UsageError("--target-version needs --to: releases of the targets are counted apart.")
    check_format(values["output"], FORMATS, "-o")
    reports = parse_reports(values["reports"], FORMATS)
    settings = pairs(values["sets"], "--set", "KEY=VALUE")
    for key in settings:
        if key not in SETTINGS:
            raise unknown_key(key, SETTINGS)
    inputs = Inputs.take(values)
    world = read(inputs, generated=True)
    result = Result("validate", "the schemas", values["target_version"] or "", values["channel"])
    result.errors = world.errors
    findings = [*world.findings, *world.errors, *checked(world.objects, values, settings)]
    result.findings = finish(findings, world.objects, Options("validate"))
    result.summary = Summary(objects_read=len(world.objects), objects_converted=len(world.objects))
    write_reports(result, reports)
    color = values["output"] == "text" and use_color(values["color"], sys.stdout)
    click.echo(
        render(result, values["output"], verbose=values["verbose"], quiet=values["quiet"])
        if values["output"] != "text"
        else text(result, values, color=color),
        nl=False,
        color=color,
    )
    return result.exit_code(values["fail_on"] or "unsupported", keep_going=inputs.keep_going)


def checked(
    objects: Sequence[SourceObject], values: dict[str, Any], settings: dict[str, str]
) -> list[Finding]:
    """The findings about the objects of each target, and about all of them together."""
    from kong2x.validate import Validator, check_together

    found: list[Finding] = []
    chosen: set[str] = {""}
    for target, groups in TARGETS.items():
        if values["to"] not in (None, target):
            continue
        chosen.update(groups)
        if not any(obj.group in groups for obj in objects):
            continue
        validator = Validator(
            target,
            values["target_version"],
            values["channel"],
            values["schemas"],
            apisix_version=settings.get("apisix.version"),
        )
        for obj in objects:
            if obj.group in groups or (target != "kong" and beside(obj)):
                found += validator.check(obj.value)
    together = [obj for obj in objects if beside(obj) or any(obj.group in g for g in TARGETS.values())]
    told = check_together(together, hints=True)
    return [*found, *(finding for finding in told if finding.object and finding.object.group in chosen)]


def beside(obj: SourceObject) -> bool:
    """Whether objects of the targets may refer to it."""
    return obj.group == "" and obj.kind in ("Service", "Secret", "ConfigMap", "Namespace")


def text(result: Result, values: dict[str, Any], *, color: bool = False) -> str:
    """Findings and one closing line."""
    from kong2x.report.text import finding_lines, plural, visible

    shown = [f for f in result.findings if visible(f, verbose=values["verbose"], quiet=values["quiet"])]
    lines = [line for finding in shown for line in finding_lines(finding, color=color)]
    failing = len(result.failing(values["fail_on"] or "unsupported"))
    lines.append(f"{plural(result.summary.objects_read, 'object')} read, {plural(failing, 'problem')}.")
    return "".join(line + "\n" for line in lines)
