"""Whether objects are what the chosen release of a target takes: schema, cross-field rules, plugin bodies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kong2x.model.finding import Code, Finding
from kong2x.model.settings import did_you_mean, version_key
from kong2x.model.source import ObjectRef, SourceObject, dotted
from kong2x.validate import envoy
from kong2x.validate.apisix.plugins import PluginSchemas
from kong2x.validate.apisix.rules import across as apisix_across
from kong2x.validate.apisix.rules import check_object as check_apisix
from kong2x.validate.catalogue import (
    TARGETS,
    family_files,
    index,
    own_files,
    resolve_version,
    user_files,
    versions,
)
from kong2x.validate.codes import (
    DUPLICATE,
    NO_OBJECT,
    NOT_CHECKED,
    NULL,
    SCOPE,
    TWICE,
    UNKNOWN_FIELD,
    UNKNOWN_KIND,
    UNKNOWN_VERSION,
)
from kong2x.validate.engine import faults
from kong2x.validate.explain import Problem, explain
from kong2x.validate.gateway.rules import across as gateway_across
from kong2x.validate.gateway.rules import check_object as check_gateway
from kong2x.validate.importer import SchemaFile
from kong2x.validate.kinds import KindSchema, without_nulls

_PREFERRED = ("v1", "v2", "v1beta1", "v1alpha3", "v1alpha2", "v1alpha1")
_GATEWAY_GROUPS = ("gateway.networking.k8s.io", "gateway.networking.x-k8s.io")


class Validator:
    """Checks objects for one target. It implements `kong2x.model.target.TargetSchema` too.

    `target` is `apisix`, `gateway-api`, `kong` or one of another package, whose kinds come from its own
    `extra_folders`; `version` a release of it (`1.4` means its newest patch;
    None the newest release; for `apisix` a release of the ingress controller), `channel` is `standard`
    or `experimental`, `apisix_version` a release of APISIX itself. Kinds of the other families are
    checked against their newest release. `extra_folders` hold CRDs or schema files, which win.

    Raises UsageError for a release, channel or folder that does not exist.

    >>> route = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
    ...          "metadata": {"name": "r"}, "spec": {"hostname": ["a.example"]}}
    >>> [finding.message for finding in Validator("gateway-api", "1.4").check(route)]
    ['spec has no field hostname. Did you mean hostnames?']
    """

    def __init__(
        self,
        target: str,
        version: str | None = None,
        channel: str = "standard",
        extra_folders: Sequence[str] = (),
        *,
        apisix_version: str | None = None,
    ) -> None:
        self.target = target
        self.version = resolve_version(target, version) if target in TARGETS else version or ""
        self.channel = channel
        self.plugins = PluginSchemas(apisix_version)
        self._kinds: dict[tuple[str, str], dict[str, KindSchema]] = {}
        self._add(own_files())
        for name, family in reversed(TARGETS.items()):
            if name != target:
                self._add_family(family, versions(name)[0], "experimental")
        if target in TARGETS:
            self._add_family(TARGETS[target], self.version, channel)
        self._add(user_files(extra_folders), family="user")

    def _add_family(self, family: str, release: str, channel: str) -> None:
        self._add(family_files(family, release, channel), family, release, channel)

    def _add(
        self, files: Iterable[SchemaFile], family: str = "", release: str = "", channel: str = ""
    ) -> None:
        for file in files:
            known = self._kinds.setdefault((file.group, file.kind), {})
            for version in file.versions:
                known[version] = KindSchema(file, version, family=family, release=release, channel=channel)

    # --- what a release has ------------------------------------------------------------------------

    def kinds(self) -> Iterator[KindSchema]:
        """Every kind in every version that this validator knows."""
        for known in self._kinds.values():
            yield from known.values()

    def kind(self, kind: str, api_version: str = "") -> KindSchema | None:
        """The schema of a kind, in the version to emit unless one is given.

        A kind name that several groups have means the target's own; `Kind.group` tells them apart.
        """
        name, _, group = kind.partition(".")
        if "/" in api_version:
            group = api_version.rpartition("/")[0]
        found = [known for (g, k), known in self._kinds.items() if k == name and (not group or g == group)]
        family = TARGETS.get(self.target)
        own = [known for known in found if any(schema.family == family for schema in known.values())]
        for known in own or found:
            version = api_version.rpartition("/")[2]
            if version:
                if version in known:
                    return known[version]
                continue
            for choice in _emission_order(name):
                if choice in known and known[choice].served:
                    return known[choice]
        return None

    def api_version(self, kind: str) -> str | None:
        """The apiVersion to write for a kind in this release and channel; None when it has no such kind.

        The most stable version that the release serves; ReferenceGrant stays at v1beta1, which old and
        new clusters serve alike.

        >>> Validator("gateway-api", "1.4").api_version("TCPRoute") is None
        True
        """
        found = self.kind(kind)
        return found.api_version if found else None

    def supports(self, kind: str, api_version: str, path: str) -> bool:
        """Whether the release has a field, or with `field=value` a value of an enumeration.

        >>> Validator("gateway-api", "1.4").supports("HTTPRoute", "", "spec.rules[].filters[].type=CORS")
        False
        """
        found = self.kind(kind, api_version)
        if found is None or not found.served:
            return False
        field, equals, value = path.partition("=")
        node = found.node(field)
        if node is None or not equals:
            return node is not None
        allowed = node.get("enum")
        return allowed is None or value in [str(item) for item in allowed]

    def limit(self, kind: str, path: str, keyword: str, api_version: str = "") -> int | None:
        """A limit of the schema, such as `maxItems`; None when there is none, or no such field.

        >>> Validator("gateway-api", "1.1").limit("HTTPRoute", "spec.rules[].matches", "maxItems")
        8
        """
        found = self.kind(kind, api_version)
        node = found.node(path) if found else None
        value = node.get(keyword) if node else None
        return value if isinstance(value, int) else None

    def with_defaults(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of `obj` with what the API server fills in; unchanged for kinds without a schema."""
        found = self._schema_of(SourceObject(dict(obj)))
        return found.with_defaults(obj) if found else dict(obj)

    # --- checking --------------------------------------------------------------------------------

    def check(self, obj: Mapping[str, Any]) -> list[Finding]:
        """What is wrong with one object; an empty list when nothing is."""
        source = SourceObject(dict(obj))
        return [_finding(problem, source.ref) for problem in self._problems(source)]

    def check_all(
        self, objects: Sequence[Mapping[str, Any]], present: Sequence[Mapping[str, Any]] = ()
    ) -> list[Finding]:
        """What is wrong with each object, and between them: names given twice, missing ones, clashes.

        `present` are ReferenceGrants that stand in the cluster already: they answer references only.
        """
        sources = [SourceObject(dict(obj)) for obj in objects]
        out = [_finding(problem, source.ref) for source in sources for problem in self._problems(source)]
        return [*out, *check_together(sources, present=[SourceObject(dict(obj)) for obj in present])]

    def _schema_of(self, source: SourceObject) -> KindSchema | None:
        version = source.api_version.rpartition("/")[2]
        return self._kinds.get((source.ref.group, source.ref.kind), {}).get(version)

    def _problems(self, source: SourceObject) -> Iterator[Problem]:
        schema, obj = self._schema_of(source), source.value
        if schema is None or not schema.served:
            yield self._unknown(source, schema)
            return
        clean: Mapping[str, Any] = obj
        found = []
        if not schema.fast.is_valid(obj):
            clean, nulls = without_nulls(obj)
            for path in nulls:
                yield Problem(NULL, path, f"{dotted(path)} is null; the API server drops it.")
            # The API server fills in defaults first: an address without type is one of type IPAddress.
            whole = schema.with_defaults(clean)
            if not schema.fast.is_valid(whole):
                found = list(self._schema_problems(schema, whole))
        for path, keys, values in schema.duplicates(clean):
            names = ", ".join(f"{key} {value}" for key, value in zip(keys, values, strict=True))
            found.append(Problem(DUPLICATE, path, f"{dotted(path)} repeats the {names} of an earlier entry."))
        yield from found
        yield from self._rules(schema, clean, broken=bool(found))

    def _rules(self, schema: KindSchema, obj: Mapping[str, Any], *, broken: bool) -> Iterator[Problem]:
        """The rules of the kind's own gateway; they look at well-formed objects only."""
        group = schema.file.group
        if group in _GATEWAY_GROUPS and not broken:
            yield from check_gateway(obj, schema)
        elif group == "apisix.apache.org":
            yield from check_apisix(obj, schema, self.plugins, broken=broken)
        elif group == envoy.GROUP and not broken:
            yield from envoy.check(obj, schema.file.kind)

    def _schema_problems(self, schema: KindSchema, obj: Mapping[str, Any]) -> Iterator[Problem]:
        found = list(faults(schema.slow, obj))
        if not found:
            # The two libraries disagree: what the stricter one says is still worth telling.
            yield Problem(UNKNOWN_FIELD, (), "The object does not fit its schema.")
        for error in found:
            for problem in explain(error):
                if problem.code is UNKNOWN_FIELD:
                    problem = self._since(schema, problem)
                if problem.path == ("metadata", "namespace") and schema.file.scope == "Cluster":
                    kind = schema.file.kind
                    problem = Problem(SCOPE, problem.path, f"{kind} is cluster-wide and names a namespace.")
                yield problem

    def _since(self, schema: KindSchema, problem: Problem) -> Problem:
        """Says from which release on a field exists that the chosen one does not have."""
        if schema.family not in TARGETS.values() or problem.path[0] in ("metadata",):
            return problem
        where = "".join("[]" if isinstance(step, int) else f".{step}" for step in problem.path).lstrip(".")
        for release, channels in index(schema.family).items():
            for channel in channels:
                for file in family_files(schema.family, release, channel):
                    same = (file.group, file.kind) == (schema.file.group, schema.file.kind)
                    if same and schema.version in file.versions:
                        other = KindSchema(file, schema.version)
                        if other.node(where) is not None:
                            return _dated(problem, schema, release, channel)
        return problem

    def _unknown(self, source: SourceObject, schema: KindSchema | None) -> Problem:
        if not source.api_version or not source.kind:
            return Problem(NO_OBJECT, (), "This document has no apiVersion or no kind.")
        known = self._kinds.get((source.group, source.kind), {})
        served = [version for version in known if known[version].served]
        if served:
            words = "is there but not served" if schema else "does not exist"
            best = next((v for v in _emission_order(source.kind) if v in served), served[0])
            return Problem(
                UNKNOWN_VERSION,
                ("apiVersion",),
                f"{source.kind} {source.api_version} {words} in {self._release_words(known[best])}.",
                f"Write apiVersion: {known[best].api_version}.",
            )
        same_group = [kind for group, kind in self._kinds if group == source.group]
        whole = (
            source.group and source.group != envoy.GROUP
        )  # of its kinds the project has those that it writes
        if (same_group and whole) or source.group in _GATEWAY_GROUPS:
            guess = did_you_mean(source.kind, same_group)
            return Problem(
                UNKNOWN_KIND,
                ("kind",),
                f"{self.target} {self.version}{f' ({self.channel})' if self.target == 'gateway-api' else ''} "
                f"has no kind {source.kind} in group {source.group}{guess}",
            )
        return Problem(NOT_CHECKED, (), f"There is no schema for {source.kind} {source.api_version}.")

    def _release_words(self, schema: KindSchema) -> str:
        channel = f" ({schema.channel})" if schema.family == "gateway-api" else ""
        return f"{schema.family or 'Kubernetes'} {schema.release}".rstrip() + channel


