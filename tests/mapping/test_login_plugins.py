"""Logins at somebody else's door: introspection and SAML. What cannot be checked as Kong does is closed."""

from __future__ import annotations

import base64

import pytest

from kong2x.mapping import Mapper, map_config
from kong2x.mapping.examples import short_codes
from kong2x.model.finding import Level, Protects
from kong2x.model.plugin import Consumer, PluginUse
from kong2x.model.route import Route, RouteModel, Service
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef


def apisix(plugin, config, version="3.18", **more):
    return map_config(plugin, "apisix", config, version=version, **more)


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


def introspected(version="3.18", **config):
    config.setdefault("authorization_value", basic("shop:s-1"))
    return apisix("oauth2-introspection", {"introspection_url": "https://idp.example/i", **config}, version)


# -- oauth2-introspection --------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.9", "3.12", "3.16", "3.18"])
def test_a_token_is_demanded_and_never_only_looked_at(version):
    body = introspected(version).fragments["openid-connect"]
    assert body["bearer_only"] is True and body["unauth_action"] == "deny"
    assert body["introspection_endpoint"] == "https://idp.example/i"


@pytest.mark.parametrize(
    "value",
    ["Bearer abc", "Basic !!!", basic("shop"), basic("shop:"), basic(":x"), "{vault://env/x}", "", "Basic"],
)
def test_a_login_that_the_target_cannot_repeat_closes_the_route(value):
    mapped = introspected(authorization_value=value)
    assert not mapped.mapped and mapped.lost is Protects.ACCESS


def test_a_secret_with_a_colon_keeps_it():
    body = introspected(authorization_value=basic("shop:a:b")).fragments["openid-connect"]
    assert (body["client_id"], body["client_secret"]) == ("shop", "a:b")


def test_secrets_stand_in_no_message():
    mapped = introspected(authorization_value=basic("shop:geheim+1"))
    assert "escaped-login" in short_codes(mapped)
    assert not any("geheim" in finding.message + finding.remedy for finding in mapped.findings)


def test_a_path_that_the_service_may_have_does_not_become_the_logout():
    assert introspected().fragments["openid-connect"]["logout_path"] not in ("/logout", "")


def test_guests_are_refused_and_that_is_no_loss_of_the_check():
    mapped = introspected(anonymous="guest")
    assert "no-guests" in short_codes(mapped) and mapped.lost is Protects.NOTHING
    assert mapped.levels[("anonymous",)][0] is Level.UNSUPPORTED
    assert "no-guests" not in short_codes(introspected(anonymous=""))


def test_a_cache_time_that_an_old_release_lacks_is_told():
    assert "cache-time" in short_codes(introspected("3.7", ttl=5))
    assert introspected("3.9", ttl=5).fragments["openid-connect"]["introspection_interval"] == 5


# -- saml ------------------------------------------------------------------------------------------

LOGIN = {
    "issuer": "https://shop.example",
    "idp_sso_url": "https://idp.example/sso",
    "assertion_consumer_path": "/consume",
    "session_secret": "0123456789abcdef0123456789abcdef",
    "idp_certificate": "MAA=",
    "request_signing_certificate": "MAA=",
    "request_signing_key": "MAQCAQAw",
    "anonymous": "guest",
}


def consumer(name="guest", **more):
    return Consumer(ObjectRef("configuration.konghq.com", "KongConsumer", "shop", name), name, **more)


def saml(*consumers, version="3.18", pairs=(), **config):
    facts = SourceFacts()
    route = Route(
        "r", ObjectRef("", "Ingress", "shop", "r"), Service("web.80", "shop"), consumer_plugins=pairs
    )
    use = PluginUse("saml", {**LOGIN, **config}, "route", ("shop", "s", "s"))
    mapper = Mapper({"apisix": version}, facts, strict=True)
    model = RouteModel(facts, consumers=list(consumers))
    return mapper.map(use, "apisix", model=model, route=route)


def test_a_login_for_everybody_arrives():
    mapped = saml(consumer())
    body = mapped.fragments["saml-auth"]
    assert mapped.lost is Protects.NOTHING
    assert (body["sp_issuer"], body["idp_uri"]) == (LOGIN["issuer"], LOGIN["idp_sso_url"])
    assert body["login_callback_uri"] == "/consume"
    assert body["idp_cert"] == "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    assert short_codes(mapped) == ["name-format", "no-consumers", "redirect-binding", "session-cookie"]


