"""Which consumers Kong knows, with their credentials and groups, and which the controller leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kong2x.model.finding import Finding, Level
from kong2x.model.plugin import Consumer, Credential
from kong2x.model.route import Feature, RouteModel
from kong2x.model.source import Leaf, ObjectRef, SourceObject, dotted, items, leaves, text
from kong2x.resolve import consumer_codes as codes
from kong2x.resolve.annotations import CLASS, PREFIX
from kong2x.resolve.consumers_entities import resolve_entities
from kong2x.resolve.credentials import LABEL, UNIQUE, Listed, book_metadata, book_secret, listed_credentials
from kong2x.resolve.credentials_data import SecretData, read_secret
from kong2x.resolve.names import consumer_id
from kong2x.resolve.world import World, namespace_of

PLUGINS = PREFIX + "plugins"


@dataclass(slots=True)
class _Candidate:
    """A consumer that the controller has read and not yet dropped."""

    obj: SourceObject
    consumer: Consumer
    listed: Listed


@dataclass(slots=True)
class _Desk:
    """What the resolution of consumers works with."""

    world: World
    model: RouteModel
    secrets: dict[ObjectRef, SecretData] = field(default_factory=dict)
    dropped: dict[ObjectRef, str] = field(default_factory=dict)
    groups: dict[tuple[str, str], SourceObject] = field(default_factory=dict)

    def book(self, leaf: Leaf, level: Level | None, why: str) -> None:
        self.world.ledger.book(leaf.object, leaf.path, level, why)

    def book_all(self, obj: SourceObject, level: Level, why: str) -> None:
        """Books every leaf of an object that is not booked yet."""
        for path in leaves(obj.value):
            if self.world.ledger.entry(obj.ref, path) is None:
                self.world.ledger.book(obj.ref, path, level, why)


def resolve_consumers(world: World, model: RouteModel) -> None:
    """Fills `model.consumers`, and books consumers, groups, credential Secrets, vaults and licences.

    Consumers come in order of namespace and name. Plugins are attached later (`attach_plugins`).
    """
    desk = _Desk(world, model)
    _read_groups(desk)
    candidates = [found for obj in world.all("KongConsumer") if (found := _candidate(desk, obj)) is not None]
    candidates = _without_conflicts(desk, candidates)
    _tell_duplicates(desk, candidates)
    for candidate in candidates:
        model.findings += candidate.listed.findings
        model.refusals += candidate.listed.refusals
        if candidate.obj.convert:
            model.consumers.append(candidate.consumer)
        _book_consumer(desk, candidate)
    _book_groups(desk)
    _book_secrets(desk)
    resolve_entities(world, model)


def consumers_elsewhere(world: World) -> list[Consumer]:
    """Consumers that are only read, not converted: they combine with plugins all the same.

    Conflicts among their credentials are not looked for.
    """
    desk = _Desk(world, RouteModel(world.facts))
    for group in world.all("KongConsumerGroup"):
        if world.is_ours(group):
            desk.groups[namespace_of(group), group.name] = group
    others = [obj for obj in world.all("KongConsumer") if not obj.convert and world.is_ours(obj)]
    found = (_candidate(desk, obj) for obj in others)
    return [candidate.consumer for candidate in found if candidate is not None]


def _candidate(desk: _Desk, obj: SourceObject) -> _Candidate | None:
    """A consumer as the controller reads it, None when it does not."""
    world, model = desk.world, desk.model
    if not world.is_ours(obj):
        return None
    username, custom_id = text(obj.value.get("username")), text(obj.value.get("custom_id"))
    if not username and not custom_id:
        message = f"{obj.ref} has neither username nor custom_id, so the controller leaves it out."
        _leave_out(desk, obj, codes.NO_NAME.finding(message, object=obj.ref))
        return None
    listed = listed_credentials(world, obj)
    desk.secrets.update(listed.seen)
    consumer = Consumer(obj.ref, username, custom_id, credentials=tuple(listed.credentials))
    if username and world.facts.gate("FillIDs"):
        consumer.id = consumer_id(username)
    elif not username:
        model.findings.append(
            codes.NO_ID.finding(f"The id of {obj.ref} changes with each update of Kong.", object=obj.ref)
        )
    consumer.acl_groups = _acl_groups(listed.credentials)
    consumer.groups = tuple(dict.fromkeys(name for name, _ in _groups(desk, obj)))
    return _Candidate(obj, consumer, listed)


def _leave_out(desk: _Desk, obj: SourceObject, finding: Finding) -> None:
    """Closes the leaves of a consumer that Kong never gets; its Secrets may serve another one."""
    desk.model.findings.append(finding)
    desk.book_all(obj, Level.IGNORED, finding.code)
    desk.dropped[obj.ref] = finding.code


def _acl_groups(credentials: list[Credential]) -> tuple[str, ...]:
    found = (c.fields["group"].reveal() for c in credentials if c.type == "acl" and "group" in c.fields)
    return tuple(dict.fromkeys(found))


def _groups(desk: _Desk, obj: SourceObject) -> Iterator[tuple[str, Leaf]]:
    """The consumer groups that exist, with the leaf that lists each."""
    for index, name in enumerate(items(obj.value.get("consumerGroups"))):
        if isinstance(name, str) and (namespace_of(obj), name) in desk.groups:
            yield name, obj.leaf("consumerGroups", index)


def _without_conflicts(desk: _Desk, candidates: list[_Candidate]) -> list[_Candidate]:
    """All consumers but those that share a unique credential value with any other credential."""
    holders: dict[tuple[str, str], list[tuple[_Candidate, Credential]]] = {}
    for candidate in candidates:
        for credential in candidate.listed.credentials:
            unique = UNIQUE.get(credential.type)
            if unique is not None and credential.inline:
                value = credential.fields[unique].reveal()
                holders.setdefault((credential.type, value), []).append((candidate, credential))
    clashes: dict[ObjectRef, list[tuple[str, Credential]]] = {}
    for (kind, _), found in holders.items():
        if len(found) > 1:
            for candidate, credential in found:
                clashes.setdefault(candidate.obj.ref, []).append((kind, credential))
    for candidate in candidates:
        if candidate.obj.ref not in clashes:
            continue
        kind, credential = clashes[candidate.obj.ref][0]
        message = (
            f"{candidate.obj.ref} is left out with all its credentials and plugins, because another "
            f"credential has the same {UNIQUE[kind]} as its {kind} credential in {credential.secret}."
        )
        where = credential.source.path if credential.source else ()
        _leave_out(desk, candidate.obj, codes.CONFLICT.finding(message, object=candidate.obj.ref, path=where))
        desk.model.findings += candidate.listed.findings
    return [candidate for candidate in candidates if candidate.obj.ref not in clashes]


def _tell_duplicates(desk: _Desk, candidates: list[_Candidate]) -> None:
    """Names count for the whole gateway, whatever the namespace."""
    seen: dict[tuple[str, str], ObjectRef] = {}
    for candidate in candidates:
        for name, value in (
            ("username", candidate.consumer.username),
            ("custom_id", candidate.consumer.custom_id),
        ):
            if not value:
                continue
            first = seen.setdefault((name, value), candidate.obj.ref)
            if first != candidate.obj.ref:
                message = f"{candidate.obj.ref} has the same {name} as {first}."
                desk.model.refusals.append(
                    codes.DUPLICATE.finding(message, object=candidate.obj.ref, path=(name,))
                )


def _book_consumer(desk: _Desk, candidate: _Candidate) -> None:
    """Traces the leaves of a consumer, and closes those that do nothing."""
    obj, consumer, listed = candidate.obj, candidate.consumer, candidate.listed
    names = [obj.leaf(name) for name in ("username", "custom_id") if text(obj.value.get(name))]
    carried = {
        Feature.CONSUMER: names,
        Feature.CREDENTIALS: list(dict.fromkeys(listed.carried)),
        Feature.CONSUMER_GROUPS: [leaf for _, leaf in _groups(desk, obj)],
    }
    for feature, where in carried.items():
        if where:
            consumer.provenance[feature] = tuple(where)
            desk.world.ledger.book_leaves(where, None, str(feature))
    for leaf, code in listed.lost:
        desk.book(leaf, Level.IGNORED, code)
    if CLASS in obj.annotations:
        desk.book(obj.annotation_leaf(CLASS), Level.EXACT, "class")
    for index, name in enumerate(items(obj.value.get("consumerGroups"))):
        leaf = obj.leaf("consumerGroups", index)
        if desk.world.ledger.entry(obj.ref, leaf.path) is None:
            desk.book(leaf, Level.IGNORED, codes.MISSING_GROUP.id)
            desk.model.findings.append(
                codes.MISSING_GROUP.finding(
                    f"{obj.ref} lists the consumer group {name}, which does not exist.",
                    object=obj.ref,
                    path=leaf.path,
                )
            )
    _book_rest(
        desk,
        obj,
        ("username", "custom_id", "credentials", "consumerGroups", "spec"),
        annotations=(CLASS, PLUGINS),
    )


def _book_rest(desk: _Desk, obj: SourceObject, known: tuple[str, ...], annotations: tuple[str, ...]) -> None:
    """Closes fields without effect; the plugin annotation stays open for `attach_plugins`."""
    ledger = desk.world.ledger
    for key, value in obj.value.items():
        if key in ("apiVersion", "kind", "metadata", "status"):
            continue
        for below in leaves(value):
            if ledger.entry(obj.ref, (key, *below)) is None:
                ledger.book(obj.ref, (key, *below), Level.IGNORED, "not-read")
        if key not in known:
            desk.model.findings.append(
                codes.UNKNOWN_FIELD.finding(
                    f"The controller does not read {dotted((key,))} of {obj.ref}.",
                    object=obj.ref,
                    path=(key,),
                )
            )
    for key in obj.annotations:
        if key not in annotations and ledger.entry(obj.ref, ("metadata", "annotations", key)) is None:
            desk.book(obj.annotation_leaf(key), Level.IGNORED, "metadata")
    if PLUGINS not in obj.annotations:
        book_metadata(desk.world, obj)
    elif "labels" in obj.metadata:
        for below in leaves(obj.metadata["labels"]):
            ledger.book(obj.ref, ("metadata", "labels", *below), Level.IGNORED, "metadata")


# --- groups ---------------------------------------------------------------------------------------


def _read_groups(desk: _Desk) -> None:
    """The consumer groups of the controller's class, by namespace and name."""
    names: dict[str, ObjectRef] = {}
    for obj in desk.world.all("KongConsumerGroup"):
        if not desk.world.is_ours(obj):
            continue
        desk.groups[namespace_of(obj), obj.name] = obj
        first = names.setdefault(obj.name, obj.ref)
        if first != obj.ref:
            message = f"{obj.ref} and {first} are one name to Kong."
            desk.model.refusals.append(codes.GROUP_DUPLICATE.finding(message, object=obj.ref))
        _tell_edition(desk, obj)


