"""The Envoy Gateway profile: who may call, from the KongPlugin to the SecurityPolicy.

Fields and behaviour are those of envoyproxy/gateway 1.5 to 1.9 (api/v1alpha1, internal/gatewayapi/securitypolicy.go,
internal/xds/translator) and of envoyproxy/envoy (source/extensions/filters/http/api_key_auth, …/basic_auth).
"""

from __future__ import annotations

from typing import Any

import pytest

from .manifests import codes, consumer, converted, ingress, named, plugin, service, table

WEB = service("web")
BOB = consumer("bob", "bob-key key-auth {key: s3cr3t-bob}", "bob-acl acl {group: staff}")
EVE = consumer("eve", "eve-key key-auth {key: s3cr3t-eve}")
KEYS = plugin("keys", "key-auth", "{}")
IDENTITY = ["X-Consumer-ID", "X-Consumer-Custom-ID", "X-Credential-Identifier", "X-Anonymous-Consumer"]
CLOSED = [("web", "shop.example.com", "PathPrefix /", "", "")]
OPEN = [("web", "shop.example.com", "PathPrefix /", "RequestHeaderModifier", "web:80")]


def envoy(*documents: str, plugins: str = "keys", **settings: str) -> Any:
    given = ingress("web", "Prefix / web", annotations={"konghq.com/plugins": plugins})
    return converted(given, WEB, *documents, implementation="envoy-gateway", **settings)


def policy(result: Any) -> dict[str, Any]:
    (spec,) = named(result, "SecurityPolicy").values()
    return {key: value for key, value in spec.items() if key != "targetRefs"}


def removed(result: Any) -> list[str]:
    (rule,) = named(result, "HTTPRoute")["web"]["rules"]
    (part,) = (one for one in rule["filters"] if one["type"] == "RequestHeaderModifier")
    return list(part["requestHeaderModifier"]["remove"])


def told(result: Any, code: str) -> list[str]:
    return [finding.message for finding in result.findings if finding.code == code]


def test_keys_are_asked_for_where_kong_looks_for_them_and_in_its_order() -> None:
    result = envoy(
        BOB, EVE, plugin("keys", "key-auth", "{key_names: [x-key, apikey], hide_credentials: true}")
    )
    assert policy(result) == {
        "apiKeyAuth": {
            "credentialRefs": [{"group": "", "kind": "Secret", "name": "kong-api-keys"}],
            "extractFrom": [
                {"headers": ["x-key"]},
                {"params": ["x-key"]},
                {"headers": ["apikey"]},
                {"params": ["apikey"]},
            ],
            "forwardClientIDHeader": "X-Consumer-Username",
            "sanitize": True,
        }
    }
    assert table(result) == OPEN and "gateway-api/denied" not in codes(result)


@pytest.mark.parametrize(
    ("config", "places"),
    [
        ("{}", [{"headers": ["apikey"]}, {"params": ["apikey"]}]),
        ("{key_in_query: false}", [{"headers": ["apikey"]}]),
        ("{key_in_header: false}", [{"params": ["apikey"]}]),
    ],
)
def test_a_place_that_kong_does_not_read_is_not_read(config: str, places: list[dict[str, Any]]) -> None:
    found = policy(envoy(BOB, plugin("keys", "key-auth", config)))["apiKeyAuth"]
    assert found["extractFrom"] == places and found["sanitize"] is False


def test_the_callers_own_identity_never_reaches_the_backend() -> None:
    """Header changes of a route come after its logins: the name that the login wrote must not be among them."""
    assert removed(envoy(BOB, EVE, KEYS)) == IDENTITY


def test_a_transformer_may_set_an_identity_header_after_the_login_as_in_kong() -> None:
    after = plugin("after", "request-transformer", '{append: {headers: ["X-Consumer-ID:fixed"]}}')
    result = envoy(BOB, KEYS, after, plugins="keys,after")
    (rule,) = named(result, "HTTPRoute")["web"]["rules"]
    assert rule["filters"][0]["requestHeaderModifier"] == {
        "set": [{"name": "X-Consumer-ID", "value": "fixed"}],
        "remove": IDENTITY[1:],
    }


def test_each_consumer_is_told_what_the_secret_must_hold_and_no_value_is_written() -> None:
    result = envoy(BOB, EVE, KEYS)
    assert told(result, "gateway-api/envoy-credential") == [
        f"Requests with the key of {name} are refused until the Secret shop/kong-api-keys holds it under {name}: "
        f"the value of key in the Secret shop/{name}-key."
        for name in ("bob", "eve")
    ]
    assert "s3cr3t" not in str(result.objects) + str(result.findings)
    assert not [obj for obj in result.objects if obj["kind"] == "Secret"]


def test_kongs_own_secrets_are_never_referred_to() -> None:
    """Envoy Gateway takes every entry for a client: all keys are called key, and kongCredType would be one more."""
    assert "bob-key" not in str(list(envoy(BOB, EVE, KEYS).objects))


