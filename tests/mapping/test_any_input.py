"""Whatever a configuration holds, the mapper answers: no exception, a level for each leaf, nothing invalid."""

from __future__ import annotations

import random

import pytest

from kong2x.mapping import map_config
from kong2x.mapping.tables import Tables
from kong2x.mapping.targets import targets_of
from kong2x.model.finding import Protects
from kong2x.model.source import leaves

TABLES = Tables()
FILES = [(v, p) for v in TABLES.vocabularies() for p in TABLES.plugins(v)]
TEXTS = (
    *(
        "",
        "a",
        "x-a:1",
        "X-A:$(headers.b)",
        "Host:back.internal",
        "a:b",
        "$host",
        "${x}",
        "https://a.example/p?q=$d",
    ),
    *(
        r"https://.*\.a\.example",
        "*",
        "null",
        "10.0.0.0/8",
        "fe80::1",
        "GET",
        "/a/$(uri_captures[1])",
        "grün  x",
    ),
    *("{vault://env/a}", "true", "{{ x }}", "x:", ":x", "\x00", "a" * 5000),
)
NUMBERS = (0, 1, -1, 0.5, 1.5, 99, 301, 308, 429, 503, 10**9, 2**40)
ODD = (None, True, False, [], {}, [None], {"a": None}, [[1]], "text", 3, {"on": {"x": 1}})


def value_for(field, dice):
    if dice.random() < 0.15:
        return dice.choice(ODD)
    if field.values and dice.random() < 0.8:
        one = dice.choice(field.values)
        return [one] if field.type == "list" else one
    if field.type == "boolean":
        return dice.random() < 0.5
    if field.type in ("number", "integer"):
        return dice.choice(NUMBERS)
    if field.type == "list":
        return [dice.choice(TEXTS) if field.of == "string" else {} for _ in range(dice.randrange(4))]
    return dice.choice(TEXTS) if field.type == "string" else {dice.choice(TEXTS): dice.choice(TEXTS)}


def configuration(kong, dice):
    config = {}
    for field in kong.top:
        if dice.random() < 0.35:
            node = config
            *above, last = field.path.split(".")
            for step in above:
                node = node.setdefault(step, {})
            node[last] = value_for(field, dice)
    for old in kong.aliases:
        if "." not in old and dice.random() < 0.1:
            config[old] = dice.choice(TEXTS + NUMBERS)
    if dice.random() < 0.1:
        config[dice.choice(("odd", "minut", ""))] = dice.choice(ODD)
    return config


@pytest.mark.parametrize(("vocabulary", "plugin"), FILES)
def test_any_configuration_is_answered(vocabulary, plugin):
    dice = random.Random(f"{vocabulary} {plugin}")
    kong = TABLES.kong(plugin)
    for round in range(30):
        config = configuration(kong, dice)
        version = dice.choice({"apisix": ("3.9", "3.15", "3.18"), "gateway-api": ("1.2", "1.6")}[vocabulary])
        mapped = map_config(
            plugin, vocabulary, config, version=version, kong_version=dice.choice(("3.4", "3.9", "3.14"))
        )
        assert set(mapped.levels) == set(leaves(config)), (round, config)
        for name, body in mapped.fragments.items():
            assert targets_of(vocabulary).plugin(name, version).problem(body) == "", (name, body, config)
        if kong.protects is Protects.ACCESS and not mapped.fragments:
            lost = mapped.lost is Protects.ACCESS
            assert lost or plugin == "ip-restriction", (config, mapped)
        for path, (level, code) in mapped.levels.items():
            if level.lost:
                assert any(finding.code == code for finding in mapped.findings), (path, level, code, config)
