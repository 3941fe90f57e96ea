"""The text and the priority of the expressions that KIC writes for the expressions router."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kong2x.model.route import HeaderMatch

INGRESS_RANK = 3
HTTPROUTE_RANK = 2
GRPCROUTE_RANK = 1
_MOST_HEADERS = 255
_LONGEST_PATH = 65535


def quoted(text: str) -> str:
    """A string literal of the expression language.

    >>> print(quoted('^/v' + chr(92) + 'd+'))
    "^/v\\\\d+"
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def all_of(parts: Iterable[str]) -> str:
    """Every part must hold; empty parts are no criterion."""
    return _joined(" && ", parts)


def any_of(parts: Iterable[str]) -> str:
    """One part must hold; without parts there is no criterion."""
    return _joined(" || ", parts)


def _joined(sign: str, parts: Iterable[str]) -> str:
    kept = [part for part in parts if part]
    return kept[0] if len(kept) == 1 else sign.join(f"({part})" for part in kept)


def hosts_predicate(hosts: Sequence[str]) -> str:
    """A leading wildcard is compared as a suffix; a trailing one is a literal that never matches.

    >>> hosts_predicate(["a.com", "*.b.com"])
    '(http.host == "a.com") || (http.host =^ ".b.com")'
    """
    return any_of(
        f"http.host =^ {quoted(host[1:])}" if host.startswith("*") else f"http.host == {quoted(host)}"
        for host in hosts
    )


def headers_predicate(headers: Iterable[HeaderMatch]) -> str:
    """Header names in order; the Host header is left to the hosts (KIC skips it here)."""
    tests = []
    for header in sorted(headers, key=lambda header: header.name):
        name = header.name.lower().replace("-", "_")
        if name != "host":
            tests.append(any_of(f"http.headers.{name} {_header_test(value)}" for value in header.values))
    return all_of(tests)


def _header_test(value: str) -> str:
    return f"~ {quoted(value[2:])}" if value.startswith("~*") else f"== {quoted(value)}"


def methods_predicate(methods: Iterable[str]) -> str:
    """Any of the methods."""
    return any_of(f"http.method == {quoted(method)}" for method in methods)


def snis_predicate(snis: Iterable[str]) -> str:
    """Any of the TLS server names."""
    return any_of(f"tls.sni == {quoted(sni)}" for sni in snis)


def ingress_priority(*, kinds: int, headers: int, plain_hosts: bool, regex: bool, longest: int) -> int:
    """The priority of a route made from an Ingress (kong-source.md 4.5).

    >>> ingress_priority(kinds=2, headers=0, plain_hosts=True, regex=True, longest=1)
    57178899677185
    """
    return (
        INGRESS_RANK << 44
        | kinds << 41
        | min(headers, _MOST_HEADERS) << 33
        | int(plain_hosts) << 32
        | int(regex) << 16
        | min(longest, _LONGEST_PATH)
    )
