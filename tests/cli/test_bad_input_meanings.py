"""Input that reads well and cannot be meant: one finding each, never a crash, never half an output."""

from __future__ import annotations

import json

import pytest
import yaml

LONG = "very-long-name-" * 8


def ingress(name="web", *, path="/", kind="Prefix", service="cart", host="shop.example.com", **notes):
    entry = {
        "path": path,
        "pathType": kind,
        "backend": {"service": {"name": service, "port": {"number": 80}}},
    }
    annotations = {f"konghq.com/{key.replace('_', '-')}": value for key, value in notes.items()}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "shop", "annotations": annotations},
        "spec": {"ingressClassName": "kong", "rules": [{"host": host, "http": {"paths": [entry]}}]},
    }


def kong(kind, name, version="v1", labels=None, annotations=None, **fields):
    meta = {"name": name, "namespace": "shop", "labels": labels or {}}
    meta["annotations"] = {"kubernetes.io/ingress.class": "kong", **(annotations or {})}
    return {"apiVersion": f"configuration.konghq.com/{version}", "kind": kind, "metadata": meta, **fields}


def plugin(name, kind, config=None, **more):
    return kong("KongPlugin", name, plugin=kind, **({} if config is None else {"config": config}), **more)


def core(kind, name, labels=None, annotations=None, **fields):
    meta = {"name": name, "namespace": "shop", "labels": labels or {}, "annotations": annotations or {}}
    return {"apiVersion": "v1", "kind": kind, "metadata": meta, **fields}


def service(name="cart", **annotations):
    return core("Service", name, annotations=annotations, spec={"ports": [{"port": 80, "targetPort": 8080}]})


@pytest.fixture
def converted(run, tmp_path):
    """Converts objects and gives the exit code, the objects written and everything that was said."""

    def convert(*objects, target="apisix", settings=()):
        source, out = tmp_path / "in.yaml", tmp_path / "out"
        source.write_text("\n---\n".join(json.dumps(obj) for obj in objects))
        more = [word for setting in settings for word in ("--set", setting)]
        code, _, err = run("convert", source, "--to", target, "-d", out, "--force", "-v", *more)
        assert "defect" not in err and "Traceback" not in err
        files = sorted(out.rglob("*.yaml")) if out.exists() else []
        written = [obj for file in files for obj in yaml.safe_load_all(file.read_text()) if obj]
        return code, written, err

    return convert


def names(written, kind):
    return [obj["metadata"]["name"] for obj in written if obj["kind"] == kind]


def test_two_plugins_of_one_type_on_an_ingress(converted):
    limits = [
        plugin(name, "rate-limiting", {"minute": n, "policy": "local"}) for n, name in ((5, "a"), (6, "b"))
    ]
    code, written, said = converted(ingress(plugins="a,b"), *limits, service())
    assert code == 1 and "plugins/two-of-one-type" in said
    assert names(written, "ApisixRoute") == ["web"]


def test_two_plugins_that_become_the_same_one(converted):
    limit = plugin("a", "rate-limiting", {"minute": 5, "policy": "local"})
    other = {"limit": [6], "window_size": [60], "sync_rate": -1, "strategy": "local"}
    advanced = plugin("b", "rate-limiting-advanced", other)
    code, written, said = converted(ingress(plugins="a,b"), limit, advanced, service())
    assert code == 1 and "error apisix/plugin-clash" in said, "a lost limit is an error"
    (config,) = [obj for obj in written if obj["kind"] == "ApisixPluginConfig"]
    assert [entry["config"]["count"] for entry in config["spec"]["plugins"]] == [5]
    code, _, said = converted(ingress(plugins="a"), limit, advanced, service())
    assert "apisix/plugin-clash" not in said


def test_two_sets_of_plugins_stay_two_configurations(converted):
    """The names of both sets join to the same text."""
    objects = [
        plugin("a-b", "cors"),
        plugin("c", "key-auth"),
        plugin("a", "cors"),
        plugin("b-c", "key-auth", {"key_names": ["x"]}),
    ]
    one, two = ingress(plugins="a-b,c"), ingress("two", path="/two", plugins="a,b-c")
    _code, written, _ = converted(one, two, *objects, service())
    used = {
        rule["plugin_config_name"]
        for obj in written
        if obj["kind"] == "ApisixRoute"
        for rule in obj["spec"]["http"]
    }
    assert used == set(names(written, "ApisixPluginConfig")) and len(used) == 2


def test_names_that_collide_after_shortening(converted):
    plugins = [plugin(f"{LONG}{n}", kind) for n, kind in enumerate(("key-auth", "cors", "basic-auth"))]
    one = ingress(f"{LONG}a", plugins=f"{LONG}0,{LONG}1")
    two = ingress(f"{LONG}b", path="/two", plugins=f"{LONG}1,{LONG}2")
    _, written, _ = converted(one, two, *plugins, service())
    configs = names(written, "ApisixPluginConfig")
    assert len(configs) == len(set(configs)) == 2 and all(len(name) <= 63 for name in configs)
    assert sorted(names(written, "ApisixRoute")) == [f"{LONG}a", f"{LONG}b"]


