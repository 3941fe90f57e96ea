"""What one use of a Kong plugin becomes in one vocabulary: the mapper that emitters ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from kong2x.mapping import codes
from kong2x.mapping.catalogue import KongPlugin
from kong2x.mapping.effective import Effective, effective
from kong2x.mapping.targets import TargetField, minor, targets_of
from kong2x.model.finding import Code, Finding, Level, Protects, derived_severity
from kong2x.model.plugin import MappedPlugin, PluginUse
from kong2x.model.settings import SourceFacts, did_you_mean
from kong2x.model.source import Path, copied, leaves

if TYPE_CHECKING:
    from kong2x.mapping.claim import Environment
    from kong2x.mapping.grammar import MappingFile
    from kong2x.mapping.recorder import Outcomes
    from kong2x.model.route import Route, RouteModel

_Key = tuple[Any, ...]
_Looked = tuple[bool, bool]
"""Whether an answer depends on the model and on the route."""


class Mapper:
    """Maps plugin uses by the mapping tables (`model.plugin.PluginMapper`).

    `target_versions` names the release of each vocabulary (`{"apisix": "3.18"}`), `folders` are the
    user's own, which win over the built-in ones. `channel` is that of Gateway API. `settings` are those of
    `--set`, for transforms that need what no manifest says. With `strict` a transform that overlooks a
    setting raises MappingError instead of making a finding.

    >>> from kong2x.model.route import RouteModel
    >>> facts = SourceFacts()
    >>> use = PluginUse("redirect", {"location": "https://new.example/"}, "route", ("shop", "r", "redirect"))
    >>> Mapper({"apisix": "3.18"}, facts).map(use, "apisix", model=RouteModel(facts)).fragments
    {'redirect': {'ret_code': 301, 'uri': 'https://new.example/'}}
    """

    def __init__(
        self,
        target_versions: Mapping[str, str],
        facts: SourceFacts,
        folders: Iterable[str | FilePath] = (),
        *,
        channel: str = "standard",
        strict: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        from kong2x.mapping.tables import Tables

        self.versions = dict(target_versions)
        self.facts = facts
        self.tables = Tables(folders)
        self.channel = channel
        self.strict = strict
        self.settings = dict(settings or {})
        self._memo: dict[_Key, MappedPlugin] = {}
        self._looked: dict[_Key, _Looked] = {}
        self._kept: list[Any] = []

    def map(
        self, use: PluginUse, vocabulary: str, *, model: RouteModel, route: Route | None = None
    ) -> MappedPlugin:
        """What `use` becomes in `vocabulary`; never raises for what the configuration says.

        The answer is kept by the use's key, scope and the identity of its configuration, and by route
        only where a transform looked at the route.
        """
        key: _Key = (vocabulary, use.plugin, use.key, use.scope, use.origin, use.config_path, id(use.config))
        looked = self._looked.get(key)
        found = None
        if looked is not None:
            found = self._memo.get((*key, *_identities(looked, model, route)))
        if found is None:
            found, looked = self._map(use, vocabulary, model, route)
            self._looked[key] = looked
            self._memo[(*key, *_identities(looked, model, route))] = found
            self._kept.append((use.config, model, route))
        return found if found.use is use else replace(found, use=use)

    def _map(
        self, use: PluginUse, vocabulary: str, model: RouteModel, route: Route | None
    ) -> tuple[MappedPlugin, _Looked]:
        plugin = self.tables.kong(use.plugin)
        file = self.tables.mapping(vocabulary, use.plugin)
        if plugin is None or file is None:
            return self._unmapped(use, vocabulary, plugin), (False, False)
        from kong2x.mapping.claim import Context
        from kong2x.mapping.engine import Run
        from kong2x.mapping.secrets import SecretView

        config = effective(plugin, use.config, self.facts.version)
        context = Context(model, route)
        env = self._environment(vocabulary, file, use.scope, context)
        view = SecretView(use, config, vocabulary)
        run = Run(file, plugin, use, config, env, view, self.strict)
        for fault in config.faults:
            self._fault(run, fault)
        if view.whole is not None:
            name = view.whole
            text = (
                f"The whole configuration of {use.label} comes from the Secret {name.namespace}/{name.name}."
            )
            run.say_code(codes.SECRET_WITHHELD, text)
            run.out.whole = (Level.UNSUPPORTED, codes.SECRET_WITHHELD.id)
            run.out.lost = plugin.protects
        else:
            self._old_target(run, vocabulary)
            run.all()
        if use.ordering:
            run.out.findings.append(_ordering(use))
        return self._finished(run, vocabulary), (context.used_model, context.used_route)

    def _environment(self, vocabulary: str, file: MappingFile, scope: str, context: Any) -> Environment:
        from kong2x.mapping.claim import Environment
        from kong2x.mapping.engine import split_target

        targets = targets_of(vocabulary, self.channel)
        version = self.versions.get(vocabulary) or (targets.default_version if targets else "")

        def setting(target: str) -> TargetField | None:
            name, path = split_target(target, file)
            if targets is None:
                return None
            if name.startswith("gateway/"):
                metadata = getattr(targets, "metadata", lambda name: None)
                plugin = metadata(name.removeprefix("gateway/"))
            else:
                plugin = targets.plugin(name, version)
            return plugin.find(path) if plugin else None

        own = {key: value for key, value in self.settings.items() if key.startswith(f"{vocabulary}.")}
        return Environment(self.facts.version, version, scope, context, setting, own)

    def _old_target(self, run: Any, vocabulary: str) -> None:
        """Loses the whole plugin when the chosen release lacks a plugin that it always needs."""
        targets = targets_of(vocabulary, self.channel)
        if targets is None:
            return
        version = run.env.target_version
        for name, body in run.file.emit.items():
            if body == "if-written":
                continue
            known = targets.plugin(name, version)
            if known is not None and known.since and minor(known.since) > minor(version):
                text = f"{run.plugin.name} needs {name}, which came with release {known.since} of the target."
                run.say_code(codes.TOO_OLD, text)
                run.out.whole = (Level.UNSUPPORTED, codes.TOO_OLD.id)

    def _fault(self, run: Any, fault: Any) -> None:
        code = codes.UNKNOWN_KEY if fault.unknown else codes.INVALID_VALUE
        finding = _engine_finding(code, run.use, fault.path, f"{fault.message}.", run.protects)
        run.out.findings.append(finding)
        run.out.lost = _worst(run.out.lost, run.protects)

    def _finished(self, run: Any, vocabulary: str) -> MappedPlugin:
        out: Outcomes = run.out
        if out.whole is None:
            self._check_complete(run, vocabulary)
        else:
            out.lost = _worst(out.lost, *_asked(run.plugin, run.use.config))
        return MappedPlugin(
            run.use,
            vocabulary,
            dict(out.fragments),
            tuple(out.findings),
            _leaf_levels(run.config, out),
            out.lost,
            run.protects,
            out.gateway_wide,
            out.secrets,
            run.plugin.priority_in(self.facts.version),
            out.rule,
        )

    def _check_complete(self, run: Any, vocabulary: str) -> None:
        """A body that the target would refuse is not written; what it protected counts as lost."""
        targets = targets_of(vocabulary, self.channel)
        for name, body in list(run.out.fragments.items()):
            known = targets.plugin(name, run.env.target_version) if targets else None
            if known is None:
                continue
            problem = known.problem(_with_secrets(body, name, run.out))
            if problem:
                text = f"{name} is left out, because the target would refuse it: {problem}."
                run.say_code(codes.INCOMPLETE, run.secret.masked(text))
                del run.out.fragments[name]

    def _unmapped(self, use: PluginUse, vocabulary: str, plugin: KongPlugin | None) -> MappedPlugin:
        """A plugin without a mapping file: nothing arrives, and it counts as lost."""
        protects = plugin.protects if plugin else Protects.ACCESS
        level = Level.UNMAPPED
        config = use.config if isinstance(use.config, Mapping) else {}
        lost = _worst(protects, *_asked(plugin, config)) if plugin else protects
        if plugin is None:
            near = did_you_mean(use.plugin, self.tables.plugins("kong")).removesuffix(".")
            text = f"Nothing is known about the plugin {use.plugin}, so nothing of it is carried over{near}."
        else:
            text = f"There is no mapping of the plugin {use.plugin} to {vocabulary}, so nothing of it is carried over."
        finding = _engine_finding(codes.NO_MAPPING, use, (), text, lost)
        return MappedPlugin(
            use,
            vocabulary,
            findings=(finding,),
            levels=dict.fromkeys(leaves(dict(config)), (level, codes.NO_MAPPING.id)),
            lost=lost,
            protects=protects,
            priority=plugin.priority_in(self.facts.version) if plugin else 0,
        )


def _asked(plugin: KongPlugin, config: object) -> Iterator[Protects]:
    """What single settings protect beyond the plugin's own class, where they ask for something."""
    for part in plugin.top:
        if part.protects is None:
            continue
        value: Any = config
        for step in part.path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if (part.default if value is None else value) not in (None, False, "", [], {}):
            yield part.protects


