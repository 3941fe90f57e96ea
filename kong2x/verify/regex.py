"""Which strings a gateway's regular expression matches, by a faithful translation for Python's `re`.

Two dialects: PCRE2 on bytes without its UTF mode (nginx, Kong's `traditional` router, APISIX) becomes a
pattern on bytes; Rust's `regex` on text (Kong's newer routers) becomes a pattern on `str`. What cannot
be said in Python, or what the real engine would refuse, raises `Untranslatable`: a router model
must then call the route undecidable, never guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from kong2x.verify.regex_class import CLASS_ESCAPES, read_class, single
from kong2x.verify.regex_source import Dialect, Source, Untranslatable
from kong2x.verify.uri import wire_bytes

__all__ = ["Untranslatable", "literal_end", "literal_prefix", "matches_itself", "pcre", "rust"]

Flags = frozenset[str]
_PCRE_GROUPS = ("?:", "?=", "?!", "?<=", "?<!", "?>")
_PCRE_ESCAPES = {
    "A": r"\A",
    "Z": r"(?=\n?\Z)",
    "z": r"\Z",
    "R": r"(?>\r\n|[\n\x0b\x0c\r\x85])",
    "N": r"[^\n]",
}
_RUST_ESCAPES = {"A": r"\A", "z": r"\Z"}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_~ %@:;,'\"=<>&#!`")


@cache
def pcre(pattern: str) -> re.Pattern[bytes]:
    """The pattern as PCRE2 reads it on bytes; `match` is anchored at the start, `search` is not.

    >>> bool(pcre(r"/(?<v>v\\d++)$").match(b"/v12"))
    True
    """
    text = _Translator(pattern.encode("utf-8", "surrogateescape").decode("latin-1"), "pcre").run()
    with refusing():
        return re.compile(text.encode("latin-1"))


@cache
def rust(pattern: str) -> re.Pattern[str]:
    """The pattern as Rust's `regex` crate reads it on Unicode text.

    >>> bool(rust(r"^/(?P<v>v\\d+)$").search("/v12"))
    True
    """
    with refusing():
        return re.compile(_Translator(pattern, "rust").run())


@contextmanager
def refusing() -> Iterator[None]:
    """Turns what Python's engine refuses (a look-behind of open width, say) into `Untranslatable`."""
    try:
        yield
    except (re.error, OverflowError, RecursionError) as problem:
        raise Untranslatable(f"not a pattern that can be evaluated here: {problem}") from None


def matches_itself(text: str) -> bool:
    """Whether a text that Kong reads as a pattern, up to the end of the path, is one of its own matches.

    >>> matches_itself("/v1.0"), matches_itself("/c++"), matches_itself("/(draft)")
    (True, False, False)
    """
    try:
        return pcre(f"{text}$").match(wire_bytes(text)) is not None
    except Untranslatable:
        return False


def literal_end(pattern: str) -> str | None:
    """The text of a pattern that is plain text up to a final `$`, else None.

    >>> literal_end("/foo/bar$"), literal_end("/v1.0$")
    ('/foo/bar', None)
    """
    text = pattern[:-1]
    return text if pattern.endswith("$") and _PLAIN.issuperset(text) else None


def literal_prefix(pattern: str) -> str:
    """Text that every match of the pattern, tried at the start of a string, begins with; may be empty.

    >>> literal_prefix(r"/v1/(a|b)"), literal_prefix("/ab*"), literal_prefix("/a|/b")
    ('/v1/', '/a', '')
    """
    end = next((at for at, char in enumerate(pattern) if char not in _PLAIN), len(pattern))
    if _has_outer_alternative(pattern):
        return ""
    return pattern[: end - 1] if pattern[end : end + 1] in ("*", "?", "{", "+") else pattern[:end]


def _has_outer_alternative(pattern: str) -> bool:
    """Whether a `|` may stand outside of all groups; brackets and quotations count as a perhaps."""
    if "|" not in pattern:
        return False
    if "[" in pattern or "\\" in pattern:
        return True
    depth = 0
    for char in pattern:
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            return True
    return False


