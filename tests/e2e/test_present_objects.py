"""Objects that stay in the cluster answer the references of the emitted ones."""

from __future__ import annotations

from kong2x import Options, Source, convert

WORLD = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: kong, namespace: shop}
spec: {gatewayClassName: kong, listeners: [{name: http, protocol: HTTP, port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: kong}
spec: {controllerName: konghq.com/kic-gateway-controller}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: data}
spec: {ports: [{port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: routes, namespace: data}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}]
  to: [{group: "", kind: %s}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: db, namespace: shop}
spec:
  parentRefs: [{name: kong}]
  rules: [{backendRefs: [{name: db, namespace: data, port: 80}]}]
"""


def grants(kind: str) -> tuple[int, list[str]]:
    result = convert(Source(WORLD % kind), to="gateway-api", options=Options())
    written = [obj for obj in result.objects if obj["kind"] == "ReferenceGrant"]
    return len(written), [f.code for f in result.findings if f.code == "gateway/grant-missing"]


def test_a_grant_of_the_input_is_neither_written_again_nor_missed() -> None:
    assert grants("Service") == (0, [])


def test_a_grant_for_something_else_opens_nothing() -> None:
    """Kong refuses the backend; a ReferenceGrant of ours would let it in."""
    assert grants("Secret") == (0, [])
    result = convert(Source(WORLD % "Secret"), to="gateway-api")
    assert "gateway/backend-not-granted" in {f.code for f in result.findings}
    (written,) = result.objects
    assert not written["spec"]["rules"][0].get("backendRefs")


def of_kong(**settings: str) -> list[str | None]:
    chosen = Options(settings={f"gateway-api.{key}".replace("_", "-"): v for key, v in settings.items()})
    found = convert(Source(WORLD % "Service"), to="gateway-api", options=chosen).findings
    return [str(f.object) for f in found if f.code == "gateway-api/parent-of-kong"]


def test_routes_that_keep_a_gateway_of_kong_say_so() -> None:
    assert of_kong() == ["Gateway shop/kong"]


def test_another_gateway_or_staying_on_kong_needs_no_word() -> None:
    assert of_kong(parent="infra/edge") == []
    assert of_kong(implementation="kong") == []
    assert of_kong(create_gateway="true", gateway_class="new") == []
