"""How files reach a folder: all of them or none, and never over something that kong2x did not write."""

from __future__ import annotations

import os
import posixpath
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kong2x.model.errors import OutputError
from kong2x.model.target import GENERATED


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What happened to a folder; names are relative to it, sorted."""

    folder: str
    written: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()

    def __str__(self) -> str:
        counts = [
            f"{len(self.written)} written",
            f"{len(self.unchanged)} unchanged",
            f"{len(self.pruned)} deleted",
        ]
        shown = [count for count in counts if not count.startswith("0 ")] or ["nothing to write"]
        return f"{self.folder}: {', '.join(shown)}"


@dataclass(frozen=True, slots=True)
class FolderDrift:
    """How a folder differs from what would be written; `stale` are files of kong2x that no longer belong."""

    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.changed or self.stale)


def check_folder(files: Mapping[str, str], folder: str) -> FolderDrift:
    """Compares a folder with the files that would be written into it; changes nothing."""
    missing, changed = [], []
    for name in sorted(files):
        old = content(folder, name)
        if old is None:
            missing.append(name)
        elif old != files[name].encode():
            changed.append(name)
    stale = [name for name in sorted(own_files(folder)) if name not in files]
    return FolderDrift(tuple(missing), tuple(changed), tuple(stale))


def write_folder(
    files: Mapping[str, str],
    folder: str,
    *,
    force: bool = False,
    prune: bool = False,
    inputs: Sequence[str] = (),
) -> WriteReport:
    """Writes all files or none, makes the folder where it is missing, and leaves equal files untouched.

    A file that kong2x did not write is overwritten with `force` only, and one of `inputs` never. `prune` deletes
    files that kong2x wrote and that are not among `files`. OutputError says what is in the way; the folder is then
    as it was.
    """
    drift = check_folder(files, folder)
    writing = (*drift.missing, *drift.changed)
    pruned = drift.stale if prune else ()
    _refuse_odd_names(files)
    real = _real_paths((*writing, *pruned), folder)
    _refuse_inputs(real, folder, inputs)
    if not force:
        _refuse_foreign(drift.changed, folder)
    _refuse_blocked(writing, real, folder)
    if writing or pruned:
        try:
            _replace({name: files[name] for name in writing}, pruned, folder)
        except OSError as error:
            raise OutputError(
                f"{error.filename or folder} cannot be written: {error.strerror}. The folder is as it was."
            ) from None
    unchanged = sorted(set(files) - set(writing))
    return WriteReport(folder, tuple(sorted(writing)), tuple(unchanged), tuple(pruned))


def content(folder: str, name: str) -> bytes | None:
    """A file's bytes; None when there is no such file."""
    path = os.path.join(folder, *name.split("/"))
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def own_files(folder: str) -> Iterator[str]:
    """The files below a folder that begin with the line of kong2x; links and hidden folders are left out."""
    for top, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in names:
            path = os.path.join(top, name)
            if name.endswith((".yaml", ".yml")) and os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    if file.read(len(GENERATED)) == GENERATED.encode():
                        yield os.path.relpath(path, folder).replace(os.sep, "/")


def _refuse_odd_names(files: Mapping[str, str]) -> None:
    """Names that would leave the folder, or be one file where case does not count."""
    seen: dict[str, str] = {}
    for name in files:
        if name.startswith(("/", "..")) or "\\" in name or posixpath.normpath(name) != name:
            raise OutputError(f"{name} is no file name inside of the folder; nothing was written.")
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise OutputError(f"{name} and {other} are one file on some systems; nothing was written.")


def _real_paths(names: Sequence[str], folder: str) -> dict[str, str]:
    """Where each name really is, links resolved; each folder is looked at once."""
    folders: dict[str, str] = {}
    out = {}
    for name in names:
        path = os.path.join(folder, *name.split("/"))
        top, base = os.path.split(path)
        if top not in folders:
            folders[top] = os.path.realpath(top)
        out[name] = os.path.realpath(path) if os.path.islink(path) else os.path.join(folders[top], base)
    return out


