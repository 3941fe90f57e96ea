"""Which releases the checked-in schema files come from, and how all of them are made again."""

from __future__ import annotations

import json
from pathlib import Path

from kong2x.validate.importer import Loader, import_family, render

FAMILIES = ("gateway-api", "apisix-ingress-controller", "kong")


def releases(crds: Path, family: str) -> dict[tuple[str, str], Path]:
    """(release, channel) -> folder of CRDs, as they lie below `crds`.

    `crds` holds `gateway-api/v1.6.1/standard`, `apisix-ingress-controller/2.2.0`, `kong/kic-3.3.0`, …
    """
    if family == "gateway-api":
        folders = sorted((crds / family).glob("v*/*"))
        return {(path.parent.name.removeprefix("v"), path.name): path for path in folders}
    found = {}
    for path in sorted((crds / family).iterdir()):
        found[path.name.removeprefix("kic-").removeprefix("configuration-"), ""] = path
    return found


def import_all(crds: Path, load: Loader | None = None) -> dict[str, str]:
    """Every schema file that is made from CRDs: path below `schemas/` -> text.

    To check in a new release, put its CRDs below `crds` and write what this returns.
    """
    out = {}
    for family in FAMILIES:
        files = import_family(releases(crds, family), load)
        if family == "kong":
            files["index.json"] = _with_head(files["index.json"])
        out.update({f"{family}/{name}": text for name, text in files.items()})
    return out


def _with_head(text: str) -> str:
    """Kong's `head` has the newest kinds only; all others are those of the newest release."""
    index = json.loads(text)
    head = index.pop("head")
    newest = index[list(index)[-1]][""]
    kinds = {name.split("/")[0] for name in head[""]}
    kept = [name for name in newest if name.split("/")[0] not in kinds]
    return render({**index, "head": {"": sorted([*kept, *head[""]])}}) + "\n"
