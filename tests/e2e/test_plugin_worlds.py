"""Plugins in whole manifests: where they are attached, what else the route has, and what that changes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kong2x.model.errors import UsageError
from kong2x.model.finding import Severity

from .worlds import converted, options

GROUP = "configuration.konghq.com"


def plugin(name: str, kind: str, config: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    head = {"apiVersion": f"{GROUP}/v1", "kind": "KongPlugin", "plugin": kind}
    return {**head, "metadata": {"name": name, "namespace": "shop"}, "config": config or {}, **more}


def ingress(
    name: str, *plugins: str, host: str = "", path: str = "/", kind: str = "Prefix"
) -> dict[str, Any]:
    notes = {"konghq.com/plugins": ",".join(plugins)} if plugins else {}
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {
        "host": host or f"{name}.example",
        "http": {"paths": [{"path": path, "pathType": kind, "backend": backend}]},
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "shop", "annotations": notes},
        "spec": {"ingressClassName": "kong", "rules": [rule]},
    }


def service(*plugins: str) -> dict[str, Any]:
    notes = {"konghq.com/plugins": ",".join(plugins)} if plugins else {}
    meta = {"name": "web", "namespace": "shop", "annotations": notes}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": [{"port": 80}]}}


class World:
    """A conversion to APISIX, asked about its routes."""

    def __init__(self, *objects: dict[str, Any], version: str = "3.18", **settings: str) -> None:
        text = "---\n".join(yaml.safe_dump(obj) for obj in objects)
        chosen = {"apisix.version": version} | {k.replace("_", "."): v for k, v in settings.items()}
        self.result = converted(text, options("apisix", chosen)).result
        self.objects = list(self.result.objects)
        self.codes = {finding.code for finding in self.result.findings}

    def kinds(self, kind: str) -> list[dict[str, Any]]:
        return [obj for obj in self.objects if obj["kind"] == kind]

    def rule(self, name: str) -> dict[str, Any]:
        """The one rule of the ApisixRoute of that name."""
        (route,) = [obj for obj in self.kinds("ApisixRoute") if obj["metadata"]["name"] == name]
        (rule,) = route["spec"]["http"]
        return rule

    def plugins(self, name: str) -> dict[str, Any]:
        """The plugins that act on the route of that name, with their settings."""
        rule = self.rule(name)
        shared = [
            entry
            for obj in self.kinds("ApisixPluginConfig")
            if obj["metadata"]["name"] == rule.get("plugin_config_name")
            for entry in obj["spec"]["plugins"]
        ]
        return {entry["name"]: entry.get("config", {}) for entry in [*shared, *rule.get("plugins", [])]}


# -- time limits -----------------------------------------------------------------------------------


def test_time_limits_of_a_plugin_stand_in_the_rule_of_its_route_only():
    patience = plugin("patience", "upstream-timeout", {"read_timeout": 2000})
    world = World(service(), patience, ingress("slow", "patience"), ingress("plain"))
    assert world.rule("slow")["timeout"] == {"connect": "60s", "read": "2s", "send": "60s"}
    assert "timeout" not in world.rule("plain")
    assert world.plugins("slow") == {}


def test_time_limits_of_a_plugin_win_over_those_of_the_service():
    web = service()
    web["metadata"]["annotations"] = {"konghq.com/read-timeout": "9000", "konghq.com/write-timeout": "8000"}
    patience = plugin("patience", "upstream-timeout", {"read_timeout": 2500})
    world = World(web, patience, ingress("slow", "patience"), ingress("plain"))
    assert world.rule("slow")["timeout"] == {"connect": "60s", "read": "3s", "send": "8s"}
    assert world.rule("plain")["timeout"] == {"connect": "60s", "read": "9s", "send": "8s"}


@pytest.mark.parametrize("implementation", ["portable", "apisix"])
def test_time_limits_of_a_plugin_are_lost_with_a_finding_on_gateway_api(implementation):
    objects = [
        service(),
        plugin("patience", "upstream-timeout", {"read_timeout": 2000}),
        ingress("slow", "patience"),
    ]
    text = "---\n".join(yaml.safe_dump(obj) for obj in objects)
    settings = {"gateway-api.implementation": implementation}
    result = converted(text, options("gateway-api", settings)).result
    assert "upstream-timeout/no-standard-filter" in {finding.code for finding in result.findings}


# -- syslog ----------------------------------------------------------------------------------------


def logged(config=None, **settings):
    return World(service(), plugin("log", "syslog", config), ingress("web", "log"), **settings)


def test_syslog_needs_a_server_that_somebody_names():
    world = logged({"facility": "local3"})
    assert world.plugins("web") == {} and "syslog/local-daemon" in world.codes
    named = logged({"facility": "local3"}, **{"apisix_syslog-server": "tcp://logs.example:601"})
    entry = named.plugins("web")["syslog"]
    assert (entry["sock_type"], entry["host"], entry["port"]) == ("tcp", "logs.example", 601)
    assert "syslog/local-daemon" not in named.codes and "syslog/facility" in named.codes


def test_severities_of_kong_are_told_where_they_differ_from_the_one_that_is_sent():
    server = {"apisix_syslog-server": "udp://logs.example:514"}
    assert "syslog/severities" not in logged(**server).codes
    for field in ("log_level", "successful_severity", "server_errors_severity"):
        assert "syslog/severities" in logged({field: "warning"}, **server).codes


@pytest.mark.parametrize(
    "address", ["logs.example:514", "http://logs.example:514", "udp://logs.example", "udp://:1"]
)
def test_a_server_that_is_no_address_is_refused(address):
    with pytest.raises(UsageError, match="syslog-server"):
        logged(**{"apisix_syslog-server": address})


# -- credentials -----------------------------------------------------------------------------------


def person(kind, **data):
    """A consumer with one credential."""
    meta = {"name": "ann", "namespace": "shop", "annotations": {"kubernetes.io/ingress.class": "kong"}}
    ann = {"apiVersion": f"{GROUP}/v1", "kind": "KongConsumer", "metadata": meta, "username": "ann"}
    labels = {"konghq.com/credential": kind}
    held = {"name": "held", "namespace": "shop", "labels": labels}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": held, "stringData": data}
    return [{**ann, "credentials": ["held"]}, secret]


@pytest.mark.parametrize(
    ("version", "algorithm", "carried"),
    [("3.15", "HS384", False), ("3.15", "HS512", True), ("3.16", "HS384", True), ("3.12", "HS256", True)],
)
def test_an_algorithm_that_the_release_refuses_does_not_stop_every_object(version, algorithm, carried):
    credential = person("jwt", key="k", algorithm=algorithm, secret="s3cr3t-s3cr3t")
    world = World(service(), plugin("tokens", "jwt"), ingress("web", "tokens"), *credential, version=version)
    (ann,) = world.kinds("ApisixConsumer") or [{"spec": {}}]
    assert ("authParameter" in ann["spec"]) is carried
    assert ("apisix/credential" in world.codes) is not carried


@pytest.mark.parametrize(("password", "told"), [("p:w", True), ("p w", True), ("p-w", False)])
def test_a_password_that_never_matches_is_told_without_saying_it(password, told):
    world = World(
        service(),
        plugin("users", "basic-auth"),
        ingress("web", "users"),
        *person("basic-auth", username="ann", password=password),
    )
    messages = [f.message for f in world.result.findings if f.code == "apisix/credential"]
    assert bool(messages) is told
    assert not any(password in message for message in messages)


# -- client certificates ---------------------------------------------------------------------------

AUTHORITY = "3f1a8bd2-6f0b-4d8c-8d0a-9a5d9c1f4e22"
DEMAND = {
    "ca_certificates": [AUTHORITY],
    "skip_consumer_lookup": True,
    "revocation_check_mode": "SKIP",
}


def authority(name="authority", identity=AUTHORITY):
    meta = {"name": name, "namespace": "shop", "labels": {"konghq.com/ca-cert": "true"}}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": meta,
        "stringData": {"id": identity, "cert": "x"},
    }


def secure(name, *plugins, hosts=("a.example",), protocols="https", **more):
    found = ingress(name, *plugins, host=hosts[0], **more)
    if protocols:
        found["metadata"]["annotations"]["konghq.com/protocols"] = protocols
    found["spec"]["tls"] = [{"hosts": list(hosts), "secretName": "certificate"}]
    return found


def demanding(*objects, config=None, ca=None):
    mtls = plugin("certificates", "mtls-auth", {**DEMAND, **(config or {})})
    return World(service(), mtls, authority() if ca is None else ca, *objects)


def demanded(world):
    """The authorities that the listeners demand certificates of, and whether the protected route denies."""
    found = [
        tls["spec"].get("client", {}).get("caSecret", {}).get("name") for tls in world.kinds("ApisixTls")
    ]
    return found, "apisix/denied" in world.codes


def test_a_host_whose_routes_all_demand_certificates_demands_them_at_its_listener():
    other = secure("other", "certificates", path="/other")
    elsewhere = ingress("elsewhere", host="b.example")
    world = demanding(secure("web", "certificates"), other, elsewhere)
    assert demanded(world) == (["authority"], False)
    assert world.kinds("ApisixTls")[0]["spec"]["client"]["depth"] == 1
    removed = world.plugins("web")["proxy-rewrite"]["headers"]["remove"]
    assert {"X-Consumer-Username", "X-Client-Cert-Dn"} <= set(removed)


@pytest.mark.parametrize(
    "others",
    [
        [secure("open", path="/open")],
        [ingress("everywhere", host="*.example")],
        [ingress("open", host="a.example", path="/open")],
        [secure("web2", "certificates", path="/plain", protocols="")],
        [secure("b", hosts=("b.example", "a.example"))],
    ],
)
def test_a_listener_that_others_share_demands_nothing_and_the_route_denies(others):
    world = demanding(secure("web", "certificates"), *others)
    assert demanded(world) == ([None], True)


@pytest.mark.parametrize(
    "config",
    [
        {"skip_consumer_lookup": False},
        {"anonymous": "guest"},
        {"revocation_check_mode": "IGNORE_CA_ERROR"},
        {"ca_certificates": [AUTHORITY, "3f1a8bd2-6f0b-4d8c-8d0a-9a5d9c1f4e23"]},
        {"allow_partial_chain": True},
        {"default_consumer": "ann"},
    ],
)
def test_a_check_that_is_stricter_than_the_listener_denies(config):
    assert demanded(demanding(secure("web", "certificates"), config=config)) == ([None], True)


@pytest.mark.parametrize(
    "web",
    [
        secure("web", "certificates", protocols=""),
        ingress("web", "certificates", host="a.example"),
        secure("web", "certificates", hosts=("*.a.example",)),
    ],
)
def test_what_is_reached_past_the_listener_denies(web):
    assert demanded(demanding(web))[1]


def test_an_authority_that_nobody_knows_denies():
    assert demanded(demanding(secure("web", "certificates"), ca=authority(identity="else")))[1]
    assert not demanded(demanding(secure("web", "certificates")))[1]


# -- plugins that want the same place --------------------------------------------------------------


def severity(world, code):
    (finding,) = [finding for finding in world.result.findings if finding.code == code]
    return finding.severity


def test_a_limit_that_another_one_displaces_is_an_error():
    few = plugin("few", "rate-limiting", {"minute": 5})
    many = plugin("many", "rate-limiting-advanced", {"limit": [50], "window_size": [60]})
    world = World(service(), few, many, ingress("web", "few", "many"))
    assert severity(world, "apisix/plugin-clash") is Severity.ERROR


def test_a_displaced_plugin_that_protects_nothing_is_a_warning():
    one = plugin("one", "file-log", {"path": "/tmp/a"})
    page = plugin("page", "request-termination", {"status_code": 200, "body": "x", "trigger": "a"})
    world = World(service(), one, page, ingress("web", "one", "page"))
    assert "apisix/plugin-clash" not in world.codes
    stale = plugin("stale", "response-transformer", {"append": {"headers": ["A:1"]}})
    newer = plugin(
        "newer", "response-transformer-advanced", {"add": {"headers": ["B:1"], "if_status": ["200"]}}
    )
    clash = World(service(), stale, newer, ingress("web", "stale", "newer"))
    assert severity(clash, "apisix/plugin-clash") is Severity.WARNING


def test_a_limit_for_one_consumer_that_cannot_be_told_apart_is_an_error():
    keys = plugin("keys", "key-auth")
    few = plugin("few", "rate-limiting", {"minute": 5})
    all_of_them = plugin("all", "rate-limiting-advanced", {"limit": [50], "window_size": [60]})
    ann, held = person("key-auth", key="k")
    ann["metadata"]["annotations"]["konghq.com/plugins"] = "few"
    world = World(service(), keys, few, all_of_them, ann, held, ingress("web", "keys", "few", "all"))
    assert severity(world, "apisix/consumer-pair") is Severity.ERROR


def of_ann(kind, config, *routes, **settings):
    """A world in which ann has a plugin, and routes demand her key."""
    ann, held = person("key-auth", key="k")
    ann["metadata"]["annotations"]["konghq.com/plugins"] = "hers"
    hers = plugin("hers", kind, config)
    return World(service(), plugin("keys", "key-auth"), hers, ann, held, *routes, **settings)


def test_a_fixed_refusal_of_a_consumer_acts_where_no_route_answers_early():
    world = of_ann("request-termination", {"status_code": 403}, ingress("web", "keys"))
    assert "apisix/denied" not in world.codes
    assert world.kinds("ApisixConsumer")


def test_a_fixed_refusal_of_a_consumer_that_an_early_answer_displaces_closes_the_consumer():
    """The route's fault-injection, which answers plain HTTP, would let her in over HTTPS."""
    web = ingress("web", "keys")
    web["metadata"]["annotations"]["konghq.com/protocols"] = "https"
    world = of_ann("request-termination", {"status_code": 403}, web)
    assert "apisix/denied" in world.codes and not world.kinds("ApisixConsumer")


