"""Which plugin objects an object lists, and whether the controller finds them and may use them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from kong2x.model.finding import Finding
from kong2x.model.source import Leaf, ObjectRef, SourceObject, text
from kong2x.resolve import plugin_codes as codes
from kong2x.resolve.annotations import CLASS, PREFIX, value_text
from kong2x.resolve.plugins_config import Body, read_plugin
from kong2x.resolve.world import KONG_GROUP, World, namespace_of

ANNOTATION = PREFIX + "plugins"
Side = Literal["route", "service", "consumer", "group"]


class Name(NamedTuple):
    """One entry of a plugin list: `namespace` is empty for a local name."""

    namespace: str
    name: str
    leaf: Leaf


class Reference(NamedTuple):
    """One plugin object that the controller attaches: `key` is what combines referrers (5.2), `place` its position."""

    key: tuple[str, str]
    body: Body
    leaf: Leaf
    place: int


@dataclass(slots=True, eq=False)
class Referrer:
    """One object that lists plugins, on one side of the combination.

    `identity` is what Kong calls a consumer or group, empty for routes and Services. `targets` are the
    names of the Kong routes, or the Kong services, that come from the object.
    """

    side: Side
    obj: SourceObject
    identity: str = ""
    targets: dict[str, None] = field(default_factory=dict)
    routes: dict[str, None] = field(default_factory=dict)
    names: list[Name] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)


def listed_names(value: str, leaf: Leaf) -> tuple[list[Name], list[str]]:
    """The names in a `konghq.com/plugins` list, and the entries that are none.

    An entry that starts or ends with a colon is skipped, blank ones silently; names are trimmed.

    >>> names, bad = listed_names("auth, infra:limits,,:x", Leaf(ObjectRef("", "Service", "a", "b"), ()))
    >>> [(n.namespace, n.name) for n in names], bad
    ([('', 'auth'), ('infra', 'limits')], [':x'])
    """
    names, bad = [], []
    for entry in value.split(","):
        if not entry.strip():
            continue
        head, colon, tail = entry.partition(":")
        if colon and (not head or not tail):
            bad.append(entry.strip())
        else:
            names.append(Name(head.strip() if colon else "", (tail if colon else head).strip(), leaf))
    return names, bad


@dataclass(slots=True)
class Shelf:
    """The plugin objects of the input, each read once, with what is to be told about them."""

    world: World
    findings: list[Finding] = field(default_factory=list)
    bodies: dict[ObjectRef, Body | Finding] = field(default_factory=dict)
    referenced: dict[ObjectRef, None] = field(default_factory=dict)
    carrying: dict[Leaf, None] = field(default_factory=dict)
    """Plugin lists that name at least one plugin that is attached."""
    broken: dict[ObjectRef, dict[str, None]] = field(default_factory=dict)
    """Plugin objects that cannot be attached, with the routes that are served without them."""

    def body(self, obj: SourceObject) -> Body | Finding:
        """What a plugin object says; read once."""
        if obj.ref not in self.bodies:
            self.bodies[obj.ref] = read_plugin(self.world, obj)
        return self.bodies[obj.ref]

    def told(self) -> list[Finding]:
        """All findings on names and objects; an object that cannot be attached is told once."""
        out = list(self.findings)
        for ref, routes in self.broken.items():
            body = self.bodies[ref]
            if isinstance(body, Finding):
                out.append(replace(body, routes=tuple(routes)))
        return out

    def take(self, referrer: Referrer) -> None:
        """Looks up everything that an object lists, and fills `references`."""
        for name in referrer.names:
            body = self._found(referrer, name)
            if body is not None:
                namespace = name.namespace or namespace_of(referrer.obj)
                referrer.references.append(
                    Reference((namespace, name.name), body, name.leaf, len(referrer.references))
                )
                self.carrying[name.leaf] = None

    def _found(self, referrer: Referrer, name: Name) -> Body | None:
        source = referrer.obj.ref
        written = f"{name.namespace}:{name.name}" if name.namespace else name.name
        where = name.namespace or namespace_of(referrer.obj)
        if name.namespace and not self.world.granted(source, "KongPlugin", KONG_GROUP, where, name.name):
            message = (
                f"{source} lists the plugin {written} without a ReferenceGrant for it, "
                "so requests are served without the plugin."
            )
            self._say(codes.NOT_GRANTED.finding(message, object=source, path=name.leaf.path), referrer)
            return None
        obj = self.world.get("KongPlugin", where, name.name)
        if obj is None:
            obj = self.world.get("KongClusterPlugin", "", name.name)
            if obj is not None and not self.world.is_ours(obj):
                said = "names another class" if text(obj.annotations.get(CLASS)) else "names no class"
                message = (
                    f"{source} lists {obj.ref}, which {said}, so requests are served without the plugin."
                )
                self._say(codes.INVISIBLE.finding(message, object=source, path=name.leaf.path), referrer)
                return None
        if obj is None:
            message = (
                f"{source} lists the plugin {written}, which is not in the input: "
                "requests are served without it."
            )
            self._say(codes.MISSING.finding(message, object=source, path=name.leaf.path), referrer)
            return None
        self.referenced[obj.ref] = None
        body = self.body(obj)
        if isinstance(body, Finding):
            self.broken.setdefault(obj.ref, {}).update(referrer.routes)
            return None
        return body

    def _say(self, finding: Finding, referrer: Referrer) -> None:
        self.findings.append(replace(finding, routes=tuple(referrer.routes)))


def referrer(
    shelf: Shelf,
    side: Side,
    obj: SourceObject,
    identity: str = "",
    *,
    extension: Sequence[tuple[str, Leaf]] = (),
    annotated: SourceObject | None = None,
) -> Referrer:
    """An object with the plugin names it lists, not yet looked up.

    `extension` are names of ExtensionRef filters, which the controller appends to the list; `annotated`
    is the object that holds the annotation when it is another one (a facade over a Service).
    """
    found = Referrer(side, obj, identity)
    holder = annotated or obj
    leaf = holder.annotation_leaf(ANNOTATION)
    names, bad = listed_names(value_text(holder.annotations.get(ANNOTATION)), leaf)
    for entry in bad:
        message = f"The entry {entry} in the plugin list of {holder.ref} is not a name and is skipped."
        shelf.findings.append(codes.MALFORMED.finding(message, object=holder.ref, path=leaf.path))
    for value, where in extension:
        names += listed_names(value, where)[0]
    found.names = names
    return found
