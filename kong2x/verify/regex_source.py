"""What stands next in a regular expression: quantifiers, flags, names and references."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

Dialect = Literal["pcre", "rust"]

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_GROUP_NAME = {
    "pcre": re.compile(rf"\?(?:P?<({_NAME})>|'({_NAME})')"),
    "rust": re.compile(rf"\?P?<({_NAME})>"),
}
_FLAGS = re.compile(r"\?([A-Za-z]*)(?:-([A-Za-z]+))?([:)])")
_COUNTED = {
    # PCRE2 10.43 and later read `{,n}` as a quantifier and allow blanks inside the braces.
    "pcre": re.compile(r"\{ *(\d+) *\}|\{ *(\d*) *(,) *(\d*) *\}"),
    "rust": re.compile(r"\{\s*(\d+)\s*\}|\{\s*(\d+)\s*(,)\s*(\d*)\s*\}"),
}
_NUMBERED = re.compile(r"(?:g\{(-?\d+)\}|g(-?\d+)|([1-9]\d?))")
_NAMED = re.compile(rf"(?:k<({_NAME})>|k'({_NAME})'|k\{{({_NAME})\}}|g\{{({_NAME})\}})")


class Untranslatable(ValueError):
    """Python cannot say what the pattern means to the gateway; the text tells why."""


class Source:
    """A pattern with a reading position."""

    def __init__(self, pattern: str, dialect: Dialect) -> None:
        self.pattern = pattern
        self.dialect: Dialect = dialect
        self.at = 0

    @property
    def done(self) -> bool:
        """Whether everything is read."""
        return self.at >= len(self.pattern)

    def peek(self) -> str:
        """The next character, empty at the end."""
        return self.pattern[self.at : self.at + 1]

    def next(self) -> str:
        """Reads one character."""
        if self.done:
            raise Untranslatable("the pattern ends too early")
        self.at += 1
        return self.pattern[self.at - 1]

    def take(self, text: str) -> bool:
        """Reads `text` if it stands next."""
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def take_match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Reads what `pattern` matches here."""
        found = pattern.match(self.pattern, self.at)
        if found:
            self.at = found.end()
        return found

    def until(self, mark: str) -> str:
        """Reads up to and including `mark`, or to the end; the text before it."""
        text, found, _ = self.pattern[self.at :].partition(mark)
        self.at += len(text) + len(found)
        return text

    def skip_comment(self) -> bool:
        """Skips a blank or a `#` comment of the extended syntax."""
        if self.peek() == "#":
            self.until("\n")
            return True
        if self.peek() and self.peek() in " \t\n\r\x0b\x0c":
            self.at += 1
            return True
        return False

    @property
    def quantifier_ahead(self) -> bool:
        """Whether a quantifier stands next."""
        return self.peek() in ("*", "+", "?") or bool(_COUNTED[self.dialect].match(self.pattern, self.at))

    def quantifier(self) -> str:
        """Reads a quantifier without its greediness, in Python's spelling; empty when none stands next."""
        if self.peek() in ("*", "+", "?"):
            return self.next()
        found = self.take_match(_COUNTED[self.dialect]) if self.peek() == "{" else None
        if not found:
            if self.peek() == "{" and self.dialect == "rust":
                raise Untranslatable("a brace that is not a repetition")
            return ""
        exact, low, _, high = found.groups()
        if exact:
            return f"{{{exact}}}"
        if not low and not high:
            self.at = found.start()
            return ""
        return f"{{{low or '0'},{high}}}"

    def flags(self, closing: str) -> tuple[str, str] | None:
        """Reads flags that end with `closing`: `(?i-s)` as an element, `?i:` as the head of a group."""
        start = self.at
        if closing == ")" and not self.take("("):
            return None
        found = _FLAGS.match(self.pattern, self.at)
        if not found or found[3] != closing or not (found[1] or found[2]):
            self.at = start
            return None
        self.at = found.end()
        if "R" in found[1] and self.dialect == "pcre":
            raise Untranslatable("a recursion")
        return found[1], found[2] or ""

    def group_name(self) -> str | None:
        """Reads the name of a capturing group, None when the group is of another kind."""
        found = self.take_match(_GROUP_NAME[self.dialect])
        return next(name for name in found.groups() if name) if found else None

    def backreference(self, names: Sequence[str]) -> str:
        """Reads what follows the backslash of a back reference, in Python's spelling; empty when none."""
        named = self.take_match(_NAMED)
        if named:
            return f"(?P={next(name for name in named.groups() if name)})"
        start = self.at
        numbered = self.take_match(_NUMBERED)
        if not numbered:
            return ""
        number = int(next(text for text in numbered.groups() if text))
        if number < 0:
            number += len(names) + 1
        if number > 9 and number > len(names):
            self.at = start
            return ""
        return f"(?:\\{number})"
