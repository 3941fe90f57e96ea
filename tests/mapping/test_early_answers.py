"""Answers that APISIX gives in its first pass must not overtake what Kong asks first (plugin-mapping.md 2.3)."""

from __future__ import annotations

import pytest

from kong2x.mapping import Mapper
from kong2x.mapping.examples import short_codes
from kong2x.model.plugin import PluginUse
from kong2x.model.route import Route, RouteModel, Service
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef

MOVED = {"location": "https://new.example/x"}
PAGE = {"status_code": 503, "body": "<b>no</b>", "content_type": "text/html"}
JSON = {"status_code": 503, "message": "no"}


def mapped(plugin, config, *others, pairs=()):
    """A plugin on a route with others; each of them a name and a configuration."""

    def use(name, body, scope="route"):
        return PluginUse(name, body, scope, ("shop", name, name))

    mine = use(plugin, config)
    uses = (*(use(name, body) for name, body in others), mine)
    beside = tuple(use(name, body, "consumer+route") for name, body in pairs)
    place = Route(
        "r",
        ObjectRef("", "Ingress", "shop", "r"),
        Service("web.80", "shop"),
        plugins=uses,
        consumer_plugins=beside,
    )
    facts = SourceFacts()
    return Mapper({"apisix": "3.18"}, facts, strict=True).map(
        mine, "apisix", model=RouteModel(facts), route=place
    )


@pytest.mark.parametrize(
    ("lists", "condition"),
    [
        ({"deny": ["10.1.0.0/16"]}, [["remote_addr", "!", "ipmatch", ["10.1.0.0/16"]]]),
        ({"allow": ["10.0.0.0/8"]}, [["remote_addr", "ipmatch", ["10.0.0.0/8"]]]),
        (
            {"allow": ["10.0.0.0/8"], "deny": ["10.1.0.0/16"]},
            [["remote_addr", "!", "ipmatch", ["10.1.0.0/16"]], ["remote_addr", "ipmatch", ["10.0.0.0/8"]]],
        ),
    ],
)
def test_refused_addresses_skip_the_early_answer(lists, condition):
    moved = mapped("redirect", MOVED, ("ip-restriction", lists))
    assert moved.fragments["redirect"]["_meta"]["filter"] == condition and short_codes(moved) == []
    page = mapped("request-termination", PAGE, ("ip-restriction", lists))
    assert page.fragments["fault-injection"]["_meta"] == {"priority": 2, "filter": condition}
    assert short_codes(page) == []


def test_without_a_list_nothing_is_filtered():
    assert "_meta" not in mapped("redirect", MOVED).fragments["redirect"]
    assert "filter" not in mapped("request-termination", PAGE).fragments["fault-injection"]["_meta"]


def test_other_checks_are_still_overtaken_and_told():
    found = mapped(
        "redirect", MOVED, ("ip-restriction", {"deny": ["10.1.0.0/16"]}), ("acl", {"allow": ["a"]})
    )
    assert found.fragments["redirect"]["_meta"]["filter"] and short_codes(found) == ["before-checks"]
    (finding,) = found.findings
    assert "acl" in finding.message and "ip-restriction" not in finding.message


@pytest.mark.parametrize("lists", [{"deny": ["nonsense"]}, {}])
def test_a_list_that_kong_refuses_is_no_condition(lists):
    found = mapped("redirect", MOVED, ("ip-restriction", lists))
    assert "_meta" not in found.fragments["redirect"] and short_codes(found) == ["before-checks"]


def test_a_list_for_one_consumer_is_told():
    found = mapped("redirect", MOVED, pairs=[("ip-restriction", {"deny": ["10.1.0.0/16"]})])
    assert "_meta" not in found.fragments["redirect"] and short_codes(found) == ["before-checks"]


def test_a_fixed_refusal_beside_a_simple_list_stays_in_the_access_pass():
    found = mapped("request-termination", JSON, ("ip-restriction", {"deny": ["10.1.0.0/16"]}))
    assert list(found.fragments) == ["workflow"] and "priority" not in found.fragments["workflow"]["_meta"]


@pytest.mark.parametrize(
    "lists",
    [
        {"allow": ["10.0.0.0/8"], "deny": ["10.1.0.0/16"], "message": "nope"},
        {"deny": ["10.1.0.0/16"], "status": 401},
    ],
)
def test_a_fixed_refusal_leaves_workflow_to_a_list_that_needs_it(lists):
    found = mapped("request-termination", JSON, ("ip-restriction", lists))
    assert list(found.fragments) == ["fault-injection"] and short_codes(found) == []
    assert found.fragments["fault-injection"]["_meta"]["filter"]


@pytest.mark.parametrize("limit", ["rate-limiting", "rate-limiting-advanced", "service-protection"])
def test_a_fixed_refusal_waits_for_the_limits(limit):
    found = mapped("request-termination", JSON, (limit, {}))
    assert found.fragments["workflow"]["_meta"] == {"priority": 2, "error_response": {"message": "no"}}
