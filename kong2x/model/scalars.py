"""What an unquoted YAML scalar means to Kubernetes, and which strings must never stand unquoted."""

from __future__ import annotations

import re
import struct
from decimal import Decimal
from math import inf, isinf, isnan, nan

Scalar = str | int | float | bool | None

_BOOLEANS = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"), False),
}
_WORDS: dict[str, Scalar] = {
    **_BOOLEANS,
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), nan),
}
_STARTS = frozenset("yYnNtTfFoO~+-.0123456789")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_OCTAL = re.compile(r"[-+]?0[oO]?[0-7]*[1-7][0-7]+")
_NUMBER_1_2 = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|nan)", re.I
)
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_PREFIXED = re.compile(r"[-+]?0[xXoObB]")
_DATE = re.compile(r"[0-9]{4}-")
_WORD_LIKE = frozenset(("true", "false", "null", "~", "yes", "no", "on", "off", "y", "n", "=", "<<"))
_LONGEST_INTEGER = 400
"""No 64-bit number has so many digits; Python refuses to convert some thousands of them."""


def resolve_plain(text: str) -> Scalar:
    """The value of an unquoted, untagged scalar by the YAML 1.1 rules of sigs.k8s.io/yaml.

    `.inf` and `.nan` come back as floats although no JSON document can hold them.

    >>> resolve_plain("yes"), resolve_plain("0777"), resolve_plain("1e3"), resolve_plain("1:30")
    (True, 511, 1000.0, '1:30')
    """
    if text and text[0] not in _STARTS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first == ".":
        return _float(text, text)
    if first not in "+-0123456789":
        return text
    digits = text.replace("_", "")
    number = _integer(digits)
    return _float(digits, text) if number is None else number


def _integer(digits: str) -> int | None:
    """A number that fits 64 bits (unsigned only without a sign), with its base in front."""
    match = _INTEGER.fullmatch(digits) if len(digits) < _LONGEST_INTEGER else None
    if match is None:
        return None
    sign, hexadecimal, binary, octal, decimal = match.groups()
    if hexadecimal is not None:
        number = int(hexadecimal, 16)
    elif binary is not None:
        number = int(binary, 2)
    elif octal is not None:
        number = int(octal, 8)
    else:
        number = int(decimal)
    if sign == "-":
        return -number if number <= 1 << 63 else None
    return number if number < 1 << (63 if sign else 64) else None


def _float(digits: str, text: str) -> float | str:
    """A floating point number; one that overflows stays the text that it was."""
    if _FLOAT.fullmatch(digits) is None:
        return text
    number = float(digits)
    return text if isinf(number) else number


def json_number(number: float) -> int | float:
    """The number as it stands in the JSON that Kubernetes makes of YAML: whole ones have no point.

    >>> json_number(1000.0), json_number(0.5), json_number(1e21)
    (1000, 0.5, 1e+21)
    """
    if number.is_integer() and abs(number) < 1e21:
        return int(Decimal(repr(number)))
    return number


def key_text(value: Scalar) -> str | None:
    """The string that a scalar becomes when it is a key; None when Kubernetes refuses it as a key.

    >>> key_text(True), key_text(511), key_text(1e7), key_text(None)
    ('true', '511', '1e+07', None)
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value < 1 << 63 else None
    return None if value is None else _single_precision(value)


def _single_precision(value: float) -> str:
    """The shortest text of a number in 32 bits, as Go's `%g` writes it."""
    if isnan(value):
        return ".nan"
    try:
        bits = struct.pack("<f", value)
    except OverflowError:
        value, bits = inf if value > 0 else -inf, b""
    if isinf(value):
        return ".inf" if value > 0 else "-.inf"
    single = struct.unpack("<f", bits)[0]
    for precision in range(9):
        shortest = f"{single:.{precision}e}"
        if struct.pack("<f", float(shortest)) == bits:
            break
    mantissa, _, exponent = shortest.partition("e")
    if -4 <= int(exponent) < 6:
        return f"{Decimal(shortest):f}"
    return f"{mantissa}e{exponent}"


def is_surprising_boolean(text: str) -> bool:
    """Whether an unquoted scalar is a boolean that YAML 1.2 readers take for a word: `yes`, `off`, `n`."""
    return text in _BOOLEANS and text.lower() not in ("true", "false")


def is_octal(text: str) -> bool:
    """Whether an unquoted scalar is read in base 8 and means another number than it shows: `0777`, `010`."""
    return _OCTAL.fullmatch(text.replace("_", "")) is not None


def is_ambiguous(text: str) -> bool:
    """Whether some YAML 1.1 or 1.2 reader takes the unquoted text for something other than this string.

    Wider than `resolve_plain`, which answers for Kubernetes alone: it includes dates, base 60, merge
    signs, numbers of any dialect and words in any case.

    >>> [word for word in ("web", "1:30", "2024-01-01", "0o8", "tRue", "=") if not is_ambiguous(word)]
    ['web']
    """
    if not text or text.lower() in _WORD_LIKE:
        return True
    if text[0] not in "+-.0123456789_":
        return False
    digits = text.replace("_", "").replace(",", "")
    return (
        resolve_plain(text) != text
        or _NUMBER_1_2.fullmatch(digits) is not None
        or _BASE_60.fullmatch(text) is not None
        or _PREFIXED.match(text) is not None
        or _DATE.match(text) is not None
    )
