"""A small in-house plugin with a mapping to limit-count, in which each rule word can be tried."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from kong2x.mapping import Mapper
from kong2x.model.plugin import PluginUse
from kong2x.model.route import RouteModel
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef

FACTS = """\
plugin: house
class: B
priority: 42
fields:
  limit: {type: integer, default: 5}
  old_limit: {type: integer, until: "3.4"}
  mode: {type: string, default: near, values: [near, far, both]}
  strict: {type: boolean, default: true}
  wait: {type: number, default: 1500}
  text: {type: string}
  secret: {type: string, secret: true, references: true}
  list: {type: list, of: string}
  store.host: {type: string}
  store.port: {type: integer, default: 6379, defaults: {"3.14": 6380}}
  store.name: {type: string, class: A}
  parts: {type: list, of: record}
  "parts[].size": {type: integer, default: 3}
aliases:
  store_host: store.host
"""

HEAD = """\
plugin: house
target: apisix
checked: {kong: "3.9", apisix: "3.18"}
summary: The house counts.
emit: {limit-count: {count: 1, time_window: 60}, workflow: if-written}
"""


class House:
    """A folder with the in-house plugin, and a way to map configurations with some rules."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "kong/plugins").mkdir(parents=True)
        (folder / "apisix/plugins").mkdir(parents=True)
        (folder / "kong/plugins/house.yaml").write_text(FACTS)

    def write(self, rules: str, head: str = HEAD) -> Path:
        """Writes the mapping file: the head and the given lines."""
        path = self.folder / "apisix/plugins/house.yaml"
        path.write_text(head + textwrap.dedent(rules))
        return path

    def use(self, config, **more) -> PluginUse:
        origin = ObjectRef("configuration.konghq.com", "KongPlugin", "shop", "h")
        return PluginUse("house", config, more.pop("scope", "route"), ("shop", "h", "house"), origin, **more)

    def map(self, rules: str, config, version: str = "3.18", kong: str = "3.9", head: str = HEAD, **more):
        """What `config` becomes under the rules."""
        self.write(rules, head)
        facts = SourceFacts(version=kong)
        strict = more.pop("strict", True)
        mapper = Mapper({"apisix": version}, facts, [self.folder], strict=strict)
        return mapper.map(self.use(config, **more), "apisix", model=RouteModel(facts))


@pytest.fixture
def house(tmp_path) -> House:
    return House(tmp_path / "tables")
