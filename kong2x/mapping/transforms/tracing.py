"""How traces are sampled, where they go, and whose trace headers are understood."""

from __future__ import annotations

from math import ceil
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.logs import NO_URL, VAULT, address
from kong2x.model.finding import Level

B3 = ("b3", "b3-single")
W3C = ("w3c",)
OTLP_PATH = "/v1/traces"
LEAST = 0.00001
USUAL_RATE = 0.01

NO_ENDPOINT = Note(
    "no-endpoint",
    Level.UNSUPPORTED,
    "No trace headers are passed on, because Kong is told to pass them on only, and the target cannot trace without a "
    "collector. Name a collector.",
)
NOT_SAMPLED = Note(
    "not-sampled",
    Level.UNSUPPORTED,
    "The plugin is left out, because a sample ratio of 0 traces nothing and the target refuses it. "
    "Callers' trace headers still reach the service; nothing has to be done unless their sampled requests were traced.",
)
RAISED = Note(
    "ratio-raised",
    Level.APPROXIMATE,
    "One request in 100000 is traced, because the target takes no smaller share. Nothing has to be done.",
)
PRESERVE = Note(
    "other-headers",
    Level.APPROXIMATE,
    "Traces that callers begin with headers of another kind do not continue through the gateway. "
    "Let callers send the kind that the target reads.",
)
HEADERS = Note(
    "header-type",
    Level.UNSUPPORTED,
    "Traces break at the gateway, because the target neither reads nor sends the configured kind of trace headers. "
    "Use the kind that the target knows.",
)
COLLECTOR_PATH = Note(
    "collector-path",
    Level.UNSUPPORTED,
    "Traces are not delivered, because the target sends them to /v1/traces over plain HTTP only. "
    "Put a collector in between that listens there.",
)
NO_TRACES = Note(
    "no-traces",
    Level.UNSUPPORTED,
    "Nothing is sent, because no address for traces is configured. Send logs and metrics by other plugins.",
)
COLLECTOR_VAULT = Note(
    "collector-vault",
    Level.UNSUPPORTED,
    "Traces are not delivered, because the collector's address is in a vault that the target cannot read there. "
    "Write the address into the plugin metadata.",
)
ONE_COLLECTOR = Note(
    "gateway-wide",
    Level.APPROXIMATE,
    "The collector with its settings is chosen once for the whole gateway, not for each use of the plugin. "
    "Give all uses the same settings.",
)
GLOBAL_RATE = Note(
    "global-rate",
    Level.APPROXIMATE,
    "One request in a hundred is traced, which is Kong's usual rate, because the real one is in Kong's own "
    "configuration. Write sampling_rate into the plugin.",
)
PARENT = Note(
    "parent-decision",
    Level.APPROXIMATE,
    "A caller that asks not to be traced is traced by chance all the same. "
    "Use sampling_strategy parent_probability_fallback if callers are to decide.",
)


@transform(NO_ENDPOINT, NOT_SAMPLED, RAISED)
def zipkin(claim: Claim) -> dict[str, Any] | None:
    """Collector and share of requests, both of which the target requires."""
    ratio, endpoint = claim["sample_ratio"], claim["http_endpoint"]
    if not endpoint:
        claim.abandon(NO_ENDPOINT, "http_endpoint")
        return None
    if not ratio:
        claim.abandon(NOT_SAMPLED, "sample_ratio")
        return None
    if ratio < LEAST:
        claim.note(RAISED, "sample_ratio")
    return {"endpoint": endpoint, "sample_ratio": max(ratio, LEAST)}


@transform(PRESERVE, HEADERS)
def b3_headers(claim: Claim) -> None:
    """The target's zipkin reads and sends B3, in one header and in several."""
    _headers(claim, B3, "b3")


@transform(PRESERVE, HEADERS)
def w3c_headers(claim: Claim) -> None:
    """The target's opentelemetry reads and sends W3C headers."""
    _headers(claim, W3C, "w3c")


def _headers(claim: Claim, known: tuple[str, ...], usual: str) -> None:
    """What is read (`extract`) and what is sent (`inject`, the default format when there is nothing to preserve)."""
    kind = claim["header_type"]
    default = claim["default_header_type"] if "default_header_type" in claim.fields else usual
    default = claim["propagation.default_format"] or default
    read, sent = claim["propagation.extract"] or [], claim["propagation.inject"] or []
    foreign = [
        path
        for path, values in (
            ("propagation.extract", read),
            ("propagation.inject", sent),
            ("propagation.default_format", [default] if claim["propagation.default_format"] else []),
        )
        if not all(value in (*known, "preserve") for value in values)
    ]
    if claim["propagation.clear"]:
        foreign.append("propagation.clear")
    if kind not in (*known, "preserve"):
        foreign.append("header_type")
    if default not in known and "default_header_type" in claim.fields:
        foreign.append("default_header_type")
    if foreign:
        claim.note(HEADERS, *foreign)
    if kind == "preserve" and not read:
        claim.note(PRESERVE, "header_type")


@transform(COLLECTOR_PATH, COLLECTOR_VAULT, NO_TRACES, NO_URL, ONE_COLLECTOR)
def collector(claim: Claim) -> str | None:
    """Host and port of the collector; the target knows plain HTTP and one path only."""
    text = claim.value
    if not text:
        claim.abandon(NO_TRACES)
        return None
    if VAULT in text:
        claim.note(COLLECTOR_VAULT)
        return None
    parts = address(text)
    if parts is None:
        claim.abandon(NO_URL)
        return None
    if parts.scheme != "http" or (parts.path or "/") != OTLP_PATH:
        claim.note(COLLECTOR_PATH)
    claim.note(ONE_COLLECTOR)
    place = parts.netloc.rpartition("@")[2]
    return place if parts.port else f"{place}:{443 if parts.scheme == 'https' else 80}"


@transform(GLOBAL_RATE, PARENT)
def sampler(claim: Claim) -> dict[str, Any]:
    """Without a sampler the target traces nothing."""
    rate = claim["sampling_rate"]
    if rate is None:
        claim.note(GLOBAL_RATE, "sampling_rate")
        rate = USUAL_RATE
    ratio = {"name": "trace_id_ratio", "options": {"fraction": rate}}
    if claim["sampling_strategy"] == "parent_probability_fallback":
        return {"name": "parent_base", "options": {"root": ratio}}
    claim.note(PARENT, "sampling_strategy" if claim.given("sampling_strategy") else "sampling_rate")
    return ratio


@transform()
def batch(claim: Claim) -> int | None:
    """The number of spans in a batch, only where somebody chose it."""
    chosen = [claim[path] for path in claim.fields if claim.given(path)]
    return next((max(1, int(number)) for number in chosen if number is not None), None)


@transform()
def patience(claim: Claim) -> int:
    """The longest of Kong's three timeouts in whole seconds: the target has one for the whole exchange."""
    longest = max(claim[path] or 0 for path in claim.fields)
    return max(1, ceil(longest / 1000))
