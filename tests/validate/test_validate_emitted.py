"""What kong2x writes passes the upstream schemas and CEL rules of every release and channel, object by object."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from test_validate_cel import EDITIONS, upstream

from kong2x import Options, Source, convert
from kong2x.cli.config import find_config
from kong2x.validate import Validator

cel_oracle = pytest.importorskip("cel_oracle", reason="common-expression-language is not installed")
SAMPLES = Path(__file__).parents[2] / "samples"
STORIES = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())
GATEWAY = {"gateway-api.create-gateway": "true", "gateway-api.gateway-class": "edge"}

WORLD = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: shop
  annotations:
    konghq.com/strip-path: "true"
    konghq.com/methods: GET, POST
    konghq.com/headers.x-ring: inner, outer
    konghq.com/protocols: https
    konghq.com/https-redirect-status-code: "308"
    konghq.com/plugins: cors, header, seal
spec:
  ingressClassName: kong
  tls: [{hosts: [shop.example.com, "*.example.org"], secretName: shop-cert}]
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /cart, pathType: Prefix, backend: {service: {name: cart, port: {number: 80}}}}
      - {path: /exact, pathType: Exact, backend: {service: {name: cart, port: {name: http}}}}
      - path: '/~/v[0-9]+/(.*)'
        pathType: ImplementationSpecific
        backend: {service: {name: cart, port: {number: 80}}}
  - host: "*.example.org"
    http:
      paths:
      - {path: /raw, pathType: ImplementationSpecific, backend: {service: {name: cart, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: vault, namespace: shop}
spec:
  ingressClassName: kong
  rules:
  - host: vault.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: vault, port: {number: 443}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: rest, namespace: web}
spec:
  ingressClassName: kong
  defaultBackend: {service: {name: rest, port: {number: 80}}}
  rules:
  - host: old.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: moved, port: {number: 80}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: calls, namespace: shop, annotations: {konghq.com/protocols: "grpc,grpcs"}}
spec:
  ingressClassName: kong
  rules:
  - host: calls.example.com
    http:
      paths:
      - {path: /bank.Ledger/Post, pathType: Prefix, backend: {service: {name: ledger, port: {number: 9000}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop, annotations: {
  konghq.com/path: /api, konghq.com/read-timeout: "90500", konghq.com/retries: "3"}},
  spec: {ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: vault, namespace: shop, annotations: {konghq.com/protocol: https,
  konghq.com/tls-verify: "true", konghq.com/ca-certificates-configmaps: ca}}, spec: {ports: [{port: 443}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: ledger, namespace: shop, annotations: {konghq.com/protocol: grpc}},
  spec: {ports: [{port: 9000}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: rest, namespace: web}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: moved, namespace: web, annotations: {konghq.com/plugins: away}},
  spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: pg, namespace: data},
  spec: {ports: [{port: 5432}, {port: 53, name: dns}]}}
---
{apiVersion: configuration.konghq.com/v1, kind: KongPlugin, metadata: {name: cors, namespace: shop}, plugin: cors,
  config: {origins: ["https://a.example.com"], headers: [x-a], credentials: true, max_age: 600}}
---
{apiVersion: configuration.konghq.com/v1, kind: KongPlugin, metadata: {name: header, namespace: shop},
  plugin: request-transformer, config: {append: {headers: ["x-a:1"]}, remove: {headers: [x-b]}}}
---
{apiVersion: configuration.konghq.com/v1, kind: KongPlugin, metadata: {name: seal, namespace: shop},
  plugin: response-transformer, config: {append: {headers: ["x-a:1"]}}}
---
{apiVersion: configuration.konghq.com/v1, kind: KongPlugin, metadata: {name: away, namespace: web}, plugin: redirect,
  config: {location: "https://new.example.com/start", status_code: 308}}
---
{apiVersion: configuration.konghq.com/v1beta1, kind: TCPIngress, metadata: {name: db, namespace: data,
  annotations: {kubernetes.io/ingress.class: kong}},
  spec: {tls: [{hosts: [db.example.com], secretName: db-cert}], rules: [
  {port: 5432, backend: {serviceName: pg, servicePort: 5432}},
  {host: db.example.com, port: 6380, backend: {serviceName: pg, servicePort: 5432}}]}}
---
{apiVersion: configuration.konghq.com/v1beta1, kind: UDPIngress, metadata: {name: dns, namespace: data,
  annotations: {kubernetes.io/ingress.class: kong}}, spec: {rules: [
  {port: 53, backend: {serviceName: pg, servicePort: 53}}]}}
"""
KINDS = {
    "1.0.0": {"standard": set(), "experimental": {"TCPRoute", "UDPRoute", "TLSRoute"}},
    "1.4.1": {
        "standard": {"BackendTLSPolicy"},
        "experimental": {"BackendTLSPolicy", "TCPRoute", "UDPRoute", "TLSRoute"},
    },
    "1.5.1": {"standard": {"BackendTLSPolicy", "TLSRoute"}},
    "1.6.1": {"standard": {"BackendTLSPolicy", "TCPRoute", "UDPRoute", "TLSRoute"}},
}
"""What the world needs beyond HTTPRoute, Gateway and ReferenceGrant, where the release has it."""