def _dated(problem: Problem, schema: KindSchema, release: str, channel: str) -> Problem:
    chosen = schema.release
    if version_key(release) > version_key(chosen):
        when = f"it is there from {release} on{f' ({channel} channel)' if channel == 'experimental' else ''}"
    elif channel == "experimental" and schema.channel == "standard":
        when = "only the experimental channel has it"
    else:
        when = f"the last release that had it is older than {chosen}"
    return Problem(
        problem.code,
        problem.path,
        f"{schema.file.kind} of {schema.family} {chosen} has no field {dotted(problem.path)}; {when}.",
    )


def _emission_order(kind: str) -> Sequence[str]:
    """Versions from the one to write first; BackendTLSPolicy v1alpha2 has a layout of its own (1.0)."""
    if kind == "ReferenceGrant":
        return ("v1beta1", "v1", "v1alpha2")
    if kind == "TLSRoute":
        return ("v1", "v1alpha2", "v1alpha3")
    if kind == "BackendTLSPolicy":
        return ("v1", "v1alpha3")
    return _PREFERRED


def _finding(problem: Problem, ref: ObjectRef) -> Finding:
    code: Code = problem.code
    return code.finding(problem.message, object=ref, path=problem.path, remedy=problem.remedy)


def check_together(
    sources: Sequence[SourceObject], *, present: Sequence[SourceObject] = (), hints: bool = False
) -> list[Finding]:
    """What objects do to each other: names given twice, missing ones, clashes.

    `present` are ReferenceGrants that stand in the cluster already: they answer references only.
    With `hints` also what works and is often not what the author meant (`kong2x.validate.apisix.hint_codes`).
    """
    out: list[Finding] = []
    seen: set[ObjectRef] = set()
    for ref in (source.ref for source in sources):
        if ref in seen and ref.kind and ref.name:
            message = f"{ref} is there twice; the later one replaces the earlier."
            out.append(TWICE.finding(message, object=ref))
        seen.add(ref)
    out.extend(gateway_across([*sources, *present]))
    out.extend(apisix_across(sources))
    out.extend(envoy.across(sources))
    if hints:
        from kong2x.validate.apisix.hints import hints as apisix_hints

        out.extend(apisix_hints(sources))
    return out


def limit(version: str | None, channel: str, kind: str, path: str, keyword: str) -> int | None:
    """A limit of a Gateway API release: `limit("1.6", "standard", "HTTPRoute", "spec.rules", "maxItems")`."""
    return Validator("gateway-api", version, channel).limit(kind, path, keyword)


def validate_objects(
    objects: Sequence[Mapping[str, Any]],
    *,
    target: str,
    version: str | None = None,
    channel: str = "standard",
    apisix_version: str | None = None,
    extra_folders: Sequence[str] = (),
    present: Sequence[Mapping[str, Any]] = (),
) -> list[Finding]:
    """Every finding about objects of one target, each alone and all together; see `Validator`.

    Codes that begin with `schema/` mean that the target refuses the object (or drops part of it); all
    others that it takes it and does something else than its author may expect.
    """
    validator = Validator(target, version, channel, extra_folders, apisix_version=apisix_version)
    return validator.check_all(objects, present)
