"""Whether the rules of an HTTPRoute are ones that the API server takes (H1 to H3, H5 to H7, H14, H15)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.source import Path, items, mapping
from kong2x.validate.explain import Problem
from kong2x.validate.gateway import codes, filters
from kong2x.validate.gateway.edition import Edition, each, milliseconds
from kong2x.validate.gateway.policies import session
from kong2x.validate.gateway.references import backends

_CHARACTERS = re.compile(r"([-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+")
_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F", "#")
MOST_MATCHES = 128


def check(spec: Mapping[str, Any], edition: Edition) -> Iterator[Problem]:
    """The problems of one HTTPRoute's spec."""
    rules = list(each(spec.get("rules"), ("spec", "rules")))
    for path, rule in rules:
        yield from _rule(rule, path, edition)
    # A rule without matches gets one by default; an explicit empty list stays empty.
    total = sum(len(items(rule["matches"])) if "matches" in rule else 1 for _, rule in rules)
    if total > MOST_MATCHES and edition.since(1, 2):
        yield Problem(
            codes.MATCHES_TOTAL,
            ("spec", "rules"),
            f"The route has {total} matches; expected at most {MOST_MATCHES}.",
        )
    if edition.experimental and edition.since(1, 2):
        yield from rule_names(rules)


def rule_names(rules: list[tuple[Path, Mapping[str, Any]]]) -> Iterator[Problem]:
    """H15: the names of the rules of one route are distinct."""
    names: set[Any] = set()
    for path, rule in rules:
        name = rule.get("name")
        if name is not None and name in names:
            yield Problem(codes.RULE_NAME, (*path, "name"), f"Two rules have the name {name}.")
        names.add(name)


def _rule(rule: Mapping[str, Any], path: Path, edition: Edition) -> Iterator[Problem]:
    for here, match in each(rule.get("matches"), (*path, "matches")):
        if "path" in match:
            yield from _path(mapping(match["path"]), here)
    yield from backends(rule, path)
    own = rule.get("filters")
    yield from filters.check(own, (*path, "filters"), edition, "HTTPRoute")
    for here, ref in each(rule.get("backendRefs"), (*path, "backendRefs")):
        if "filters" in ref:
            yield from filters.check(ref["filters"], (*here, "filters"), edition, "HTTPRoute")
    if items(rule.get("backendRefs")) and any("requestRedirect" in entry for _, entry in each(own)):
        yield Problem(codes.REDIRECT_BACKENDS, path, "The rule redirects and has backends.")
    yield from _prefix(rule, path)
    if "timeouts" in rule:
        yield from _timeouts(mapping(rule["timeouts"]), (*path, "timeouts"))
    if "sessionPersistence" in rule:
        yield from session(rule.get("sessionPersistence"), (*path, "sessionPersistence"), edition)


def _path(match: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    kind, value = match.get("type", "PathPrefix"), match.get("value", "/")
    if kind == "RegularExpression" or not isinstance(value, str):
        return
    here = (*path, "path", "value")
    if not value.startswith("/"):
        yield Problem(codes.PATH_SLASH, here, f'The path "{value}" does not begin with a slash.')
    bad = [part for part in _SEQUENCES if part in value] + [
        end for end in ("/..", "/.") if value.endswith(end)
    ]
    if bad:
        yield Problem(codes.PATH_SEQUENCE, here, f'The path "{value}" holds {bad[0]}.')
    if not _CHARACTERS.fullmatch(value):
        odd = next((char for char in value if not _CHARACTERS.fullmatch(char)), "%")
        yield Problem(codes.PATH_CHARACTERS, here, f'The path "{value}" holds {odd!r}.')


def _prefix(rule: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """H7. The API server looks for exactly one such filter (or one such backend), and so does this."""
    matches = items(rule["matches"]) if "matches" in rule else [{}]
    first = mapping(mapping(matches[0]).get("path")) if matches else {}
    if len(matches) == 1 and first.get("type", "PathPrefix") == "PathPrefix":
        return
    for block in ("requestRedirect", "urlRewrite"):
        backing = [ref for _, ref in each(rule.get("backendRefs")) if _replaces(ref.get("filters"), block)]
        if _replaces(rule.get("filters"), block) or len(backing) == 1:
            count = f"{len(matches)} matches" if len(matches) != 1 else f"a match of type {first.get('type')}"
            yield Problem(
                codes.PREFIX_REWRITE,
                path,
                f"The rule replaces the matched prefix and has {count}; expected one match of type PathPrefix.",
            )


def _replaces(entries: Any, block: str) -> bool:
    """Whether exactly one of the filters replaces the matched prefix in `block`."""
    found = [
        modifier
        for _, entry in each(entries)
        for modifier in [mapping(mapping(entry.get(block)).get("path"))]
        if modifier.get("type") == "ReplacePrefixMatch" and "replacePrefixMatch" in modifier
    ]
    return len(found) == 1


def _timeouts(timeouts: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    whole, one = timeouts.get("request"), timeouts.get("backendRequest")
    if isinstance(whole, str) and isinstance(one, str) and 0 < milliseconds(whole) < milliseconds(one):
        yield Problem(codes.TIMEOUT_ORDER, path, f"One try may take {one}, the whole request only {whole}.")
