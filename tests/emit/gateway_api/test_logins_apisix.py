"""Who may call on the APISIX profile: groups, base64 secrets, names, guests and checks of a consumer itself."""

from __future__ import annotations

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
