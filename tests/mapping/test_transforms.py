"""What a transform may see and say, and that overlooking a field is noticed."""

from __future__ import annotations

import sys
import types

import pytest

from kong2x.mapping import Mapper
from kong2x.mapping.claim import Note, find_transform, sentences, transform
from kong2x.model.errors import MappingError
from kong2x.model.finding import Level, Protects
from kong2x.model.route import Route, RouteModel, Service
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef

SAID = Note("said", Level.APPROXIMATE, "Something is said. Do something.")
LOST = Note("lost", Level.UNSUPPORTED, "It is lost. Do something.")
STRICT = Note("strict", Level.UNSUPPORTED, "It is stricter. Do something.", stricter=True)


@pytest.fixture
def via(monkeypatch):
    """Makes a function a transform of a module, and gives its name for `via`."""
    module = types.ModuleType("house_transforms")
    monkeypatch.setitem(sys.modules, "house_transforms", module)

    def make(function, *notes):
        module.one = transform(*notes)(function)
        return "house_transforms:one"

    return make


def codes(mapped):
    return sorted(finding.code for finding in mapped.findings)


def test_a_transform_gives_one_value(house, via):
    name = via(lambda claim: claim.value.upper() if claim.value else None)
    mapped = house.map(f"fields: {{text: {{to: group, via: '{name}'}}}}", {"text": "x"})
    assert mapped.fragments["limit-count"]["group"] == "X"


def test_a_transform_may_write_several_settings_and_other_plugins(house, via):
    name = via(
        lambda claim: {"group": "g", "workflow/rules": [{"actions": [["return", {"code": claim["limit"]}]]}]}
    )
    rules = f"fields: {{limit: {{to: [group, workflow/rules], via: '{name}'}}}}"
    mapped = house.map(rules, {"limit": 403})
    assert mapped.fragments["limit-count"]["group"] == "g"
    assert mapped.fragments["workflow"] == {"rules": [{"actions": [["return", {"code": 403}]]}]}


def test_a_transform_may_write_only_what_its_rule_names(house, via):
    name = via(lambda claim: {"key": "x"})
    with pytest.raises(MappingError, match="writes key, which `to` does not name"):
        house.map(f"fields: {{text: {{to: [group], via: '{name}'}}}}", {})


def test_overlooking_a_field_is_an_error_in_tests_and_a_finding_in_production(house, via):
    name = via(lambda claim: claim["text"])
    rules = f"fields: {{text: {{with: [mode], to: group, via: '{name}'}}}}"
    assert codes(house.map(rules, {"text": "x"})) == []
    with pytest.raises(MappingError, match="does not look at mode"):
        house.map(rules, {"text": "x", "mode": "far"})
    mapped = house.map(rules, {"text": "x", "mode": "far"}, strict=False)
    assert codes(mapped) == ["plugins/not-read"]
    assert mapped.levels[("mode",)] == (Level.UNMAPPED, "plugins/not-read")
    assert mapped.lost is Protects.PROTECTION


def test_what_is_ignored_is_not_overlooked(house, via):
    def ignoring(claim):
        claim.ignore("mode")
        return claim["text"]

    rules = f"fields: {{text: {{with: [mode], to: group, via: '{via(ignoring)}'}}}}"
    mapped = house.map(rules, {"mode": "far"})
    assert mapped.findings == () and mapped.levels[("mode",)] == (Level.IGNORED, "plugins/not-in-use")


def test_a_transform_sees_its_own_fields_only(house, via):
    rules = f"fields: {{text: {{to: group, via: '{via(lambda claim: claim['mode'])}'}}}}"
    with pytest.raises(MappingError, match="looks at mode, but its rule names text only"):
        house.map(rules, {})


def test_peek_looks_without_settling(house, via):
    rules = f"fields: {{text: {{to: group, via: '{via(lambda claim: claim.peek('mode'))}'}}}}"
    mapped = house.map(rules, {"mode": "far"})
    assert mapped.fragments["limit-count"]["group"] == "far"
    assert mapped.levels[("mode",)][0] is Level.UNMAPPED


def test_notes_become_findings_about_their_fields(house, via):
    def saying(claim):
        claim.note(SAID)
        claim.note(LOST, "mode", message="The mode is lost.")

    rules = f"fields: {{text: {{with: [mode], via: '{via(saying, SAID, LOST)}'}}}}"
    mapped = house.map(rules, {"text": "x", "mode": "far"}, strict=False)
    said = {finding.code: finding for finding in mapped.findings}
    assert said["house/said"].path == ("config", "text") and said["house/said"].remedy == "Do something."
    assert said["house/lost"].message == "The mode is lost." and said["house/lost"].path == ("config", "mode")
    assert mapped.levels[("mode",)] == (Level.UNSUPPORTED, "house/lost")
    assert mapped.lost is Protects.PROTECTION


def test_an_undeclared_note_is_a_mistake(house, via):
    rules = f"fields: {{text: {{via: '{via(lambda claim: claim.note(SAID))}'}}}}"
    with pytest.raises(MappingError, match="did not declare its note said"):
        house.map(rules, {})


