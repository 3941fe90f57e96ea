"""Builds small route models by hand, and reads what was emitted for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.emit.gateway_api import EMITTER
from kong2x.model.finding import Finding, Level, Protects
from kong2x.model.plugin import MappedPlugin, PluginUse
from kong2x.model.route import Backend, Feature, PathKind, PathMatch, Route, RouteModel, Service
from kong2x.model.settings import Options, SourceFacts
from kong2x.model.source import Leaf, ObjectRef, SourceObject
from kong2x.model.target import Emission

KINDS = {
    "exact": PathKind.EXACT,
    "prefix": PathKind.SEGMENT_PREFIX,
    "raw": PathKind.RAW_PREFIX,
    "regex": PathKind.REGEX,
}
SHOP = "shop.example.com"


def ingress(name: str = "web", namespace: str = "shop") -> ObjectRef:
    return ObjectRef("networking.k8s.io", "Ingress", namespace, name)


def path(text: str, *, unescaped: bool = False) -> PathMatch:
    """`prefix:/foo`, `exact:/foo`, `raw:/foo` or `regex:/foo.*`."""
    kind, _, value = text.partition(":")
    forms = {
        "exact": (f"~{value}$",),
        "prefix": (f"{value}/", f"~{value}$") if value != "/" else ("/",),
        "raw": (value,),
        "regex": (f"~{value}",),
    }
    return PathMatch(KINDS[kind], value, forms[kind], unescaped=unescaped)


def backend(name: str = "web", port: int | None = 80, namespace: str = "shop", **more: Any) -> Backend:
    return Backend(namespace, name, port, port, known=True, **more)


def service(name: str = "web", *, namespace: str = "shop", **more: Any) -> Service:
    more.setdefault("backends", (backend(name, namespace=namespace),))
    return Service(f"{namespace}.{name}.80", namespace, **more)


def route(
    *paths: str,
    hosts: Sequence[str] = (SHOP,),
    origin: ObjectRef | None = None,
    to: Service | str = "web",
    name: str = "",
    **more: Any,
) -> Route:
    """One Kong route of an Ingress; `to` is a Service or the name of one."""
    origin = origin or ingress()
    target = to if isinstance(to, Service) else service(to, namespace=origin.namespace)
    host = hosts[0].replace("*", "_") if hosts else ""
    name = name or f"{origin.namespace}.{origin.name}.{target.name.split('.')[1]}.{host}.80"
    given = more.pop("provenance", None)
    found = given if given is not None else {Feature.PATHS: (Leaf(origin, ("spec", "rules", 0, "path")),)}
    return Route(
        name,
        origin,
        target,
        source=Leaf(origin, ("spec", "rules", 0)),
        hosts=tuple(hosts),
        paths=tuple(path(p) for p in paths),
        provenance=dict(found),
        **more,
    )


def annotated(feature: Feature, key: str, origin: ObjectRef | None = None) -> dict[Feature, tuple[Leaf, ...]]:
    """Provenance of a feature that an annotation sets."""
    return {feature: (Leaf(origin or ingress(), ("metadata", "annotations", f"konghq.com/{key}")),)}


def use(plugin: str, config: Mapping[str, Any] | None = None, name: str = "", **more: Any) -> PluginUse:
    name = name or plugin
    origin = ObjectRef("configuration.konghq.com", "KongPlugin", "shop", name)
    return PluginUse(plugin, config or {}, "route", ("shop", name, plugin), origin, **more)


class FakeMapper:
    """Maps a plugin as the test says: `{(plugin, vocabulary): MappedPlugin fields}`."""

    def __init__(self, table: Mapping[tuple[str, str], Mapping[str, Any]] | None = None) -> None:
        self.table = table or {}
        self.memo: dict[tuple[int, str], MappedPlugin] = {}

    def map(
        self, use: PluginUse, vocabulary: str, *, model: RouteModel, route: Route | None = None
    ) -> MappedPlugin:
        key = (id(use), vocabulary)
        if key not in self.memo:
            fields = self.table.get((use.plugin, vocabulary))
            self.memo[key] = (
                MappedPlugin(use, vocabulary, **fields) if fields is not None else _unmapped(use, vocabulary)
            )
        return self.memo[key]


ACCESS_PLUGINS = ("key-auth", "basic-auth", "jwt", "acl", "ip-restriction")
PROTECTION_PLUGINS = ("rate-limiting", "cors", "request-size-limiting")


def _unmapped(use: PluginUse, vocabulary: str) -> MappedPlugin:
    protects = Protects.NOTHING
    if use.plugin in ACCESS_PLUGINS:
        protects = Protects.ACCESS
    elif use.plugin in PROTECTION_PLUGINS:
        protects = Protects.PROTECTION
    levels = {(key,): (Level.UNSUPPORTED, f"{use.plugin}/lost") for key in use.config}
    return MappedPlugin(use, vocabulary, levels=levels, lost=protects, protects=protects)


def model(*routes: Route, objects: Sequence[Mapping[str, Any]] = (), **more: Any) -> RouteModel:
    facts = SourceFacts(router=more.pop("router", "traditional"))
    sources = [SourceObject(dict(value)) for value in objects]
    return RouteModel(facts, list(routes), objects={s.ref: s for s in sources}, **more)


def options(version: str | None = None, channel: Any = "standard", **settings: str) -> Options:
    """Options with `gateway-api.*` settings written with underscores."""
    chosen = {f"gateway-api.{key.replace('_', '-')}": value for key, value in settings.items()}
    chosen.setdefault("gateway-api.parent", "infra/edge")
    return Options(to="gateway-api", settings=chosen, target_version=version, channel=channel)


def emit(
    *routes: Route | RouteModel, mapper: Any = None, opts: Options | None = None, **settings: str
) -> Emission:
    given = routes[0] if len(routes) == 1 and isinstance(routes[0], RouteModel) else model(*routes)  # type: ignore[arg-type]
    version = settings.pop("version", None)
    channel = settings.pop("channel", "standard")
    return EMITTER.emit(given, mapper or FakeMapper(), opts or options(version, channel, **settings))


def objects(emission: Emission, kind: str = "HTTPRoute") -> dict[str, dict[str, Any]]:
    return {m.value["metadata"]["name"]: m.value for m in emission.manifests if m.value["kind"] == kind}


def only(emission: Emission, kind: str = "HTTPRoute") -> dict[str, Any]:
    found = [m.value for m in emission.manifests if m.value["kind"] == kind]
    assert len(found) == 1, [v["metadata"]["name"] for v in found]
    return found[0]


def rules(emission: Emission) -> list[dict[str, Any]]:
    return [
        rule
        for m in emission.manifests
        if m.value["kind"] in ("HTTPRoute", "GRPCRoute")
        for rule in m.value["spec"]["rules"]
    ]


def paths(rule: Mapping[str, Any]) -> list[str]:
    return [f"{m['path']['type']} {m['path']['value']}" for m in rule["matches"]]


def filters(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {f["type"]: next(v for k, v in f.items() if k != "type") for f in rule.get("filters", ())}


def codes(emission: Emission) -> list[str]:
    """The codes of the findings, but for those that every run with served routes has."""
    found = {f.code.removeprefix("gateway-api/") for f in emission.findings}
    return sorted(found - {"timeout-default", "host-case"})


def finding(emission: Emission, code: str) -> Finding:
    found = [f for f in emission.findings if f.code == f"gateway-api/{code}"]
    assert found, f"{code} not in {codes(emission)}"
    return found[0]
