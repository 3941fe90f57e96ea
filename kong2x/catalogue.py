"""All finding codes with their pages, gathered from the parts that use them."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from kong2x.model.errors import UsageError
from kong2x.model.finding import Code, Protects, derived_severity
from kong2x.model.settings import did_you_mean

VOCABULARIES = ("apisix", "gateway-api")
ROOMS = (
    "accepting",
    "assumptions",
    "inline_secrets",
    "read",
    "refused_values",
    "resolve",
    "self_check",
    "emit",
    "validate",
    "write",
)
PROTECTS = {
    Protects.ACCESS: "who may call",
    Protects.PROTECTION: "limits and transport security",
    Protects.NOTHING: "",
}


@cache
def all_codes() -> dict[str, Code]:
    """Every code by id: those of the parts, and those of the mapping files."""
    from kong2x.mapping import mapping_codes

    found: dict[str, Code] = {}
    for room in ROOMS:
        for module in code_modules(f"kong2x.{room}"):
            for code in getattr(importlib.import_module(module), "CODES", ()):
                found[code.id] = code
    for vocabulary in VOCABULARIES:
        for code in mapping_codes(vocabulary):
            found.setdefault(code.id, code)
    return dict(sorted(found.items()))


def code_modules(name: str) -> list[str]:
    """The modules below `name` that hold codes: `accepting`, and all whose name ends in `codes`."""
    module = importlib.import_module(name)
    if not hasattr(module, "__path__"):
        return [name]
    walked = pkgutil.walk_packages(module.__path__, f"{name}.")
    return [info.name for info in walked if info.name.rpartition(".")[2].endswith("codes")]


def code_page(word: str) -> str:
    """The page of one code as text; UsageError with the nearest code when there is none."""
    codes = all_codes()
    if word not in codes:
        raise UsageError(f"{word}: no such finding code{did_you_mean(word, codes)}")
    code = codes[word]
    severity = code.severity or derived_severity(code.level, code.protects)
    lines = [f"{code.id} ({severity}, {code.level})", "", code.summary, "", code.meaning]
    if PROTECTS[code.protects]:
        lines += ["", f"Protects: {PROTECTS[code.protects]}."]
    if code.remedy:
        lines += ["", f"Remedy: {code.remedy}"]
    lines += ["", f'Accept it, with a reason: annotation kong2x.io/accept: "{code.id}: REASON", a comment']
    lines += [f"# kong2x: accept {code.id}: REASON, or an entry of accept in .kong2x.yaml."]
    return "\n".join(lines) + "\n"


def page(word: str, target: str = "apisix") -> str:
    """The page of a finding code, a plugin, or an annotation, whichever `word` is."""
    if word.count("/") and word in all_codes():
        return code_page(word)
    plugin = plugin_page(word, target)
    if plugin:
        return plugin
    annotation = annotation_page(word)
    if annotation:
        return annotation
    known = [*all_codes(), *plugin_names(), *annotation_table()]
    raise UsageError(f"{word}: no finding code, plugin or annotation of that name{did_you_mean(word, known)}")


def plugin_names() -> list[str]:
    """Every Kong plugin that there are facts about."""
    from kong2x.mapping import support_matrix

    return [row.plugin for row in support_matrix(VOCABULARIES[0])]


def plugin_page(name: str, target: str) -> str:
    """Both sides of a plugin: its fields with their outcome, notes, and configurations before and after."""
    from kong2x.mapping import explain_plugin

    found = explain_plugin(name, target)
    if found is None:
        return ""
    lines = [f"{found.plugin} to {found.vocabulary} ({found.level})", "", found.summary]
    if PROTECTS[found.protects]:
        lines += ["", f"Protects {PROTECTS[found.protects]}; Kong runs it at priority {found.priority}."]
    if found.fields:
        lines += ["", "Fields:"]
        width = max(len(row.field) for row in found.fields)
        for row in found.fields:
            default = "" if row.default is None else f" (default {row.default})"
            lines.append(f"  {row.field.ljust(width)}  {row.level:<11}  -> {row.target or '-'}{default}")
            if row.note:
                lines.append(f"  {' ' * width}  {row.note}")
    if found.notes:
        lines += ["", "Findings:"]
        lines += [f"  {code} ({level}): {text}" for code, level, text in found.notes]
    for sample in found.samples[:2]:
        lines += [
            "",
            f"Before and after: {sample.title}",
            *indented(sample.kong),
            "  becomes",
            *indented(sample.emit),
        ]
    return "\n".join(lines) + "\n"


def indented(value: object) -> list[str]:
    """A configuration as indented YAML."""
    from kong2x.write import dump

    return [f"    {line}" for line in dump(value).splitlines()]


@cache
def annotation_table() -> dict[str, dict[str, object]]:
    """The annotations that Kong knows, by key."""
    from kong2x.mapping.reading import read_file
    from kong2x.model.datafiles import data_folder

    file = data_folder("mappings") / "kong" / "annotations.yaml"
    if not file.is_file():
        return {}
    rows = read_file(file).get("annotations", {})
    return dict(rows) if isinstance(rows, dict) else {str(row.get("key")): row for row in rows}


def annotation_page(key: str) -> str:
    """Where an annotation may stand, what it takes and what it does."""
    table = annotation_table()
    row = table.get(key) or table.get(f"konghq.com/{key}")
    if row is None:
        return ""
    lines = [key if key in table else f"konghq.com/{key}", ""]
    for word, value in row.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        lines.append(f"  {word}: {shown}")
    return "\n".join(lines) + "\n"
