"""Secret values appear in no output, report, diff, error or repr that did not already hold them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kong2x import Options, Source, convert, diff
from kong2x.cli import group
from kong2x.pipeline import run
from kong2x.read import read_inputs

from .worlds import TARGETS, options

HIDDEN = ("hidden-password-1", "hidden-key-2", "hidden-redis-3", "hidden-jwt-4")
INLINE = "inline-password-5"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


WORLD = f"""\
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: shop}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: Secret
metadata: {{name: alice-basic, namespace: shop, labels: {{konghq.com/credential: basic-auth}}}}
data: {{username: {b64("alice")}, password: {b64(HIDDEN[0])}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: alice-key, namespace: shop, labels: {{konghq.com/credential: key-auth}}}}
stringData: {{key: {HIDDEN[1]}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: alice-jwt, namespace: shop, labels: {{konghq.com/credential: jwt}}}}
stringData: {{key: issuer, algorithm: HS256, secret: {HIDDEN[3]}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: limits, namespace: shop}}
stringData:
  config: |
    minute: 5
    policy: redis
    redis: {{host: redis.example, password: {HIDDEN[2]}}}
---
apiVersion: configuration.konghq.com/v1
kind: KongConsumer
metadata: {{name: alice, namespace: shop, annotations: {{kubernetes.io/ingress.class: kong}}}}
username: alice
credentials: [alice-basic, alice-key, alice-jwt]
---
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {{name: basic, namespace: shop}}
plugin: basic-auth
---
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {{name: limits, namespace: shop}}
plugin: rate-limiting
configFrom: {{secretKeyRef: {{name: limits, key: config}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, namespace: shop, annotations: {{konghq.com/plugins: "basic,limits"}}}}
spec:
  ingressClassName: kong
  rules:
  - host: shop.example
    http:
      paths:
      - {{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}
"""
INLINE_WORLD = WORLD.replace(
    "configFrom: {secretKeyRef: {name: limits, key: config}}",
    f"config: {{minute: 5, policy: redis, redis: {{host: redis.example, password: {INLINE}}}}}",
)


def leaked(text: str, values: tuple[str, ...] = HIDDEN) -> list[str]:
    """The values that a text holds, plain or in base64."""
    return [value for value in values if value in text or b64(value) in text]


def test_the_check_sees_a_leak() -> None:
    assert leaked(WORLD) == list(HIDDEN)
    assert leaked(INLINE_WORLD, (INLINE,)) == [INLINE]


@pytest.mark.parametrize("implementation", ["portable", "apisix", "kong", "envoy-gateway"])
def test_no_profile_of_gateway_api_writes_a_secret(implementation: str) -> None:
    opts = options("gateway-api", {"gateway-api.implementation": implementation})
    result = convert(Source(WORLD), to="gateway-api", options=opts)
    assert result.objects
    assert not leaked(repr(result))


@pytest.mark.parametrize("target", (*TARGETS, "routes"))
def test_objects_findings_and_reprs(target: str) -> None:
    conversion = run(read_inputs([Source(WORLD)]), options(target))
    assert conversion.result.manifests
    assert not leaked(repr(conversion.result))
    assert not leaked(repr(conversion.model))
    assert not leaked(repr(conversion.result.ledger))


@pytest.mark.parametrize("target", TARGETS)
def test_every_report_and_command(target: str, tmp_path: Path) -> None:
    path = tmp_path / "in.yaml"
    path.write_text(WORLD, encoding="utf-8")
    more = ["--set", "gateway-api.parent=infra/edge"] if target == "gateway-api" else []
    commands: list[list[str]] = [["convert", str(path), "--to", target, *more]]
    for name in ("text", "json", "sarif", "github", "junit", "markdown", "html"):
        report = tmp_path / f"report.{name}"
        commands.append(["check", str(path), "--to", target, "--report", f"{name}={report}", *more])
    commands.append(["routes", str(path), "--to", target, *more])
    commands.append(["verify", str(path), "--to", target, *more])
    for command in commands:
        ran = CliRunner().invoke(group, command)
        assert ran.exit_code in (0, 1), (command, ran.output)
        assert not leaked(ran.output), command
    reports = list(tmp_path.glob("report.*"))
    assert len(reports) == 7
    for report in reports:
        assert not leaked(report.read_text(encoding="utf-8")), report.name


@pytest.mark.parametrize("target", TARGETS)
def test_a_changed_secret_is_not_shown_by_diff(target: str) -> None:
    changed = WORLD
    for value in HIDDEN:
        changed = changed.replace(value, f"{value}-new").replace(b64(value), b64(f"{value}-new"))
    change = diff(Source(WORLD), Source(changed), to=target, options=options(target))
    assert not leaked(repr(change))


def test_an_error_does_not_quote_a_secret() -> None:
    broken: list[Any] = [
        WORLD.replace(f"stringData: {{key: {HIDDEN[1]}}}", f"stringData: {{key: [{HIDDEN[1]}]}}"),
        WORLD.replace("redis: {host", "redis: {{host"),
        WORLD.replace(f"stringData: {{key: {HIDDEN[1]}}}", f"stringData: {{key: {HIDDEN[1]}: x}}"),
    ]
    for text in broken:
        result = convert(Source(text), to="apisix", options=Options(to="apisix"))
        assert result.errors or result.findings
        assert not leaked(repr(result))


def test_what_the_input_holds_inline_is_told() -> None:
    """The target needs the password, and the input held it in clear text: written, with a finding."""
    result = convert(Source(INLINE_WORLD), to="apisix", options=Options(to="apisix"))
    findings = repr([(f.message, f.remedy) for f in result.findings])
    assert not leaked(findings, (*HIDDEN, INLINE))
    assert not leaked(repr(result.objects))
    if leaked(repr(result.objects), (INLINE,)):
        assert any("secret" in f.code or "inline" in f.code for f in result.findings)
