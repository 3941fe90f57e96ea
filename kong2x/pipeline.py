"""The whole conversion on one screen: read -> resolve -> map -> emit -> validate -> report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from kong2x.accepting import apply_accepts
from kong2x.assumptions import common_findings
from kong2x.inline_secrets import inline_secrets
from kong2x.model.errors import OutputError, UsageError
from kong2x.model.finding import Finding
from kong2x.model.ledger import Ledger
from kong2x.model.plugin import PluginMapper
from kong2x.model.result import LedgerRow, Result, Summary, emitted_kinds
from kong2x.model.route import RouteModel
from kong2x.model.settings import Channel, Options, SourceFacts, did_you_mean, unknown_key
from kong2x.model.source import Location, ObjectRef, Path, SourceObject
from kong2x.model.target import Emission, Emitter
from kong2x.model.traffic import Router
from kong2x.refused_values import refused_values
from kong2x.self_check import other_winners, standing

if TYPE_CHECKING:
    from kong2x.read.inputs import ReadResult


@dataclass(slots=True)
class Conversion:
    """Everything a run knows, for commands that need more than the plain `Result`."""

    result: Result
    model: RouteModel
    ledger: Ledger
    emitter: Emitter
    options: Options
    objects: list[SourceObject] = field(default_factory=list)


def run(read: ReadResult, options: Options) -> Conversion:
    """Converts what was read. Raises LedgerError or OutputError for defects of kong2x itself.

    With input errors and without `keep_going` the result holds the errors and no objects.
    """
    emitter = emitter_named(options.to)
    version, channel = check_target(emitter, options)
    options = replace(options, target_version=version, channel=channel)
    facts = options.facts
    result = Result(
        options.to,
        emitter.title,
        version,
        channel,
        errors=list(read.errors),
        assumptions=facts.assumptions(),
        stated=facts.stated,
        files=tuple(read.files),
    )
    if read.errors and not options.keep_going:
        result.findings = finish([*read.findings, *read.errors], read.objects, options)
        return Conversion(result, RouteModel(facts), Ledger(), emitter, options, read.objects)
    ledger = Ledger()
    model = resolve_objects(read.objects, facts, ledger)
    emission = emitter.emit(model, plugin_mapper(options, emitter), options)
    settle(ledger, emission, read.objects)
    problems = validate_emitted(emission, emitter, options, read.objects)
    result.manifests = emission.manifests
    told = without_own_plugins([*model.findings, *model.refusals], model, options)
    everything = [*read.findings, *read.errors, *told]
    everything += [*emission.findings, *problems]
    passed = {id(obj) for obj in model.passed_through}
    everything += refused_values(obj for obj in read.objects if obj.convert and id(obj) not in passed)
    if options.to != "routes":
        everything += common_findings(model)
        everything += inline_secrets(model, emission.manifests, options.mappings)
        everything += asked_again(model, emission, emitter, options, read.objects, everything)
    result.findings = finish(everything, read.objects, options)
    result.ledger = [
        LedgerRow(leaf.object, leaf.path, e.level, e.why) for leaf, e in ledger.rows(read.objects) if e.level
    ]
    result.summary = summarise(read.objects, model, emission, result)
    return Conversion(result, model, ledger, emitter, options, read.objects)


def asked_again(
    model: RouteModel,
    emission: Emission,
    emitter: Emitter,
    options: Options,
    objects: Sequence[SourceObject],
    findings: Sequence[Finding],
) -> Iterator[Finding]:
    """What a sample of requests shows that no finding tells; nothing where the target has no router model."""
    written = [manifest.value for manifest in emission.manifests]

    def router() -> Router | None:
        return emitter.router([*standing(objects), *written], options)

    return other_winners(model, emission.manifests, router, findings, options.mappings)


def resolve_objects(objects: Sequence[SourceObject], facts: SourceFacts, ledger: Ledger) -> RouteModel:
    """What Kong serves from these objects, with the envelope of each object booked."""
    from kong2x.read import book_envelope, parse_yaml
    from kong2x.resolve import resolve

    for obj in objects:
        book_envelope(obj, ledger)
    return resolve(objects, facts, ledger, parse_yaml=parse_yaml)


def without_own_plugins(findings: Sequence[Finding], model: RouteModel, options: Options) -> list[Finding]:
    """The findings less those that call a plugin unknown which the user's own mapping folder describes."""
    if not options.mappings:
        return list(findings)
    from kong2x.mapping.tables import Tables

    tables = Tables(options.mappings)

    def described(finding: Finding) -> bool:
        obj = model.objects.get(finding.object) if finding.object else None
        return obj is not None and tables.kong(str(obj.value.get("plugin"))) is not None

    return [f for f in findings if f.code != "plugins/unknown-type" or not described(f)]


