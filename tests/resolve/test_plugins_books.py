"""Every leaf of plugins, consumers and credentials is carried, told, or booked as doing nothing."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from kong2x.model.finding import Level
from kong2x.model.plugin import PluginUse
from kong2x.model.source import Leaf, leaves
from tests.conftest import shared_folder
from tests.resolve.plugin_worlds import (
    add,
    cluster_plugin,
    consumer,
    grant,
    group,
    listed_service,
    listing,
    plugin,
    run,
    secret,
)
from tests.resolve.test_recorded_plugins import cases, world
from tests.resolve.worlds import Resolved, ingress

shared_folder()

MINE = ("KongPlugin", "KongClusterPlugin", "KongConsumer", "KongConsumerGroup")
META = {"labels": {"team": "a", "global": "true"}, "annotations": {"note": "x", "konghq.com/tags": "t"}}


def patch(path: str, key: str) -> dict[str, Any]:
    return {"path": path, "valueFrom": {"secretKeyRef": {"name": "bits", "key": key}}}


def everything() -> list[dict[str, Any]]:
    """A world in which each field of these kinds is used by something."""
    return [
        listing("key,mark,patched,fromsecret,far:lent,off"),
        listed_service("svc,shadowed"),
        plugin("key", "key-auth", config={"key_names": ["apikey"], "hide_credentials": True}, **META),
        plugin("mark", instance_name="m", run_on="first", protocols=["http", "https"], **add("a:1")),
        plugin("shadowed", **add("s:1")),
        plugin("svc", "request-size-limiting", config={"allowed_payload_size": 5}, consumerRef="bob"),
        plugin("off", "cors", disabled=True, config={"max_age": 5}),
        plugin("unused", "cors", disabled=False, config={"max_age": 6}),
        plugin(
            "patched",
            "rate-limiting",
            config={"minute": 5, "redis": {"host": "h"}, "policy": "redis"},
            configPatches=[patch("/redis/password", "pw"), patch("/redis/host", "host")],
            ordering={"before": {"access": ["key-auth"]}},
        ),
        plugin(
            "fromsecret", "acl", configFrom={"secretKeyRef": {"name": "bits", "key": "whole"}}, spec={"a": 1}
        ),
        plugin("lent", "correlation-id", "far", config={"header_name": "X-Id"}),
        plugin("his", "response-ratelimiting", config={"limits": {"video": {"minute": 10}}}),
        plugin("golden", "request-termination", config={"status_code": 503}),
        cluster_plugin("all", "zipkin", labels={"global": "true"}, config={"http_endpoint": "http://z"}),
        cluster_plugin("twice-a", "statsd", labels={"global": "true"}, config={"host": "a"}),
        cluster_plugin("twice-b", "statsd", labels={"global": "true"}, config={"host": "b"}),
        cluster_plugin("foreign", "prometheus", annotations={"kubernetes.io/ingress.class": "other"}),
        grant("far", "Ingress", "networking.k8s.io", "default", "lent"),
        secret("bits", pw='"p"', host='"g"', whole='{"allow": ["staff"]}', spare="x"),
        consumer(
            "bob",
            "bob-key",
            "bob-jwt",
            "staff",
            plugins="his",
            custom_id="42",
            consumerGroups=["gold", "nope"],
            extra={"a": 1},
        ),
        consumer("ann", "clash-a"),
        consumer("cy", "clash-b", "untyped"),
        secret("bob-key", "key-auth", key="k", ttl="5", colour="blue"),
        secret("bob-jwt", "jwt", key="iss", secret="s", algorithm="HS384"),
        secret("staff", "acl", group="staff"),
        secret("clash-a", "key-auth", key="same"),
        secret("clash-b", "key-auth", key="same"),
        secret("untyped", key="u"),
        secret("unlisted", "basic-auth", username="u", password="p"),
        group("gold", "golden"),
        group("empty", "golden"),
    ]


def resolved(objects: list[dict[str, Any]]) -> Resolved:
    return run(*deepcopy(objects), edition="enterprise")


def shown_use(use: PluginUse) -> Any:
    return (
        use.plugin,
        repr(dict(use.config)),
        use.scope,
        use.key,
        use.consumer,
        use.group,
        use.protocols,
        repr(use.ordering),
        use.instance_name,
        repr(sorted(use.secret_values.items(), key=repr)),
        use.attached,
    )


def snapshot(found: Resolved) -> Any:
    """All that an emitter or a reader of the report could see of these parts."""
    model = found.model
    return (
        [
            (route.name, [shown_use(u) for u in (*route.plugins, *route.consumer_plugins)])
            for route in model.routes
        ],
        [(service.name, [shown_use(u) for u in service.plugins]) for service in model.services],
        [
            (
                c.username,
                c.custom_id,
                c.id,
                c.groups,
                c.acl_groups,
                [
                    (x.type, x.secret, x.inline, {k: v.reveal() for k, v in x.fields.items()})
                    for x in c.credentials
                ],
                [shown_use(u) for u in c.plugins],
            )
            for c in model.consumers
        ],
        [shown_use(use) for use in model.global_plugins],
        sorted((f.code, f.message, str(f.path), str(f.object)) for f in (*model.findings, *model.refusals)),
    )


def other(value: Any) -> Any:
    """A value of the same sort that is not `value`."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return f"x{value}"
    return "something"


