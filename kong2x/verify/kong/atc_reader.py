"""The expressions of Kong's newer routers, read from text (the ATC language)."""

from __future__ import annotations

import re

from kong2x.verify.kong.atc import Either, Every, Negation, Node, Predicate, ReadError, Value

_TOKEN = re.compile(
    r"""\s*(?:
      r\#"(?P<raw>.*?)"\# | "(?P<text>(?:[^"\\]|\\["\\nrt])*)"
    | (?P<address>\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]+(?:/\d{1,3})?)
    | (?P<number>-?(?:0x[0-9A-Fa-f]+|\d+)) | (?P<name>[A-Za-z][A-Za-z0-9_.]*)
    | (?P<mark>&&|\|\||==|!=|\^=|=\^|>=|<=|>|<|~|!|\(|\))
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {'\\"': '"', "\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t"}
_OPERATORS = frozenset(("==", "!=", "~", "^=", "=^", ">=", ">", "<=", "<", "in", "contains"))


def read(text: str) -> Node:
    """The parsed expression. `||` binds tighter than `&&` (atc-router src/parser.rs); ReadError else.

    >>> str(read('http.host == "a" && http.path ^= "/x" || http.path == "/y"'))
    'http.host == "a" && (http.path ^= "/x" || http.path == "/y")'
    """
    reader = _Reader(text)
    node = reader.expression()
    if reader.kind:
        raise ReadError(f"unexpected {reader.token} in {text}")
    return node


class _Reader:
    """Recursive descent over the tokens of an expression."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.kind, self.token = "", ""
        self.advance()

    def advance(self) -> str:
        """Moves to the next token; the one left behind."""
        before = self.token
        if not self.text[self.at :].strip():
            self.kind, self.token = "", ""
            return before
        found = _TOKEN.match(self.text, self.at)
        if not found or not found.lastgroup:
            raise ReadError(f"not an expression from here on: {self.text[self.at :]}")
        self.at = found.end()
        self.kind, self.token = found.lastgroup, found[found.lastgroup]
        return before

    def take(self, token: str) -> bool:
        if self.kind in ("mark", "name") and self.token == token:
            self.advance()
            return True
        return False

    def expression(self) -> Node:
        parts = [self.alternatives()]
        while self.take("&&"):
            parts.append(self.alternatives())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def alternatives(self) -> Node:
        parts = [self.term()]
        while self.take("||"):
            parts.append(self.term())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def term(self) -> Node:
        negated = self.take("!")
        if self.take("("):
            inner = self.expression()
            if not self.take(")"):
                raise ReadError(f"an unclosed parenthesis in {self.text}")
            return Negation(inner) if negated else inner
        if negated:
            raise ReadError("only an expression in parentheses can be negated")
        return self.predicate()

    def predicate(self) -> Predicate:
        functions = []
        while self.kind == "name" and self.token in ("lower", "any"):
            functions.append(self.advance())
            if not self.take("("):
                raise ReadError(f"a function without parenthesis in {self.text}")
        if self.kind != "name":
            raise ReadError(f"a field is missing in {self.text}")
        name = self.advance()
        if not all(self.take(")") for _ in functions):
            raise ReadError(f"an unclosed function in {self.text}")
        operator = "not in" if self.take("not") and self.token == "in" else self.token
        if operator != "not in" and operator not in _OPERATORS:
            raise ReadError(f"an unknown operator in {self.text}")
        self.advance()
        kind, token = self.kind, self.advance()
        return Predicate(name, operator, constant(kind, token), "lower" in functions, "any" in functions)


def constant(kind: str, token: str) -> Value:
    """The value of a constant token."""
    if kind == "text":
        return re.sub(r"\\.", lambda match: _ESCAPES[match[0]], token)
    if kind in ("raw", "address"):
        return token
    if kind == "number":
        digits = token.lstrip("-")
        base = 16 if digits.startswith("0x") else 8 if len(digits) > 1 and digits.startswith("0") else 10
        return -int(digits, base) if token.startswith("-") else int(digits, base)
    raise ReadError("a constant is missing")
