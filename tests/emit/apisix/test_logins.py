"""Who may call after the move: groups and the controller's release, base64 secrets, names of consumers."""

from __future__ import annotations

import pytest

from kong2x.mapping import Mapper
from kong2x.model.finding import Level, Severity
from kong2x.model.labels import acl_label
from kong2x.model.plugin import Consumer, Credential, Hidden, PluginUse
from kong2x.model.route import Route
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef, SourceObject
from tests.emit.apisix.build import emit, prefix, route, use

KONG = "configuration.konghq.com"


def credential(kind, name, inline=True, **fields):
    hidden = {key: Hidden(value) for key, value in fields.items()}
    return Credential(kind, ObjectRef("", "Secret", "shop", name), hidden, inline)


def consumer(name, *credentials, **more):
    return Consumer(ObjectRef(KONG, "KongConsumer", "shop", name), name, credentials=credentials, **more)


def converted(*routes: Route, apisix="3.18", controller="2.2", **model):
    settings = {"apisix.version": apisix, "apisix.controller": controller}
    return emit(*routes, mapper=Mapper({"apisix": apisix}, SourceFacts()), settings=settings, **model)


def config(emitted, name):
    (found,) = [o for o in emitted.kinds("ApisixPluginConfig") if o["metadata"]["name"] == name]
    return {entry["name"]: entry["config"] for entry in found["spec"]["plugins"]}


def guarded(*plugins: PluginUse):
    return route(prefix("/"), plugins=(use("key-auth", name="keys"), *plugins))


def closed(emitted):
    return emitted.plugins().get("fault-injection", {}).get("abort", {}).get("http_status") == 403


def test_a_list_and_the_consumers_agree_on_the_label_of_a_group():
    groups = ("staff", "night shift", "encoded-" + "0" * 40)
    emitted = converted(
        guarded(use("acl", {"allow": list(groups)}, name="acl")),
        consumers=[consumer("alice", credential("key-auth", "k", key="x"), acl_groups=groups)],
    )
    listed = config(emitted, "acl-keys")["acl"]["allow_labels"]
    assert emitted.named("ApisixConsumer")["metadata"]["labels"] == dict.fromkeys(listed, "true")
    assert set(listed) == {acl_label(group) for group in groups} and len(listed) == 3


def test_a_label_of_the_source_makes_nobody_a_member():
    ref = ObjectRef(KONG, "KongConsumer", "shop", "mallory")
    source = SourceObject(
        {
            "apiVersion": f"{KONG}/v1",
            "kind": "KongConsumer",
            "metadata": {
                "name": "mallory",
                "namespace": "shop",
                "labels": {"acl.group/staff": "true", "custom_id": "boss", "team": "web"},
            },
        }
    )
    emitted = converted(
        consumers=[consumer("mallory", credential("key-auth", "k", key="x"))], objects={ref: source}
    )
    assert emitted.named("ApisixConsumer")["metadata"]["labels"] == {"team": "web"}


@pytest.mark.parametrize("lists", [{"deny": ["trial"]}, {"allow": ["staff"]}])
@pytest.mark.parametrize("release", ["2.0", "1.8"])
def test_group_lists_close_the_route_where_labels_are_not_copied(lists, release):
    emitted = converted(guarded(use("acl", lists, name="acl")), controller=release)
    assert closed(emitted)
    told = emitted.finding("apisix/acl-labels")
    assert release in told.message and "2.1" in told.remedy and "apisix.version" in told.remedy
    assert told.severity is Severity.ERROR and told.level is Level.UNSUPPORTED


@pytest.mark.parametrize(("apisix", "controller"), [("3.18", "2.1"), ("3.18", "2.2"), ("3.16", "2.0")])
def test_group_lists_serve_the_route_where_they_work(apisix, controller):
    emitted = converted(
        guarded(use("acl", {"deny": ["trial"]}, name="acl")),
        apisix=apisix,
        controller=controller,
        consumers=[consumer("tom", credential("key-auth", "k", key="x"), acl_groups=("trial",))],
    )
    assert not closed(emitted) and "apisix/acl-labels" not in emitted.codes


def test_without_group_lists_an_old_controller_closes_nothing():
    assert not closed(converted(guarded(), controller="2.0"))


def test_a_second_key_of_a_denied_consumer_is_denied_as_well():
    keys = (credential("key-auth", "k1", key="x"), credential("key-auth", "k2", key="y"))
    emitted = converted(
        guarded(use("acl", {"deny": ["trial"]}, name="acl")),
        apisix="3.16",
        consumers=[consumer("tom", *keys, acl_groups=("trial",))],
    )
    names = [f"shop_{o['metadata']['name']}" for o in emitted.kinds("ApisixConsumer")]
    assert (
        config(emitted, "acl-keys")["consumer-restriction"]["blacklist"]
        == names
        == ["shop_tom", "shop_tom-2"]
    )


