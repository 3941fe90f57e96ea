"""Logins at somebody else's door: introspection and SAML. What cannot be checked as Kong does is closed."""

from __future__ import annotations

import base64

import pytest

from kong2x.mapping import map_config
from kong2x.mapping.examples import short_codes
from kong2x.model.finding import Level, Protects


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