def test_a_stricter_loss_loses_no_protection(house, via):
    def refusing(claim):
        claim.note(STRICT)

    mapped = house.map(f"fields: {{text: {{via: '{via(refusing, STRICT)}'}}}}", {"text": "x"})
    assert mapped.lost is Protects.NOTHING and mapped.findings[0].severity == "error"


def test_abandon_writes_nothing_and_loses_everything(house, via):
    def giving_up(claim):
        claim.abandon(LOST)
        return "x"

    rules = f"fields: {{text: {{to: group, via: '{via(giving_up, LOST)}'}}, limit: key}}"
    mapped = house.map(rules, {"text": "x", "limit": 3})
    assert mapped.fragments == {} and mapped.lost is Protects.PROTECTION
    assert set(mapped.levels.values()) == {(Level.UNSUPPORTED, "house/lost")}


def test_keep_only_drops_what_other_rules_write(house, via):
    def other(claim):
        claim.keep_only("workflow")
        return {"workflow/rules": [{"actions": [["return", {"code": 403}]]}]}

    rules = f"fields: {{text: {{to: [workflow/rules], via: '{via(other)}'}}}}"
    assert list(house.map(rules, {}).fragments) == ["workflow"]


def test_releases_can_be_asked(house, via):
    seen = []

    def asking(claim):
        seen.append(
            (claim.target_has("window_type"), claim.target_at_least("3.17"), claim.kong_at_least("3.14"))
        )

    rules = f"fields: {{text: {{via: '{via(asking)}'}}}}"
    house.map(rules, {}, version="3.17", kong="3.13")
    house.map(rules, {}, version="3.18", kong="3.14")
    assert seen == [(False, True, False), (True, True, True)]


def test_a_mapper_function_takes_the_whole_plugin(house, via):
    def everything(claim):
        claim.ignore(*(path for path in claim.fields if path != "limit"))
        return {"limit-count": {"count": claim["limit"], "time_window": 60}}

    name = via(everything)
    mapped = house.map(f"mapper: '{name}'\n", {"limit": 9, "text": "x"})
    assert mapped.fragments["limit-count"] == {"count": 9, "time_window": 60}
    assert mapped.levels[("limit",)] == (Level.EXACT, "house")
    assert mapped.levels[("text",)][0] is Level.IGNORED


# -- memory of answers -----------------------------------------------------------------------------


def route(name):
    return Route(name, ObjectRef("", "Ingress", "shop", name), Service("s", "shop"))


def mapper_of(house, rules):
    house.write(rules)
    facts = SourceFacts()
    return Mapper({"apisix": "3.18"}, facts, [house.folder], strict=True), RouteModel(facts)


def test_one_answer_serves_all_routes(house, via):
    calls = []
    rules = f"fields: {{text: {{to: group, via: '{via(lambda claim: calls.append(1) or claim.value)}'}}}}"
    mapper, model = mapper_of(house, rules)
    config = {"text": "x"}
    first = mapper.map(house.use(config), "apisix", model=model, route=route("a"))
    use = house.use(config)
    second = mapper.map(use, "apisix", model=model, route=route("b"))
    assert len(calls) == 1 and second.fragments is first.fragments and second.use is use


def test_another_configuration_or_scope_gets_its_own_answer(house, via):
    calls = []
    rules = f"fields: {{text: {{to: group, via: '{via(lambda claim: calls.append(1) or claim.value)}'}}}}"
    mapper, model = mapper_of(house, rules)
    config = {"text": "x"}
    mapper.map(house.use(config), "apisix", model=model)
    mapper.map(house.use({"text": "x"}), "apisix", model=model)
    mapper.map(house.use(config, scope="service"), "apisix", model=model)
    assert len(calls) == 3


def test_looking_at_the_route_makes_one_answer_a_route(house, via):
    def naming(claim):
        return claim.context.route.name if claim.value and claim.context.route else None

    rules = f"fields: {{text: {{to: group, via: '{via(naming)}'}}}}"
    mapper, model = mapper_of(house, rules)
    use, one, two = house.use({"text": "x"}), route("one"), route("two")
    names = [
        mapper.map(use, "apisix", model=model, route=r).fragments["limit-count"]["group"]
        for r in (one, two, one)
    ]
    assert names == ["one", "two", "one"]


def test_transforms_are_found_by_area_and_name():
    assert find_transform("comma") is find_transform("values.comma")
    with pytest.raises(MappingError, match="Did you mean comma"):
        find_transform("values.coma")
    with pytest.raises(MappingError, match="there is no module"):
        find_transform("nowhere.comma")
    with pytest.raises(MappingError):
        find_transform("order.later_checks")


def test_notes_split_into_message_and_remedy():
    assert sentences("It waits 1.5 s. Use Redis. Or not.") == ("It waits 1.5 s.", "Use Redis. Or not.")
    assert sentences("One\nsentence.") == ("One sentence.", "")
