"""What becomes of the access and identity plugins: hard cases, releases, recorded pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kong2x.mapping import Mapper, lint, map_config, run_examples
from kong2x.mapping.examples import short_codes
from kong2x.model.finding import Protects
from kong2x.model.labels import acl_label
from kong2x.model.plugin import Consumer, Credential, MappedPlugin, PluginUse
from kong2x.model.route import RouteModel
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef

LOST = [
    "session",
    "oauth2",
    "mtls-auth",
    "header-cert-auth",
    "tls-handshake-modifier",
    "jwt-signer",
    "saml",
    "vault-auth",
    "acme",
    "upstream-oauth",
    "standard-webhooks",
]
CARRIED = [
    "key-auth-enc",
    "basic-auth",
    "jwt",
    "hmac-auth",
    "ldap-auth",
    "ldap-auth-advanced",
    "acl",
    "bot-detection",
    "oauth2-introspection",
    "openid-connect",
    "opa",
    "jwe-decrypt",
    "tls-metadata-headers",
]
ALL = [*LOST, *CARRIED]
LDAP = {"ldap_host": "ldap.shop.svc", "base_dn": "dc=shop", "attribute": "uid"}
OIDC = {"issuer": "https://idp.example", "bearer_token_param_type": ["header"], "auth_methods": ["bearer"]}


def consumer(
    name: str, *acl: str, groups: tuple[str, ...] = (), credentials: tuple[Credential, ...] = ()
) -> Consumer:
    ref = ObjectRef("configuration.konghq.com", "KongConsumer", "shop", name)
    return Consumer(ref, name, acl_groups=acl, groups=groups, credentials=credentials)


def mapped(plugin: str, config: dict[str, Any], version: str = "3.18", *consumers: Consumer) -> MappedPlugin:
    facts = SourceFacts()
    model = RouteModel(facts, consumers=list(consumers))
    use = PluginUse(plugin, config, "route", ("shop", "p", plugin))
    return Mapper({"apisix": version}, facts, strict=True).map(use, "apisix", model=model)


@pytest.mark.parametrize("plugin", ALL)
@pytest.mark.parametrize("vocabulary", ["apisix", "gateway-api"])
def test_files_hold_what_they_say(plugin: str, vocabulary: str) -> None:
    assert [str(problem) for problem in lint(vocabulary=vocabulary, plugin=plugin)] == []
    results = run_examples(vocabulary=vocabulary, plugin=plugin)
    assert results
    assert [(r.title, r.problems) for r in results if r.problems] == []


@pytest.mark.parametrize("plugin", ALL)
def test_no_standard_filter_checks_callers(plugin: str) -> None:
    harmless = {"acme": "nothing", "tls-metadata-headers": "nothing", "bot-detection": "protection"}
    config = run_configs(plugin)[0]
    answer = map_config(plugin, "gateway-api", config)
    assert not answer.fragments
    assert answer.lost == harmless.get(plugin, "access")


@pytest.mark.parametrize("plugin", [name for name in LOST if name != "acme"])
def test_what_has_no_counterpart_denies(plugin: str) -> None:
    answer = map_config(plugin, "apisix", run_configs(plugin)[0])
    assert not answer.mapped
    assert answer.lost is Protects.ACCESS


def run_configs(plugin: str) -> list[dict[str, Any]]:
    from kong2x.mapping.tables import Tables

    file = Tables().mapping("apisix", plugin)
    assert file is not None
    return [dict(example.kong) for example in file.examples]


CHANGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("key-auth-enc", {}, {"key_names": ["x-key"]}),
    ("basic-auth", {}, {"realm": "other"}),
    ("basic-auth", {}, {"hide_credentials": True}),
    ("jwt", {}, {"claims_to_verify": ["exp"]}),
    ("jwt", {}, {"secret_is_base64": True}),
    ("jwt", {}, {"maximum_expiration": 60}),
    ("hmac-auth", {}, {"algorithms": ["hmac-sha256"]}),
    ("hmac-auth", {}, {"enforce_headers": ["date"]}),
    ("ldap-auth", LDAP, {"ldaps": True}),
    ("ldap-auth", LDAP, {"verify_ldap_host": True}),
    ("ldap-auth-advanced", LDAP, {"groups_required": ["staff"]}),
    ("acl", {"allow": ["a"]}, {"allow": ["b"]}),
    ("acl", {"allow": ["a"]}, {"hide_groups_header": True}),
    ("bot-detection", {"deny": ["a"]}, {"allow": ["b"]}),
    ("openid-connect", OIDC, {"issuer": "https://other.example"}),
    ("openid-connect", OIDC, {"scopes_required": ["orders"]}),
    ("openid-connect", OIDC, {"ssl_verify": True}),
    ("opa", {"opa_path": "/v1/data/a"}, {"opa_path": "/v1/data/b"}),
    ("opa", {"opa_path": "/v1/data/a"}, {"include_body_in_opa_input": True}),
    ("jwe-decrypt", {"key_sets": ["a"]}, {"strict": False}),
    ("tls-metadata-headers", {}, {"inject_client_cert_details": True}),
]


@pytest.mark.parametrize(("plugin", "config", "change"), CHANGES)
def test_a_changed_field_makes_a_difference(
    plugin: str, config: dict[str, Any], change: dict[str, Any]
) -> None:
    before, after = mapped(plugin, config), mapped(plugin, {**config, **change})
    assert (before.fragments, short_codes(before)) != (after.fragments, short_codes(after))


@pytest.mark.parametrize(
    ("plugin", "config", "version", "lost"),
    [
        ("basic-auth", {"anonymous": "guest"}, "3.17", "nothing"),  # everybody is refused: nothing opens
        ("key-auth", {"anonymous": "guest"}, "3.11", "nothing"),
        ("key-auth-enc", {"anonymous": "guest"}, "3.11", "nothing"),
        ("jwt", {}, "3.9", "access"),  # the consumer is found by a claim called key only
        ("jwt", {"key_claim_name": "sub"}, "3.12", "nothing"),
        ("jwt", {"claims_to_verify": ["exp"]}, "3.12", "access"),  # tokens without exp would pass
        ("jwt", {"claims_to_verify": ["exp"]}, "3.16", "nothing"),
        ("hmac-auth", {}, "3.9", "access"),
        ("hmac-auth", {}, "3.12", "nothing"),
        ("ldap-auth", LDAP, "3.17", "nothing"),
        ("ldap-auth", {**LDAP, "start_tls": True}, "3.17", "access"),
        ("ldap-auth", {**LDAP, "start_tls": True}, "3.18", "nothing"),
        ("ldap-auth-advanced", {**LDAP, "consumer_optional": True}, "3.17", "access"),
        ("acl", {"allow": ["a"]}, "3.16", "nothing"),
        ("acl", {"deny": ["a"]}, "3.16", "access"),  # nobody known in the group: everybody would pass
        ("acl", {"deny": ["a"]}, "3.17", "nothing"),
        ("openid-connect", OIDC, "3.15", "access"),
        ("openid-connect", OIDC, "3.16", "nothing"),
        ("openid-connect", {**OIDC, "groups_required": ["a"]}, "3.16", "access"),
        ("openid-connect", {**OIDC, "groups_required": ["a"]}, "3.17", "nothing"),
    ],
)
def test_releases_of_the_target_decide(plugin: str, config: dict[str, Any], version: str, lost: str) -> None:
    assert mapped(plugin, config, version).lost == lost


def test_guests_get_the_composed_name() -> None:
    for plugin, target, version in [
        ("basic-auth", "basic-auth", "3.18"),
        ("jwt", "jwt-auth", "3.12"),
        ("hmac-auth", "hmac-auth", "3.12"),
        ("key-auth-enc", "key-auth", "3.12"),
    ]:
        answer = mapped(plugin, {"anonymous": "guest"}, version, consumer("guest"))
        assert answer.fragments[target]["anonymous_consumer"] == "shop_guest"


def test_tokens_in_cookies_are_not_read_by_default() -> None:
    assert mapped("jwt", {}).fragments["jwt-auth"]["cookie"] == "kong2x-none"
    assert mapped("jwt", {"cookie_names": ["jwt"]}).fragments["jwt-auth"]["cookie"] == "jwt"


def test_several_token_places_keep_every_setting() -> None:
    config = {"uri_param_names": ["a", "b"], "claims_to_verify": ["exp"], "anonymous": "guest"}
    answer = mapped("jwt", config, "3.18", consumer("guest"))
    assert "jwt-auth" not in answer.fragments
    members = [entry["jwt-auth"] for entry in answer.fragments["multi-auth"]["auth_plugins"]]
    assert [member["query"] for member in members] == ["a", "b"]
    assert [member["header"] for member in members] == ["authorization", ""]
    assert all(member["key_claim_name"] == "iss" for member in members)
    assert all(member["claims_to_verify"] == ["exp"] for member in members)
    assert [member.get("anonymous_consumer") for member in members] == [None, "shop_guest"]


def test_sha1_never_comes_in_by_the_default_of_the_target() -> None:
    strict = mapped("hmac-auth", {"algorithms": ["hmac-sha512", "hmac-sha224"]}).fragments["hmac-auth"]
    assert strict["allowed_algorithms"] == ["hmac-sha512"]
    assert mapped("hmac-auth", {"algorithms": ["hmac-sha224"]}).lost is Protects.ACCESS


def test_no_signed_header_is_demanded_unless_kong_does() -> None:
    # APISIX 3.17 and later demand `date` when nothing is said.
    assert mapped("hmac-auth", {}).fragments["hmac-auth"]["signed_headers"] == []


def test_a_static_list_names_the_members() -> None:
    people = (consumer("alice", "staff"), consumer("bob", "trial"), consumer("carl", groups=("staff",)))
    allow = mapped("acl", {"allow": ["staff"]}, "3.16", *people).fragments["consumer-restriction"]
    assert allow["whitelist"] == ["shop_alice"]
    deny = mapped("acl", {"deny": ["trial"]}, "3.16", *people)
    assert deny.fragments["consumer-restriction"]["blacklist"] == ["shop_bob"]
    assert "static-deny" in short_codes(deny)
    both = mapped("acl", {"allow": ["staff"], "include_consumer_groups": True}, "3.18", *people)
    assert both.fragments["consumer-restriction"]["whitelist"] == ["shop_alice", "shop_carl"]
    assert "acl" not in both.fragments


def test_a_group_that_cannot_be_read_closes_a_static_deny_list() -> None:
    secret = ObjectRef("", "Secret", "shop", "eve-group")
    hidden = consumer("eve", credentials=(Credential("acl", secret, inline=False),))
    answer = mapped("acl", {"deny": ["trial"]}, "3.16", consumer("bob", "trial"), hidden)
    assert answer.lost is Protects.ACCESS
    assert not answer.fragments


def test_labels_tell_groups_apart() -> None:
    names = ["staff", "Staff", "night shift", "night-shift", "x" * 80, acl_label("night shift").split("/")[1]]
    labels = [acl_label(name) for name in names]
    assert len(set(labels)) == len(names)
    assert all(len(label.split("/")[1]) <= 63 for label in labels)
    assert acl_label("staff") == "acl.group/staff"


def test_exemptions_never_become_an_allowlist() -> None:
    only = mapped("bot-detection", {"allow": ["friendly"]})
    assert not only.fragments
    folded = mapped("bot-detection", {"allow": ["a|b", "(?i)c"], "deny": ["d|e", "f"]})
    assert folded.fragments["ua-restriction"]["denylist"] == [
        "^(?!.*(?:a|b))(?!.*(?:(?i)c)).*(?:d|e)",
        "^(?!.*(?:a|b))(?!.*(?:(?i)c)).*(?:f)",
    ]
    assert folded.lost is Protects.PROTECTION  # Kong's built-in list


def test_everybody_in_the_directory_is_not_let_in_by_mistake() -> None:
    plain = mapped("ldap-auth", LDAP).fragments["ldap-auth-advanced"]
    assert plain["consumer_required"] is False  # Kong needs no consumers here
    advanced = mapped("ldap-auth-advanced", LDAP).fragments["ldap-auth-advanced"]
    assert advanced.get("consumer_required", True) is True  # and here it does


def test_opa_is_closed_until_somebody_accepts_it() -> None:
    answer = mapped("opa", {"opa_path": "/v1/data/edge"})
    assert answer.lost is Protects.ACCESS
    assert answer.fragments["opa"]["policy"] == "edge"


def test_openid_reads_the_issuer_as_kong_does() -> None:
    written = [
        mapped("openid-connect", {**OIDC, "issuer": issuer}).fragments["openid-connect"]["discovery"]
        for issuer in ("https://i.example", "https://i.example/", "https://i.example/.well-known/x")
    ]
    full = "https://i.example/.well-known/openid-configuration"
    assert written == [full, full, "https://i.example/.well-known/x"]


def test_openid_demands_are_met_by_the_right_tokens_only() -> None:
    import jsonschema

    config = {**OIDC, "groups_required": ["a b", "c"], "claims_forbidden": ["guest"]}
    schema = mapped("openid-connect", config).fragments["openid-connect"]["claim_schema"]
    good = [{"groups": ["b", "a"]}, {"groups": "x c"}, {"groups": ["c"]}]
    bad: list[dict[str, Any]] = [{}, {"groups": ["a"]}, {"groups": "cc"}, {"groups": []}]
    bad.append({"groups": ["c"], "guest": True})
    checker = jsonschema.Draft7Validator(schema)
    assert [checker.is_valid(token) for token in good] == [True] * 3
    assert [checker.is_valid(token) for token in bad] == [False] * 5


def test_secrets_do_not_appear_in_findings() -> None:
    answer = mapped(
        "openid-connect", {**OIDC, "client_secret": ["s3cr3t-of-edge"], "session_secret": "k" * 32}
    )
    assert "s3cr3t-of-edge" not in "".join(f.message + f.remedy for f in answer.findings)


# -- recorded pairs: plugin configurations that were run on both gateways ------------------------------

NAMES = {
    "basic-auth": "basic-auth",
    "jwt": "jwt-auth",
    "hmac-auth": "hmac-auth",
    "bot-detection": "ua-restriction",
}
PAIRS = [
    ("basic-auth-defaults", "3.18"),
    ("basic-auth-hide", "3.18"),
    ("basic-auth-anonymous", "3.18"),
    ("jwt-claims-exp", "3.18"),
    ("jwt-cookie-and-param", "3.18"),
    ("jwt-defaults-grace", "3.18"),
    ("hmac-signatures", "3.18"),
    ("bot-deny-allow", "3.18"),
    ("bot-allow-only", "3.18"),
    ("two-user-agents", "3.18"),
    ("acl-allow", "3.18"),
    ("acl-deny", "3.18"),
    ("acl-spoofed-groups", "3.18"),
    ("acl-allow-static", "3.16"),
    ("acl-deny-static", "3.16"),
]


@pytest.mark.parametrize(("name", "version"), PAIRS)
def test_recorded_pairs(name: str, version: str, shared: Path) -> None:
    """Every setting of the recorded plugin stands in ours, or is the default of the target."""
    pair = yaml.safe_load((shared / "facts/recorded/conversion-pairs" / f"{name}.yaml").read_text("utf-8"))
    plugin = pair["plugin"]
    kong = [obj for obj in yaml.safe_load_all(pair["kong"]) if obj]
    config = next(o.get("config") or {} for o in kong if o["kind"] == "KongPlugin" and o["plugin"] == plugin)
    recorded = {
        entry["name"]: entry.get("config") or {}
        for obj in yaml.safe_load_all(pair["apisix"])
        if obj and obj["kind"] == "ApisixPluginConfig"
        for entry in obj["spec"]["plugins"]
    }
    answer = mapped(plugin, config, version, *_people(kong))
    for target in ("acl", "consumer-restriction") if plugin == "acl" else (NAMES[plugin],):
        assert (target in answer.fragments) == (target in recorded)
        if target in recorded:
            ours, theirs = _filled(target, answer.fragments[target]), _filled(target, recorded[target])
            assert ours == theirs


def _people(kong: list[dict[str, Any]]) -> list[Consumer]:
    groups = {o["metadata"]["name"]: o["stringData"].get("group") for o in kong if o["kind"] == "Secret"}
    out = []
    for obj in kong:
        if obj["kind"] == "KongConsumer":
            own = [groups.get(name) for name in obj.get("credentials", ())]
            out.append(consumer(obj["metadata"]["name"], *(group for group in own if group)))
    return out


def _filled(target: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body with the target's own defaults, so that leaving one out is no difference."""
    from kong2x.mapping.targets import NO_DEFAULT, targets_of

    facts = targets_of("apisix")
    assert facts is not None
    known = facts.plugin(target, "3.18")
    assert known is not None
    defaults = {
        path: field.default
        for path, field in known.fields.items()
        if "." not in path and field.default is not NO_DEFAULT
    }
    return {**defaults, **body}