def test_rule_names_that_collide_after_shortening(converted):
    long = "s" * 60
    one = ingress(service=f"{long}1", host=f"{'h' * 60}.example.com")
    entry = json.loads(
        json.dumps(one["spec"]["rules"][0]["http"]["paths"][0]).replace(f"{long}1", f"{long}2")
    )
    one["spec"]["rules"][0]["http"]["paths"].append({**entry, "path": "/two"})
    _, written, _ = converted(one, service(f"{long}1"), service(f"{long}2"))
    (route,) = [obj for obj in written if obj["kind"] == "ApisixRoute"]
    rules = [rule["name"] for rule in route["spec"]["http"]]
    assert len(rules) == len(set(rules)) == 2 and all(len(name) <= 64 for name in rules)


def test_consumers_whose_names_become_equal(converted):
    def consumer(name, secret):
        return kong("KongConsumer", name, username=name, credentials=[secret])

    def key(name):
        return core("Secret", name, labels={"konghq.com/credential": "key-auth"}, stringData={"key": name})

    objects = [consumer("al.ice", "k1"), consumer("al-ice", "k2"), key("k1"), key("k2")]
    _, written, said = converted(ingress(plugins="k"), plugin("k", "key-auth"), *objects, service())
    found = names(written, "ApisixConsumer")
    assert len(set(found)) == 2 and "al-ice" in found
    assert all(f"shop_{name}" in said for name in found)


def test_a_service_used_with_two_protocols(converted):
    """Kong keeps one service of the name: the TCP one replaces the HTTP one."""
    rules = [{"port": 9000, "backend": {"serviceName": "cart", "servicePort": 80}}]
    tcp = kong("TCPIngress", "tcp", "v1beta1", spec={"rules": rules})
    code, written, said = converted(ingress(), tcp, service())
    assert code == 1 and "streams/http-routes-overwritten" in said
    assert names(written, "ApisixRoute") == ["tcp"]
    udp = kong("UDPIngress", "udp", "v1beta1", spec={"rules": rules})
    code, written, said = converted(tcp, udp, service())
    assert code == 1 and "apisix/upstream-conflict" in said and "apisix/stream-port-shared" in said
    code, _, said = converted(ingress(), service())
    assert code == 0 and "overwritten" not in said


@pytest.mark.parametrize("target", ["apisix", "gateway-api"])
@pytest.mark.parametrize("router", ["traditional", "traditional_compatible", "expressions"])
def test_a_path_pattern_that_pcre_refuses(converted, target, router):
    odd = ingress(path=r"/~/(?u:a)\u{1F600}", kind="ImplementationSpecific")
    code, written, said = converted(
        odd, ingress("sound", path="/ok"), service(), target=target, settings=[f"kong.router={router}"]
    )
    assert code == 1 or (target, router) == ("gateway-api", "expressions"), "Rust reads it there too"
    assert any(told in said for told in ("apisix/regex-refused", "refused/regex", "regular-expression"))
    assert "sound" in [obj["metadata"]["name"] for obj in written]


@pytest.mark.parametrize("router", ["traditional", "traditional_compatible", "expressions"])
@pytest.mark.parametrize("pattern", ["(", "(?u:a)", "[a"])
def test_a_header_pattern_that_pcre_refuses(converted, router, pattern):
    odd = ingress(path="/odd", **{"headers.x-a": f"~*{pattern}"})
    code, written, said = converted(
        odd, ingress("sound", path="/ok"), service(), settings=[f"kong.router={router}"]
    )
    assert code == 1 and "apisix/regex-refused" in said
    assert names(written, "ApisixRoute") == ["sound"]


def test_a_secret_for_a_plugin_that_is_not_there(converted):
    reference = {"configFrom": {"secretKeyRef": {"name": "nope", "key": "config"}}}
    objects = ingress(plugins="a"), plugin("a", "rate-limiting", **reference), service()
    code, _, said = converted(*objects)
    assert code == 1 and "error plugins/config-secret-missing" in said and "nope" in said
    there = core("Secret", "nope", stringData={"config": "{minute: 5, policy: local}"})
    code, _written, said = converted(*objects, there)
    assert code == 1 and "config-secret-missing" not in said and "plugins/secret-withheld" in said


@pytest.mark.parametrize("target", ["apisix", "gateway-api"])
def test_an_empty_configuration_beside_one_from_a_secret(converted, target):
    reference = {"configFrom": {"secretKeyRef": {"name": "s", "key": "config"}}}
    secret = core("Secret", "s", stringData={"config": "{minute: 5, policy: local}"})
    objects = ingress(plugins="a"), plugin("a", "rate-limiting", {}, **reference), service(), secret
    code, _, said = converted(*objects, target=target)
    assert code == 1 and "plugins/secret-withheld" in said


def test_a_secret_of_a_credential_that_is_not_there(converted):
    bob = kong("KongConsumer", "bob", username="bob", credentials=["nope"])
    code, written, said = converted(ingress(plugins="k"), plugin("k", "key-auth"), bob, service())
    assert code == 1 and "credentials/missing" in said and "nope names no type of credential" in said
    (consumer,) = [obj for obj in written if obj["kind"] == "ApisixConsumer"]
    assert "authParameter" not in consumer["spec"], "nobody can log in as bob until the Secret is given"


def test_a_tls_secret_that_is_not_there(converted):
    web = ingress()
    web["spec"]["tls"] = [{"hosts": ["shop.example.com"], "secretName": "nope"}]
    code, written, said = converted(web, service())
    assert code == 0 and names(written, "ApisixTls") == ["nope"]
    assert "tls/secret-not-given" in said
