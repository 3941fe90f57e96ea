"""Who may call on the APISIX profile: groups, base64 secrets, names, guests and checks of a consumer itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kong2x.mapping import Mapper
from kong2x.model.labels import acl_label
from kong2x.model.plugin import Consumer, Credential, Hidden, PluginUse
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef

from .build import codes, emit, finding, model, objects, only, route, use

KONG = "configuration.konghq.com"


def credential(kind: str, name: str, inline: bool = True, **fields: str) -> Credential:
    hidden = {key: Hidden(value) for key, value in fields.items()}
    return Credential(kind, ObjectRef("", "Secret", "shop", name), hidden, inline)


def consumer(name: str, *credentials: Credential, **more: Any) -> Consumer:
    return Consumer(ObjectRef(KONG, "KongConsumer", "shop", name), name, credentials=credentials, **more)


def converted(*routes: Any, consumers: list[Consumer]) -> Any:
    mapper = Mapper({"apisix": "3.18"}, SourceFacts())
    return emit(model(*routes, consumers=consumers), mapper=mapper, implementation="apisix")


def config(emission: Any) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry["config"] for entry in only(emission, "PluginConfig")["spec"]["plugins"]}


def with_plugins(*plugins: PluginUse, **more: Any) -> Any:
    return route("prefix:/", plugins=plugins, **more)


TOKEN = credential("jwt", "t", key="iss", secret="c2VjcmV0", algorithm="HS256")
KEY = credential("key-auth", "k", key="x")


def test_a_list_and_the_consumers_agree_on_the_label_of_a_group() -> None:
    groups = ("staff", "night shift")
    emission = converted(
        with_plugins(use("key-auth"), use("acl", {"allow": list(groups)})),
        consumers=[consumer("alice", KEY, acl_groups=groups)],
    )
    listed = config(emission)["acl"]["allow_labels"]
    assert only(emission, "Consumer")["metadata"]["labels"] == dict.fromkeys(listed, "true")
    assert set(listed) == {acl_label(group) for group in groups}


def test_a_dot_in_a_name_is_written_alike_everywhere() -> None:
    emission = converted(
        with_plugins(use("key-auth", {"anonymous": "tom.trial"})), consumers=[consumer("tom.trial", KEY)]
    )
    assert only(emission, "Consumer")["metadata"]["name"] == "tom-trial"
    assert config(emission)["key-auth"]["anonymous_consumer"] == "shop_tom-trial"


def test_base64_secrets_stand_in_the_credential_as_a_secret_cannot_say_so() -> None:
    tokens = use("jwt", {"secret_is_base64": True, "claims_to_verify": ["exp"]})
    emission = converted(with_plugins(tokens), consumers=[consumer("alice", TOKEN, KEY)])
    first, second = only(emission, "Consumer")["spec"]["credentials"]
    assert first["config"] == {
        "key": "iss",
        "secret": "c2VjcmV0",
        "algorithm": "HS256",
        "base64_secret": True,
    }
    assert "secretRef" not in first and second["secretRef"]["name"] == "k"
    assert "apisix-jwt-inline" in codes(emission)


def test_base64_secrets_out_of_sight_are_told() -> None:
    tokens = use("jwt", {"secret_is_base64": True, "claims_to_verify": ["exp"]})
    away = credential("jwt", "t", inline=False)
    emission = converted(with_plugins(tokens), consumers=[consumer("alice", away)])
    assert "base64_secret: true" in finding(emission, "apisix-jwt-base64").message
    (written,) = only(emission, "Consumer")["spec"]["credentials"]
    assert written["secretRef"]["name"] == "t"


def test_secrets_that_are_text_and_keys_of_signatures_stay_references() -> None:
    pem = credential("jwt", "p", key="iss", algorithm="RS256", rsa_public_key="PEM")
    for base64, held in ((False, TOKEN), (True, pem)):
        tokens = use("jwt", {"secret_is_base64": base64, "claims_to_verify": ["exp"]})
        emission = converted(with_plugins(tokens), consumers=[consumer("alice", held)])
        (written,) = only(emission, "Consumer")["spec"]["credentials"]
        assert "config" not in written and not {"apisix-jwt-inline", "apisix-jwt-base64"} & set(
            codes(emission)
        )


def test_routes_that_disagree_on_base64_are_told() -> None:
    emission = converted(
        route("prefix:/a", plugins=(use("jwt", {"secret_is_base64": True}, "a"),)),
        route("prefix:/b", plugins=(use("jwt", {}, "b"),), to="b"),
        consumers=[consumer("alice", TOKEN)],
    )
    assert "apisix-jwt-secret" in codes(emission)
    assert "config" not in only(emission, "Consumer")["spec"]["credentials"][0]


def test_a_consumer_whose_own_check_is_lost_cannot_log_in() -> None:
    saml = use("saml", {}, "own")
    emission = converted(with_plugins(use("key-auth")), consumers=[consumer("alice", KEY, plugins=(saml,))])
    assert objects(emission, "Consumer") == {}
    assert finding(emission, "apisix-consumer-closed").severity == "error"


@pytest.mark.parametrize("own", [(), (use("rate-limiting", {"minute": 5, "policy": "local"}, "own"),)])
def test_a_consumer_whose_checks_arrive_can_log_in(own: tuple[PluginUse, ...]) -> None:
    emission = converted(with_plugins(use("key-auth")), consumers=[consumer("alice", KEY, plugins=own)])
    assert list(objects(emission, "Consumer")) == ["alice"]


def any_login(*closed: PluginUse) -> dict[str, Any]:
    keys = use("key-auth", {"anonymous": "guest", "key_names": ["a", "b"]})
    users = use("basic-auth", {"anonymous": "guest"})
    emission = converted(
        with_plugins(keys, users), consumers=[consumer("guest", plugins=closed), consumer("alice", KEY)]
    )
    found = config(emission)
    assert not {"key-auth", "basic-auth"} & set(found)
    return found["multi-auth"]


def test_any_of_several_logins_with_several_key_names_is_one_multi_auth_in_kongs_order() -> None:
    members = any_login()["auth_plugins"]
    assert [next(iter(member)) for member in members] == ["key-auth", "key-auth", "basic-auth"]
    guests = [next(iter(member.values())).get("anonymous_consumer") for member in members]
    assert guests == [None, None, "shop_guest"]


def test_guests_that_kong_refuses_are_refused() -> None:
    closed = use("request-termination", {"status_code": 401, "message": "log in first"}, "no")
    multi = any_login(closed)
    assert all("anonymous_consumer" not in next(iter(member.values())) for member in multi["auth_plugins"])
    assert multi["_meta"] == {"error_response": {"message": "log in first"}}


def test_guests_that_kong_refuses_at_times_keep_their_own_plugin() -> None:
    at_times = use("request-termination", {"status_code": 401, "trigger": "x-no"}, "no")
    multi = any_login(at_times)
    assert "anonymous_consumer" in next(iter(multi["auth_plugins"][-1].values()))


def test_a_limit_of_a_consumer_stands_in_the_consumer_and_is_not_lost_on_routes() -> None:
    config = {"minute": 5, "policy": "local"}
    origin = use("rate-limiting", config, "slow").origin
    own = PluginUse(
        "rate-limiting", config, "consumer", ("shop", "slow", "rate-limiting"), origin, consumer="alice"
    )
    emission = converted(
        route("prefix:/", plugins=(use("key-auth"),), consumer_plugins=(own,)),
        consumers=[consumer("alice", KEY, plugins=(own,))],
    )
    assert only(emission, "Consumer")["spec"]["plugins"][0]["name"] == "limit-count"
    assert not {"consumer-plugin", "consumer-plugin-access", "denied"} & set(codes(emission))


# -- what a route must leave to its consumers, and the order of logins ---------------------------------

GUARD = ["X-Consumer-ID", "X-Anonymous-Consumer"]


def personal(plugin: str, config: dict[str, Any]) -> PluginUse:
    return replace(use(plugin, config, name="own"), scope="consumer")


WHO = personal("request-transformer", {"append": {"headers": ["x-who:alice"]}})


def own(emission: Any, name: str) -> dict[str, Any]:
    found = objects(emission, "Consumer")[name]
    return {entry["name"]: entry["config"] for entry in found["spec"].get("plugins", ())}


def two(*more: PluginUse, keys: dict[str, Any] | None = None, users: dict[str, Any] | None = None) -> Any:
    return with_plugins(use("key-auth", keys or {}), use("basic-auth", users or {}), *more)


def test_a_route_leaves_rewriting_to_consumers_that_do_it() -> None:
    people = [consumer("alice", KEY, plugins=(WHO,)), consumer("bob", credential("key-auth", "b", key="y"))]
    emission = converted(with_plugins(use("key-auth")), consumers=people)
    assert set(config(emission)) == {"key-auth"}
    assert own(emission, "alice")["proxy-rewrite"]["headers"] == {"add": {"x-who": "alice"}, "remove": GUARD}
    assert own(emission, "bob")["proxy-rewrite"]["headers"] == {"remove": GUARD}
    assert "apisix-consumer-rewrites" in codes(emission)


def test_a_route_that_rewrites_guards_itself() -> None:
    emission = converted(
        with_plugins(use("key-auth"), use("request-transformer", {"append": {"headers": ["x-r:1"]}})),
        consumers=[consumer("alice", KEY, plugins=(WHO,))],
    )
    assert set(config(emission)["proxy-rewrite"]["headers"]["remove"]) == set(GUARD)


def test_without_rewriting_consumers_the_route_guards() -> None:
    limit = personal("rate-limiting", {"minute": 5, "policy": "local"})
    emission = converted(with_plugins(use("key-auth")), consumers=[consumer("alice", KEY, plugins=(limit,))])
    assert config(emission)["proxy-rewrite"]["headers"]["remove"] == GUARD
    assert "proxy-rewrite" not in own(emission, "alice")
    assert "apisix-consumer-rewrites" not in codes(emission)


def test_a_login_without_consumers_guards_itself() -> None:
    ldap = use("ldap-auth", {"ldap_host": "l", "base_dn": "dc=x", "attribute": "uid"})
    emission = converted(with_plugins(ldap), consumers=[consumer("alice", KEY, plugins=(WHO,))])
    assert {"X-Consumer-Username", *GUARD} <= set(config(emission)["proxy-rewrite"]["headers"]["remove"])


def test_where_all_logins_must_succeed_the_last_consumer_is_kongs() -> None:
    found = config(converted(two(), consumers=[consumer("alice", KEY)]))
    assert found["basic-auth"]["_meta"]["priority"] == 2499 and "_meta" not in found["key-auth"]


@pytest.mark.parametrize(("status", "as_guest"), [(401, False), (403, True)])
def test_a_refused_guest_gets_kongs_status(status: int, as_guest: bool) -> None:
    stop = personal("request-termination", {"status_code": status, "message": "no"})
    guest = {"anonymous": "guest"}
    found = config(converted(two(keys=guest, users=guest), consumers=[consumer("guest", plugins=(stop,))]))[
        "multi-auth"
    ]
    assert ("anonymous_consumer" in found["auth_plugins"][-1]["basic-auth"]) is as_guest
    assert ("_meta" in found) is not as_guest
