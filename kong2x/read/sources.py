"""What can be given as an input, and the bytes that each of them stands for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from kong2x.model.errors import UsageError
from kong2x.model.finding import Finding
from kong2x.model.source import Location, SourceObject
from kong2x.read import codes
from kong2x.read.documents import Batch, flattened, is_list, read_text, wrong_with
from kong2x.read.folders import search_folder


@dataclass(frozen=True, slots=True)
class Source:
    """Manifests as text. `name` stands in messages where a file name would; `findings` are passed on.

    >>> Source("kind: Service", name="web.yaml").name
    'web.yaml'
    """

    text: str | bytes
    name: str = "<memory>"
    findings: tuple[Finding, ...] = ()


Input = (
    str | os.PathLike[str] | IO[str] | IO[bytes] | Source | Mapping[str, Any] | Iterable[Mapping[str, Any]]
)


@dataclass(slots=True)
class Opener:
    """Turns inputs into batches. A file that was named twice, or also lies in a named folder, is read once."""

    stdin: IO[str] | IO[bytes] | None = None
    skip_generated: bool = False

    _seen: set[str] = field(default_factory=set)
    _stdin_read: bool = False

    def open(self, given: Input) -> Iterator[tuple[str, Batch]]:
        """A batch for each file of one input, with its name."""
        if isinstance(given, Source):
            batch = read_text(_bytes(given.text), given.name)
            batch.findings[:0] = given.findings
            yield given.name, _not_empty(batch, given.name)
        elif isinstance(given, str | os.PathLike):
            yield from self._path(os.fspath(given))
        elif hasattr(given, "read"):
            name = getattr(given, "name", None)
            shown = name if isinstance(name, str) else "<stream>"
            yield shown, _not_empty(read_text(_bytes(given.read()), shown), shown)
        elif isinstance(given, Mapping):
            yield "<memory>", _parsed([given])
        elif isinstance(given, Iterable):
            yield "<memory>", _parsed(given)
        else:
            raise UsageError(
                f"An input is a path, an open text, a Source or a parsed mapping, and not a {type(given).__name__}."
            )

    def _path(self, path: str) -> Iterator[tuple[str, Batch]]:
        if path == "-":
            if not self._stdin_read:
                self._stdin_read = True
                stream = sys.stdin.buffer if self.stdin is None else self.stdin
                yield "<stdin>", _not_empty(read_text(_bytes(stream.read()), "<stdin>"), "<stdin>")
        elif os.path.isdir(path):
            yield from self._folder(path)
        elif not os.path.lexists(path):
            yield path, _failed(codes.MISSING_PATH.finding(f"There is no file or folder {path}."), path)
        else:
            batch = self._file(path)
            if batch is not None:
                yield path, _not_empty(batch, path)

    def _folder(self, top: str) -> Iterator[tuple[str, Batch]]:
        folder = search_folder(top, skip_generated=self.skip_generated)
        about = Batch(findings=folder.findings, errors=folder.errors)
        if not folder.files and not folder.errors:
            where = Location(top)
            about.fail(codes.NO_MANIFESTS, f"The folder {top} holds no *.yaml, *.yml or *.json files.", where)
        yield "", about
        documents = len(folder.errors)
        for name in folder.files:
            batch = self._file(name)
            documents += 1 if batch is None else batch.documents + len(batch.errors)
            if batch is not None:
                yield name, batch
        if folder.files and not documents:
            yield "", _failed(codes.NO_MANIFESTS.finding(f"The files in {top} hold no manifests."), top)

    def _file(self, path: str) -> Batch | None:
        """What a file holds; None when it was read before."""
        real = os.path.realpath(path)
        if real in self._seen:
            return None
        self._seen.add(real)
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            return _failed(codes.UNREADABLE.finding(f"{path} cannot be read: {error.strerror}."), path)
        return read_text(data, path)


def _bytes(text: Any) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)


def _failed(finding: Finding, name: str) -> Batch:
    return Batch(errors=[finding.located(Location(name))])


def _not_empty(batch: Batch, name: str) -> Batch:
    """An input that was named on purpose must hold something."""
    if not batch.documents and not batch.errors:
        batch.fail(codes.NO_MANIFESTS, f"{name} holds no manifests.", Location(name))
    return batch


def _parsed(values: Iterable[Any]) -> Batch:
    """Objects that somebody else parsed."""
    batch = Batch()
    for number, value in enumerate(values, 1):
        batch.documents += 1
        entries = flattened(dict(value), ()) if is_list(value) else iter([((), value)])
        for path, entry in entries:
            problem = wrong_with(entry)
            if problem:
                where = Location("<memory>", document=number)
                batch.fail(codes.NOT_AN_OBJECT, f"The mapping {problem}", where)
            else:
                batch.objects.append(SourceObject(entry, document=number, item=path))
    return batch