def _identities(looked: _Looked, model: RouteModel, route: Route | None) -> tuple[int, int]:
    return (id(model) if looked[0] else 0, id(route) if looked[1] else 0)


def _leaf_levels(config: Effective, out: Outcomes) -> dict[Path, tuple[Level, str]]:
    """The outcome of every leaf that the user wrote."""
    faults = {fault.path: fault for fault in config.faults}
    result: dict[Path, tuple[Level, str]] = {}
    for path, owner in config.leaves.items():
        if owner is None:
            fault = next((f for place, f in faults.items() if path[: len(place)] == place), None)
            code = codes.UNKNOWN_KEY if fault and fault.unknown else codes.INVALID_VALUE
            result[path] = (Level.UNKNOWN, code.id)
        elif out.whole is not None:
            result[path] = out.whole
        elif owner in config.plugin.containers:
            result[path] = (Level.EXACT, config.plugin.name)
        else:
            result[path] = out.levels.get(owner) or (Level.UNMAPPED, codes.NOT_READ.id)
    if not result:  # an empty configuration is a leaf of its own
        result[()] = out.whole or (Level.EXACT, config.plugin.name)
    return result


def _with_secrets(body: Mapping[str, Any], name: str, out: Outcomes) -> dict[str, Any]:
    """The body with a stand-in wherever the target reads the value from a Secret."""
    filled = copied(dict(body))
    for owner, path in out.secrets:
        node = filled
        if owner == name:
            for step in path[:-1]:
                node = node.setdefault(str(step), {})
            node[str(path[-1])] = "from a Secret"
    return filled


def _engine_finding(code: Code, use: PluginUse, path: Path, text: str, protects: Protects) -> Finding:
    from kong2x.mapping.recorder import written_at

    where, place = written_at(use, path)
    severity = derived_severity(code.level, protects)
    return Finding(code.id, code.level, severity, text, where, place, remedy=code.remedy)


def _ordering(use: PluginUse) -> Finding:
    text = f"The plugin {use.plugin} has an execution order of its own, which is not carried over."
    return codes.ORDERING.finding(text, object=use.origin, path=("ordering",))


def _worst(*protects: Protects) -> Protects:
    from kong2x.mapping.recorder import worst

    return worst(*protects)