def plugin_mapper(options: Options, emitter: Emitter) -> PluginMapper:
    """The mapper over the mapping tables for every vocabulary that the emitter asks for."""
    from kong2x.mapping import Mapper

    folders = (*options.mappings, *((emitter.mapping_folder,) if emitter.mapping_folder else ()))
    return Mapper(
        vocabulary_versions(emitter, options),
        options.facts,
        folders=folders,
        channel=options.channel,
        settings=options.settings,
    )


def vocabulary_versions(emitter: Emitter, options: Options) -> dict[str, str]:
    """The release that each mapping vocabulary is asked for.

    A vocabulary whose target has a `version` setting (the data plane's release, where `--target-version`
    is that of the CRDs) takes it, also when another target's implementation profile asks for it.
    """
    out = {}
    for vocabulary in emitter.vocabularies(options):
        home = emitters().get(vocabulary)
        default = next((s.default for s in home.settings if s.key == "version"), None) if home else None
        if default is not None:
            out[vocabulary] = str(options.settings.get(f"{vocabulary}.version") or default)
        elif vocabulary == emitter.name:
            out[vocabulary] = str(options.target_version)
    return out


def settle(ledger: Ledger, emission: Emission, objects: Sequence[SourceObject]) -> None:
    """Writes the emitter's outcomes into the ledger and proves that no leaf is left over."""
    for leaf, (level, why) in emission.settled.items():
        ledger.settle(leaf, level, why)
    ledger.check(obj for obj in objects if obj.convert)


def validate_emitted(
    emission: Emission, emitter: Emitter, options: Options, objects: Sequence[SourceObject] = ()
) -> list[Finding]:
    """Checks everything that would be written; OutputError when kong2x made something invalid.

    The ReferenceGrants among the source `objects` stay in the cluster and still allow what they allowed.
    """
    if not options.validate or options.to == "routes":
        return []
    from kong2x.validate import validate_objects

    problems = validate_objects(
        [manifest.value for manifest in emission.manifests],
        target=options.to,
        version=options.target_version,
        channel=options.channel,
        apisix_version=options.settings.get("apisix.version"),
        extra_folders=(*options.schemas, *((emitter.schema_folder,) if emitter.schema_folder else ())),
        present=[obj.value for obj in objects if obj.kind == "ReferenceGrant"],
    )
    invalid = [problem for problem in problems if problem.code.startswith("schema/")]
    if invalid:
        first = invalid[0]
        raise OutputError(
            f"{first.object}: {first.message} Nothing was written: the object that kong2x made is not valid "
            f"({len(invalid)} such fault{'s' if len(invalid) > 1 else ''}). "
            "This is a defect of kong2x: please report it."
        )
    return problems


def finish(findings: Iterable[Finding], objects: Sequence[SourceObject], options: Options) -> list[Finding]:
    """Accepts, places and sorts findings; those that differ in their routes only are told once."""
    merged: dict[Finding, list[str]] = {}
    for finding in findings:
        merged.setdefault(finding.about(()), []).extend(finding.routes)
    unique = [bare.about(tuple(sorted(set(routes)))) for bare, routes in merged.items()]
    return sorted(placed(apply_accepts(unique, objects, options), objects), key=finding_order)


