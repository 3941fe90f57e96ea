"""Which annotations of an Ingress undo each other, or do nothing because of what else is said."""

from __future__ import annotations

from kong2x.model.finding import Code, Level
from kong2x.model.route import Feature, RouteModel
from kong2x.model.source import Leaf, SourceObject, items, mapping
from kong2x.resolve import annotation_codes as codes
from kong2x.resolve.annotations import FORCE_SSL, PREFIX
from kong2x.resolve.ingress_codes import RULE_WITHOUT_PATHS
from kong2x.resolve.route_effects import over_tls, tls_only
from kong2x.resolve.route_options import RouteOptions
from kong2x.resolve.world import World

REDIRECT = PREFIX + "https-redirect-status-code"
PROTOCOLS = PREFIX + "protocols"


def check_options(world: World, model: RouteModel, obj: SourceObject, options: RouteOptions) -> None:
    """Reports annotations without effect, closes their leaves and takes them out of the options."""
    protocols = options.protocols or (over_tls(()) if options.force_ssl else ())
    if options.force_ssl and options.protocols and not tls_only(protocols):
        _without_effect(
            world,
            model,
            options,
            obj.annotation_leaf(FORCE_SSL),
            codes.FORCE_SSL_UNDONE,
            f"Kong serves plain HTTP without redirect: {PROTOCOLS} is applied after {FORCE_SSL} and wins.",
        )
    if options.redirect_code is not None and not tls_only(protocols):
        _without_effect(
            world,
            model,
            options,
            obj.annotation_leaf(REDIRECT),
            codes.REDIRECT_ALONE,
            f"Kong does not redirect: {REDIRECT} acts only where {PROTOCOLS} names TLS protocols alone.",
        )
    families = {"grpc" in name for name in options.protocols}
    if len(families) == 2 and world.facts.router != "expressions":
        model.findings.append(
            codes.MIXED_GRPC.finding(
                "Kong serves HTTP and HTTPS without the matched part of the path: gRPC and HTTP protocols are mixed.",
                object=obj.ref,
                path=("metadata", "annotations", PROTOCOLS),
            )
        )


def _without_effect(
    world: World, model: RouteModel, options: RouteOptions, leaf: Leaf, code: Code, text: str
) -> None:
    world.ledger.book(leaf.object, leaf.path, Level.IGNORED, code.id)
    kept = tuple(one for one in options.leaves.get(Feature.HTTPS_REDIRECT, ()) if one != leaf)
    options.leaves[Feature.HTTPS_REDIRECT] = kept
    if not kept:
        del options.leaves[Feature.HTTPS_REDIRECT]
    model.findings.append(code.finding(text, object=leaf.object, path=leaf.path))


def check_rules(world: World, model: RouteModel, obj: SourceObject) -> None:
    """Reports rules that state a host and no paths: KIC makes nothing of them (trap 19)."""
    for index, raw in enumerate(items(mapping(obj.value.get("spec")).get("rules"))):
        rule = mapping(raw)
        if items(mapping(rule.get("http")).get("paths")):
            continue
        at = ("spec", "rules", index)
        world.ledger.book(obj.ref, at, Level.IGNORED, RULE_WITHOUT_PATHS.id)
        host = rule.get("host")
        shown = host if isinstance(host, str) and host else "*"
        model.findings.append(
            RULE_WITHOUT_PATHS.finding(
                f"Kong serves nothing for host {shown}: the rule has no paths.",
                object=obj.ref,
                path=at,
            )
        )
