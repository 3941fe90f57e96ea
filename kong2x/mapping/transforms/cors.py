"""Which origins, headers and requests the APISIX cors plugin answers for, without opening more than Kong did."""

from __future__ import annotations

import re
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level
from kong2x.model.regex import regex_problem

LITERAL = re.compile(r"^[A-Za-z0-9.:/-]+$")
_ORIGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[a-z0-9.-]+)(?::(?P<port>[0-9]+))?(?:/.*)?")
_PORTS = {"http": "80", "https": "443"}
NOBODY = "(?!)"
"""An expression that nothing matches: all origins of the source were impossible ones."""
REAL_PREFLIGHT: list[Any] = [
    "OR",
    ["request_method", "~=", "OPTIONS"],
    ["http_access_control_request_method", "~~", ".+"],
]
NOT_OPTIONS: list[Any] = [["request_method", "~=", "OPTIONS"]]

IMPOSSIBLE = Note(
    "impossible-origin",
    Level.IGNORED,
    "An origin in another form than browsers send it matches none of them in Kong, and is left out. "
    "Write it as https://host if it was meant to be allowed.",
)
ALTERNATIVES = Note(
    "alternatives",
    Level.APPROXIMATE,
    "An expression with alternatives must fit to its end in each of them, where Kong demands that of the last one "
    "only; origins that merely begin like an earlier one are refused. Nothing has to be done unless that was meant.",
)
ONE_ORIGIN = Note(
    "one-origin",
    Level.APPROXIMATE,
    "The single origin is named only in answers to that origin, where Kong names it in every answer. "
    "Browsers act the same.",
)
STAR_HEADER = Note(
    "star-with-credentials",
    Level.APPROXIMATE,
    "A header list with an asterisk and credentials is written without the asterisk, which browsers take "
    "literally in that case. Name the headers.",
)
CONTINUE = Note(
    "preflight-continue",
    Level.APPROXIMATE,
    "Preflight requests reach the service and carry no CORS headers from the gateway, where Kong adds them. "
    "Let the service answer them in full.",
)
FRACTION = Note(
    "whole-seconds",
    Level.APPROXIMATE,
    "The time that browsers may keep a preflight answer is rounded up to whole seconds. Nothing has to be done.",
)


@transform(IMPOSSIBLE, ALTERNATIVES, ONE_ORIGIN, STAR_HEADER, CONTINUE, FRACTION)
def policy(claim: Claim) -> dict[str, Any]:
    """The whole policy: APISIX refuses an asterisk anywhere together with credentials."""
    credentials = bool(claim["credentials"])
    out = _origins(claim, credentials)
    out["allow_methods"] = ",".join(claim["methods"] or []) or None
    out["allow_headers"] = _header_list(claim, "headers", credentials) or "**"
    exposed = _header_list(claim, "exposed_headers", credentials)
    out["expose_headers"] = exposed if exposed or claim.target_at_least("3.10") else ""
    out["allow_credential"] = credentials
    age = claim["max_age"]
    if age is not None:
        out["max_age"] = ceil(age)
        if ceil(age) != age:
            claim.note(FRACTION, "max_age")
    if claim["preflight_continue"]:
        claim.note(CONTINUE, "preflight_continue")
        out["_meta.filter"] = NOT_OPTIONS
    else:
        out["_meta.filter"] = REAL_PREFLIGHT
    return out


def _origins(claim: Claim, credentials: bool) -> dict[str, Any]:
    """`allow_origins`, or expressions for all as soon as one entry is an expression."""
    entries = claim["origins"] or []
    if _everybody(claim, entries):
        return {"allow_origins": "**" if credentials else "*"}
    literals, patterns, impossible = split_origins(entries)
    if impossible:
        claim.note(IMPOSSIBLE, "origins", message=_named(impossible))
    if len(entries) == 1 and literals:
        claim.note(ONE_ORIGIN, "origins")
    if not patterns and literals and "null" not in literals:
        return {"allow_origins": ",".join(literals)}
    if any(map(_alternatives, patterns)):
        claim.note(ALTERNATIVES, "origins")
    expressions = ["^" + origin.replace(".", "\\.") + "$" for origin in literals]
    expressions += [anchored(pattern) for pattern in patterns]
    return {"allow_origins": "**", "allow_origins_by_regex": list(dict.fromkeys(expressions)) or [NOBODY]}


def _everybody(claim: Claim, entries: list[str]) -> bool:
    """Whether every origin may call; an asterisk among others says so since Kong 3.8, and nothing before."""
    return not entries or entries == ["*"] or ("*" in entries and claim.kong_at_least("3.8"))


