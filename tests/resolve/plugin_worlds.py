"""Objects for the tests about plugins and consumers, and short names for what comes out."""

from __future__ import annotations

from typing import Any

from kong2x.model.plugin import PluginUse
from kong2x.model.route import Route, StreamRoute
from tests.resolve.worlds import Resolved, ingress, resolved, service

Obj = dict[str, Any]
CLASS = {"kubernetes.io/ingress.class": "kong"}
KEY_UUID = "def4f7d3-9863-5ad2-8fa9-c949bf26f55e"
"""The id that KIC gives a consumer named bob (recorded)."""


def plugin(name: str, kind: str = "response-transformer", namespace: str = "default", **fields: Any) -> Obj:
    """A KongPlugin; `labels` and `annotations` go into its metadata."""
    return _plugin("KongPlugin", {"name": name, "namespace": namespace}, kind, fields)


def cluster_plugin(name: str, kind: str = "response-transformer", **fields: Any) -> Obj:
    """A KongClusterPlugin, of the controller's class unless `annotations` says otherwise."""
    return _plugin("KongClusterPlugin", {"name": name}, kind, {"annotations": CLASS, **fields})


def _plugin(kind: str, metadata: Obj, plugin: str, fields: Obj) -> Obj:
    for part in ("labels", "annotations"):
        if fields.get(part):
            metadata[part] = dict(fields[part])
    rest = {key: value for key, value in fields.items() if key not in ("labels", "annotations")}
    return {
        "apiVersion": "configuration.konghq.com/v1",
        "kind": kind,
        "metadata": metadata,
        "plugin": plugin,
        **rest,
    }


def consumer(
    name: str, *credentials: str, plugins: str = "", namespace: str = "default", **fields: Any
) -> Obj:
    """A KongConsumer of the controller's class; its username is its name unless given."""
    annotations = dict(CLASS)
    if plugins:
        annotations["konghq.com/plugins"] = plugins
    value: Obj = {
        "apiVersion": "configuration.konghq.com/v1",
        "kind": "KongConsumer",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        "username": name,
        **fields,
    }
    if credentials:
        value["credentials"] = list(credentials)
    return {key: item for key, item in value.items() if item is not None}


def group(name: str, plugins: str = "", namespace: str = "default") -> Obj:
    """A KongConsumerGroup of the controller's class."""
    annotations = {**CLASS, **({"konghq.com/plugins": plugins} if plugins else {})}
    return {
        "apiVersion": "configuration.konghq.com/v1beta1",
        "kind": "KongConsumerGroup",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
    }


def secret(name: str, kind: str | None = None, /, *, namespace: str = "default", **values: str) -> Obj:
    """A Secret with text values; `kind` is the credential type of its label."""
    metadata: Obj = {"name": name, "namespace": namespace}
    if kind:
        metadata["labels"] = {"konghq.com/credential": kind}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}


def grant(namespace: str, kind: str, group: str, sender: str, name: str | None = None) -> Obj:
    """A ReferenceGrant in `namespace` that lets `sender` name KongPlugins there."""
    to = {"group": "configuration.konghq.com", "kind": "KongPlugin", **({"name": name} if name else {})}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "grant", "namespace": namespace},
        "spec": {"from": [{"group": group, "kind": kind, "namespace": sender}], "to": [to]},
    }


def listing(plugins: str, **fields: Any) -> Obj:
    """An Ingress that lists plugins."""
    return ingress(annotations={"konghq.com/plugins": plugins, **fields.pop("annotations", {})}, **fields)


def listed_service(plugins: str, name: str = "app", **fields: Any) -> Obj:
    """A Service that lists plugins."""
    return service(name, annotations={"konghq.com/plugins": plugins}, **fields)


def add(header: str) -> Obj:
    """A transformer configuration that can be told from another one."""
    return {"config": {"add": {"headers": [header]}}}


def run(*objects: Obj, **facts: Any) -> Resolved:
    """The model of some objects; a Service `app` is there unless one is given."""
    found = list(objects)
    if not any(obj["kind"] == "Service" for obj in found):
        found.append(service())
    return resolved(found, **facts)


def names(uses: tuple[PluginUse, ...]) -> list[str]:
    """Each use as scope, plugin object (or `made`), and whom it is for."""
    out = []
    for use in uses:
        who = use.consumer or use.group
        out.append(f"{use.scope}:{use.origin.name if use.origin else 'made'}" + (f":{who}" if who else ""))
    return out


def on(found: Resolved, route: Route | StreamRoute | None = None) -> list[str]:
    """What runs on the only route for everybody."""
    return names((route or found.only_route()).plugins)


def personal(found: Resolved) -> list[str]:
    """What runs on the only route for known consumers."""
    return names(found.only_route().consumer_plugins)
