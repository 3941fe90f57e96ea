"""Manifests as they were at another revision, read from git without touching the work tree."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence

from kong2x.model.errors import ReadError
from kong2x.read.foreign import KUSTOMIZATION_NAMES
from kong2x.read.inputs import Source

SUFFIXES = (".yaml", ".yml", ".json")


def sources_at(revision: str, paths: Sequence[str], *, git: str = "git") -> list[Source]:
    """The manifests below `paths` at `revision`, named as the work tree names them.

    `revision` is anything git knows; `REV...` means the merge base of REV and HEAD, the state that a
    pull request started from. A path that did not exist then gives nothing. Raises ReadError, with the
    command to type, when git, the repository or the revision is missing.
    """
    found: list[Source] = []
    for path in paths:
        top = repository_of(path, git)
        commit = resolve_revision(top, revision, git)
        relative = os.path.relpath(os.path.realpath(path), top)
        if relative.startswith(".."):
            raise ReadError(f"{path} is outside of the repository {top}: name a path inside of it.")
        prefix = "" if relative == "." else relative.replace(os.sep, "/")
        found += sorted(files_at(top, commit, prefix, path, git), key=lambda source: source.name)
    return found


def repository_of(path: str, git: str) -> str:
    """The top folder of the repository that holds `path`, which itself may be gone."""
    folder = os.path.abspath(path)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    done = call([git, "-C", folder, "rev-parse", "--show-toplevel"])
    if done.returncode:
        raise ReadError(f"{path} is not in a git repository: run this inside of one, or compare two folders.")
    return os.path.realpath(done.stdout.decode().strip())


def resolve_revision(top: str, revision: str, git: str) -> str:
    """The commit that `revision` means."""
    if revision.endswith("..."):
        base = revision.removesuffix("...")
        resolve_revision(top, base, git)
        done = call([git, "-C", top, "merge-base", base, "HEAD"])
        if done.returncode:
            raise ReadError(
                f"--base {revision}: {base} and HEAD have no common commit here.{advice(top, base, git)}"
            )
        return done.stdout.decode().strip()
    done = call(
        [git, "-C", top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    )
    if done.returncode:
        raise ReadError(f"--base {revision}: git knows no such revision here.{advice(top, revision, git)}")
    return done.stdout.decode().strip()


def advice(top: str, revision: str, git: str) -> str:
    """What to type when the history that is needed may just not be there."""
    shallow = call([git, "-C", top, "rev-parse", "--is-shallow-repository"]).stdout.strip() == b"true"
    if shallow:
        return " This is a shallow clone: run `git fetch --unshallow origin` first."
    name = revision.removeprefix("origin/")
    return f" Run `git fetch origin {name}` first, or name a branch, tag or commit."


def files_at(top: str, commit: str, prefix: str, shown: str, git: str) -> Iterator[Source]:
    """Every manifest of a commit below `prefix`; submodules are followed where they are checked out."""
    command = [git, "-C", top, "ls-tree", "-r", "-z", "--full-tree", commit]
    listing = call([*command, "--", prefix] if prefix else command).stdout
    blobs: list[tuple[str, str]] = []
    for row in filter(None, listing.split(b"\0")):
        head, _, raw_name = row.partition(b"\t")
        mode, kind, identity = head.decode().split()
        name = raw_name.decode("utf-8", "surrogateescape")
        if kind == "commit":
            module = os.path.join(top, name)
            if os.path.exists(os.path.join(module, ".git")):
                yield from files_at(module, identity, "", os.path.join(shown, inside(name, prefix)), git)
        elif kind == "blob" and mode != "120000" and wanted(name, prefix):
            blobs.append((identity, name))
    for (_, name), text in zip(blobs, contents(top, [identity for identity, _ in blobs], git), strict=True):
        below = inside(name, prefix)
        yield Source(text, name=os.path.join(shown, below) if below else shown)


def wanted(name: str, prefix: str) -> bool:
    """Whether a file of the tree is one that reading the folder would take."""
    if name == prefix:
        return True
    below = inside(name, prefix).split("/")
    known = name.lower().endswith(SUFFIXES) or below[-1] in KUSTOMIZATION_NAMES
    return known and not any(part.startswith(".") for part in below)


def inside(name: str, prefix: str) -> str:
    """The part of a path below `prefix`."""
    return name[len(prefix) :].lstrip("/") if prefix else name


def contents(top: str, identities: Sequence[str], git: str) -> Iterator[bytes]:
    """The contents of blobs, in one call."""
    if not identities:
        return
    done = call([git, "-C", top, "cat-file", "--batch"], stdin="\n".join(identities).encode() + b"\n")
    data, position = done.stdout, 0
    for _ in identities:
        end = data.index(b"\n", position)
        size = int(data[position:end].split()[2])
        yield data[end + 1 : end + 1 + size]
        position = end + 1 + size + 1


def call(command: Sequence[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Runs git; ReadError when there is no git."""
    try:
        return subprocess.run(command, input=stdin, capture_output=True, check=False)
    except FileNotFoundError:
        raise ReadError("git is not on the PATH: install it, or compare two folders.") from None