@pytest.mark.parametrize(
    "who",
    [
        consumer("bob", "k1 key-auth {key: a}", "k2 key-auth {key: b}"),
        consumer("bob", "k1 key-auth {key: a}", username="bob@example.com"),
    ],
)
def test_a_name_that_envoy_cannot_say_is_not_said(who: str) -> None:
    result = envoy(who, KEYS)
    assert removed(result) == [*IDENTITY, "X-Consumer-Username"]
    assert "under shop.k1:" in told(result, "gateway-api/envoy-credential")[0]
    # 1.5.0 fails where keys are hidden and no header is named (internal/xds/translator/api_key_auth.go)
    assert policy(result)["apiKeyAuth"]["forwardClientIDHeader"] == "X-Consumer-Username"


def test_a_key_that_ends_is_not_carried_over() -> None:
    result = envoy(BOB, consumer("temp", "t-key key-auth {key: a, ttl: '3600'}"), KEYS)
    assert len(told(result, "gateway-api/envoy-credential")) == 1
    assert told(result, "gateway-api/consumer")


@pytest.mark.parametrize(
    ("documents", "plugins", "why"),
    [
        ((KEYS,), "keys", "no consumer of the input has such a credential"),
        ((BOB, plugin("keys", "key-auth", "{anonymous: guest}")), "keys", "guests cannot be let in"),
        (
            (
                BOB,
                plugin("keys", "key-auth", "{key_in_header: false, key_in_query: false, key_in_body: true}"),
            ),
            "keys",
            "keys are not read from bodies",
        ),
        ((BOB, KEYS, plugin("jwt", "jwt", "{}")), "keys,jwt", "several logins of one route"),
        ((BOB, KEYS, plugin("basic", "basic-auth", "{}")), "keys,basic", "several logins of one route"),
        ((BOB, plugin("jwt", "jwt", "{}")), "jwt", "tokens are checked with a JWKS there"),
        ((BOB, plugin("hmac", "hmac-auth", "{}")), "hmac", "it has no such login"),
        ((BOB, plugin("acl", "acl", "{allow: [staff]}")), "acl", "the route has no login"),
        (
            (BOB, plugin("jwt", "jwt", "{}"), plugin("acl", "acl", "{allow: [staff]}")),
            "jwt,acl",
            "what acl does: the login of the route is not carried over",
        ),
        (
            (BOB, plugin("keys", "openid-connect", "{issuer: 'https://id.example.com'}")),
            "keys",
            "sessions, paths and cookies of its own",
        ),
        ((BOB, plugin("keys", "ip-restriction", "{allow: [office]}")), "keys", "its lists are not addresses"),
    ],
)
def test_what_envoy_would_decide_otherwise_stays_closed_and_says_why(
    documents: tuple[str, ...], plugins: str, why: str
) -> None:
    result = envoy(*documents, plugins=plugins)
    assert table(result) == CLOSED and named(result, "SecurityPolicy") == {}
    assert "gateway-api/denied" in codes(result)
    assert why in " ".join(told(result, "gateway-api/envoy-not-carried"))


def test_a_check_of_one_consumer_closes_the_route() -> None:
    """Envoy Gateway has no consumers to hang a plugin on: the addresses of bob would be free."""
    lists = plugin("office", "ip-restriction", "{allow: [10.0.0.0/8]}")
    result = envoy(consumer("bob", "bob-key key-auth {key: a}", plugins="office"), EVE, KEYS, lists)
    assert table(result) == CLOSED and "gateway-api/consumer-access" in codes(result)


def test_keys_in_bodies_and_open_preflights_are_told() -> None:
    result = envoy(BOB, plugin("keys", "key-auth", "{key_in_body: true, run_on_preflight: false}"))
    assert {"gateway-api/envoy-key-in-body", "gateway-api/envoy-preflight"} <= codes(result)
    assert table(result) == OPEN
    assert not {"gateway-api/envoy-key-in-body", "gateway-api/envoy-preflight"} & codes(envoy(BOB, KEYS))


BASIC = plugin("basic", "basic-auth", "{}")
ANN = consumer("ann", "ann-pw basic-auth {username: ann, password: s3cr3t-ann}")


def test_passwords_are_a_file_of_hashes_that_the_operator_makes() -> None:
    result = envoy(ANN, BASIC, plugins="basic")
    assert policy(result) == {
        "basicAuth": {
            "users": {"group": "", "kind": "Secret", "name": "kong-basic-auth"},
            "forwardUsernameHeader": "X-Consumer-Username",
        }
    }
    assert table(result) == OPEN and removed(result) == IDENTITY
    (message,) = told(result, "gateway-api/envoy-credential")
    assert (
        "shop/kong-basic-auth" in message
        and "shop/ann-pw" in message
        and "s3cr3t" not in str(result.findings)
    )