@cache
def of_story(story: str, release: str, channel: Any) -> tuple[dict[str, Any], ...]:
    folder = str(SAMPLES / story)
    config = find_config([folder])
    settings = {key: value for key, value in config.settings.items() if not key.startswith("apisix.")}
    chosen = Options(
        settings=settings,
        accept_rules=config.accept,
        mappings=config.mappings,
        target_version=release,
        channel=channel,
    )
    return tuple(convert(folder, to="gateway-api", options=chosen).objects)


def of_world(release: str, channel: Any, **settings: str) -> list[dict[str, Any]]:
    chosen = Options(settings={**GATEWAY, **settings}, target_version=release, channel=channel)
    result = convert(Source(WORLD), to="gateway-api", options=chosen)
    assert not result.errors, result.errors
    return list(result.objects)


_WORDS = ("type", "kind", "group", "method", "protocol", "mode", "scheme", "from", "operator", "sectionName")


def skeleton(value: Any, key: str = "") -> Any:
    """An object without its own words: objects of one build are alike to all rules but those about texts."""
    if isinstance(value, dict):
        return {name: skeleton(item, name) for name, item in value.items() if name != "metadata"}
    if isinstance(value, list):
        return [skeleton(item, key) for item in value]
    return value if key in _WORDS or not isinstance(value, str) else "text"


def hold(shared: Path, release: str, channel: str, objects: Any) -> set[str]:
    """Holds every object of the standard against its schema, and one of each build against the CEL rules.

    Gives the kinds that were held. Rules about texts are kong2x's own too, run on every object it writes.
    """
    validator = Validator("gateway-api", release, channel)
    crds = upstream(shared, release, channel)
    held = {}
    for obj in objects:
        group, _, version = obj["apiVersion"].rpartition("/")
        if not group.startswith("gateway.networking"):
            continue
        key = json.dumps(skeleton(obj), sort_keys=True)
        schema = validator.kind(f"{obj['kind']}.{group}", obj["apiVersion"])
        assert schema is not None and schema.served, (obj["kind"], obj["apiVersion"])
        assert schema.fast.is_valid(obj), obj
        if key not in held:
            whole = schema.with_defaults(obj)
            broken = cel_oracle.failures(crds[obj["kind"], version], whole)
            assert broken == [], (json.dumps(obj), broken)
        held[key] = obj["kind"]
    return set(held.values())


@pytest.mark.parametrize(("release", "channel"), EDITIONS)
def test_a_world_of_everything_is_valid_upstream(shared: Path, release: str, channel: str) -> None:
    kinds = hold(shared, release, channel, of_world(release, channel))
    assert {"HTTPRoute", "Gateway", "ReferenceGrant"} <= kinds
    assert KINDS.get(release, {}).get(channel, set()) <= kinds


@pytest.mark.parametrize("implementation", ["apisix", "kong", "envoy-gateway"])
def test_and_with_the_objects_of_each_implementation(shared: Path, implementation: str) -> None:
    profile = {"gateway-api.implementation": implementation}
    assert "HTTPRoute" in hold(shared, "1.6.1", "standard", of_world("1.6.1", "standard", **profile))


@pytest.mark.parametrize(("release", "channel"), EDITIONS)
def test_every_object_of_every_sample_is_valid_upstream(shared: Path, release: str, channel: str) -> None:
    objects = [obj for story in STORIES for obj in of_story(story, release, channel)]
    assert "HTTPRoute" in hold(shared, release, channel, objects)