def placed(findings: Sequence[Finding], objects: Sequence[SourceObject]) -> list[Finding]:
    """The findings with file, line and column, where their objects are in the input.

    Places are looked up in the order of the objects, so that each document is read again once.
    """
    from kong2x.read import locate

    wanted: dict[ObjectRef, dict[Path, None]] = {}
    for finding in findings:
        if finding.source is None and finding.object is not None:
            wanted.setdefault(finding.object, {})[finding.path] = None
    places = {(obj.ref, path): locate(obj, path) for obj in objects for path in wanted.get(obj.ref, ())}
    return [
        finding
        if finding.source is not None
        or finding.object is None
        or (finding.object, finding.path) not in places
        else finding.located(places[finding.object, finding.path])
        for finding in findings
    ]


def finding_order(finding: Finding) -> tuple[Any, ...]:
    """Files in order, then lines, then codes."""
    where = finding.source or Location("")
    return (
        where.file,
        where.document,
        where.line,
        where.column,
        finding.code,
        finding.message,
        finding.routes,
    )


def summarise(
    objects: Sequence[SourceObject], model: RouteModel, emission: Emission, result: Result
) -> Summary:
    """The counts for the head of every report."""
    passed = {id(obj) for obj in model.passed_through}
    denied = {name for f in result.findings if f.code.endswith("/denied") for name in f.routes}
    return Summary(
        objects_read=len(objects),
        objects_converted=sum(1 for obj in objects if obj.convert and id(obj) not in passed),
        routes=len(model.routes) + len(model.streams),
        routes_denied=len(denied),
        emitted=emitted_kinds(emission.manifests),
        settings=dict(sorted(Counter(row.level for row in result.ledger).items())),
        passed_through=dict(sorted(Counter(obj.kind for obj in model.passed_through).items())),
    )


@cache
def emitters() -> dict[str, Emitter]:
    """All emitters by name: the built-in ones and those of installed packages."""
    from importlib.metadata import entry_points

    found = {point.name: point for point in entry_points(group="kong2x.emitters")}
    return {name: found[name].load() for name in sorted(found)}


def emitter_named(name: str) -> Emitter:
    """The emitter for `--to NAME`; UsageError lists the known ones."""
    known = emitters()
    if name not in known:
        raise UsageError(
            f"--to {name}: no such target{did_you_mean(name, known)} Known targets: {', '.join(known)}."
        )
    return known[name]


def check_target(emitter: Emitter, options: Options) -> tuple[str, Channel]:
    """The target version and channel to use; UsageError for a version, channel or setting unknown to it."""
    named = getattr(emitter, "version_setting", "")
    stated = options.settings.get(f"{emitter.name}.{named}") if named else None
    version = options.target_version or stated or emitter.versions[0]
    if version not in emitter.versions:
        short = [v for v in emitter.versions if v.startswith(version + ".") or version.startswith(v + ".")]
        if not short:
            raise UsageError(
                f"--target-version {version}: expected one of {', '.join(emitter.versions)} "
                f"for {emitter.title}."
            )
        version = short[0]
    if emitter.channels and options.channel not in emitter.channels:
        raise UsageError(
            f"--channel {options.channel}: {emitter.title} has {' and '.join(emitter.channels)}."
        )
    known = {f"{e.name}.{s.key}" for e in emitters().values() for s in e.settings} | set(SourceFacts.keys())
    for key, value in options.settings.items():
        if key not in known:
            raise unknown_key(key, known)
        for setting in emitter.settings:
            if key == f"{emitter.name}.{setting.key}" and setting.choices and value not in setting.choices:
                raise UsageError(
                    f"--set {key}={value}: expected one of {', '.join(setting.choices)}"
                    f"{did_you_mean(value, setting.choices)}"
                )
    return version, options.channel
