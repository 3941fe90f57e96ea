"""What the text of one file holds: its objects, the surprises in it, and what is no manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kong2x.model.finding import Code, Finding
from kong2x.model.source import Location, Path, SourceObject, mapping
from kong2x.read import codes, foreign
from kong2x.read.events import DocumentError
from kong2x.read.json_text import JsonPlaces, read_json
from kong2x.read.lines import load_ordinary
from kong2x.read.loader import Loaded, Note
from kong2x.read.splitter import Chunk, split_stream


@dataclass(slots=True)
class Batch:
    """What one file gave. `documents` counts those that hold something."""

    objects: list[SourceObject] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    documents: int = 0

    def fail(self, code: Code, message: str, where: Location, remedy: str | None = None) -> None:
        """Adds an error with its place."""
        self.errors.append(code.finding(message, remedy=remedy).located(where))


class Document(NamedTuple):
    """One document of a file: its value, its text, and the line of the file on which the text begins."""

    loaded: Loaded
    chunk: Chunk
    is_json: bool = False


def read_text(data: bytes, file: str) -> Batch:
    """Everything in one file's bytes, as kubectl would split and read them."""
    batch = Batch()
    try:
        decoded = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        where = Location(file, before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        found = "is UTF-16 text" if utf16 else "holds bytes that are not UTF-8"
        batch.fail(codes.NOT_UTF8, f"The file {found}, and Kubernetes reads UTF-8 only.", where)
        return batch
    for document in _documents(data, decoded, file, batch):
        _take(document, file, batch)
    return batch


def _documents(data: bytes, decoded: str, file: str, batch: Batch) -> Iterator[Document]:
    """The readable documents of a stream; the others become errors.

    A stream whose first character is `{` is read as JSON first, and as YAML only where that fails.
    """
    start = line = 0
    number = 0
    if decoded.lstrip()[:1] == "{":
        while True:
            try:
                found = read_json(decoded, start)
            except ValueError:
                break
            except DocumentError as error:
                where = Location(file, line + 1, 1, number + 1)
                batch.fail(error.code, f"The document has {error.message}.", where)
                return
            number += 1
            line += decoded.count("\n", start, found.start)
            text = decoded[found.start : found.end].encode()
            yield Document(found.loaded, Chunk(text, line + 1, number), True)
            line += decoded.count("\n", found.start, found.end)
            start = found.end
        rest = decoded[start:].strip()
        if not rest:
            return
        if number and not rest.startswith("---"):
            where = Location(file, line + 1, 0, number + 1)
            batch.fail(codes.BROKEN_YAML, "What follows the JSON document is neither JSON nor `---`.", where)
            return
        data = decoded[start:].lstrip("\n\r\t " if number else "").encode()
        line += decoded.count("\n", start, len(decoded) - len(data.decode()))
    for chunk in split_stream(data, line + 1):
        chunk = chunk._replace(document=chunk.document + number)
        try:
            if chunk.error is not None:
                raise chunk.error
            yield Document(load_ordinary(chunk.text), chunk)
        except DocumentError as error:
            batch.documents += 1
            _broken(error, chunk, file, batch)


def _broken(error: DocumentError, chunk: Chunk, file: str, batch: Batch) -> None:
    """The error for a document that cannot be read: a Helm template, or what the parser says."""
    where = Location(file, chunk.line + error.line, error.column + 1, chunk.document)
    if error.code is not codes.BROKEN_YAML:
        batch.fail(error.code, f"The document has {error.message}.", where)
        return
    line = foreign.template_line(chunk.text, any_mark=True)
    if line is not None:
        message = "The file is a Helm template: its {{ … }} marks are values only after Helm rendered them."
        batch.fail(codes.HELM_TEMPLATE, message, where._replace(line=chunk.line + line, column=0))
        return
    batch.fail(codes.BROKEN_YAML, f"The document is not valid YAML: {error.message}.", where)


def _take(document: Document, file: str, batch: Batch) -> None:
    """Adds the objects and the notes of one document."""
    loaded, chunk, _ = document
    value = loaded.value
    if value is None:
        return
    batch.documents += 1
    start = Location(file, chunk.line + loaded.line, 1, chunk.document)
    template = foreign.template_line(chunk.text)
    if template is not None:
        message = "The file is a Helm template: its {{ … }} marks are values only after Helm rendered them."
        batch.fail(codes.HELM_TEMPLATE, message, Location(file, chunk.line + template, 0, chunk.document))
        return
    if foreign.is_kustomization(value, file):
        message = "The file is a kustomization, and holds no manifests itself."
        batch.fail(codes.KUSTOMIZATION, message, start)
        return
    found = list(_objects(document, file, batch, start))
    by_item = {obj.item: obj for obj in found}
    batch.objects += found
    batch.findings += [_told(note, by_item, file, chunk) for note in loaded.notes]


def _objects(document: Document, file: str, batch: Batch, start: Location) -> Iterator[SourceObject]:
    """The objects of one document; of a list its items."""
    loaded, chunk, _ = document
    if isinstance(loaded.value, dict) and is_list(loaded.value):
        begins = item_lines(document)
        for path, value in flattened(loaded.value, ()):
            line = begins[path[1]] if len(path) == 2 and isinstance(path[1], int) and begins else 0
            problem = wrong_with(value)
            if problem:
                where = start._replace(line=line or start.line)
                where_in = "".join(f"{step}" if isinstance(step, str) else f"[{step}]" for step in path)
                batch.fail(codes.NOT_AN_OBJECT, f"{where_in} {problem}", where)
            else:
                yield SourceObject(
                    value, file, chunk.document, chunk.line, chunk.text, path, True, line or start.line
                )
        return
    problem = wrong_with(loaded.value)
    if problem:
        message = f"The document {problem}{foreign.hint(loaded.value)}"
        batch.fail(codes.NOT_AN_OBJECT, message, start)
        return
    yield SourceObject(loaded.value, file, chunk.document, chunk.line, chunk.text, (), True, start.line)


def item_lines(document: Document) -> list[int]:
    """The line of the file for each item of a list; empty when they are not known."""
    loaded, chunk, is_json = document
    count = len(loaded.value.get("items") or ())
    if is_json:
        places = JsonPlaces(chunk.text.decode())
        return [chunk.line + places.place(("items", index))[0] for index in range(count)]
    return [chunk.line + line for line in loaded.items] if len(loaded.items) == count else []


def is_list(value: Any) -> bool:
    """Whether a document is a list of objects: `List`, `IngressList`, `ResourceList`, …"""
    kind = mapping(value).get("kind")
    if not isinstance(kind, str) or not kind.endswith("List"):
        return False
    entries = value.get("items")
    return isinstance(entries, list) or (entries is None and "name" not in mapping(value.get("metadata")))


def flattened(value: dict[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    """The items of a list with their paths, lists in lists included.

    Items of a typed list may come without apiVersion and kind; they take those of their list.
    """
    kind = str(value["kind"]).removesuffix("List")
    for index, item in enumerate(value.get("items") or ()):
        here = (*path, "items", index)
        if isinstance(item, dict) and kind not in ("", "Resource"):
            item = {"apiVersion": value.get("apiVersion"), "kind": kind, **item}
        if is_list(item):
            yield from flattened(item, here)
        else:
            yield here, item


def wrong_with(value: Any) -> str:
    """What keeps a value from being an object, as the rest of a sentence; empty when nothing does."""
    if not isinstance(value, dict):
        what = {list: "a list", str: "text", bool: "a boolean"}.get(type(value), "a number")
        return f"is {what}: an object with apiVersion, kind and metadata.name was expected."
    metadata = mapping(value.get("metadata"))
    fields = {
        "apiVersion": value.get("apiVersion"),
        "kind": value.get("kind"),
        "metadata.name": metadata.get("name"),
    }
    missing = [name for name, entry in fields.items() if entry is None or entry == ""]
    if missing:
        return f"has no {' and no '.join(missing)}: every Kubernetes object has them."
    fields["metadata.namespace"] = metadata.get("namespace") or ""
    wrong = [name for name, entry in fields.items() if not isinstance(entry, str)]
    if wrong:
        return f"has {' and '.join(wrong)} that is not text: put quotes around the value."
    return ""


def _told(note: Note, by_item: dict[Path, SourceObject], file: str, chunk: Chunk) -> Finding:
    """A note as a finding about the object it stands in."""
    where = Location(file, chunk.line + note.line, note.column + 1, chunk.document)
    for end in range(len(note.path), -1, -1):
        obj = by_item.get(note.path[:end])
        if obj is not None:
            finding = note.code.finding(note.message, object=obj.ref, path=note.path[end:])
            return finding.located(where)
    return note.code.finding(note.message).located(where)
