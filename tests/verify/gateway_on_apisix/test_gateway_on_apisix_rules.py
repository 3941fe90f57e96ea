"""Rules of AIC's translation of the Gateway API that no recording shows (apisix-target.md section 7)."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x.model.traffic import Answer, Request
from kong2x.verify.gateway_on_apisix import GatewayOnApisix, World, gateway_on_apisix
from kong2x.verify.gateway_on_apisix.conditions import statuses
from kong2x.verify.gateway_on_apisix.streams import stream_entries

GATEWAY = "gateway.networking.k8s.io"


def route(name: str, *rules: dict[str, Any], kind: str = "HTTPRoute", **spec: Any) -> dict[str, Any]:
    spec = {"parentRefs": [{"name": "gw"}], "hostnames": ["shop.example"], **spec, "rules": list(rules)}
    return {"kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def rule(path: str = "/", *services: str, **more: Any) -> dict[str, Any]:
    refs = [{"name": name, "port": 80} for name in services or ("web",)]
    return {"matches": [{"path": {"type": "PathPrefix", "value": path}}], "backendRefs": refs, **more}


def listener(name: str = "http", port: int = 80, protocol: str = "HTTP", **more: Any) -> dict[str, Any]:
    return {"name": name, "port": port, "protocol": protocol, **more}


def gateway(*listeners: dict[str, Any]) -> dict[str, Any]:
    spec = {"gatewayClassName": "apisix", "listeners": list(listeners)}
    return {"kind": "Gateway", "metadata": {"name": "gw", "namespace": "shop"}, "spec": spec}


def service(name: str, *ports: dict[str, Any], **spec: Any) -> dict[str, Any]:
    found = list(ports) or [{"name": "http", "port": 80}]
    return {
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"ports": found, **spec},
    }


def policy(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def plugin_config(name: str, **plugins: Any) -> dict[str, Any]:
    return policy(
        "PluginConfig", name, plugins=[{"name": one, "config": body} for one, body in plugins.items()]
    )


def extension(name: str) -> dict[str, Any]:
    return {"type": "ExtensionRef", "extensionRef": {"kind": "PluginConfig", "name": name}}


def ask(objects: list[dict[str, Any]], path: str = "/", host: str = "shop.example", **more: Any) -> Answer:
    return gateway_on_apisix(objects).answer(Request("GET", host, path, **more))


SET = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x", "value": "1"}]}}


def test_a_filter_after_an_extension_of_the_same_plugin_stops_the_route_alone() -> None:
    objects = [
        plugin_config("p", **{"proxy-rewrite": {"uri": "/x"}}),
        route("bad", rule("/bad", filters=[extension("p"), SET])),
        route("good", rule("/good")),
    ]
    router = gateway_on_apisix(objects)
    assert router.failures == [
        "HTTPRoute shop/bad: RequestHeaderModifier stands after an ExtensionRef with the plugin proxy-rewrite"
    ]
    assert ask(objects, "/bad").status == 404 and ask(objects, "/good").service == "shop/web:80"
    other = [
        plugin_config("p", cors={}),
        route("good", rule("/good", filters=[extension("p"), SET])),
    ]
    assert not gateway_on_apisix(other).failures


def test_from_the_17th_rule_on_rules_of_one_route_tie() -> None:
    many = [rule(f"/{number}") for number in range(15)]
    first, second = rule("/same", "a"), rule("/same", "b")
    assert ask([route("r", *many, first, second)], "/same").tie == ()
    late = ask([route("r", *many, rule("/x"), first, second)], "/same")
    assert late.tie == ("HTTPRoute shop/r 16", "HTTPRoute shop/r 17")


def test_shares_shift_when_a_backend_cannot_be_used() -> None:
    refs = [
        {"name": "gone", "port": 81, "weight": 90},
        {"name": "a", "port": 80, "weight": 9},
        {"name": "b", "port": 80, "weight": 1},
    ]
    objects = [service("gone"), service("a"), service("b"), route("r", {"backendRefs": refs})]
    assert ask(objects).weights == (("shop/a:80", 90), ("shop/b:80", 9))


def test_one_backend_of_weight_0_is_served() -> None:
    one = {"backendRefs": [{"name": "web", "port": 80, "weight": 0}]}
    assert ask([route("r", one)]).service == "shop/web:80"


def test_a_bad_port_of_a_service_that_another_rule_uses_answers_503() -> None:
    """The Service is known by then, so its missing port is an upstream without nodes."""
    bad = {"matches": rule("/bad")["matches"], "backendRefs": [{"name": "web", "port": 81}]}
    assert ask([service("web"), route("r", bad)], "/bad").status == 500
    assert ask([service("web"), route("r", rule("/ok"), bad)], "/bad").status == 503


def test_grpc_hosts_are_joined_with_those_of_the_listeners() -> None:
    call = {
        "matches": [{"method": {"service": "a.B", "method": "C"}}],
        "backendRefs": rule()["backendRefs"],
    }
    grpc = route("g", call, kind="GRPCRoute", hostnames=["a.x.example"])
    objects = [gateway(listener(hostname="*.x.example")), grpc]
    assert ask(objects, "/a.B/C", host="other.x.example").service == "shop/web:80"
    http = [objects[0], route("h", rule(), hostnames=["a.x.example"])]
    assert ask(http, host="other.x.example").status == 404


def test_of_several_listeners_the_first_cuts_a_wildcard_host() -> None:
    listeners = listener("a", hostname="a.x.example"), listener("b", hostname="b.x.example")
    objects = [gateway(*listeners), route("r", rule(), hostnames=["*.x.example"])]
    assert ask(objects, host="a.x.example").service
    assert ask(objects, host="b.x.example").status == 404


def test_two_tls_modes_on_one_port_take_no_route() -> None:
    tls = {"mode": "Terminate", "certificateRefs": [{"name": "c"}]}
    listeners = listener("a", 443, "TLS", tls=tls), listener("b", 443, "TLS", tls={"mode": "Passthrough"})
    one = route("t", {"backendRefs": [{"name": "web", "port": 80}]}, kind="TLSRoute")
    world = World.of([gateway(*listeners), one])
    assert stream_entries(world) == []
    status = statuses(world)["Gateway", "shop", "gw"]
    assert status.conditions[0] == "Accepted=False ListenersNotValid"
    assert "Conflicted=True ProtocolConflict" in status.listeners["a"][1]
    assert statuses(world)["TLSRoute", "shop", "t"].parents[0][1][0] == "Accepted=False NotAllowedByListeners"


def test_two_hosts_of_a_tlsroute_get_one_id() -> None:
    tls = {"mode": "Terminate", "certificateRefs": [{"name": "c"}]}
    two = route(
        "t",
        {"backendRefs": [{"name": "web", "port": 80}]},
        kind="TLSRoute",
        hostnames=["a.example", "b.example"],
    )
    found = stream_entries(World.of([gateway(listener("t", 443, "TLS", tls=tls)), two]))
    assert len(found) == 2 and len({entry.id for entry in found}) == 1


def test_tcp_routes_have_a_port_only_where_it_is_asked_for() -> None:
    tcp = route("t", {"backendRefs": [{"name": "web", "port": 80}]}, kind="TCPRoute", hostnames=[])
    objects = [gateway(listener("a", 9000, "TCP"), listener("b", 9001, "TCP")), tcp]
    assert [entry.port for entry in stream_entries(World.of(objects))] == [0]
    assert [entry.port for entry in stream_entries(World.of(objects, port_match="auto"))] == [9000, 9001]
    assert [entry.port for entry in stream_entries(World.of(objects, port_match="explicit"))] == [0]


TARGET = {"group": GATEWAY, "kind": "HTTPRoute", "name": "r"}


def test_policies_of_two_priorities_take_each_other_away() -> None:
    """Their conditions are gone too, so that the rule is open."""
    one = policy("HTTPRoutePolicy", "a", targetRefs=[TARGET], priority=1, vars=[["http_x", "==", "1"]])
    two = policy("HTTPRoutePolicy", "b", targetRefs=[TARGET], priority=2)
    router = gateway_on_apisix([route("r", rule()), one, two])
    assert [list(entry.vars) for entry in router.entries] == [[]] and router.entries[0].priority > 2
    alone = gateway_on_apisix([route("r", rule()), one])
    assert [list(entry.vars) for entry in alone.entries] == [[["http_x", "==", "1"]]]


def test_a_condition_with_a_number_is_left_out() -> None:
    wide = policy("HTTPRoutePolicy", "a", targetRefs=[TARGET], priority=1, vars=[["arg_q", "==", 1]])
    assert ask([route("r", rule()), wide]).service == "shop/web:80"


@pytest.mark.parametrize(("refs", "status"), [([TARGET], 404), ([{**TARGET, "name": "other"}], None)])
def test_a_policy_acts_on_the_route_that_it_names(refs: list[dict[str, Any]], status: int | None) -> None:
    never = policy("HTTPRoutePolicy", "a", targetRefs=refs, priority=1, vars=[["http_x", "==", "1"]])
    assert ask([route("r", rule()), never]).status == status


def test_a_traffic_policy_takes_the_appprotocol_away() -> None:
    secure = service("web", {"name": "s", "port": 80, "appProtocol": "https"})
    router = gateway_on_apisix([secure, route("r", rule())])
    assert router.entries[0].targets[0].scheme == "https"
    ref = {"group": "", "kind": "Service", "name": "web"}
    tuned = policy("BackendTrafficPolicy", "web", targetRefs=[ref], retries=1)
    assert gateway_on_apisix([secure, tuned, route("r", rule())]).entries[0].targets[0].scheme == "http"


def test_websockets_pass_only_with_their_appprotocol() -> None:
    socket = service("web", {"name": "s", "port": 80, "appProtocol": "kubernetes.io/ws"})
    assert gateway_on_apisix([socket, route("r", rule())]).entries[0].websocket
    assert not gateway_on_apisix([service("web"), route("r", rule())]).entries[0].websocket


def test_a_service_without_ready_endpoints_answers_503() -> None:
    labels = {"kubernetes.io/service-name": "web"}
    empty = {
        "kind": "EndpointSlice",
        "metadata": {"name": "web-1", "namespace": "shop", "labels": labels},
        "endpoints": [],
    }
    assert ask([service("web"), empty, route("r", rule())]).status == 503
    full = {**empty, "endpoints": [{"addresses": ["10.0.0.1"]}]}
    assert ask([service("web"), full, route("r", rule())]).service == "shop/web:80"


def test_prefixes_are_not_escaped_when_they_are_exchanged() -> None:
    change = {
        "type": "URLRewrite",
        "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/x"}},
    }
    assert ask([route("r", rule("/a.b", filters=[change]))], "/a.b/c").path == "/x/c"
    assert ask([route("r", rule("/a+b", filters=[change]))], "/a+b/c").status == 404
    assert ask([route("r", rule("/a+b", filters=[change]))], "/a+b").path == "/a+b"
    assert ask([route("r", rule("/", filters=[change]))], "/y").path == "/y"


def test_a_gateway_of_another_class_is_not_served() -> None:
    other = {
        "kind": "GatewayClass",
        "metadata": {"name": "apisix"},
        "spec": {"controllerName": "example.com/other"},
    }
    objects = [other, gateway(listener()), route("r", rule())]
    assert ask(objects).status == 404 and ask(objects[1:]).service
    assert isinstance(gateway_on_apisix(objects), GatewayOnApisix)


def test_a_gateway_without_its_proxy_serves_nothing() -> None:
    owner = {
        "kind": "GatewayClass",
        "metadata": {"name": "apisix"},
        "spec": {"controllerName": "apisix.apache.org/apisix-ingress-controller"},
    }
    objects = [owner, gateway(listener()), service("web"), route("r", rule())]
    world = World.of(objects, complete=True)
    assert GatewayOnApisix(world).entries == ()
    assert statuses(world)["HTTPRoute", "shop", "r"].parents == [
        ("gw", ["Accepted=True Accepted", "ResolvedRefs=True ResolvedRefs"])
    ]
    assert statuses(world)["Gateway", "shop", "gw"].conditions[0] == "Accepted=False Pending"
