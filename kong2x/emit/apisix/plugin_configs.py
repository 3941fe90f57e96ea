"""Which ApisixPluginConfig objects are written: one for each distinct set of plugins in a namespace.

A rule can name only one of them, and an inline plugin replaces the whole entry of that name, so what is
inline here always is a complete configuration.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from kong2x.emit.apisix.compose import Composed, names_of
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.merging import Config
from kong2x.emit.apisix.metadata import named
from kong2x.emit.apisix.names import LONGEST_OBJECT, slug, unique
from kong2x.emit.apisix.plugin_secrets import Secrets
from kong2x.model.route import Route
from kong2x.model.source import ObjectRef


@dataclass(slots=True)
class _Set:
    """One set of plugins in one namespace, with the KongPlugins that it is named after."""

    namespace: str
    plugins: list[dict[str, Any]]
    name: str
    sources: dict[ObjectRef, None] = field(default_factory=dict)


CROSS_NAMESPACE = (2, 0)
"""The first controller release whose routes can name a plugin configuration of another namespace."""


@dataclass(slots=True)
class PluginConfigs:
    """All sets of one emission. Names are given at the end, when all sets are known."""

    desk: Desk
    secrets: Secrets
    sets: dict[tuple[str, str], _Set] = field(default_factory=dict)
    users: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)

    def use(self, route: Route, composed: Composed, rule: dict[str, Any]) -> None:
        """Lets `rule` refer to the shared plugins of `route`."""
        if not composed.shared:
            return
        here = route.origin.namespace
        choices = self.desk.choices
        common = choices.plugin_namespace if choices.controller >= CROSS_NAMESPACE else ""
        namespace = common if common and composed.cluster and not composed.secrets else here
        entries = [
            entry(name, config, self.secrets.reference(name, composed.secrets.get(name), route))
            for name, config in composed.shared.items()
        ]
        entries.sort(key=lambda one: one["name"])
        key = (namespace, json.dumps(entries, sort_keys=True, default=str))
        found = self.sets.get(key)
        if found is None:
            wanted = slug("-".join(names_of(composed.origins)), "plugins", LONGEST_OBJECT)
            found = self.sets[key] = _Set(namespace, entries, wanted)
        found.sources.update(dict.fromkeys(use.origin for use in route.plugins if use.origin is not None))
        self.users.setdefault(key, []).append(rule)
        if namespace != here:
            rule["plugin_config_namespace"] = namespace

    def emit(self) -> None:
        """Names the sets, writes the names into the rules, and the objects into the output."""
        for namespace in sorted({found.namespace for found in self.sets.values()}):
            mine = {key: found for key, found in self.sets.items() if found.namespace == namespace}
            names = unique(((key[1], found.name) for key, found in mine.items()), LONGEST_OBJECT)
            for key, found in sorted(mine.items(), key=lambda row: names[row[0][1]]):
                for rule in self.users[key]:
                    rule["plugin_config_name"] = names[key[1]]
                self.desk.add(self._object(names[key[1]], found), *sorted(found.sources))

    def _object(self, name: str, found: _Set) -> dict[str, Any]:
        return {
            "apiVersion": "apisix.apache.org/v2",
            "kind": "ApisixPluginConfig",
            "metadata": named(name, found.namespace),
            "spec": {"ingressClassName": self.desk.choices.ingress_class, "plugins": found.plugins},
        }


def entry(name: str, config: Config, secret: str = "") -> dict[str, Any]:
    """One item of a `plugins` list; `enable` is written out because older CRDs have no default."""
    out: dict[str, Any] = {"name": name, "enable": True, "config": config}
    if secret:
        out["secretRef"] = secret
    return out
