"""What a new mapping file starts from: every field of the plugin once, with the target's best guess."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from kong2x.mapping.catalogue import KongField, KongPlugin, covers
from kong2x.mapping.distil import flow
from kong2x.mapping.tables import CATALOGUE, Tables
from kong2x.mapping.targets import TargetPlugin, targets_of
from kong2x.model.errors import UsageError
from kong2x.model.settings import did_you_mean


def new_mapping(
    plugin: str, vocabulary: str, target_plugin: str = "", folders: Iterable[str | Path] = ()
) -> str:
    """The text of a mapping file to fill in, for `<vocabulary>/plugins/<plugin>.yaml`.

    `target_plugin` is the plugin or filter of the target; without it one of the same name is taken. Every
    TODO in the text must go before `lint` is content. UsageError for a plugin that is in no catalogue.
    """
    tables = Tables(folders)
    kong = tables.kong(plugin)
    if kong is None:
        near = did_you_mean(plugin, tables.plugins(CATALOGUE))
        raise UsageError(f"mapping new {plugin}: no facts about this Kong plugin{near}")
    targets = targets_of(vocabulary)
    known = targets.plugin(target_plugin or plugin, "") if targets else None
    if target_plugin and targets and known is None:
        near = did_you_mean(target_plugin, targets.names(""))
        raise UsageError(f"mapping new: {vocabulary} has no {target_plugin}{near}")
    version = targets.default_version if targets else "TODO"
    lines = [
        f"plugin: {plugin}",
        f"target: {vocabulary}",
        f'checked: {{kong: "3.9", {vocabulary}: "{version}"}}',
        "summary: TODO one sentence about what becomes of the plugin.",
    ]
    if known is None:
        lines += [
            "always:",
            "  - code: no-counterpart",
            "    level: unsupported",
            "    note: >-",
            "      TODO what happens to requests, in one sentence.",
            "      TODO what the operator can do.",
        ]
    else:
        lines += [f"emit: {{{known.name}: {{}}}}", "fields:", *_rules(kong, known)]
    lines += ["examples:", "  - title: TODO", "    kong: {}", "    emit: {}", "    codes: []"]
    return "\n".join(lines) + "\n"


def _rules(kong: KongPlugin, known: TargetPlugin) -> list[str]:
    """One line a field; a record without any likely counterpart gets one line for all of it."""
    out: list[str] = []
    done: list[str] = []
    for part in kong.top:
        if part.until or any(covers(path, part.path) for path in done):
            continue
        path = part.path
        for depth in range(1, part.path.count(".") + 1):
            record = ".".join(part.path.split(".")[:depth])
            if all("unsupported" in _guess(inner, known) for inner in kong.below(record)):
                path = record
                break
        done.append(path)
        lost = "{level: unsupported, code: TODO, note: TODO}  # Kong: a record"
        out.append(f"  {flow(path)}: {_guess(part, known) if path == part.path else lost}")
    return out


def _guess(part: KongField, known: TargetPlugin) -> str:
    """A target path that is spelt alike, else a loss to be described."""
    plain = part.path.replace(".", "_")
    near = [name for name in (part.path, plain) if name in known.fields]
    near = near or get_close_matches(plain, [name for name in known.fields if "[]" not in name], 1, 0.75)
    facts = f"  # Kong: {part.type}"
    if part.default is not None or part.defaults:
        facts += f", default {flow(part.default)}"
    if part.values and part.type != "list":
        values = ", ".join(f"{flow(value)}: TODO" for value in part.values)
        if near:
            return f"{{to: {near[0]}, enum: {{{values}}}}}{facts}"
    if near:
        return f"{near[0]}{facts}"
    harmless = f", harmless: [{flow(part.default)}]" if part.default not in (None, [], {}) else ""
    return f"{{level: unsupported{harmless}, code: TODO, note: TODO}}{facts}"
