"""Which instance of each plugin Kong runs on a route: for everybody, and for a known consumer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kong2x.model.kong_plugins import HTTP_PROTOCOLS, IDENTIFIES, execution_order, priority, runs_on
from kong2x.model.plugin import Consumer, PluginUse
from kong2x.resolve.plugins_combine import Instance

_RANKS = (
    "consumer+route",
    "consumer+service",
    "group+route",
    "group+service",
    "consumer",
    "group",
    "route",
    "service",
    "global",
)
RANK = {scope: rank for rank, scope in enumerate(_RANKS)}
"""The scopes that the controller makes, most specific first (kong-source.md 5.3)."""


@dataclass(slots=True)
class Person:
    """A consumer with the instances that act for it: its own, and those of its groups."""

    consumer: Consumer
    identity: str
    own: list[Instance] = field(default_factory=list)
    groups: tuple[str, ...] = ()


@dataclass(slots=True)
class Seen:
    """What the choice noticed, for findings. Keys are uses by identity, values the routes concerned."""

    disabled: dict[tuple[int, int], tuple[PluginUse, PluginUse, dict[str, None]]] = field(
        default_factory=dict
    )
    subsystem: dict[int, tuple[PluginUse, dict[str, None]]] = field(default_factory=dict)
    early: dict[int, tuple[PluginUse, dict[str, None]]] = field(default_factory=dict)
    generated: dict[tuple[int, int], tuple[PluginUse, PluginUse, dict[str, None]]] = field(
        default_factory=dict
    )
    ran: dict[int, PluginUse] = field(default_factory=dict)


@dataclass(slots=True)
class Choice:
    """The outcome for one combination of instances; shared by all routes that have it."""

    plain: tuple[PluginUse, ...]
    personal: tuple[PluginUse, ...] = ()
    routes: list[dict[str, None]] = field(default_factory=list)
    """Notes of `Seen` that every further route of the same combination adds its name to."""


@dataclass(slots=True)
class Precedence:
    """Chooses instances. Choices are kept, so ten thousand routes of one shape cost one choice."""

    version: str
    everywhere: Sequence[Instance] = ()
    people: Sequence[Person] = ()
    seen: Seen = field(default_factory=Seen)
    _kept: dict[tuple[object, ...], Choice] = field(default_factory=dict)
    _kept_personal: dict[tuple[object, ...], tuple[tuple[PluginUse, ...], list[dict[str, None]]]] = field(
        default_factory=dict
    )

    def choose(
        self,
        name: str,
        generated: tuple[PluginUse, ...],
        route: tuple[Sequence[Instance], Sequence[Instance]],
        service: tuple[Sequence[Instance], Sequence[Instance]],
        *,
        stream: bool = False,
    ) -> Choice:
        """The instances that run on the route `name`.

        `generated` are built-in plugins of the route; `route` and `service` hold the instances for
        everybody and those for one consumer or group.
        """
        key = (stream, *map(id, generated), 0, *(id(part) for part in (*route, *service)))
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._choose(generated, route, service, stream)
        for routes in found.routes:
            routes[name] = None
        return found

    def _choose(
        self,
        generated: tuple[PluginUse, ...],
        route: tuple[Sequence[Instance], Sequence[Instance]],
        service: tuple[Sequence[Instance], Sequence[Instance]],
        stream: bool,
    ) -> Choice:
        notes: list[dict[str, None]] = []
        winners: dict[str, PluginUse] = {use.plugin: use for use in generated}
        switched_off: list[PluginUse] = []
        for instance in (*route[0], *service[0], *self.everywhere):
            use = instance.use
            if not self._acts(instance, stream, notes, switched_off):
                continue
            winner = winners.setdefault(use.plugin, use)
            if winner.origin is None and use.scope == "route":
                notes.append(self.seen.generated.setdefault((id(winner), id(use)), (winner, use, {}))[2])
        for use in switched_off:
            runs = winners.get(use.plugin)
            if runs is not None and RANK[runs.scope] > RANK[use.scope]:
                notes.append(self.seen.disabled.setdefault((id(use), id(runs)), (use, runs, {}))[2])
        plain = tuple(execution_order(winners.values(), self.version))
        personal: tuple[PluginUse, ...] = ()
        if self.people and not stream:
            personal, more = self._for_people(plain, route[1], service[1])
            notes += more
        self.seen.ran.update((id(use), use) for use in plain)
        return Choice(plain, personal, notes)

    def _acts(
        self, instance: Instance, stream: bool, notes: list[dict[str, None]], switched_off: list[PluginUse]
    ) -> bool:
        """Whether Kong takes an instance into its choice; notes why not."""
        use = instance.use
        if not instance.enabled:
            switched_off.append(use)
            return False
        if runs_on(use.protocols, stream=stream):
            return True
        if use.scope != "global":
            notes.append(self.seen.subsystem.setdefault(id(use), (use, {}))[1])
        return False

    def _for_people(
        self, plain: tuple[PluginUse, ...], route: Sequence[Instance], service: Sequence[Instance]
    ) -> tuple[tuple[PluginUse, ...], list[dict[str, None]]]:
        """What runs for known consumers, with notes; chosen once for each set of authentications and pairs."""
        finders = [use for use in plain if use.plugin in IDENTIFIES]
        if not finders:
            return (), []
        marks = [(use.plugin, str(use.config.get("anonymous"))) for use in finders]
        key = (*marks, id(route) if route else 0, id(service) if service else 0)
        if key not in self._kept_personal:
            notes: list[dict[str, None]] = []
            chosen = self._personal(finders, (*route, *service), notes)
            self.seen.ran.update((id(use), use) for use in chosen)
            self._kept_personal[key] = (chosen, notes)
        return self._kept_personal[key]

    def _personal(
        self, finders: Sequence[PluginUse], pairs: Sequence[Instance], notes: list[dict[str, None]]
    ) -> tuple[PluginUse, ...]:
        """The instances that run for a known consumer instead of, or beside, those for everybody.

        The consumer is known only after a plugin found it, so an instance that comes before in Kong's
        order falls back to the one for everybody.
        """
        chosen: dict[int, PluginUse] = {}
        for person in self.people:
            mine = [i for i in pairs if i.use.consumer == person.identity or i.use.group in person.groups]
            first = self._known_after(finders, person) if mine or person.own else None
            if first is None:
                continue
            best: dict[str, PluginUse] = {}
            for instance in sorted((*mine, *person.own), key=_specific):
                use = instance.use
                if not self._acts(instance, False, notes, []):
                    continue
                if not self._before(first, use.plugin):
                    notes.append(self.seen.early.setdefault(id(use), (use, {}))[1])
                    continue
                best.setdefault(use.plugin, use)
            chosen.update((id(use), use) for use in best.values())
        return tuple(execution_order(chosen.values(), self.version))

    def _known_after(self, finders: Iterable[PluginUse], person: Person) -> str | None:
        """The first plugin of the route that can find this consumer; `finders` are in Kong's order."""
        types = {credential.type for credential in person.consumer.credentials}
        names = {person.consumer.username, person.consumer.custom_id, person.consumer.id} - {""}
        for use in finders:
            asked = IDENTIFIES[use.plugin]
            # A Secret outside of the input has no type here; it may be any.
            if not asked or asked in types or "" in types or use.config.get("anonymous") in names:
                return use.plugin
        return None

    def _before(self, one: str, other: str) -> bool:
        """Whether Kong runs the plugin `one` before `other`."""
        left, right = priority(one, self.version), priority(other, self.version)
        return left > right or (left == right and one > other)


def _specific(instance: Instance) -> tuple[int, str]:
    return RANK[instance.use.scope], instance.use.group or ""


def only_streams(use: PluginUse) -> bool:
    """Whether a plugin's protocols leave out all of HTTP."""
    return bool(use.protocols) and HTTP_PROTOCOLS.isdisjoint(use.protocols)