def test_a_limit_of_a_consumer_counts_later_than_all_of_that():
    world = of_ann("rate-limiting", {"minute": 5}, ingress("web", "keys"))
    (ann,) = world.kinds("ApisixConsumer")
    assert [entry["name"] for entry in ann["spec"]["plugins"]] == ["limit-count"]


def test_a_limit_of_a_consumer_that_displaces_another_limit_of_the_route_is_told():
    every = plugin("every", "rate-limiting-advanced", {"limit": [50], "window_size": [60]})
    same = plugin("every", "rate-limiting", {"minute": 50})
    for other, told in ((every, True), (same, False)):
        ann, held = person("key-auth", key="k")
        ann["metadata"]["annotations"]["konghq.com/plugins"] = "hers"
        hers = plugin("hers", "rate-limiting", {"minute": 500})
        objects = [service(), plugin("keys", "key-auth"), hers, other, ann, held]
        world = World(*objects, ingress("web", "keys", "every"))
        assert ("apisix/consumer-replaces" in world.codes) is told
        if told:
            assert severity(world, "apisix/consumer-replaces") is Severity.ERROR


def test_an_address_list_of_a_consumer_that_displaces_an_access_check_closes_the_consumer():
    """Both lists of the consumer become workflow, which answers for the route's refusal too."""
    lists = {"allow": ["10.0.0.0/8"], "deny": ["10.1.0.0/16"]}
    stop = plugin("stop", "request-termination", {"status_code": 403})
    staff = plugin("staff", "acl", {"allow": ["staff"]})
    world = of_ann("ip-restriction", lists, ingress("web", "keys", "stop", "staff"), stop, staff)
    assert severity(world, "apisix/consumer-replaces") is Severity.ERROR
    assert not world.kinds("ApisixConsumer")
    assert of_ann("ip-restriction", lists, ingress("web", "keys")).kinds("ApisixConsumer")
