"""Small tables of Ingresses in which Kong's winner is hard to keep: each answers alike, or says where not."""

from __future__ import annotations

import json

import pytest

from kong2x.verify.comparison import Difference

from .worlds import FLAVOURS, checked, converted, options

RAW, PREFIX, EXACT = "ImplementationSpecific", "Prefix", "Exact"


def ingress(name, rules, **annotations):
    """An Ingress; `rules` maps a host (or None) to triples of path, pathType and Service."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "annotations": {
                f"konghq.com/{key.replace('__', '.').replace('_', '-')}": value
                for key, value in annotations.items()
            },
        },
        "spec": {
            "ingressClassName": "kong",
            "rules": [
                {
                    **({"host": host} if host else {}),
                    "http": {
                        "paths": [
                            {
                                "path": path,
                                "pathType": kind,
                                "backend": {"service": {"name": to, "port": {"number": 80}}},
                            }
                            for path, kind, to in paths
                        ]
                    },
                }
                for host, paths in rules.items()
            ],
        },
    }


def service(name, **annotations):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "annotations": {
                f"konghq.com/{key.replace('__', '.').replace('_', '-')}": value
                for key, value in annotations.items()
            },
        },
        "spec": {"ports": [{"port": 80}]},
    }


def compared(objects, flavour="traditional", target="apisix"):
    """The verification of some objects; Services that they lack are added."""
    given = {obj["metadata"]["name"] for obj in objects if obj["kind"] == "Service"}
    whole = [*objects, *(service(name) for name in ("s0", "s1", "s2") if name not in given)]
    text = "---\n".join(f"{json.dumps(obj)}\n" for obj in whole)
    found = checked(text, options(target, {"kong.router": flavour}))
    assert not found.errors
    assert found.verification.requests > 20
    return found.verification


def told(difference: Difference) -> tuple[object, ...]:
    request = difference.request
    return (request.method, request.host, request.path, difference.aspects, difference.announced)


def surprises(objects, **more):
    """The differences that no finding announces."""
    return [told(difference) for difference in compared(objects, **more).surprises]


def other_winners(objects, **more):
    """All requests that another Service answers, announced or not; encoded paths aside, which all are told."""
    outcome = compared(objects, **more)
    every = (*outcome.surprises, *outcome.announced)
    return [told(d) for d in every if "service" in d.aspects and "%" not in d.request.path]


def test_a_pattern_that_comes_earlier_in_the_table_decides_which_list_is_walked():
    """Requests below /a/b hit the longer pattern of another host first, so the list of /a is not walked."""
    world = [
        ingress("other", {"a.example": [("/~/a/(?<rest>.*)", RAW, "s0")]}),
        ingress("wide", {"*.a.example": [("/ab", RAW, "s2"), ("/~/a", RAW, "s1")]}, host_aliases="c.example"),
        ingress("plain", {"c.example": [("/a/b", PREFIX, "s2"), ("/c", PREFIX, "s0")]}),
    ]
    assert other_winners(world) == []


@pytest.mark.parametrize("flavour", ["traditional_compatible", "expressions"])
def test_a_final_line_feed_is_no_part_of_what_a_pattern_takes(flavour):
    world = [
        service("s0", path="/base/"),
        ingress(
            "rest", {"a.example": [("/~/a/(?<rest>.*)", RAW, "s0"), ("/a/b", EXACT, "s1")]}, strip_path="true"
        ),
    ]
    assert surprises(world, flavour=flavour) == []


def other_paths(objects, **more):
    """All requests that reach the Service with another path, announced or not; unusual spellings aside."""
    outcome = compared(objects, **more)
    every = (*outcome.surprises, *outcome.announced)
    plain = [d for d in every if not set("%") & set(d.request.path) and "/." not in d.request.path]
    return [told(d) for d in plain if "path" in d.aspects and "//" not in d.request.path]


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    "paths",
    [
        [("/~/a", RAW), ("/a/b/c", PREFIX)],
        [("/a/b/c", PREFIX), ("/~/a", RAW)],
        [("/~/a/(?<rest>.*)", RAW), ("/a/b/c", RAW)],
        [("/", RAW), ("/a-b", EXACT), ("/a", RAW)],
        [("/a", RAW), ("/a/b", PREFIX), ("/a/b/c", EXACT)],
    ],
)
@pytest.mark.parametrize("base", ["/", "/base"])
def test_of_several_paths_of_a_route_the_one_that_kong_tries_first_is_stripped(paths, flavour, base):
    rules = {"a.example": [(path, kind, "s0") for path, kind in paths]}
    world = [service("s0", path=base), ingress("one", rules, strip_path="true")]
    otherwise = other_paths(world, flavour=flavour)
    if flavour == "traditional":
        # Between patterns of one rank the order of Kong's unstable sort decides, and that is told.
        otherwise = [one for one in otherwise if "apisix/tie" not in one[-1]]
    assert otherwise == []
    assert [one for one in surprises(world, flavour=flavour) if "%0A" in one[2]] == []


def test_the_order_of_paths_changes_nothing_where_nothing_is_stripped():
    def paths(*order):
        found = compared_objects([ingress("one", {"a.example": [(p, k, "s0") for p, k in order]})])
        return [rule["match"]["paths"] for rule in found["spec"]["http"]]

    one, other = ("/a", RAW), ("/a/b/c", PREFIX)
    assert sorted(*paths(one, other)) == sorted(*paths(other, one))


def compared_objects(objects):
    text = "---\n".join(f"{json.dumps(obj)}\n" for obj in [*objects, service("s0")])
    (found,) = (o for o in converted(text, options("apisix")).result.objects if o["kind"] == "ApisixRoute")
    return found


def test_rules_of_two_hosts_that_share_an_alias_have_names_of_their_own():
    """`a.example` and `*.a.example` give one rule name, and with the alias one match."""
    pattern = [("/~/(a|b)/c", RAW, "s0")]
    world = [
        ingress(
            "one", {"a.example": pattern, "*.a.example": pattern}, methods="DELETE", host_aliases="c.example"
        ),
        ingress("two", {"c.example": [("/", PREFIX, "s1")], "a.example": [("/a/c", PREFIX, "s1")]}),
    ]
    assert surprises(world, flavour="traditional_compatible") == []
    names = [rule["name"] for rule in compared_objects(world[:1])["spec"]["http"]]
    assert len(names) == len(set(names))


def test_an_exact_path_of_another_host_takes_its_requests_out_of_a_short_list():
    """/a is in the list that requests below /a-b hit, but /a-b itself hits the exact path of another host."""
    world = [
        ingress("exact", {"a.example": [("/a-b", EXACT, "s0")]}),
        ingress("pattern", {"*.y.example": [("/~/a", RAW, "s0")]}, headers__x_team="blue"),
        ingress("short", {"*.a.example": [("/a", RAW, "s1")]}),
        ingress("long", {"*.a.example": [("/a-b", RAW, "s2")]}),
        ingress("more", {"*.a.example": [("/c", PREFIX, "s0")]}),
    ]
    assert other_winners(world) == []
    rules = [rule for rule in all_rules(world) if rule["backends"][0]["serviceName"] == "s2"]
    assert [rule["match"]["paths"] for rule in rules] == [["/a-b*", "/a-b"]]
    without = [obj for obj in world if obj["metadata"]["name"] != "exact"]
    assert other_winners(without) == []
    rules = [rule for rule in all_rules(without) if rule["backends"][0]["serviceName"] == "s2"]
    assert [rule["match"]["paths"] for rule in rules] == [["/a-b*"]]


def all_rules(objects):
    text = "---\n".join(f"{json.dumps(obj)}\n" for obj in [*objects, *map(service, ("s0", "s1", "s2"))])
    made = converted(text, options("apisix")).result.objects
    return [rule for o in made if o["kind"] == "ApisixRoute" for rule in o["spec"]["http"]]


SPLIT_BY_A_PATTERN = [
    ingress("plain", {"x.a.example": [("/a", RAW, "s0")]}),
    ingress("other", {"x.a.example": [("/other", RAW, "s0")]}),
    ingress("wild", {"*.a.example": [("/a/b", RAW, "s1")]}),
]


def test_requests_that_a_foreign_pattern_takes_out_of_a_list_are_told():
    """Row 6 of kong-source.md 4.6, with a pattern of a third route that some of the paths fulfil."""
    assert other_winners(SPLIT_BY_A_PATTERN) == []
    foreign = ingress("foreign", {None: [(r"/~/a/b/\d+$", RAW, "s2")]})
    found = other_winners([*SPLIT_BY_A_PATTERN, foreign])
    assert {(host, path) for _, host, path, *_ in found} == {
        ("x.a.example", "/a/b/0"),
        ("x.a.example", "/a/b/1"),
    }
    assert all("apisix/order-lost" in codes for *_, codes in found)


@pytest.mark.parametrize("flavour", ["traditional_compatible", "expressions"])
def test_only_the_classic_router_has_lists(flavour):
    foreign = ingress("foreign", {None: [(r"/~/a/b/\d+$", RAW, "s2")]})
    outcome = compared([*SPLIT_BY_A_PATTERN, foreign], flavour=flavour)
    assert not outcome.surprises
    assert not any("apisix/order-lost" in d.announced for d in outcome.announced)


def test_patterns_of_equal_rank_leave_open_which_list_is_walked_and_that_is_told():
    team = {"headers__x_team": "blue"}
    world = [
        ingress("digits", {"b.example": [(r"/~/a/\d+$", RAW, "s2"), ("/a/b/c", PREFIX, "s0")]}),
        ingress("first", {"b.example": [("/~/a", RAW, "s1")]}, regex_priority="1"),
        ingress("more", {"b.example": [("/c", RAW, "s0")]}),
        ingress("team", {"b.example": [("/~/a", RAW, "s0"), (r"/~/a/\d+$", RAW, "s1")]}, **team),
    ]
    told_of = {codes for *_, codes in other_winners(world)}
    assert all("apisix/tie" in codes for codes in told_of), told_of
