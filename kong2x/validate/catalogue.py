"""Which schema files there are: by family, release and channel, in the project's folder and the user's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from kong2x.model.datafiles import data_folder
from kong2x.model.errors import Kong2xError, UsageError
from kong2x.model.settings import did_you_mean, version_key
from kong2x.validate.importer import SchemaFile, import_crd, read_crds

TARGETS = {"apisix": "apisix-ingress-controller", "gateway-api": "gateway-api", "kong": "kong"}
"""Target name -> the family of schema files whose release the user chooses."""


@cache
def index(family: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Release -> channel -> names of schema files, oldest release first."""
    path = data_folder("schemas") / family / "index.json"
    found: Mapping[str, Mapping[str, Sequence[str]]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def versions(target: str) -> tuple[str, ...]:
    """The releases of a target that schema files exist for, newest first.

    `apisix` counts releases of the APISIX ingress controller; `apisix-plugins` those of APISIX itself.

    >>> versions("gateway-api")[0]
    '1.6.1'
    """
    if target == "apisix-plugins":
        from kong2x.validate.apisix.plugins import releases

        return tuple(reversed(releases()))
    if target not in TARGETS:
        raise UsageError(f"{target}: no such target{did_you_mean(target, TARGETS)}")
    return tuple(reversed(list(index(TARGETS[target]))))


def resolve_version(target: str, wanted: str | None) -> str:
    """The release meant by `wanted`: `1.4` is its newest patch; None is the newest of all.

    Raises UsageError for a release without schema files; the message lists those that have them.

    >>> resolve_version("gateway-api", "v1.4")
    '1.4.1'
    """
    known = versions(target)
    if wanted is None:
        return known[0]
    bare = wanted.removeprefix("v")
    for release in known:
        if release == bare or release.startswith(bare + ".") or bare.startswith(release + "."):
            return release
    for release in known:
        if version_key(release)[:2] == version_key(bare)[:2]:
            return release
    raise UsageError(
        f"{target} {wanted}: there are no schemas for this release; those for {', '.join(known)} are there."
    )


def channels(target: str, version: str) -> tuple[str, ...]:
    """The channels of a release; one empty name where a project has none."""
    return tuple(index(TARGETS[target])[version])


@cache
def family_files(family: str, release: str, channel: str) -> tuple[SchemaFile, ...]:
    """The schema files of one release; an unknown channel is an error, an absent one means the only one."""
    by_channel = index(family)[release]
    names = by_channel.get(channel, by_channel.get(""))
    if names is None:
        raise UsageError(f"Channel {channel}: {family} has {' and '.join(by_channel)}.")
    folder = data_folder("schemas") / family
    return tuple(_read(folder / name) for name in names)


@cache
def own_files() -> tuple[SchemaFile, ...]:
    """The hand-written schema files of kinds outside of the three families (core kinds, cert-manager, …)."""
    return tuple(_read(path) for path in sorted((data_folder("schemas") / "other").glob("*.json")))


@cache
def _read(path: Path) -> SchemaFile:
    return SchemaFile.parse(path.read_text(encoding="utf-8"), str(path))


def user_files(folders: Iterable[str]) -> list[SchemaFile]:
    """The schema files of the user's folders: CRDs (YAML or JSON) and files made by `schema import`."""
    found: list[SchemaFile] = []
    for name in folders:
        folder = Path(name)
        if not folder.is_dir():
            raise UsageError(f"--schemas {name}: no such folder.")
        before = len(found)
        for path in sorted(folder.rglob("*.json")):
            text = path.read_text(encoding="utf-8")
            if '"CustomResourceDefinition' not in text and path.name != "index.json":
                found.append(SchemaFile.parse(text, str(path)))
        for path, crd in read_crds(folder):
            try:
                found.extend(import_crd(crd))
            except Kong2xError as error:
                raise UsageError(f"--schemas {path}: {error}") from None
        if len(found) == before:
            raise UsageError(f"--schemas {name}: no CRDs and no schema files in it.")
    return found
