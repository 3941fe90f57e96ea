"""Whether the filters of a rule or backend are complete and go together (H8 to H13, E1, B1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.source import Path, items, mapping
from kong2x.validate.explain import Problem
from kong2x.validate.gateway import codes
from kong2x.validate.gateway.edition import Edition, each
from kong2x.validate.gateway.references import backend

_BLOCKS = {
    "RequestHeaderModifier": "requestHeaderModifier",
    "ResponseHeaderModifier": "responseHeaderModifier",
    "RequestMirror": "requestMirror",
    "RequestRedirect": "requestRedirect",
    "URLRewrite": "urlRewrite",
    "ExtensionRef": "extensionRef",
    "CORS": "cors",
    "ExternalAuth": "externalAuth",
}
_ONCE = ("RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite")
_VALUES = {"ReplaceFullPath": "replaceFullPath", "ReplacePrefixMatch": "replacePrefixMatch"}


def check(filters: Any, path: Path, edition: Edition, kind: str) -> Iterator[Problem]:
    """The problems of one list of filters of an HTTPRoute or GRPCRoute."""
    if not filters:
        return
    types = Counter(entry.get("type") for _, entry in each(filters))
    once = _ONCE if kind == "HTTPRoute" else _ONCE[:2]
    # Release 1.5.0 took two CORS filters; its schema is not among the files, 1.5.1's is.
    for name in (*once, "CORS") if edition.since(1, 5) and kind == "HTTPRoute" else once:
        if types[name] > 1:
            yield Problem(
                codes.FILTER_TWICE, path, f"The filter {name} stands {types[name]} times in one list."
            )
    if kind == "HTTPRoute" and types["RequestRedirect"] and types["URLRewrite"]:
        yield Problem(codes.REDIRECT_REWRITE, path, "RequestRedirect and URLRewrite stand in one list.")
    for here, entry in each(filters, path):
        yield from _blocks(entry, here)
        if "requestMirror" in entry:
            yield from _mirror(mapping(entry["requestMirror"]), (*here, "requestMirror"))
        if "cors" in entry:
            yield from _cors(mapping(entry["cors"]), (*here, "cors"), edition)
        if "externalAuth" in entry:
            yield from _auth(mapping(entry["externalAuth"]), (*here, "externalAuth"))
        for block in ("requestRedirect", "urlRewrite"):
            if block in entry:
                modifier = mapping(mapping(entry[block]).get("path"))
                yield from _modifier(modifier, (*here, block, "path"))


def _blocks(entry: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    kind = entry.get("type")
    wanted = _BLOCKS.get(str(kind))
    if wanted and wanted not in entry:
        yield Problem(codes.FILTER_BLOCK, path, f"The filter has type {kind} and no {wanted}.")
    for block in entry:
        if block != wanted and block != "type":
            yield Problem(codes.FILTER_BLOCK, path, f"The filter has type {kind} and a block {block}.")


def _modifier(modifier: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    if not modifier:
        return
    kind = modifier.get("type")
    for name, field in _VALUES.items():
        if (name == kind) != (field in modifier):
            words = f"no {field}" if name == kind else f"a {field}"
            yield Problem(codes.PATH_MODIFIER, path, f"The path modifier has type {kind} and {words}.")


def _mirror(mirror: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    if not mirror:
        return
    yield from backend(mapping(mirror.get("backendRef")), (*path, "backendRef"))
    if "percent" in mirror and "fraction" in mirror:
        yield Problem(codes.MIRROR_SHARE, path, "The share of mirrored requests is given twice.")
    share = mapping(mirror.get("fraction"))
    top, bottom = share.get("numerator", 0), share.get("denominator", 100)
    if isinstance(top, int) and isinstance(bottom, int) and top > bottom:
        yield Problem(
            codes.MIRROR_SHARE, (*path, "fraction"), f"{top} of {bottom} requests are to be mirrored."
        )


def _cors(cors: Mapping[str, Any], path: Path, edition: Edition) -> Iterator[Problem]:
    alone = ["allowMethods"]
    if edition.since(1, 4):
        alone.append("allowOrigins")
    if edition.since(1, 5):
        alone.append("allowHeaders")
    for name in alone:
        values = items(cors.get(name))
        if "*" in values and len(values) > 1:
            yield Problem(codes.CORS_STAR, (*path, name), f"{name} holds * and {len(values) - 1} more.")


def _auth(auth: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    if not auth:
        return
    yield from backend(mapping(auth.get("backendRef")), (*path, "backendRef"))
    protocol = auth.get("protocol")
    for name, block in (("HTTP", "http"), ("GRPC", "grpc")):
        if (protocol == name) != (block in auth):
            words = f"no block {block}" if protocol == name else f"a block {block}"
            yield Problem(codes.AUTH_BLOCK, path, f"The protocol is {protocol} and there is {words}.")
