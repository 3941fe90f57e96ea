"""Values from Secrets never reach the output, findings or errors."""

from __future__ import annotations

import pytest

from kong2x.model.finding import Level, Protects
from kong2x.model.plugin import SecretKey

KEY = SecretKey("shop", "redis", "password")
SECRET = "hunter2-very-secret"
RULES = "fields: {secret: redis_password, text: {to: group}, limit: {to: redis_database}}"


def everything(mapped) -> str:
    return repr((mapped.fragments, mapped.findings, mapped.levels, mapped.gateway_wide, mapped.secrets))


def test_text_from_a_secret_is_referenced(house):
    mapped = house.map(RULES, {"secret": SECRET}, secret_values={("secret",): KEY})
    assert mapped.secrets == {("limit-count", ("redis_password",)): KEY}
    assert SECRET not in everything(mapped)
    assert [f.code for f in mapped.findings] == ["plugins/secret-reference"]
    assert mapped.levels[("secret",)] == (Level.APPROXIMATE, "plugins/secret-reference")
    assert mapped.lost is Protects.NOTHING


def test_a_number_from_a_secret_is_withheld(house):
    mapped = house.map(RULES, {"limit": 77123}, secret_values={("limit",): KEY})
    assert mapped.secrets == {} and "77123" not in everything(mapped)
    assert mapped.levels[("limit",)] == (Level.UNSUPPORTED, "plugins/secret-withheld")
    assert mapped.lost is Protects.PROTECTION


def test_a_transform_never_sees_a_secret(house, monkeypatch):
    import sys
    import types

    from kong2x.mapping.claim import transform

    module = types.ModuleType("house_secret")
    module.one = transform()(lambda claim: pytest.fail("the transform was called"))
    monkeypatch.setitem(sys.modules, "house_secret", module)
    rules = "fields: {text: {with: [secret], to: group, via: 'house_secret:one'}}"
    mapped = house.map(rules, {"text": "x", "secret": SECRET}, secret_values={("secret",): KEY})
    assert SECRET not in everything(mapped) and mapped.lost is Protects.PROTECTION


def test_a_whole_configuration_from_a_secret_is_withheld(house):
    mapped = house.map(RULES, {"text": SECRET, "limit": 3}, secret_values={(): KEY})
    assert mapped.fragments == {} and mapped.lost is Protects.PROTECTION
    assert SECRET not in everything(mapped)
    assert set(mapped.levels.values()) == {(Level.UNSUPPORTED, "plugins/secret-withheld")}


def test_an_inline_secret_may_be_written_and_is_masked_in_messages(house, monkeypatch):
    import sys
    import types

    from kong2x.mapping.claim import Note, transform

    note = Note("seen", Level.APPROXIMATE, "Seen. Look.")

    def telling(claim):
        claim.note(note, message=f"The secret {claim.value} is told.")
        return claim.value

    module = types.ModuleType("house_telling")
    module.one = transform(note)(telling)
    monkeypatch.setitem(sys.modules, "house_telling", module)
    mapped = house.map("fields: {secret: {to: redis_password, via: 'house_telling:one'}}", {"secret": SECRET})
    assert mapped.fragments["limit-count"]["redis_password"] == SECRET
    assert mapped.findings[0].message == "The secret <hidden> is told."


@pytest.mark.parametrize(
    ("value", "version", "written"),
    [
        ("{vault://env/redis-password}", "3.17", "$env://REDIS_PASSWORD"),
        ("{vault://env/redis-password}", "3.16", None),
        ("{vault://hcv/redis/password}", "3.18", None),
        ("{vault://env/a/b}", "3.18", None),
    ],
)
def test_vault_references(house, value, version, written):
    mapped = house.map(RULES, {"secret": value}, version=version)
    assert mapped.fragments["limit-count"].get("redis_password") == written
    assert [f.code for f in mapped.findings] == ([] if written else ["plugins/vault-reference"])
    assert mapped.lost is (Protects.NOTHING if written else Protects.PROTECTION)


def test_text_that_looks_like_a_reference_where_kong_reads_none_is_text(house):
    mapped = house.map(RULES, {"text": "{vault://env/x}"})
    assert mapped.fragments["limit-count"]["group"] == "{vault://env/x}" and mapped.findings == ()


def test_wrong_secret_values_are_not_repeated(house):
    mapped = house.map(RULES, {"limit": SECRET, "secret": {"a": SECRET}})
    assert SECRET not in repr(mapped.findings)


def test_findings_stand_at_the_leaf_that_feeds_the_setting(house):
    from kong2x.model.source import Leaf, ObjectRef

    origin = ObjectRef("configuration.konghq.com", "KongPlugin", "shop", "h")
    patch = Leaf(origin, ("configPatches", 0, "valueFrom", "secretKeyRef", "name"))
    mapped = house.map(
        RULES, {"secret": SECRET}, secret_values={("secret",): KEY}, sources={("secret",): (patch,)}
    )
    assert mapped.findings[0].path == patch.path
