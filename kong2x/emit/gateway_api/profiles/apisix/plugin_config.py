"""PluginConfigs: one for each distinct set of plugins in a namespace, named after its KongPlugins."""

from __future__ import annotations

import json
import re
from typing import Any

from kong2x.emit.gateway_api import codes_routes as common
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import Draft
from kong2x.emit.gateway_api.hosts import digest
from kong2x.emit.gateway_api.plugins import accepted
from kong2x.emit.gateway_api.profiles.apisix import codes
from kong2x.emit.gateway_api.profiles.apisix.paths import comparable
from kong2x.emit.gateway_api.profiles.apisix.plugins import Conflict, Plugins, absorb_filters, plugin_set
from kong2x.model.finding import Protects
from kong2x.model.target import Manifest

API_VERSION = "apisix.apache.org/v1alpha1"
GROUP = "apisix.apache.org"


def attach_plugins(desk: Desk, drafts: list[Draft]) -> list[Manifest]:
    """Writes the PluginConfigs and refers to them; a rule whose plugins cannot be written is denied.

    The controller serves a rule whose PluginConfig is missing, so both always come together.
    """
    names: dict[tuple[str, str], str] = {}
    taken: dict[tuple[str, str], str] = {}
    out: list[Manifest] = []
    for draft in drafts:
        if draft.denied or not needs_plugins(draft) or _withheld(desk, draft):
            continue
        try:
            plugins, filters = absorb_filters(draft, plugin_set(draft, desk.model))
        except Conflict as conflict:
            _deny(desk, draft, conflict.plugin)
            continue
        if not plugins:
            continue
        namespace = draft.route.origin.namespace or "default"
        body = json.dumps(plugins, sort_keys=True)
        key = (namespace, body)
        if key not in names:
            names[key] = _name(draft, namespace, body, taken)
            out.append(_object(names[key], namespace, plugins, draft))
        reference = {"group": GROUP, "kind": "PluginConfig", "name": names[key]}
        draft.filters = (*filters, {"type": "ExtensionRef", "extensionRef": reference})
    return out


def _deny(desk: Desk, draft: Draft, plugin: str) -> None:
    draft.denied = f"two settings need the plugin {plugin}"
    draft.filters, draft.backends = (), ()
    desk.say(
        codes.CONFLICT,
        f"The route refuses its requests: two of its settings need the APISIX plugin {plugin}.",
        route=draft.route,
    )


def _withheld(desk: Desk, draft: Draft) -> bool:
    """A PluginConfig has no reference to a Secret: a plugin that needs one is lost, by its class."""
    needy = [m for m in draft.own if m.secrets]
    for mapped in needy:
        access = mapped.protects is Protects.ACCESS
        desk.say_once(
            f"{draft.route.name} {mapped.use.plugin}",
            codes.SECRET_ACCESS if access else codes.SECRET,
            f"The plugin {mapped.use.plugin} takes a value from a Secret, which a PluginConfig cannot do.",
            route=draft.route,
        )
    draft.own = tuple(m for m in draft.own if not m.secrets)
    opened = desk.options.on_security_loss == "open" and accepted(desk, codes.SECRET_ACCESS.id)
    if any(m.protects is Protects.ACCESS for m in needy) and not opened:
        draft.denied = ", ".join(m.use.plugin for m in needy) + " takes a value from a Secret"
        draft.filters, draft.backends = (), ()
        desk.say_once(
            f"{draft.route.name} secret",
            common.DENIED,
            f"The route refuses all requests because {draft.denied}.",
            route=draft.route,
        )
        return True
    return not needs_plugins(draft)


def needs_plugins(draft: Draft) -> bool:
    """Whether a rule has plugins, or a filter that the controller would translate into something else."""
    odd = any(
        any(sign in str(part) for sign in "$%") or not comparable(draft.matches[0].path)
        for part in draft.filters
    )
    return bool(draft.own or draft.extras or odd)


def _name(draft: Draft, namespace: str, body: str, taken: dict[tuple[str, str], str]) -> str:
    """After the KongPlugins, and after the route where something of its own is in it."""
    parts = sorted({m.use.key[1] for m in draft.own})
    if draft.extras or not parts:
        parts = [draft.route.origin.name, *parts]
    plain = re.sub(r"[^a-z0-9.-]+", "-", "-".join(parts).lower()).strip("-.")[:200] or "plugins"
    name = plain
    if taken.setdefault((namespace, name), body) != body:
        name = f"{plain}-{digest(body)}"
        taken[(namespace, name)] = body
    return name


def _object(name: str, namespace: str, plugins: Plugins, draft: Draft) -> Manifest:
    spec = {"plugins": [{"name": plugin, "config": plugins[plugin]} for plugin in sorted(plugins)]}
    value: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "PluginConfig",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
    origins = [m.use.origin for m in draft.own if m.use.origin is not None]
    return Manifest(value, (*dict.fromkeys(origins), draft.route.origin))
