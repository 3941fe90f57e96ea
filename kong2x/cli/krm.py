"""`kong2x krm`: a KRM function, for kustomize exec functions and kpt."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from kong2x.model.errors import UsageError
from kong2x.model.finding import Finding, Severity
from kong2x.model.settings import Options, did_you_mean
from kong2x.model.source import ObjectRef, SourceObject, dotted, items, mapping

SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"}
WORDS = (
    "to",
    "targetVersion",
    "channel",
    "settings",
    "onSecurityLoss",
    "accept",
    "keepSource",
    "failOn",
)
KONG_GROUPS = ("configuration.konghq.com", "incubator.ingress-controller.konghq.com")


@click.command(name="krm")
def command() -> int:
    """Read a ResourceList on standard input, and write it with Kong's objects replaced.

    The functionConfig's spec (or a ConfigMap's data) takes: to, targetVersion, channel, settings,
    onSecurityLoss, accept, failOn, keepSource. Objects that are not Kong's pass through untouched.
    """
    from kong2x.pipeline import run
    from kong2x.read import Source, read_inputs
    from kong2x.write import dump

    text = sys.stdin.read()
    wrapper = resource_list(text)
    config = function_config(wrapper)
    options = options_from(config)
    read = read_inputs([Source(text, name="<stdin>")])
    conversion = run(read, options)
    result = conversion.result
    replaced = {route.origin for route in conversion.model.routes}
    replaced |= {stream.origin for stream in conversion.model.streams}
    kept = [
        obj.value
        for obj in conversion.objects
        if config.get("keepSource") in (True, "true")
        or (obj.ref not in replaced and obj.group not in KONG_GROUPS)
    ]
    versions = {obj.ref: obj.api_version for obj in conversion.objects}
    out = {
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "items": [*without(kept, result.objects), *result.objects]
        if not result.errors
        else items(wrapper.get("items")),
        "results": [result_data(finding, versions) for finding in result.open_findings],
    }
    if wrapper.get("functionConfig") is not None:
        out["functionConfig"] = wrapper["functionConfig"]
    click.echo(dump(out), nl=False)
    return result.exit_code(config.get("failOn", "unsupported"))


def resource_list(text: str) -> dict[str, Any]:
    """The wrapper; UsageError when the input is something else."""
    from kong2x.read import parse_yaml

    wrapper = parse_yaml(text)
    if not isinstance(wrapper, dict) or wrapper.get("kind") != "ResourceList":
        raise UsageError(
            "Standard input is not a ResourceList: kustomize and kpt send one to their functions."
        )
    return wrapper


def function_config(wrapper: dict[str, Any]) -> dict[str, Any]:
    """The settings of the function; a ConfigMap's data holds the same words as text."""
    config = mapping(wrapper.get("functionConfig"))
    spec = dict(mapping(config.get("data") if config.get("kind") == "ConfigMap" else config.get("spec")))
    for word in list(spec):
        if "." in word:
            spec.setdefault("settings", {})[word] = spec.pop(word)
        elif word not in WORDS:
            raise UsageError(f"functionConfig: {word}: no such word{did_you_mean(word, WORDS)}")
    return spec


def options_from(config: dict[str, Any]) -> Options:
    """The conversion options of a function configuration."""
    if not config.get("to"):
        raise UsageError("functionConfig: spec.to is missing: name the target, apisix or gateway-api.")
    return Options(
        to=config["to"],
        settings={str(key): str(value) for key, value in mapping(config.get("settings")).items()},
        target_version=config.get("targetVersion"),
        channel=config.get("channel", "standard"),
        on_security_loss=config.get("onSecurityLoss", "deny"),
        accept={str(key): str(value) for key, value in mapping(config.get("accept")).items()},
    )


def without(kept: list[dict[str, Any]], made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The kept objects less those that the conversion wrote again."""
    again = {SourceObject(value).ref for value in made}
    return [value for value in kept if SourceObject(value).ref not in again]


def result_data(finding: Finding, versions: Mapping[ObjectRef, str]) -> dict[str, Any]:
    """One finding as a result of the KRM function specification."""
    out: dict[str, Any] = {
        "message": f"{finding.code}: {finding.message} {finding.remedy}".strip(),
        "severity": SEVERITIES[finding.severity],
        "tags": {"code": finding.code, "fingerprint": finding.fingerprint},
    }
    if finding.object is not None:
        ref = finding.object
        out["resourceRef"] = {
            "apiVersion": versions.get(ref, ref.group),
            "kind": ref.kind,
            "name": ref.name,
            **({"namespace": ref.namespace} if ref.namespace else {}),
        }
    if finding.path:
        out["field"] = {"path": dotted(finding.path)}
    return out
