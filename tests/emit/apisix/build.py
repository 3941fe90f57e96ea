"""Small route models for the tests of this target, and a mapper that answers from a table."""

from __future__ import annotations

from dataclasses import replace

from kong2x.emit.apisix import EMITTER
from kong2x.model.finding import Finding, Level, Protects, Severity
from kong2x.model.plugin import MappedPlugin, PluginUse
from kong2x.model.route import Backend, Feature, PathKind, PathMatch, Route, RouteModel, Service
from kong2x.model.settings import Options, SourceFacts
from kong2x.model.source import Leaf, ObjectRef

INGRESS = "networking.k8s.io"


def origin(name="web", kind="Ingress", namespace="shop"):
    return ObjectRef(INGRESS, kind, namespace, name)


def prefix(value):
    kong = ("/",) if value == "/" else (f"{value}/", f"~{value}$")
    return PathMatch(PathKind.SEGMENT_PREFIX, value, kong)


def raw(value):
    return PathMatch(PathKind.RAW_PREFIX, value, (value,))


def exact(value):
    return PathMatch(PathKind.EXACT, value, (f"~{value}$",))


def regex(value):
    return PathMatch(PathKind.REGEX, value, (f"~{value}",))


def backend(name="cart", port=80, **more):
    return Backend("shop", name, port, port, known=True, **{"target_port": 8080, **more})


def service(name="cart", **more):
    return Service(f"shop.{name}.80", "shop", **{"backends": (backend(name),), **more})


def route(*paths, to="cart", name=None, ingress="web", host="shop.example.com", **more):
    hosts = more.pop("hosts", (host,) if host else ())
    served = more.pop("service", None) or service(to)
    full = name or f"shop.{ingress}.{to}.{host or ''}.80"
    return Route(full, more.pop("origin", origin(ingress)), served, hosts=hosts, paths=tuple(paths), **more)


def use(plugin, config=None, name=None, scope="route", **more):
    ref = ObjectRef(
        "configuration.konghq.com",
        more.pop("kind", "KongPlugin"),
        more.pop("namespace", "shop"),
        name or plugin,
    )
    return PluginUse(plugin, config or {}, scope, (ref.namespace, ref.name, plugin), ref, **more)


class Table:
    """Maps a plugin to fixed fragments; a plugin that the table lacks is lost with the given protection."""

    def __init__(self, plugins=None, lost=None, priorities=None, findings=None, secrets=None, wide=None):
        self.plugins, self.lost = plugins or {}, lost or {}
        self.priorities, self.findings = priorities or {}, findings or {}
        self.secrets, self.wide = secrets or {}, wide or {}

    def map(self, use, vocabulary, *, model, route=None):
        assert vocabulary == "apisix"
        lost = self.lost.get(use.plugin, Protects.NOTHING)
        fragments = self.plugins.get(use.plugin, {})
        return MappedPlugin(
            use,
            vocabulary,
            fragments,
            tuple(self.findings.get(use.plugin, ())),
            {(key,): (Level.EXACT, use.plugin) for key in use.config},
            lost,
            lost,
            self.wide.get(use.plugin, {}),
            self.secrets.get(use.plugin, {}),
            self.priorities.get(use.plugin, 0),
        )


class Emitted:
    """An emission with its objects by kind and name."""

    def __init__(self, emission, model):
        self.emission, self.model = emission, model
        self.objects = [manifest.value for manifest in emission.manifests]
        self.codes = sorted({finding.code for finding in emission.findings})

    def named(self, kind, name=None):
        found = [
            o for o in self.objects if o["kind"] == kind and (name is None or o["metadata"]["name"] == name)
        ]
        assert len(found) == 1, [(o["kind"], o["metadata"]["name"]) for o in self.objects]
        return found[0]

    def kinds(self, kind):
        return [o for o in self.objects if o["kind"] == kind]

    def rules(self, name="web"):
        return self.named("ApisixRoute", name)["spec"]["http"]

    def rule(self, name="web"):
        (only,) = self.rules(name)
        return only

    def plugins(self, rule=None):
        return {p["name"]: p["config"] for p in (rule or self.rule()).get("plugins", ())}

    def finding(self, code):
        found = [f for f in self.emission.findings if f.code == code]
        assert found, self.codes
        return found[0]

    @property
    def router(self):
        return EMITTER.router(self.objects, Options())


def emit(*routes, mapper=None, flavour="traditional", options=None, settings=None, facts=None, **model):
    facts = facts or SourceFacts(router=flavour)
    whole = RouteModel(facts, routes=list(routes), **model)
    options = options or Options(settings=settings or {})
    if settings and not options.settings:
        options = replace(options, settings=settings)
    return Emitted(EMITTER.emit(whole, mapper or Table(), options), whole)


def valid(emitted, version="2.2"):
    """The problems of the written objects by the schema of a controller release."""
    from kong2x.validate import validate_objects

    found = validate_objects(
        emitted.objects,
        target="apisix",
        version=version,
        channel="standard",
        apisix_version="3.18",
        extra_folders=(),
    )
    return [f"{p.code} {p.object} {p.message}" for p in found if p.code.startswith("schema/")]


def error(code):
    return Finding(code, Level.UNSUPPORTED, Severity.ERROR, "something is lost")


def traced(element, *features, kind="Ingress", name="web"):
    """The element with one source leaf for each feature."""
    ref = origin(name, kind)
    element.provenance = {feature: (Leaf(ref, ("spec", str(feature))),) for feature in features}
    return element


ALL_ROUTE = (
    Feature.HOSTS,
    Feature.PATHS,
    Feature.METHODS,
    Feature.HEADERS,
    Feature.QUERY,
    Feature.SNIS,
    Feature.PROTOCOLS,
    Feature.HTTPS_REDIRECT,
    Feature.STRIP_PATH,
    Feature.PRESERVE_HOST,
    Feature.REGEX_PRIORITY,
    Feature.PATH_HANDLING,
    Feature.REQUEST_BUFFERING,
    Feature.RESPONSE_BUFFERING,
    Feature.REWRITE,
    Feature.FILTERS,
    Feature.PARENTS,
    Feature.BACKEND,
    Feature.PLUGINS,
)
ALL_SERVICE = (
    Feature.SERVICE_PROTOCOL,
    Feature.SERVICE_PATH,
    Feature.CONNECT_TIMEOUT,
    Feature.READ_TIMEOUT,
    Feature.WRITE_TIMEOUT,
    Feature.RETRIES,
    Feature.HOST_HEADER,
    Feature.SERVICE_UPSTREAM,
    Feature.BALANCING,
    Feature.HEALTH_CHECKS,
    Feature.CLIENT_CERTIFICATE,
    Feature.TLS_VERIFY,
)
