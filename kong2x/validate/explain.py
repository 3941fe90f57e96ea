"""What a schema error means to an operator: which field, what was read, what is expected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from kong2x.model.finding import Code
from kong2x.model.settings import did_you_mean
from kong2x.model.source import Path, dotted
from kong2x.validate.codes import CHOICE, DUPLICATE, MISSING_FIELD, PATTERN, RANGE, TYPE, UNKNOWN_FIELD, VALUE

_SECRET = re.compile(r"pass|secret|token|credential|private|authorization|key$", re.IGNORECASE)
_SECRET_ROOTS = ("data", "stringData", "binaryData")
_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
_LIMITS = {
    "maxItems": "at most {} entries",
    "minItems": "at least {} entries",
    "maxLength": "at most {} characters",
    "minLength": "at least {} characters",
    "maxProperties": "at most {} keys",
    "minProperties": "at least {} keys",
    "maximum": "at most {}",
    "minimum": "at least {}",
    "exclusiveMaximum": "less than {}",
    "exclusiveMinimum": "more than {}",
    "multipleOf": "a multiple of {}",
}


class Problem(NamedTuple):
    """One thing that is wrong with an object; `message` names the field already."""

    code: Code
    path: Path
    message: str
    remedy: str | None = None


def explain(error: Any, base: Path = ()) -> Iterator[Problem]:
    """The problems behind one jsonschema error; `base` is where the checked value stands in its object."""
    here: Path = (*base, *error.absolute_path)
    keyword, limit = error.validator, error.validator_value
    if keyword in ("anyOf", "oneOf"):
        yield from _choice(error, base)
    elif keyword == "additionalProperties":
        yield from _unknown(error, here)
    elif keyword == "required":
        missing = next(
            (name for name in limit if name not in error.instance and repr(name) in error.message), limit[0]
        )
        yield Problem(
            MISSING_FIELD,
            here,
            f"{_name(here)} has no {missing}, which it needs.",
            f"Add {dotted((*here, missing))}.",
        )
    elif keyword == "type":
        wanted = " or ".join(_TYPES[name] for name in ([limit] if isinstance(limit, str) else limit))
        yield Problem(TYPE, here, f"{_name(here)} is {described(error.instance, here)}; expected {wanted}.")
    elif keyword in ("enum", "const"):
        yield _value(error, here)
    elif keyword in ("pattern", "format"):
        wanted = f"an {limit} address" if keyword == "format" else f"the form {limit}"
        yield Problem(
            PATTERN, here, f"{_name(here)} is {described(error.instance, here)}; expected {wanted}."
        )
    elif keyword in _LIMITS:
        yield Problem(
            RANGE,
            here,
            f"{_name(here)} is {described(error.instance, here)}; expected {_LIMITS[keyword].format(limit)}.",
        )
    elif keyword == "uniqueItems":
        yield Problem(DUPLICATE, here, f"{_name(here)} holds an entry twice.")
    else:
        yield _other(error, here)


def _unknown(error: Any, here: Path) -> Iterator[Problem]:
    known = error.schema.get("properties", {})
    patterns = error.schema.get("patternProperties", {})
    for key in error.instance:
        if key not in known and not any(re.search(pattern, key) for pattern in patterns):
            guess = _meant(key, known)
            tail = f"{guess[2:]}" if guess != "." else ""
            yield Problem(
                UNKNOWN_FIELD, (*here, key), f"{_name(here)} has no field {key}.{' ' + tail if tail else ''}"
            )


def _value(error: Any, here: Path) -> Problem:
    wanted = [error.validator_value] if error.validator == "const" else list(error.validator_value)
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in wanted]
    guess = "." if _hidden(here) else _meant(str(error.instance), texts)
    return Problem(
        VALUE,
        here,
        f"{_name(here)} is {described(error.instance, here)}; expected "
        f"{'one of ' if len(texts) > 1 else ''}{', '.join(texts)}{guess}",
    )


def _meant(word: str, known: Iterable[str]) -> str:
    """`did_you_mean`, with a word that differs in capitals alone first."""
    same = [other for other in known if other.lower() == word.lower()]
    return f". Did you mean {same[0]}?" if same else did_you_mean(word, known)


def _choice(error: Any, base: Path) -> Iterator[Problem]:
    """`oneOf` and `anyOf`: which of the combinations was meant, or that two of them are mixed."""
    here: Path = (*base, *error.absolute_path)
    options = [part.get("required") for part in error.validator_value if isinstance(part, Mapping)]
    if all(options) and len(options) == len(error.validator_value) and isinstance(error.instance, Mapping):
        words = " or ".join(" with ".join(option) for option in options if option)
        given = [" with ".join(o) for o in options if o and all(name in error.instance for name in o)]
        found = f"it has {' and '.join(given)}" if given else "it has neither"
        only = "one of" if error.validator == "anyOf" else "exactly one of"
        yield Problem(CHOICE, here, f"{_name(here)} takes {only} {words}; {found}.")
        return
    wrong_type = [sub for sub in error.context if sub.validator == "type" and not sub.relative_path]
    types = {
        name
        for sub in wrong_type
        for name in ([sub.validator_value] if isinstance(sub.validator_value, str) else sub.validator_value)
    }
    if wrong_type and len(wrong_type) == len(error.validator_value):
        wanted = " or ".join(_TYPES[name] for name in sorted(types))
        yield Problem(TYPE, here, f"{_name(here)} is {described(error.instance, here)}; expected {wanted}.")
        return
    rest = [sub for sub in error.context if sub not in wrong_type]
    if not rest:
        yield Problem(CHOICE, here, f"{_name(here)} fits more than one of the forms that it may have.")
        return
    branch = min(rest, key=lambda sub: (-len(sub.absolute_path), sub.schema_path[0])).schema_path[0]
    for sub in rest:
        if sub.schema_path[0] == branch:
            yield from explain(sub, base)


def _other(error: Any, here: Path) -> Problem:
    words = {
        "not": "holds a combination that is ruled out",
        "dependencies": "sets a field without the one that it needs",
        "dependentRequired": "sets a field without the one that it needs",
        "contains": "lacks an entry that it must hold",
        "propertyNames": "has a key that is not allowed",
        "if": "does not fit the fields beside it",
    }
    return Problem(CHOICE, here, f"{_name(here)} {words.get(error.validator, 'is not as the schema asks')}.")


def described(value: Any, path: Path = ()) -> str:
    """A value for a message: short, and without the contents of what may be a secret."""
    if isinstance(value, str) and _hidden(path):
        return "a text (hidden)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 80 else f'"{value[:77]}…" ({len(value)} characters)'
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, Mapping):
        return f"a mapping of {len(value)}" if value else "an empty mapping"
    return "null" if value is None else f"the number {value}"


def _hidden(path: Path) -> bool:
    """Whether a secret may stand at `path`: by a name on the way, or as the contents of a Secret."""
    named = any(isinstance(step, str) and _SECRET.search(step) for step in path)
    return named or bool(path and path[0] in _SECRET_ROOTS)


def _name(path: Path) -> str:
    return dotted(path) or "The object"