def _refuse_inputs(paths: Mapping[str, str], folder: str, inputs: Sequence[str]) -> None:
    """No input is written over or deleted: no file that was named, and in named folders no foreign file."""
    real = {os.path.realpath(path): path for path in inputs if path != "-"}
    folders = tuple(path.rstrip(os.sep) + os.sep for path in real if os.path.isdir(path))
    for name, path in paths.items():
        inside = folders and path.startswith(folders) and not _is_own(content(folder, name))
        if path in real or inside:
            shown = os.path.join(folder, name)
            raise OutputError(
                f"{shown} is an input, and inputs are never changed: choose another folder with -d."
            )


def _is_own(old: bytes | None) -> bool:
    """Whether a file is absent, or of kong2x."""
    return old is None or old.startswith(GENERATED.encode())


def _refuse_foreign(names: Sequence[str], folder: str) -> None:
    """Files of somebody else stay."""
    foreign = [name for name in names if not _is_own(content(folder, name))]
    if foreign:
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise OutputError(
            f"{folder} holds {', '.join(foreign[:3])}{more}, which kong2x did not write; nothing was written. "
            "Choose another folder with -d, or overwrite with --force."
        )


def _refuse_blocked(names: Sequence[str], paths: Mapping[str, str], folder: str) -> None:
    """Folders where files must be, files where folders must be, and links that lead out of the folder."""
    top = os.path.realpath(folder)
    for name in names:
        path = os.path.join(folder, *name.split("/"))
        if os.path.isdir(path):
            raise OutputError(f"{path} is a folder, and a file must be written there; nothing was written.")
        real = os.path.dirname(paths[name])
        if os.path.islink(path):
            real = os.path.realpath(os.path.dirname(path))
        if real != top and not real.startswith(top.rstrip(os.sep) + os.sep):
            raise OutputError(f"{path} lies outside of {folder} because of a link; nothing was written.")
        while not os.path.isdir(real):
            if os.path.lexists(real):
                raise OutputError(f"{real} is a file, and a folder must be there; nothing was written.")
            real = os.path.dirname(real)


def _replace(files: Mapping[str, str], pruned: Sequence[str], folder: str) -> None:
    """Writes everything into a hidden folder first, then moves it into place; back again when a move fails."""
    made = _make_folders(os.path.abspath(folder))
    stage = ""
    undo: list[tuple[str, str | None]] = []
    try:
        stage = tempfile.mkdtemp(prefix=".kong2x-", dir=folder)
        for number, name in enumerate(files):
            with open(os.path.join(stage, f"new-{number}"), "w", encoding="utf-8", newline="\n") as file:
                file.write(files[name])
        for number, name in enumerate((*files, *pruned)):
            path = os.path.join(folder, *name.split("/"))
            new = os.path.join(stage, f"new-{number}") if number < len(files) else None
            if not os.path.isdir(os.path.dirname(path)):
                made += _make_folders(os.path.dirname(os.path.abspath(path)))
            kept = os.path.join(stage, f"old-{number}") if os.path.lexists(path) else None
            if kept is not None:
                if new is not None:
                    shutil.copymode(path, new)
                os.replace(path, kept)
            undo.append((path, kept))
            if new is not None:
                os.replace(new, path)
    except BaseException:
        _put_back(undo)
        shutil.rmtree(stage, ignore_errors=True)
        for path in reversed(made):
            if os.path.isdir(path) and not os.listdir(path):
                os.rmdir(path)
        raise
    shutil.rmtree(stage, ignore_errors=True)
    for name in pruned:
        _remove_empty(folder, name)


def _make_folders(path: str) -> list[str]:
    """Makes a folder with those above it; gives back the ones that are new, outermost first."""
    new = []
    while not os.path.isdir(path):
        new.append(path)
        path = os.path.dirname(path)
    for folder in reversed(new):
        os.mkdir(folder)
    return new[::-1]


def _put_back(undo: Sequence[tuple[str, str | None]]) -> None:
    """Undoes what was done so far, the last first."""
    for path, kept in reversed(undo):
        if kept is not None:
            os.replace(kept, path)
        elif os.path.lexists(path):
            os.remove(path)


def _remove_empty(folder: str, name: str) -> None:
    """Removes the subfolders that a deleted file left empty."""
    below = posixpath.dirname(name)
    while below:
        path = os.path.join(folder, *below.split("/"))
        if not os.path.isdir(path) or os.listdir(path):
            return
        os.rmdir(path)
        below = posixpath.dirname(below)
