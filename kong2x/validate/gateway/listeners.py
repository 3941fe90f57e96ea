"""Whether the listeners and addresses of a Gateway or ListenerSet go together (L1 to L8)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.source import Path, items, mapping
from kong2x.validate.explain import Problem
from kong2x.validate.gateway import codes
from kong2x.validate.gateway.edition import Edition, each

_HOST = re.compile(r"(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL_KEY = re.compile(
    r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]"
)


def check(obj: Mapping[str, Any], edition: Edition, kind: str) -> Iterator[Problem]:
    """The problems of one Gateway, ListenerSet or XListenerSet."""
    spec = mapping(obj.get("spec"))
    listeners = list(each(spec.get("listeners"), ("spec", "listeners")))
    for path, listener in listeners:
        yield from _listener(listener, path, edition)
    yield from _distinct(listeners, need_port=kind != "Gateway")
    if kind == "Gateway":
        yield from _addresses(spec, edition)
        yield from _frontend(spec)
        yield from _infrastructure(spec, edition)


def _listener(listener: Mapping[str, Any], path: Path, edition: Edition) -> Iterator[Problem]:
    protocol, name = listener.get("protocol"), listener.get("name")
    tls = listener.get("tls")
    mode = mapping(tls).get("mode", edition.defaults.get("spec.listeners[].tls.mode"))
    if protocol in ("HTTP", "TCP", "UDP") and tls is not None:
        message = f"Listener {name} has protocol {protocol} and a tls block."
        yield Problem(codes.PLAIN_TLS, (*path, "tls"), message)
    if protocol == "HTTPS" and tls is not None and mode not in ("Terminate", "") and edition.since(1, 1):
        yield Problem(
            codes.HTTPS_MODE,
            (*path, "tls", "mode"),
            f"Listener {name} has protocol HTTPS and tls.mode {mode}; HTTPS takes Terminate only.",
        )
    if protocol in ("HTTPS", "TLS") and tls is None and not edition.since(1, 1):
        yield Problem(codes.NEEDS_TLS, path, f"Listener {name} has protocol {protocol} and no tls block.")
    if protocol == "TLS" and not (tls is not None and mode) and edition.since(1, 5):
        yield Problem(codes.TLS_MODE, path, f"Listener {name} has protocol TLS and no tls.mode.")
    if protocol in ("TCP", "UDP") and listener.get("hostname"):
        yield Problem(
            codes.LISTENER_HOST,
            (*path, "hostname"),
            f"Listener {name} has protocol {protocol} and hostname {listener['hostname']}.",
        )
    if isinstance(tls, Mapping) and mode == "Terminate":
        named = bool(items(tls.get("certificateRefs"))) or (edition.since(1, 1) and bool(tls.get("options")))
        if not named:
            yield Problem(
                codes.CERTIFICATES,
                (*path, "tls"),
                f"Listener {name} terminates TLS and names no certificate.",
            )


def _distinct(listeners: list[tuple[Path, Mapping[str, Any]]], *, need_port: bool) -> Iterator[Problem]:
    names: set[Any] = set()
    places: set[Any] = set()
    for path, listener in listeners:
        name = listener.get("name")
        if name in names:
            yield Problem(codes.LISTENER_NAME, (*path, "name"), f"Two listeners have the name {name}.")
        names.add(name)
        if need_port and "port" not in listener:
            continue
        place = (listener.get("port"), listener.get("protocol"), listener.get("hostname"))
        if place in places:
            host = f" and hostname {place[2]}" if place[2] else " and no hostname"
            yield Problem(
                codes.LISTENER_CLASH,
                path,
                f"Listener {name} has port {place[0]}, protocol {place[1]}{host}, as another listener has.",
            )
        places.add(place)


def _addresses(spec: Mapping[str, Any], edition: Edition) -> Iterator[Problem]:
    seen: set[Any] = set()
    for path, address in each(spec.get("addresses"), ("spec", "addresses")):
        kind, value = address.get("type", "IPAddress"), address.get("value")
        if kind not in ("IPAddress", "Hostname"):
            continue
        if value is None:
            # Until 1.3 the rule compares values without asking whether there are any.
            if not edition.since(1, 4):
                yield Problem(
                    codes.ADDRESS_VALUE, path, f"The {kind} has no value, which it needs before 1.4."
                )
            continue
        if (kind, value) in seen:
            yield Problem(codes.ADDRESS_TWICE, path, f"The {kind} {value} is asked for twice.")
        seen.add((kind, value))
        if kind == "Hostname" and not _HOST.fullmatch(str(value)):
            yield Problem(codes.ADDRESS_VALUE, (*path, "value"), f"{value} is no host name.")


def _frontend(spec: Mapping[str, Any]) -> Iterator[Problem]:
    ports: set[Any] = set()
    frontend = mapping(mapping(spec.get("tls")).get("frontend"))
    for path, entry in each(frontend.get("perPort"), ("spec", "tls", "frontend", "perPort")):
        port = entry.get("port")
        if port in ports:
            yield Problem(codes.FRONTEND_PORT, (*path, "port"), f"Two entries are about port {port}.")
        ports.add(port)


def _infrastructure(spec: Mapping[str, Any], edition: Edition) -> Iterator[Problem]:
    if not edition.since(1, 2):
        return
    for name in ("labels", "annotations"):
        for key in mapping(mapping(spec.get("infrastructure")).get(name)):
            if not _LABEL_KEY.fullmatch(key) or len(key.split("/")[0]) >= 253:
                yield Problem(
                    codes.INFRASTRUCTURE_KEY,
                    ("spec", "infrastructure", name, key),
                    f"{key} is no key that {name} may have.",
                )