@pytest.mark.parametrize("guest", [None, ""])
def test_a_login_for_consumers_only_closes_the_route(guest):
    mapped = saml(consumer(), anonymous=guest)
    assert not mapped.mapped and mapped.lost is Protects.ACCESS


def test_a_guest_who_is_turned_away_makes_it_a_login_for_consumers_only():
    stop = PluginUse("request-termination", {}, "consumer", ("shop", "t", "t"), consumer="guest")
    assert saml(consumer(plugins=(stop,))).lost is Protects.ACCESS
    assert saml(consumer(), pairs=(stop,)).lost is Protects.ACCESS
    assert saml(consumer(groups=("guests",))).lost is Protects.ACCESS
    assert saml(consumer("other")).lost is Protects.ACCESS
    assert saml(consumer(), consumer("other", plugins=(stop,))).lost is Protects.NOTHING


@pytest.mark.parametrize(
    ("key", "first"),
    [
        ("MAQCAQAw", "-----BEGIN PRIVATE KEY-----"),
        ("MAQCAQAC", "-----BEGIN RSA PRIVATE KEY-----"),
        (
            "-----BEGIN EC PRIVATE KEY-----\nx\n-----END EC PRIVATE KEY-----\n",
            "-----BEGIN EC PRIVATE KEY-----",
        ),
    ],
)
def test_keys_get_the_first_line_that_their_bytes_demand(key, first):
    body = saml(consumer(), request_signing_key=key).fragments["saml-auth"]
    assert body["sp_private_key"].splitlines()[0] == first


@pytest.mark.parametrize(
    "change",
    [
        {"idp_certificate": None},
        {"request_signing_key": "{vault://env/key}"},
        {"request_signing_key": "no base64!"},
        {"request_signing_certificate": ""},
        {"response_encryption_key": "MAQCAQAw"},
        {"session_secret": "x" * 33},
        {"session_secret": "short"},
    ],
)
def test_what_the_target_cannot_sign_or_read_closes_the_route(change):
    mapped = saml(consumer(), **change)
    assert not mapped.mapped and mapped.lost is Protects.ACCESS


def test_answers_without_a_check_are_checked_and_that_closes_nothing():
    mapped = saml(consumer(), validate_assertion_signature=False)
    assert mapped.mapped and "unchecked-answers" in short_codes(mapped)
    assert mapped.lost is Protects.NOTHING


@pytest.mark.parametrize(
    ("field", "value", "lost"),
    [
        ("session_idling_timeout", 60, Protects.PROTECTION),
        ("session_cookie_secure", True, Protects.PROTECTION),
        ("response_digest_algorithm", "SHA1", Protects.PROTECTION),
        ("session_storage", "redis", Protects.NOTHING),
        ("session_idling_timeout", 900, Protects.NOTHING),
        ("session_remember", True, Protects.NOTHING),
    ],
)
def test_shorter_sessions_are_protection_and_their_store_is_not(field, value, lost):
    mapped = saml(consumer(), **{field: value})
    assert mapped.mapped and mapped.lost is lost


# -- headers about callers -------------------------------------------------------------------------

MADE_UP = {"X-Consumer-Username", "X-Consumer-Custom-ID", "X-Credential-Identifier"}
LOGINS = {
    "saml": LOGIN,
    "oauth2-introspection": {
        "introspection_url": "https://idp.example/i",
        "authorization_value": basic("a:b"),
    },
    "openid-connect": {"issuer": "https://idp.example", "auth_methods": ["bearer"]},
}


@pytest.mark.parametrize("login", sorted(LOGINS))
def test_callers_cannot_make_up_who_they_are_where_the_target_finds_no_consumer(login):
    def removed(*others):
        facts = SourceFacts()
        uses = tuple(PluginUse(name, {}, "route", ("shop", name, name)) for name in others)
        route = Route("r", ObjectRef("", "Ingress", "shop", "r"), Service("web.80", "shop"), plugins=uses)
        use = PluginUse(login, LOGINS[login], "route", ("shop", "s", "s"))
        model = RouteModel(facts, consumers=[consumer()])
        mapped = Mapper({"apisix": "3.18"}, facts, strict=True).map(use, "apisix", model=model, route=route)
        return set(mapped.fragments["proxy-rewrite"]["headers"]["remove"])

    assert removed() >= MADE_UP | {"X-Consumer-ID", "X-Anonymous-Consumer"}
    honest = removed("key-auth")  # key-auth of the target writes them itself
    assert honest & MADE_UP == set() and {"X-Consumer-ID", "X-Anonymous-Consumer"} <= honest