def test_a_user_name_that_is_not_the_consumers_is_not_said_to_be() -> None:
    other = consumer("ann", "ann-pw basic-auth {username: ann.smith, password: p}")
    result = envoy(other, BASIC, plugins="basic")
    assert "forwardUsernameHeader" not in policy(result)["basicAuth"]
    assert removed(result) == [*IDENTITY, "X-Consumer-Username"]


def test_a_hidden_password_is_taken_out_after_the_login() -> None:
    hidden = plugin("basic", "basic-auth", "{hide_credentials: true}")
    assert removed(envoy(ANN, hidden, plugins="basic")) == [*IDENTITY, "Authorization"]
    assert "Authorization" in removed(envoy(ANN, BASIC, plugins="basic", kong__version="3.14"))
    assert "Authorization" not in removed(envoy(ANN, BASIC, plugins="basic"))


def group_rule(action: str, *values: str) -> dict[str, Any]:
    headers = [{"name": "X-Consumer-Username", "values": list(values)}]
    return {"name": "groups", "action": action, "principal": {"headers": headers}}


@pytest.mark.parametrize(
    ("config", "authorization"),
    [
        ("{allow: [staff]}", {"defaultAction": "Deny", "rules": [group_rule("Allow", "bob")]}),
        ("{deny: [staff]}", {"defaultAction": "Allow", "rules": [group_rule("Deny", "bob")]}),
        ("{allow: [nobody]}", {"defaultAction": "Deny", "rules": []}),
    ],
)
def test_groups_are_lists_of_names_behind_a_login(config: str, authorization: dict[str, Any]) -> None:
    result = envoy(BOB, EVE, KEYS, plugin("acl", "acl", config), plugins="keys,acl")
    found = policy(result)
    assert found["authorization"] == authorization and "apiKeyAuth" in found
    assert removed(result) == [*IDENTITY, "X-Consumer-Groups", "X-Authenticated-Groups"]
    assert "gateway-api/envoy-groups" in codes(result)


@pytest.mark.parametrize(
    ("who", "config"),
    [
        (consumer("bob", "k1 key-auth {key: a}", "k2 key-auth {key: b}"), "{allow: [staff]}"),
        (BOB, "{allow: [staff], always_use_authenticated_groups: true}"),
        (BOB, "{}"),
    ],
)
def test_groups_that_cannot_be_told_by_name_close_the_route(who: str, config: str) -> None:
    result = envoy(who, KEYS, plugin("acl", "acl", config), plugins="keys,acl")
    assert table(result) == CLOSED and named(result, "SecurityPolicy") == {}


def test_groups_and_addresses_must_both_agree() -> None:
    lists = plugin("office", "ip-restriction", "{allow: [10.0.0.0/8], deny: [10.1.0.0/16]}")
    acl = plugin("acl", "acl", "{allow: [staff]}")
    found = policy(envoy(BOB, KEYS, acl, lists, plugins="keys,acl,office"))["authorization"]
    assert found == {
        "defaultAction": "Deny",
        "rules": [
            {"name": "deny", "action": "Deny", "principal": {"clientCIDRs": ["10.1.0.0/16"]}},
            {
                "name": "allow-and-groups",
                "action": "Allow",
                "principal": {
                    "clientCIDRs": ["10.0.0.0/8"],
                    "headers": [{"name": "X-Consumer-Username", "values": ["bob"]}],
                },
            },
        ],
    }
    nobody = plugin("acl", "acl", "{allow: [nobody]}")
    closed = policy(envoy(BOB, KEYS, nobody, lists, plugins="keys,acl,office"))["authorization"]
    assert closed == {
        "defaultAction": "Deny",
        "rules": [{"name": "deny", "action": "Deny", "principal": {"clientCIDRs": ["10.1.0.0/16"]}}],
    }


def test_a_route_beside_it_is_not_asked() -> None:
    given = ingress("open", "Prefix /open web")
    result = envoy(BOB, KEYS, given)
    assert {
        ref["name"] for spec in named(result, "SecurityPolicy").values() for ref in spec["targetRefs"]
    } == {"web"}
    assert ("open", "shop.example.com", "PathPrefix /open", "", "web:80") in table(result)


def test_one_plugin_of_many_routes_is_told_of_once() -> None:
    given = [
        ingress(f"i{n}", f"Prefix /p{n} web", annotations={"konghq.com/plugins": "keys"}) for n in range(3)
    ]
    result = converted(*given, WEB, BOB, KEYS, implementation="envoy-gateway")
    (finding,) = (one for one in result.findings if one.code == "gateway-api/envoy-login")
    assert len(finding.routes) == 3 and len(named(result, "SecurityPolicy")) == 3


def test_other_implementations_stay_closed() -> None:
    given = ingress("web", "Prefix / web", annotations={"konghq.com/plugins": "keys"})
    assert table(converted(given, WEB, BOB, KEYS)) == CLOSED