def test_a_dot_in_a_name_is_written_alike_everywhere():
    tom = consumer("tom.trial", credential("key-auth", "k", key="x"), acl_groups=("trial",))
    vip = use("rate-limiting", {"minute": 5}, name="vip", scope="consumer+route", consumer="tom.trial")
    guest = use("key-auth", {"anonymous": "tom.trial"}, name="keys")
    acl = use("acl", {"deny": ["trial"]}, name="acl")
    emitted = converted(
        route(prefix("/"), plugins=(guest, acl), consumer_plugins=(vip,)), apisix="3.16", consumers=[tom]
    )
    found = config(emitted, "acl-keys-vip")
    assert emitted.named("ApisixConsumer")["metadata"]["name"] == "tom-trial"
    assert found["consumer-restriction"]["blacklist"] == ["shop_tom-trial"]
    assert found["key-auth"]["anonymous_consumer"] == "shop_tom-trial"
    assert found["limit-count"]["_meta"]["filter"][0][2] == "shop_tom-trial"


def test_two_consumers_whose_names_differ_in_a_dot_stay_two():
    pair = [
        consumer("tom.trial", credential("key-auth", "k1", key="x"), acl_groups=("trial",)),
        consumer("tom-trial", credential("key-auth", "k2", key="y")),
    ]
    acl = use("acl", {"allow": ["trial"]}, name="acl")
    emitted = converted(guarded(acl), apisix="3.16", consumers=pair)
    names = [o["metadata"]["name"] for o in emitted.kinds("ApisixConsumer")]
    assert len(set(names)) == 2 and "tom-trial" in names
    (allowed,) = config(emitted, "acl-keys")["consumer-restriction"]["whitelist"]
    assert allowed == f"shop_{next(name for name in names if name != 'tom-trial')}"


def tokens(name="tokens", **more):
    return use("jwt", {"claims_to_verify": ["exp"], **more}, name=name)


def jwt_route(*plugins, path="/", ingress="web"):
    return route(prefix(path), plugins=plugins, ingress=ingress)


TOKEN = credential("jwt", "t", key="iss", secret="c2VjcmV0", algorithm="HS256")


def test_base64_secrets_are_said_with_the_credential():
    emitted = converted(jwt_route(tokens(secret_is_base64=True)), consumers=[consumer("alice", TOKEN)])
    spec = emitted.named("ApisixConsumer")["spec"]
    assert spec["plugins"] == [
        {"name": "jwt-auth", "enable": True, "config": {"base64_secret": True}, "secretRef": "t"}
    ]
    assert "authParameter" not in spec


def test_base64_secrets_of_a_second_type_keep_the_first():
    both = (credential("key-auth", "k", key="x"), TOKEN)
    emitted = converted(jwt_route(tokens(secret_is_base64=True)), consumers=[consumer("alice", *both)])
    spec = emitted.named("ApisixConsumer")["spec"]
    assert spec["authParameter"] == {"keyAuth": {"secretRef": {"name": "k"}}}
    assert [entry["config"] for entry in spec["plugins"]] == [{"base64_secret": True}]


def test_base64_secrets_before_plugins_of_consumers_stand_in_a_secret():
    emitted = converted(
        jwt_route(tokens(secret_is_base64=True)), controller="2.0", consumers=[consumer("alice", TOKEN)]
    )
    assert emitted.named("Secret")["stringData"] == {
        "key": "iss",
        "secret": "c2VjcmV0",
        "algorithm": "HS256",
        "base64_secret": "true",
    }
    away = credential("jwt", "t", inline=False)
    emitted = converted(
        jwt_route(tokens(secret_is_base64=True)), controller="2.0", consumers=[consumer("alice", away)]
    )
    assert "base64_secret with the value true" in emitted.finding("apisix/credential-secret").message


def test_keys_of_signatures_are_no_base64():
    pem = credential("jwt", "t", key="iss", algorithm="RS256", rsa_public_key="PEM")
    emitted = converted(jwt_route(tokens(secret_is_base64=True)), consumers=[consumer("alice", pem)])
    assert "plugins" not in emitted.named("ApisixConsumer")["spec"]


def test_secrets_that_are_text_stay_as_they_are():
    emitted = converted(jwt_route(tokens()), consumers=[consumer("alice", TOKEN)])
    assert emitted.named("ApisixConsumer")["spec"]["authParameter"] == {
        "jwtAuth": {"secretRef": {"name": "t"}}
    }
    assert "apisix/jwt-secret" not in emitted.codes