class _Translator:
    """One pass over a pattern, group by group; `out` is what Python will compile."""

    def __init__(self, pattern: str, dialect: Dialect) -> None:
        self.source = Source(pattern, dialect)
        self.dialect = dialect
        self.out: list[str] = []
        self.names: list[str] = []

    def run(self) -> str:
        self.group(frozenset())
        if not self.source.done:
            raise Untranslatable("an unmatched closing parenthesis")
        return "".join(self.out)

    def group(self, base: Flags) -> None:
        """Alternatives up to the closing parenthesis, which stays unread.

        An inline flag acts to the end of its group, later alternatives included; Python has only
        `(?i:…)`, which is opened anew in each alternative.
        """
        source, flags, opened = self.source, base, 0
        atom: int | None = None
        while not source.done and source.peek() != ")":
            if "x" in flags and source.skip_comment():
                continue
            if source.take("|"):
                self.out.append(")" * opened + "|")
                opened, atom = self.scope(base, flags), None
                continue
            changed = self.inline_flags(flags)
            if changed is not None:
                self.out.append(")" * opened)
                flags, atom = changed, None
                opened = self.scope(base, flags)
                continue
            quantifier = source.quantifier()
            if quantifier:
                self.quantify(atom, quantifier)
                continue
            start = len(self.out)
            if self.atom(flags):
                atom = start
        self.out.append(")" * opened)

    def scope(self, base: Flags, flags: Flags) -> int:
        """Opens a Python group for flags that differ from the enclosing ones; how many were opened."""
        on = "".join(sorted(flags & {"i", "m", "s"} - base))
        off = "".join(sorted(base & {"i", "m", "s"} - flags))
        if not on and not off:
            return 0
        self.out.append(f"(?{on}{'-' + off if off else ''}:")
        return 1

    def inline_flags(self, flags: Flags) -> Flags | None:
        """The flags after `(?i)` and its like, None when something else follows."""
        found = self.source.flags(closing=")")
        return None if found is None else changed_flags(flags, *found)

    def quantify(self, atom: int | None, quantifier: str) -> None:
        if atom is None:
            raise Untranslatable("a quantifier without anything before it")
        if self.dialect == "rust":
            # Rust nests repetitions (`a++` is `(a+)+`) where PCRE and Python read a possessive one.
            lazy = quantifier + ("?" if self.source.take("?") else "")
            self.out[atom:] = [f"(?:{''.join(self.out[atom:])}{lazy})"]
            return
        suffix = "?" if self.source.take("?") else "+" if self.source.take("+") else ""
        self.out[atom:] = [f"(?:{''.join(self.out[atom:])}{quantifier}{suffix})"]

    def atom(self, flags: Flags) -> bool:
        """Translates one element; False for what cannot be repeated."""
        source = self.source
        char = source.next()
        if char == "(":
            return self.parenthesis(flags)
        if char == "[":
            self.out.append(read_class(source, "x" in flags))
        elif char == "\\":
            return self.escape()
        elif char == "$":
            self.out.append("$" if self.dialect == "pcre" or "m" in flags else r"\Z")
            return self.dialect == "rust"
        elif char in "^.":
            self.out.append(char)
        else:
            self.out.append(re.escape(char))
        return True

    def escape(self) -> bool:
        source = self.source
        if self.dialect == "pcre" and source.take("Q"):
            quoted = source.until(r"\E")
            self.out.extend(re.escape(char) for char in quoted)
            if quoted and source.quantifier_ahead:
                # Only the last character of a quotation is repeated.
                self.quantify(len(self.out) - 1, source.quantifier())
            return False
        if self.dialect == "pcre" and source.take("E"):
            return False
        char = source.peek()
        simple = (_PCRE_ESCAPES if self.dialect == "pcre" else _RUST_ESCAPES).get(char)
        if simple is not None:
            source.next()
            self.out.append(simple)
        elif char in ("b", "B"):
            source.next()
            if source.peek() == "{":
                raise Untranslatable("a word boundary of one side")
            self.out.append("\\" + char)
        elif char in CLASS_ESCAPES[self.dialect]:
            source.next()
            self.out.append(CLASS_ESCAPES[self.dialect][char][0])
        elif self.dialect == "pcre" and (reference := source.backreference(self.names)):
            self.out.append(reference)
        else:
            self.out.append(single(source))
        return True

    def parenthesis(self, flags: Flags) -> bool:
        source = self.source
        if source.peek() == "*":
            raise Untranslatable("a verb such as (*COMMIT)")
        if self.dialect == "pcre" and source.take("?#"):
            source.until(")")
            return False
        scoped = source.flags(closing=":")
        inner, opening = flags, "("
        if scoped is not None:
            inner = changed_flags(flags, *scoped)
            on = "".join(sorted(inner & {"i", "m", "s"} - flags))
            off = "".join(sorted(flags & {"i", "m", "s"} - inner))
            opening = f"(?{on}{'-' + off if off else ''}:"
        elif source.peek() == "?":
            opening = self.special_group()
        elif "n" in flags:
            opening = "(?:"
        else:
            self.names.append("")
        mark = len(self.out)
        self.out.append(opening)
        self.group(inner)
        if not source.take(")"):
            raise Untranslatable("an unclosed parenthesis")
        self.out.append(")")
        self.out[mark:] = ["".join(self.out[mark:])]
        return True

    def special_group(self) -> str:
        """The opening of a group that starts with `(?`."""
        source = self.source
        if self.dialect == "pcre":
            for opening in _PCRE_GROUPS:
                if source.take(opening):
                    return f"({opening}"
        elif source.take("?:"):
            return "(?:"
        name = source.group_name()
        if name is None:
            raise Untranslatable("a group that only the gateway's own engine knows")
        if name in self.names:
            raise Untranslatable("two groups of one name")
        self.names.append(name)
        return f"(?P<{name}>"


def changed_flags(flags: Flags, on: str, off: str) -> Flags:
    """The flags after switching some on and off; those without a Python counterpart are refused."""
    for flag in (*on, *off):
        if flag not in "imsxn":
            raise Untranslatable(f"the flag {flag}")
    return (flags | frozenset(on)) - frozenset(off)