def split_origins(entries: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Entries as origins, expressions, and those that no browser ever sends.

    Of several literals Kong compares scheme, host and port only, without the ports that browsers leave out; a
    single one it sends as it is written, which browsers then compare (Kong kong/plugins/cors/handler.lua).
    """
    literals: list[str] = []
    patterns: list[str] = []
    impossible: list[str] = []
    for entry in entries:
        found = _ORIGIN.fullmatch(entry)
        if entry == "*":
            impossible.append(entry)  # an expression that matches nothing
        elif not LITERAL.match(entry):
            # An expression that does not compile matches nothing in Kong.
            (impossible if regex_problem(entry, "pcre") else patterns).append(entry)
        elif entry == "null":
            literals.append(entry)
        elif found is None:
            impossible.append(entry)
        else:
            scheme, host, port = found["scheme"], found["host"], found["port"]
            origin = f"{scheme}://{host}{f':{port}' if port and port != _PORTS.get(scheme) else ''}"
            same = origin == entry if len(entries) == 1 else True
            (literals if same else impossible).append(origin if same else entry)
    return list(dict.fromkeys(literals)), patterns, impossible


def _alternatives(pattern: str) -> bool:
    """Whether an expression has alternatives outside of any bracket."""
    depth, inside, skip = 0, False, False
    for char in pattern:
        if skip:
            skip = False
        elif char == "\\":
            skip = True
        elif inside:
            inside = char != "]"
        elif char == "[":
            inside = True
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            return True
    return False


def anchored(pattern: str) -> str:
    """An expression as Kong reads it: anchored at both ends, against the host alone unless it has a colon."""
    if ":" in pattern:
        return f"^(?:{pattern})$"
    return rf"^[a-z][a-z0-9+.-]*://(?:{pattern})(?::\d+)?$"


def _header_list(claim: Claim, path: str, credentials: bool) -> str | None:
    names = claim[path] or []
    if credentials and "*" in names:
        claim.note(STAR_HEADER, path)
        names = [name for name in names if name != "*"]
    return ",".join(names) or None


def _named(entries: list[str]) -> str:
    return f"The origins {', '.join(entries)} match no browser in Kong, and are left out."


# -- Gateway API -----------------------------------------------------------------------------------

EXPRESSION = Note(
    "origin-expression",
    Level.UNSUPPORTED,
    "An origin that is a regular expression is left out, so browsers at these origins are refused. "
    "List the origins, or use an implementation that knows expressions.",
)
NO_ORIGIN = Note(
    "no-origin-left",
    Level.UNSUPPORTED,
    "None of the origins can be said, so no CORS filter is written and browsers at other origins are refused. "
    "List the origins as https://host.",
)
NO_AGE = Note(
    "max-age",
    Level.APPROXIMATE,
    "A time of zero or less to keep preflight answers cannot be said; browsers keep them for five seconds. "
    "Nothing has to be done unless the policy changes often.",
)
TOO_MANY = Note(
    "too-many-entries",
    Level.UNSUPPORTED,
    "A list is longer than the 64 entries that the filter takes, so no CORS filter is written. Shorten the list.",
)
CONTINUE_LOST = Note(
    "preflight-continue",
    Level.UNSUPPORTED,
    "Preflight requests are answered by the gateway and do not reach the service. "
    "Remove the CORS plugin if the service answers them itself.",
)


@transform(IMPOSSIBLE, EXPRESSION, NO_ORIGIN, NO_AGE, TOO_MANY, CONTINUE_LOST, STAR_HEADER, FRACTION)
def gateway_filter(claim: Claim) -> dict[str, Any] | None:
    """The CORS filter of an HTTPRoute; origins are `*` alone or full origins."""
    if claim["preflight_continue"]:
        claim.abandon(CONTINUE_LOST, "preflight_continue")
        return None
    credentials = bool(claim["credentials"])
    origins = _gateway_origins(claim)
    headers, exposed = claim["headers"] or [], claim["exposed_headers"] or []
    for path, names in (("headers", headers), ("exposed_headers", exposed)):
        if credentials and "*" in names:
            claim.note(STAR_HEADER, path)
    headers = [name for name in headers if not (credentials and name == "*")]
    exposed = [name for name in exposed if not (credentials and name == "*")]
    if "*" in headers:
        headers = ["*"]
    age = claim["max_age"]
    if origins is None:
        return None
    if max(map(len, (origins, headers, exposed))) > 64:
        claim.abandon(TOO_MANY)
        return None
    if age is not None and age <= 0:
        claim.note(NO_AGE, "max_age")
    elif age is not None and ceil(age) != age:
        claim.note(FRACTION, "max_age")
    return {
        "allowOrigins": origins,
        "allowMethods": list(dict.fromkeys(claim["methods"] or ())) or None,
        "allowHeaders": list(dict.fromkeys(headers)) or ["*"],
        "exposeHeaders": list(dict.fromkeys(exposed)) or None,
        "allowCredentials": True if credentials else None,
        "maxAge": ceil(age) if age is not None and age > 0 else None,
    }


def _gateway_origins(claim: Claim) -> list[str] | None:
    entries = claim["origins"] or []
    if _everybody(claim, entries):
        return ["*"]
    literals, patterns, impossible = split_origins(entries)
    fit = [origin for origin in literals if urlsplit(origin).scheme in ("http", "https")]
    unfit = [*patterns, *(origin for origin in literals if origin not in fit)]
    if impossible:
        claim.note(IMPOSSIBLE, "origins", message=_named(impossible))
    if not fit:
        claim.abandon(NO_ORIGIN, "origins")
        return None
    if unfit:
        names = ", ".join(unfit)
        claim.note(
            EXPRESSION, "origins", message=f"The origins {names} are left out, so browsers there are refused."
        )
    return fit
