"""Which instances of plugins the controller makes out of all that lists them, and which Kong refuses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kong2x.model.finding import Code, Finding
from kong2x.model.kong_plugins import forbidden_scopes, is_enterprise, is_known
from kong2x.model.plugin import PluginUse
from kong2x.model.settings import SourceFacts
from kong2x.model.source import Leaf
from kong2x.resolve import plugin_codes as codes
from kong2x.resolve.plugins_config import Body
from kong2x.resolve.plugins_references import Reference, Referrer
from kong2x.resolve.world import namespace_of


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """One instance of a plugin in Kong, shared by all Kong routes (or services) of its referrer."""

    use: PluginUse
    body: Body
    index: int = 0
    """The place of the plugin in its referrer's list."""

    @property
    def enabled(self) -> bool:
        """Whether Kong takes the instance into its choice at all."""
        return not self.body.disabled


@dataclass(slots=True)
class Combined:
    """All instances: what each referrer carries for everybody, and what for one consumer or group.

    `own` holds the instances of a consumer or group without any route.
    """

    facts: SourceFacts
    plain: dict[Referrer, list[Instance]] = field(default_factory=dict)
    paired: dict[Referrer, list[Instance]] = field(default_factory=dict)
    own: dict[Referrer, list[Instance]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    refusals: list[Finding] = field(default_factory=list)

    def instances(self) -> Iterable[tuple[Referrer, Instance]]:
        """Every instance with the referrer it belongs to."""
        for part in (self.plain, self.paired, self.own):
            for referrer, found in part.items():
                for instance in found:
                    yield referrer, instance


def use_of(
    body: Body,
    scope: str,
    attached: Leaf,
    referrer: Referrer | None = None,
    *,
    consumer: str | None = None,
    group: str | None = None,
) -> PluginUse:
    """The use of a plugin object in one scope."""
    return PluginUse(
        body.plugin,
        body.config,
        scope,
        (namespace_of(body.obj), body.obj.name, body.plugin),
        body.obj.ref,
        attached,
        referrer.obj.ref if referrer is not None else None,
        consumer=consumer,
        group=group,
        protocols=body.protocols,
        ordering=body.ordering,
        instance_name=body.instance_name,
        secret_values=body.secret_values,
        sources=body.sources,
    )


def combine(referrers: Sequence[Referrer], facts: SourceFacts) -> Combined:
    """The instances of all listed plugin objects (kong-source.md 5.2).

    References to one object combine: with consumers among them there are only pairs of a consumer with
    a route or Service; with groups alone only pairs of a group with these; else one instance each.
    """
    out = Combined(facts)
    by_key: dict[tuple[str, str], dict[str, list[tuple[Referrer, Reference]]]] = {}
    for referrer in referrers:
        seen: set[tuple[str, str]] = set()
        for reference in referrer.references:
            if reference.key in seen:
                _refuse_repeated(out, referrer, reference)
                continue
            seen.add(reference.key)
            by_key.setdefault(reference.key, {}).setdefault(referrer.side, []).append((referrer, reference))
    for sides in by_key.values():
        _one_object(out, sides)
    for part in (out.plain, out.paired, out.own):
        for referrer, found in part.items():
            found.sort(key=lambda instance: instance.index)
            part[referrer] = _one_a_type(out, referrer, found)
    return out


def _one_object(out: Combined, sides: dict[str, list[tuple[Referrer, Reference]]]) -> None:
    """The instances of one plugin object."""
    consumers, groups = sides.get("consumer", []), sides.get("group", [])
    places = [*sides.get("service", []), *sides.get("route", [])]
    people = consumers or groups
    for referrer, reference in places:
        if not people:
            _add(out, out.plain, referrer, reference, referrer.side)
        for person, _ in people:
            _add(out, out.paired, referrer, reference, f"{person.side}+{referrer.side}", person)
    for person, reference in people:
        if not places:
            _add(out, out.own, person, reference, person.side, person)
    if people and places:
        _tell_pairs(out, people, places)
    if consumers:
        for group, reference in groups:
            message = f"{reference.body.obj.ref} does not act for {group.obj.ref}, because consumers list it as well."
            _say(out, codes.GROUP_IGNORED, message, group, reference)


def _add(
    out: Combined,
    part: dict[Referrer, list[Instance]],
    referrer: Referrer,
    reference: Reference,
    scope: str,
    person: Referrer | None = None,
) -> None:
    """Adds an instance, unless Kong does not allow the plugin there."""
    body = reference.body
    wrong = sorted(forbidden_scopes(body.plugin) & set(scope.split("+")))
    if wrong:
        where = "a consumer group" if wrong[0] == "group" else f"a {wrong[0]}"
        about = person if person is not None and wrong[0] == person.side else referrer
        message = f"Kong does not allow the plugin {body.plugin} on {where}, and {about.obj.ref} lists {body.obj.ref}."
        finding = codes.SCOPE.finding(
            message,
            object=about.obj.ref,
            path=_annotation(about, reference).path,
            routes=tuple(referrer.routes),
        )
        if finding not in out.refusals:
            out.refusals.append(finding)
        return
    name = person.identity if person is not None else None
    use = use_of(
        body,
        scope,
        reference.leaf,
        referrer,
        consumer=name if person is not None and person.side == "consumer" else None,
        group=name if person is not None and person.side == "group" else None,
    )
    part.setdefault(referrer, []).append(Instance(use, body, reference.place))


def _annotation(about: Referrer, reference: Reference) -> Leaf:
    for name in about.references:
        if name.key == reference.key:
            return name.leaf
    return reference.leaf


def _tell_pairs(
    out: Combined, people: list[tuple[Referrer, Reference]], places: list[tuple[Referrer, Reference]]
) -> None:
    """An intersection where most people expect a union (trap 41)."""
    obj = people[0][1].body.obj
    who = ", ".join(dict.fromkeys(str(person.obj.ref) for person, _ in people))
    where = ", ".join(dict.fromkeys(str(place.obj.ref) for place, _ in places))
    routes = tuple(dict.fromkeys(route for place, _ in places for route in place.routes))
    message = f"{obj.ref} acts only for {who} on {where}, and for nobody else, because both sides list it."
    out.findings.append(codes.PAIR.finding(message, object=obj.ref, routes=routes))


def _one_a_type(out: Combined, referrer: Referrer, found: list[Instance]) -> list[Instance]:
    """The instances of a referrer without a second one of the same plugin, which Kong refuses."""
    first: dict[tuple[str, str | None, str | None], Instance] = {}
    for instance in found:
        use = instance.use
        known = first.setdefault((use.plugin, use.consumer, use.group), instance)
        if known is instance:
            continue
        message = (
            f"{referrer.obj.ref} lists {known.body.obj.ref} and {instance.body.obj.ref}, "
            f"which are both {use.plugin}."
        )
        path = use.attached.path if use.attached else ()
        finding = codes.TWO_OF_ONE_TYPE.finding(
            message, object=referrer.obj.ref, path=path, routes=tuple(referrer.routes)
        )
        if finding not in out.refusals:
            out.refusals.append(finding)
        if instance.enabled and not known.enabled:
            first[use.plugin, use.consumer, use.group] = instance
    return list(first.values())


def _refuse_repeated(out: Combined, referrer: Referrer, reference: Reference) -> None:
    message = f"{referrer.obj.ref} lists {reference.body.obj.ref} twice."
    finding = codes.LISTED_TWICE.finding(
        message, object=referrer.obj.ref, path=reference.leaf.path, routes=tuple(referrer.routes)
    )
    out.refusals.append(finding)


def _say(out: Combined, code: Code, message: str, referrer: Referrer, reference: Reference) -> None:
    out.findings.append(code.finding(message, object=referrer.obj.ref, path=reference.leaf.path))


def service_instances(
    out: Combined, service: str, referrers: Sequence[Referrer]
) -> tuple[list[Instance], list[Instance]]:
    """The instances of one Kong service, for everybody and for some: those of its first Service.

    The controller repeats them for each further Service, under one id, which Kong refuses.
    """
    plain: list[Instance] = []
    paired: list[Instance] = []
    taken: set[tuple[str, str | None, str | None]] = set()
    for referrer in referrers:
        now = set(taken)
        for part, into in ((out.plain, plain), (out.paired, paired)):
            for instance in part.get(referrer, ()):
                use = instance.use
                mark = (use.plugin, use.consumer, use.group)
                if mark not in taken:
                    into.append(instance)
                    now.add(mark)
                    continue
                message = (
                    f"Each Service behind {service} lists a plugin {use.plugin}, also {referrer.obj.ref}."
                )
                path = use.attached.path if use.attached else ()
                out.refusals.append(
                    codes.SEVERAL_BACKENDS.finding(message, object=referrer.obj.ref, path=path)
                )
        taken = now
    return plain, paired


def check_type(out: Combined, body: Body) -> None:
    """Whether Kong has such a plugin at all."""
    path = ("plugin",)
    if not is_known(body.plugin):
        message = f"{body.obj.ref} is of the kind {body.plugin}, which Kong does not ship."
        out.refusals.append(codes.UNKNOWN_TYPE.finding(message, object=body.obj.ref, path=path))
    elif is_enterprise(body.plugin) and out.facts.edition != "enterprise":
        stated = "kong.edition" in out.facts.stated
        code = codes.ENTERPRISE_REFUSED if stated else codes.ENTERPRISE
        message = f"The plugin {body.plugin} of {body.obj.ref} exists in Kong Gateway Enterprise only."
        (out.refusals if stated else out.findings).append(
            code.finding(message, object=body.obj.ref, path=path)
        )
