"""How all inputs become one world: order, identity, and which objects are to be converted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import IO

from kong2x.model.errors import ReadError
from kong2x.model.finding import Finding, Severity
from kong2x.model.source import Location, ObjectRef, SourceObject
from kong2x.read.codes import DUPLICATE_OBJECT
from kong2x.read.events import DocumentError
from kong2x.read.json_text import read_json
from kong2x.read.loader import load_document
from kong2x.read.selectors import parse_selector
from kong2x.read.sources import Input, Opener, Source
from kong2x.read.splitter import split_stream

__all__ = ["ReadResult", "Source", "parse_yaml", "read_inputs"]

CLUSTER_SCOPED = frozenset(
    (
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "GatewayClass",
        "IngressClass",
        "KongClusterPlugin",
        "KongLicense",
        "KongVault",
        "Namespace",
        "PersistentVolume",
        "StorageClass",
    )
)


@dataclass(slots=True)
class ReadResult:
    """What was read. With `errors` the job cannot be done, unless the user chose to keep going."""

    objects: list[SourceObject] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def read_inputs(
    inputs: Sequence[Input] | Input,
    *,
    also_read: Sequence[Input] = (),
    namespaces: Sequence[str] = (),
    selector: str = "",
    keep_going: bool = False,
    stdin: IO[str] | IO[bytes] | None = None,
    skip_generated: bool = False,
) -> ReadResult:
    """Reads paths (files, folders, `-`), open texts, `Source` texts and parsed mappings as one world.

    Objects of `also_read`, and those outside of `namespaces` and `selector`, get `convert=False`.
    Objects of no namespace are in `default`; cluster-scoped kinds belong to every choice of namespaces.
    What is wrong with an input is an error finding with its place; with any of them `objects` is empty,
    unless `keep_going` asks for what could be read. `skip_generated` leaves out files in folders that an
    earlier run wrote. Raises UsageError for a wrong `selector`.

    >>> read = read_inputs([Source("{apiVersion: v1, kind: Service, metadata: {name: web}}")])
    >>> [str(obj.ref) for obj in read.objects], read.errors
    (['Service web'], [])
    """
    requirements = parse_selector(selector)
    opener = Opener(stdin, skip_generated)
    result = ReadResult()
    _gather(_listed(inputs), opener, result)
    converted = result.objects
    for obj in converted:
        obj.convert = in_namespaces(obj, namespaces) and all(r.matches(obj.labels) for r in requirements)
    result.objects = []
    _gather(_listed(also_read), opener, result)
    for obj in result.objects:
        obj.convert = False
    result.objects = _last_of_each(result.objects, converted, result.findings)
    if result.errors and not keep_going:
        result.objects = []
    return result


def _listed(inputs: Sequence[Input] | Input) -> Iterable[Input]:
    """The inputs; a single one counts as a list of one."""
    return inputs if isinstance(inputs, list | tuple) else [inputs]  # type: ignore[list-item]


def _gather(inputs: Iterable[Input], opener: Opener, result: ReadResult) -> None:
    """Adds everything that some inputs hold."""
    for given in inputs:
        for name, batch in opener.open(given):
            if name:
                result.files.append(name)
            result.objects += batch.objects
            result.findings += batch.findings
            result.errors += batch.errors


def in_namespaces(obj: SourceObject, namespaces: Sequence[str]) -> bool:
    """Whether an object belongs to a choice of namespaces; an empty choice means all."""
    return not namespaces or obj.kind in CLUSTER_SCOPED or (obj.namespace or "default") in namespaces


def _identity(ref: ObjectRef) -> ObjectRef:
    namespace = "" if ref.kind in CLUSTER_SCOPED else ref.namespace or "default"
    return ref._replace(namespace=namespace)


def _last_of_each(
    context: Sequence[SourceObject], converted: Sequence[SourceObject], findings: list[Finding]
) -> list[SourceObject]:
    """One object of each identity: the last one; one to convert goes before one of `--also-read`."""
    main: dict[ObjectRef, SourceObject] = {}
    for obj in converted:
        before = main.pop(_identity(obj.ref), None)
        if before is not None:
            findings.append(_duplicate(before, obj))
        main[_identity(obj.ref)] = obj
    also = {_identity(obj.ref): obj for obj in context}
    return [*main.values(), *(obj for identity, obj in also.items() if identity not in main)]


def _duplicate(before: SourceObject, after: SourceObject) -> Finding:
    """Tells which of two objects counts; quietly when both say the same."""
    first = Location(before.file, before.begins or before.line)
    where = Location(after.file, after.begins or after.line, 1, after.document)
    if before.value == after.value:
        finding = DUPLICATE_OBJECT.finding(
            f"{after.ref} is written twice alike, also in {first}.", object=after.ref
        )
        return replace(finding, severity=Severity.INFO, source=where)
    message = f"{after.ref} is also written in {first}, with other content; the one that is read last counts."
    return DUPLICATE_OBJECT.finding(message, object=after.ref).located(where)


def parse_yaml(text: str | bytes) -> object:
    """The value of the first document of a text, by the rules that Kubernetes reads with.

    For values inside of objects, such as a plugin configuration in a Secret. Raises ReadError without
    quoting the text, because it may be secret.

    >>> parse_yaml("minute: 5")
    {'minute': 5}
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        decoded = data.decode("utf-8")
        if decoded.lstrip()[:1] == "{":
            try:
                found = read_json(decoded, 0)
            except ValueError:
                pass
            else:
                return found.loaded.value
        for chunk in split_stream(data):
            return load_document(chunk.text).value
    except UnicodeDecodeError:
        raise ReadError("The text is not UTF-8.") from None
    except DocumentError as error:
        line = error.line + 1
        raise ReadError(f"The text is not valid YAML: {error.message} (line {line}).") from None
    return None