def test_routes_that_disagree_on_base64_are_told():
    emitted = converted(
        jwt_route(tokens(secret_is_base64=True), path="/a"),
        jwt_route(tokens("plain"), path="/b", ingress="other"),
        consumers=[consumer("alice", TOKEN)],
    )
    told = emitted.finding("apisix/jwt-secret")
    assert "shop.web.cart" in told.message and "shop.other.cart" not in told.message
    assert "plugins" not in emitted.named("ApisixConsumer")["spec"]


def own_limit(scope="consumer", name="slow"):
    return use("rate-limiting", {"minute": 9, "policy": "local"}, name=name, scope=scope, consumer="alice")


def test_a_limit_of_a_consumer_is_written_once():
    alice = consumer("alice", credential("key-auth", "k", key="x"), plugins=(own_limit(),))
    emitted = converted(
        route(prefix("/"), plugins=(use("key-auth", name="keys"),), consumer_plugins=(own_limit(),)),
        consumers=[alice],
    )
    assert "limit-count" not in config(emitted, "keys")
    assert [entry["name"] for entry in emitted.named("ApisixConsumer")["spec"]["plugins"]] == ["limit-count"]


def test_a_limit_of_a_consumer_stands_on_routes_where_consumers_have_no_plugins():
    alice = consumer("alice", credential("key-auth", "k", key="x"), plugins=(own_limit(),))
    emitted = converted(
        route(prefix("/"), plugins=(use("key-auth", name="keys"),), consumer_plugins=(own_limit(),)),
        consumers=[alice],
        controller="2.0",
    )
    limit = config(emitted, "keys-slow")["limit-count"]
    assert limit["_meta"]["filter"] == [["consumer_name", "==", "shop_alice"]]
    assert "plugins" not in emitted.named("ApisixConsumer")["spec"]


def test_a_limit_for_a_consumer_here_that_the_consumers_own_would_replace_is_told():
    alice = consumer("alice", credential("key-auth", "k", key="x"), plugins=(own_limit(),))
    pair = own_limit("consumer+route", "here")
    emitted = converted(
        route(prefix("/"), plugins=(use("key-auth", name="keys"),), consumer_plugins=(pair,)),
        consumers=[alice],
    )
    assert "apisix/consumer-pair" in emitted.codes


@pytest.mark.parametrize(("apisix", "last"), [("3.18", "basic-auth"), ("3.16", "key-auth")])
def test_guests_come_in_by_a_login_that_knows_guests_in_that_release(apisix, last):
    """basic-auth knows anonymous consumers from 3.18 on, key-auth from 3.12 on."""
    both = (
        use("key-auth", {"anonymous": "guest"}, name="keys"),
        use("basic-auth", {"anonymous": "guest"}, name="users"),
    )
    emitted = converted(route(prefix("/"), plugins=both), apisix=apisix, consumers=[consumer("guest")])
    members = config(emitted, "keys-users")["multi-auth"]["auth_plugins"]
    assert [name for member in members for name in member if "anonymous_consumer" in member[name]] == [last]
    assert next(iter(members[-1])) == last and len(members) == 2


def test_a_consumer_without_credentials_is_left_out_where_the_controller_refuses_it():
    emitted = converted(consumers=[consumer("guest")], controller="2.0")
    assert emitted.kinds("ApisixConsumer") == []
    assert "guests" in emitted.finding("apisix/consumer-plugins").message
    assert len(converted(consumers=[consumer("guest")]).kinds("ApisixConsumer")) == 1


@pytest.mark.parametrize(("controller", "name"), [("1.8", "shop_tom_trial"), ("2.0", "shop_tom-trial")])
def test_lists_name_consumers_as_the_controller_composes_their_names(controller, name):
    """The controller before 2.0 turns hyphens into underscores; a deny list that misses that lets in."""
    emitted = converted(
        guarded(use("acl", {"deny": ["trial"]}, name="acl")),
        apisix="3.16",
        controller=controller,
        consumers=[consumer("tom-trial", credential("key-auth", "k", key="x"), acl_groups=("trial",))],
    )
    assert config(emitted, "acl-keys")["consumer-restriction"]["blacklist"] == [name]
    assert name in emitted.finding("apisix/consumer-name").message


def test_no_secret_is_made_for_a_credential_that_is_not_written():
    both = (credential("key-auth", "k", key="x"), TOKEN)
    emitted = converted(
        jwt_route(tokens(secret_is_base64=True)), controller="2.0", consumers=[consumer("alice", *both)]
    )
    assert emitted.kinds("Secret") == []
