"""How the rules of one mapping file turn one effective configuration into fragments, levels and findings."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from kong2x.mapping import codes
from kong2x.mapping.catalogue import KongField
from kong2x.mapping.claim import Claim, among, find_transform, notes_of, same
from kong2x.mapping.grammar import UNSET, MappingFile, Outcome, Rule
from kong2x.mapping.recorder import Outcomes, Recorder, worst
from kong2x.mapping.targets import NO_DEFAULT, RULE, TargetField
from kong2x.model.errors import MappingError
from kong2x.model.finding import Level
from kong2x.model.source import copied


@dataclass(slots=True)
class Run(Recorder):
    """One mapping file at work on one use of a plugin."""

    def all(self) -> Outcomes:
        """Runs the whole file."""
        if self.out.whole is None:
            self._attach()
        if self.out.whole is None:
            self._always()
        if self.out.whole is None:
            for name, body in self.file.emit.items():
                if body != "if-written":
                    self.out.fragments[name] = copied(body)
            if self.file.mapper:
                self._whole_plugin()
            for path, rule in self.file.fields.items():
                self._rule(path, rule)
            self._without_rule()
        if self.out.whole is not None:  # how the rest would have differed is of no interest then
            self.out.findings = [finding for finding in self.out.findings if finding.level.lost]
            self.out.fragments.clear()
            self.out.secrets.clear()
            self.out.gateway_wide.clear()
            self.out.rule.clear()
        elif self.out.kept is not None:
            self._keep_only(self.out.kept)
        return self.out

    def _without_rule(self) -> None:
        """A field that the user wrote and no rule names is lost, and must not pass in silence."""
        for path in self.config.written:
            if path not in self.out.levels and self.out.whole is None:
                text = f"{path} has no rule in the mapping file and is left out."
                self.say_code(codes.NOT_READ, text, [path])

    def _keep_only(self, kept: frozenset[str]) -> None:
        for name in [name for name in self.out.fragments if name not in kept]:
            del self.out.fragments[name]
        for owner, path in [key for key in self.out.secrets if key[0] not in kept]:
            del self.out.secrets[(owner, path)]
            text = f"{owner} would read {path[-1]} from a Secret, but another plugin takes its place."
            self.say_code(codes.SECRET_WITHHELD, text)

    # -- the file's own words ------------------------------------------------------------------

    def _attach(self) -> None:
        scope = self.use.scope
        parts = [scope, *scope.split("+")]
        for part in dict.fromkeys(parts):
            outcome = self.file.attach.get(part)
            if outcome is None:
                continue
            if outcome.code:
                self.say(outcome.code, outcome.level, outcome.note)
            if outcome.level.lost:
                self.out.whole = (outcome.level, f"{self.plugin.name}/{outcome.code}")
            break

    def _always(self) -> None:
        for entry in self.file.always:
            old = TargetField(since=entry.since)
            if entry.since and old.exists_in(self.env.target_version):
                continue
            if self._holds(entry.when):
                self.say(entry.code, entry.level, entry.note)
                if entry.level.lost:
                    self.out.whole = (entry.level, f"{self.plugin.name}/{entry.code}")

    def _holds(self, when: Any) -> bool:
        return all(same(self.config.value(path), wanted) for path, wanted in when.items())

    def _whole_plugin(self) -> None:
        rule = Rule.model_validate({"via": self.file.mapper})
        paths = tuple(self.plugin.fields)
        if self._withheld(paths, rule):
            return
        self._each(paths, Level.EXACT, self.plugin.name)
        given = self._transform(rule, paths)
        for name, body in (given or {}).items():
            self.out.fragments[name] = body

    # -- one rule ------------------------------------------------------------------------------

    def _rule(self, path: str, rule: Rule) -> None:
        paths = (path, *rule.with_)
        if not self._holds(rule.when):
            if rule.otherwise and not rule.since:
                self._outcome(rule.otherwise, rule, paths, instead=True)
            else:
                self._each(paths, Level.IGNORED, codes.NOT_IN_USE.id)
            return
        since = self._too_new(rule)
        if since:
            self._older_target(rule, paths, since)
        elif self._withheld(paths, rule):
            return
        elif rule.via:
            self._each(paths, Level.EXACT, self.plugin.name)
            self._write_all(rule, paths, self._transform(rule, paths))
        else:
            self._plain(path, rule, paths)

    def _plain(self, path: str, rule: Rule, paths: tuple[str, ...]) -> None:
        """A rule without a transform: a copy, an enumeration, a scaled number, or a level alone."""
        value = self.config.value(path)
        self._each(paths, Level.EXACT, self.plugin.name)
        active = self._active(rule, paths)
        if rule.code and active:
            self.say(rule.code, rule.level, rule.note, active)
        elif rule.level is Level.IGNORED:
            self._each(paths, Level.IGNORED, codes.NOT_IN_USE.id)
        if not rule.to:
            return
        if _empty(value):
            if rule.absent is not UNSET:
                self.write(rule.to[0], rule.absent, given=False)
            return
        if rule.enum is not None:
            self._enumerated(path, rule, value, paths)
        elif rule.scale is not None:
            self._scaled(path, rule, value, paths)
        else:
            self._copied(path, rule, value, paths)

    def _enumerated(self, path: str, rule: Rule, value: Any, paths: tuple[str, ...]) -> None:
        outcome = next((o for key, o in (rule.enum or {}).items() if same(key, value)), None)
        if outcome is None:
            self.say_code(
                codes.VALUE_NOT_MAPPED, f"The value of {path} has no counterpart and is left out.", [path]
            )
        else:
            self._outcome(outcome, rule, (path,))

    def _scaled(self, path: str, rule: Rule, value: Any, paths: tuple[str, ...]) -> None:
        exact = value * (rule.scale or 1)
        known = self.env.setting(rule.to[0])
        whole = known is None or "number" not in known.types
        near = round(exact, 9)
        result: float = ceil(near) if whole else near
        if not same(float(result), float(near)):
            self.say_code(
                codes.ROUNDED, f"{path} is rounded up from {near:g} to {result} in the target.", [path]
            )
        self.write(rule.to[0], int(result) if float(result).is_integer() else result, self.config.given(path))

    def _copied(self, path: str, rule: Rule, value: Any, paths: tuple[str, ...]) -> None:
        fields = self.plugin.below(path)
        value, problem = self.secret.vault(value, fields, self.env)
        if problem:
            self.say_code(
                codes.VAULT_REFERENCE, f"{path} refers to a vault that the target cannot read.", [path]
            )
        else:
            self.write(rule.to[0], value, self.config.given(path))

    def _outcome(
        self, outcome: Outcome, rule: Rule, paths: tuple[str, ...], *, instead: bool = False
    ) -> None:
        """An enumeration's entry, or (`instead`) what a rule does otherwise, for values that ask for something."""
        if outcome.since and not TargetField(since=outcome.since).exists_in(self.env.target_version):
            self._older_target(rule, paths, outcome.since)
            return
        active = self._active(rule, paths)
        self._each(paths, Level.EXACT, self.plugin.name)
        if outcome.code and (active or not instead):
            self.say(outcome.code, outcome.level, outcome.note, active or paths[:1])
        elif outcome.level is Level.IGNORED:
            self._each(paths, Level.IGNORED, codes.NOT_IN_USE.id)
        if outcome.to is not UNSET and rule.to:
            self.write(rule.to[0], outcome.to, any(map(self.config.given, paths)))

    def _older_target(self, rule: Rule, paths: tuple[str, ...], since: str) -> None:
        if rule.otherwise and (rule.since or not rule.when):
            self._outcome(rule.otherwise.model_copy(update={"since": ""}), rule, paths, instead=True)
            return
        self._each(paths, Level.EXACT, self.plugin.name)
        active = self._active(rule, paths)
        if active:
            chosen = self.env.target_version
            text = f"{', '.join(active)} needs release {since} of the target, and {chosen} is chosen."
            self.say_code(codes.TOO_OLD, text, active)

    def _too_new(self, rule: Rule) -> str:
        """The release that the rule needs where the chosen one is older, else empty."""
        if rule.since and not TargetField(since=rule.since).exists_in(self.env.target_version):
            return rule.since
        if rule.to and not rule.via:  # a transform may have an answer; what it writes is checked
            known = self.env.setting(rule.to[0])
            if known is not None and not known.exists_in(self.env.target_version):
                return known.since
        return ""

    def _active(self, rule: Rule, paths: tuple[str, ...]) -> list[str]:
        """The fields of a rule that ask for something: their loss would change an answer."""
        head = paths[0]
        out = []
        for part in self._fields_of(paths):
            value = self.config.value(part.path)
            if _empty(value) or among(value, rule.harmless):
                continue
            default = part.default_in(self.env.kong_version)
            if part.path == head or not same(value, default):
                out.append(part.path)
        return out

    def _fields_of(self, paths: tuple[str, ...]) -> list[KongField]:
        return [f for path in paths for f in self.plugin.below(path) if not f.nested]

    def _each(self, paths: tuple[str, ...], level: Level, code: str) -> None:
        for part in self._fields_of(paths):
            self.settle(part.path, level, code)

    # -- transforms and writing ----------------------------------------------------------------

    def _transform(self, rule: Rule, paths: tuple[str, ...]) -> Any:
        function = find_transform(rule.via)
        allowed = {note.code: note for note in notes_of(function)}
        claim = Claim(self.plugin.name, paths, allowed, self.env, self.config)
        result = function(claim)
        for said in claim.said:
            self.say(
                said.note.code,
                said.note.level,
                said.note.text,
                said.fields,
                message=said.message,
                stricter=said.note.stricter,
            )
        for path in claim.ignored:
            for part in self._fields_of((path,)):
                self.settle(part.path, Level.IGNORED, codes.NOT_IN_USE.id)
        for path in () if claim.abandoned_by else claim.unread():
            if self.strict:
                raise MappingError(f"{self.plugin.name}: the transform {rule.via} does not look at {path}.")
            self.say_code(codes.NOT_READ, f"{path} was not looked at and is left out.", [path])
        if claim.abandoned_by is not None:
            note = claim.abandoned_by
            self.out.whole = (note.level, f"{self.plugin.name}/{note.code}")
            if not note.stricter:
                self.out.lost = worst(self.out.lost, self.protects)
        if claim.kept is not None:
            self.out.kept = claim.kept
        return result

    def _write_all(self, rule: Rule, paths: tuple[str, ...], result: Any) -> None:
        if result is None:
            return
        if not rule.several:
            if not rule.to:
                raise MappingError(f"{self.plugin.name}: {rule.via} gives a value, but its rule has no `to`.")
            result = {rule.to[0]: result}
        given = any(map(self.config.given, paths))
        named = {self.address(target) for target in rule.to}
        for target, value in result.items():
            if self.address(target) not in named:
                raise MappingError(
                    f"{self.plugin.name}: {rule.via} writes {target}, which `to` does not name."
                )
            if value is None:
                continue
            known = self.env.setting(target)
            if known is not None and not known.exists_in(self.env.target_version):
                message = f"{target} needs release {known.since} of the target."
                self.say_code(codes.TOO_OLD, message, paths[:1])
            else:
                self.write(target, value, given)

    def write(self, target: str, value: Any, given: bool) -> None:
        """Writes one target setting, unless it only repeats the target's own default."""
        known = self.env.setting(target)
        if not given and known is not None and known.default is not NO_DEFAULT and same(known.default, value):
            return
        name, path = self.address(target)
        place = self.out.fragments
        if name.startswith("gateway/"):
            place, name = self.out.gateway_wide, name.removeprefix("gateway/")
        node = self.out.rule if name == RULE else place.setdefault(name, {})
        *above, last = path.split(".")
        for step in above:
            node = node.setdefault(step, {})
        if last in node and not same(node[last], value):
            raise MappingError(f"{self.plugin.name}: two rules write {target}.")
        node[last] = value

    def address(self, target: str) -> tuple[str, str]:
        """A target path as plugin and path: `redis_host` belongs to the first plugin of `emit`."""
        return split_target(target, self.file)

    def _withheld(self, paths: tuple[str, ...], rule: Rule) -> bool:
        """Deals with a rule whose values come from a Secret; False when none does."""
        touched = [part.path for part in self._fields_of(paths) if self.secret.holds(part.path)]
        if not touched:
            return False
        self._each(paths, Level.EXACT, self.plugin.name)
        key = self.secret.reference(paths, rule, self)
        if key is not None:
            name, path = self.address(rule.to[0])
            self.out.secrets[(name, tuple(path.split(".")))] = key
            self.say_code(
                codes.SECRET_REFERENCE,
                f"{paths[0]} comes from the Secret {key.namespace}/{key.name} and is read from a Secret again.",
                paths[:1],
            )
        else:
            message = (
                f"{', '.join(touched)} comes from a Secret that the target cannot read, and is left out."
            )
            self.say_code(codes.SECRET_WITHHELD, message, touched)
        return True


def split_target(target: str, file: MappingFile) -> tuple[str, str]:
    """`plugin/path` as plugin and path; without a plugin, the first one of `emit` is meant."""
    name, slash, path = target.rpartition("/")
    if not slash:
        name = next(iter(file.emit), "")
    return name, path


def _empty(value: Any) -> bool:
    return value is None or value == [] or value == {}