def replaced(obj: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    changed = deepcopy(obj)
    node: Any = changed
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = other(node[path[-1]])
    return changed


WORLD = everything()
CHANGES = [
    (number, path)
    for number, obj in enumerate(WORLD)
    if obj["kind"] in (*MINE, "Secret")
    for path in leaves(obj)
    if path[0] not in ("apiVersion", "kind")
]


def name_of(change: tuple[int, tuple[str | int, ...]]) -> str:
    obj = WORLD[change[0]]
    return f"{obj['kind']}-{obj['metadata']['name']}-{'.'.join(map(str, change[1]))}"


@pytest.fixture(scope="module")
def before() -> Resolved:
    return resolved(WORLD)


@pytest.mark.parametrize("change", CHANGES, ids=name_of)
def test_a_changed_leaf_changes_the_outcome_or_does_nothing_in_kong(before, change):
    number, path = change
    objects = deepcopy(WORLD)
    objects[number] = replaced(objects[number], path)
    entry = before.ledger.entry(before.objects[number].ref, path)
    assert entry is not None
    if snapshot(before) == snapshot(resolved(objects)):
        stays = entry.why == "cluster-object"  # a Secret's key that Kong never reads
        assert stays or entry.level is Level.IGNORED, f"nothing tells of it, and it is booked {entry}"


def test_the_outcome_is_not_all_ignored(before):
    """The test above would pass on books that ignore everything."""
    levels = [before.ledger.entry(before.objects[n].ref, path) for n, path in CHANGES]
    assert sum(1 for entry in levels if entry.level is None) >= 25
    assert before.entry("KongPlugin", "config", "key_names", 0).level is None


def carried_somewhere(found: Resolved) -> set[Leaf]:
    """Leaves that an emitter gets to settle."""
    model = found.model
    out: set[Leaf] = set()
    uses = list(model.global_plugins)
    for element in (*model.routes, *model.streams, *model.services, *model.consumers, *model.certificates):
        for where in element.provenance.values():
            out.update(where)
        uses += getattr(element, "plugins", ())
        uses += getattr(element, "consumer_plugins", ())
    for use in uses:
        for path in leaves(dict(use.config)):
            out.update(use.fed_by(path))
    return out


def check_books(found: Resolved) -> None:
    carried = carried_somewhere(found)
    for obj in found.objects:
        for path in leaves(obj.value):
            entry = found.ledger.entry(obj.ref, path)
            assert entry is not None, f"{obj.ref} {path} is not booked"
            if entry.level is None:
                assert Leaf(obj.ref, path) in carried, (
                    f"{obj.ref} {path} is carried as {entry.why} by nothing"
                )


def test_books_of_the_full_world(before):
    check_books(before)


@pytest.mark.parametrize("case", cases())
def test_books_of_the_recorded_cases(case):
    check_books(world(case, "traditional"))


def test_reasons(before):
    def why(kind: str, name: str, *path: str | int) -> str:
        obj = next(o for o in before.objects if (o.kind, o.name) == (kind, name))
        return before.ledger.entry(obj.ref, path).why

    assert why("KongPlugin", "off", "config", "max_age") == "plugins/disabled"
    assert why("KongPlugin", "unused", "config", "max_age") == "plugins/not-referenced"
    assert why("KongPlugin", "shadowed", "config", "add", "headers", 0) == "plugins/shadowed"
    assert why("KongPlugin", "svc", "consumerRef") == "plugins/dead-field"
    assert why("KongPlugin", "fromsecret", "spec", "a") == "plugins/unknown-field"
    assert why("KongPlugin", "patched", "config", "redis", "host") == "overwritten"
    assert why("KongClusterPlugin", "all", "metadata", "labels", "global") == "global"
    assert why("KongConsumer", "ann", "username") == "consumers/conflict"
    assert why("Secret", "unlisted", "stringData", "password") == "credentials/not-listed"


def test_plugins_of_objects_that_are_only_read_act_and_are_not_checked():
    from kong2x.model.ledger import Ledger
    from kong2x.model.settings import SourceFacts
    from kong2x.model.source import SourceObject
    from kong2x.resolve import resolve

    def convert(obj: dict[str, Any]) -> bool:
        return obj["kind"] == "Ingress"

    everybody = [
        listing("key,mark"),
        plugin("key", "key-auth"),
        plugin("mark", **add("a:1")),
        consumer("bob", "s", plugins="mark"),
        secret("s", "key-auth", key="k"),
        cluster_plugin("all", "zipkin", labels={"global": "true"}),
    ]
    objects = [SourceObject(obj, convert=convert(obj)) for obj in everybody]
    model = resolve(objects, SourceFacts(), Ledger())
    (route,) = model.routes
    assert [use.scope for use in route.plugins] == ["global", "route"]
    assert [use.scope for use in route.consumer_plugins] == ["consumer+route"]
    assert model.consumers == [] and model.global_plugins == ()


def test_order_of_leaves_and_objects_is_stable():
    first, second = resolved(WORLD), resolved(WORLD)
    assert snapshot(first) == snapshot(second)
    assert [f.message for f in first.model.findings] == [f.message for f in second.model.findings]


def test_an_object_given_twice_counts_as_the_last_one():
    found = run(
        ingress(), plugin("x", **add("a:1")), plugin("x", config={"b": {"c": 1}}), listing("x", name="web")
    )
    (use,) = found.only_route().plugins
    assert use.config == {"b": {"c": 1}}
    check_books(found)


def branches(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    """Every place in an object, leaf or not."""
    if path:
        yield path
    for key, child in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from branches(child, (*path, key))


ODD = (None, 5, True, "", "x:y", [], {}, [None], {"a": None})
PLACES = [
    (number, path)
    for number, obj in enumerate(WORLD)
    if obj["kind"] in (*MINE, "Secret")
    for path in branches(obj)
    if path[0] not in ("apiVersion", "kind")
]


@pytest.mark.parametrize(
    "number", sorted({number for number, _ in PLACES}), ids=lambda n: WORLD[n]["metadata"]["name"]
)
def test_odd_values_never_raise_and_are_booked(number):
    places = [path for found, path in PLACES if found == number]
    for index, path in enumerate(places):
        for odd in (ODD[index % len(ODD)], ODD[(index + 4) % len(ODD)]):
            objects = deepcopy(WORLD)
            node: Any = objects[number]
            for step in path[:-1]:
                node = node[step]
            node[path[-1]] = odd
            check_books(resolved(objects))
