"""Which global plugins become an ApisixGlobalRule: only those that watch, and that nothing overrides.

A global rule runs in addition to a route's plugin, where Kong runs the more specific one alone, so all
other global plugins are expanded to the routes (recipe R25).
"""

from __future__ import annotations

from collections import Counter

from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.names import LONGEST_OBJECT, slug
from kong2x.emit.apisix.plugin_configs import entry
from kong2x.model.finding import Protects
from kong2x.model.plugin import MappedPlugin

WATCHERS = frozenset(
    {
        "clickhouse-logger",
        "datadog",
        "elasticsearch-logger",
        "file-logger",
        "google-cloud-logging",
        "http-logger",
        "kafka-logger",
        "loggly",
        "loki-logger",
        "opentelemetry",
        "prometheus",
        "rocketmq-logger",
        "skywalking-logger",
        "sls-logger",
        "splunk-hec-logging",
        "syslog",
        "tcp-logger",
        "udp-logger",
        "zipkin",
    }
)


def emit_global_rules(desk: Desk) -> frozenset[int]:
    """Writes the global rules; the identities of the route uses that they stand for."""
    mapped = [desk.map(use) for use in desk.model.global_plugins]
    counts = Counter(name for item in mapped for name in item.fragments)
    routes = [use for route in desk.model.routes for use in (*route.plugins, *route.consumer_plugins)]
    others = {use.plugin for use in routes if use.scope != "global"}
    others |= {use.plugin for consumer in desk.model.consumers for use in consumer.plugins}
    done: dict[str, None] = {}
    targets = routes_targets(desk, others) if mapped else set()
    for item in mapped:
        name = item.use.plugin
        safe = _watches(item) and all(counts[target] == 1 for target in item.fragments)
        if safe and name not in others and targets.isdisjoint(item.fragments):
            desk.add(_object(item, desk), *((item.use.origin,) if item.use.origin else ()))
            done[name] = None
    return frozenset(id(use) for use in routes if use.plugin in done)


def routes_targets(desk: Desk, plugins: set[str]) -> set[str]:
    """The APISIX plugins that the given Kong plugins become on routes and consumers."""
    out: set[str] = set()
    for route in desk.model.routes:
        for use in route.plugins:
            if use.plugin in plugins:
                out.update(desk.map(use, route).fragments)
    return out


def _watches(item: MappedPlugin) -> bool:
    only = bool(item.fragments) and set(item.fragments) <= WATCHERS
    return only and item.protects is Protects.NOTHING and not item.secrets


def _object(item: MappedPlugin, desk: Desk) -> dict[str, object]:
    origin = item.use.origin
    namespaces = sorted({route.origin.namespace for route in desk.model.routes})
    namespace = desk.choices.plugin_namespace or (namespaces[0] if namespaces else "default")
    name = slug(origin.name if origin else item.use.plugin, "global", LONGEST_OBJECT)
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    plugins = [entry(target, dict(body)) for target, body in sorted(item.fragments.items())]
    return {
        "apiVersion": "apisix.apache.org/v2",
        "kind": "ApisixGlobalRule",
        "metadata": metadata,
        "spec": {"ingressClassName": desk.choices.ingress_class, "plugins": plugins},
    }