def _tell_edition(desk: _Desk, obj: SourceObject) -> None:
    facts = desk.world.facts
    if facts.edition == "enterprise":
        return
    if "kong.edition" in facts.stated:
        message = f"{obj.ref} asks for a consumer group, which open-source Kong does not have."
        desk.model.refusals.append(codes.GROUP_REFUSED.finding(message, object=obj.ref))
    else:
        message = f"{obj.ref} is taken to act, as in Kong Gateway Enterprise."
        desk.model.findings.append(codes.GROUP_ENTERPRISE.finding(message, object=obj.ref))


def _book_groups(desk: _Desk) -> None:
    members = {(c.origin.namespace or "default", name) for c in desk.model.consumers for name in c.groups}
    for key, obj in desk.groups.items():
        if key not in members and obj.convert:
            message = f"No consumer in the input lists {obj.ref}."
            desk.model.findings.append(codes.GROUP_IDLE.finding(message, object=obj.ref))
        if CLASS in obj.annotations:
            desk.book(obj.annotation_leaf(CLASS), Level.EXACT, "class")
        _book_rest(desk, obj, ("spec",), (CLASS, PLUGINS))


# --- Secrets --------------------------------------------------------------------------------------


def _book_secrets(desk: _Desk) -> None:
    """Closes the credential Secrets: those listed, and those that say they are one and nobody lists."""
    for data in desk.secrets.values():
        for leaf in data.broken:
            message = (
                f"The cluster refuses {data.obj.ref}: its value {leaf.path[-1]} is not properly encoded."
            )
            desk.model.findings.append(codes.BAD_DATA.finding(message, object=leaf.object, path=leaf.path))
            desk.book(leaf, Level.IGNORED, codes.BAD_DATA.id)
        book_secret(desk.world, data, "credentials/unused-key")
    for obj in desk.world.all("Secret"):
        if LABEL in obj.labels and obj.ref not in desk.secrets:
            desk.model.findings.append(
                codes.NOT_LISTED.finding(f"No consumer lists {obj.ref}.", object=obj.ref)
            )
            book_secret(desk.world, read_secret(obj), codes.NOT_LISTED.id)
