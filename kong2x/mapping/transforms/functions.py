"""Which address a cloud function has, and how long it is waited for."""

from __future__ import annotations

import re
from math import ceil
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level
from kong2x.model.route import PathKind

LEAST_TIME = Note(
    "least-time",
    Level.APPROXIMATE,
    "A time limit is raised, because the target waits at least 100 milliseconds for an answer and keeps connections "
    "for at least a second. Nothing has to be done.",
)


@transform()
def azure(claim: Claim) -> str:
    """The function's address, composed as Kong does; an empty prefix leaves no empty path segment."""
    scheme = "https" if claim["https"] else "http"
    path = "/".join(part.strip("/") for part in (claim["routeprefix"], claim["functionname"]) if part)
    return f"{scheme}://{claim['appname']}.{claim['hostdomain']}/{path}"


@transform(LEAST_TIME)
def patience(claim: Claim) -> int:
    """Milliseconds until the function must have answered."""
    return _at_least(claim, 100)


@transform(LEAST_TIME)
def keepalive(claim: Claim) -> int:
    """Milliseconds that an idle connection is kept."""
    return _at_least(claim, 1000)


def _at_least(claim: Claim, least: int) -> int:
    value = ceil(claim.value or 0)
    if value < least:
        claim.note(LEAST_TIME)
    return max(value, least)


# -- Amazon ----------------------------------------------------------------------------------------

_FUNCTION = re.compile(r"^[A-Za-z0-9_-]{1,140}$")
_REGION = re.compile(r"^[a-z0-9-]+$")
CALLERS_AWS_HEADERS = [
    "Authorization",
    "X-Amz-Client-Context",
    "X-Amz-Invocation-Type",
    "X-Amz-Log-Type",
    "X-Amz-Security-Token",
]
"""A caller's own would replace the signature of the gateway, or change how the function is called."""

FUNCTION_ADDRESS = Note(
    "function-address",
    Level.UNSUPPORTED,
    "Requests reach the service of the route in place of the function, because its address cannot be made: it needs "
    "the plain name of a function without version, and aws_region. Name them, or give the function an address of its "
    "own and write it as function_uri.",
)
NO_KEYS = Note(
    "function-login",
    Level.UNSUPPORTED,
    "Requests reach the service of the route in place of the function, because the target signs with a pair of keys "
    "only, and neither takes the role of the pod nor another one. Give the gateway aws_key and aws_secret.",
)
EVENT_SHAPE = Note(
    "event-shape",
    Level.UNSUPPORTED,
    "Requests reach the service of the route in place of the function, because the target sends the body as it comes "
    "and cannot wrap request and answer in the form that the function expects. Give the function a function URL, and "
    "write that as function_uri; its events have the form of an API gateway (2.0).",
)
NOT_AWAITED = Note(
    "not-awaited",
    Level.UNSUPPORTED,
    "Requests reach the service of the route in place of the function, because the target always waits for its "
    "answer. Let the function itself put the work aside.",
)
FUNCTION_PROXY = Note(
    "function-proxy",
    Level.UNSUPPORTED,
    "Requests reach the service of the route in place of the function, because the target cannot call it through a "
    "proxy. Let the gateway reach the function directly.",
)
FUNCTION_PATH = Note(
    "function-path",
    Level.UNSUPPORTED,
    "Requests reach the service of the route in place of the function, because on a route that does not match one "
    "exact path the target appends the rest of the path to the function's address. Match the path exactly "
    "(pathType: Exact).",
)
ERRORS = Note(
    "function-errors",
    Level.APPROXIMATE,
    "When the function cannot be called, callers get the status that Amazon answers, where Kong answers 500. "
    "Nothing has to be done.",
)
_HOST = re.compile(r"^[A-Za-z0-9.-]+$")
_SHAPES = (
    *("forward_request_method", "forward_request_uri", "forward_request_headers", "forward_request_body"),
    *("is_proxy_integration", "awsgateway_compatible"),
)
_USED_BY_SHAPES = {
    "skip_large_bodies": ("forward_request_body", "awsgateway_compatible"),
    "base64_encode_body": ("forward_request_body", "awsgateway_compatible"),
    "awsgateway_compatible_payload_version": ("awsgateway_compatible",),
}


@transform(FUNCTION_ADDRESS, NO_KEYS, EVENT_SHAPE, NOT_AWAITED, FUNCTION_PROXY, FUNCTION_PATH)
def aws(claim: Claim) -> dict[str, Any] | None:
    """The address at which Amazon's Lambda API takes invocations, where nothing of the event has to be made up.

    Kong calls the same address with an event that it builds from query and body (Kong kong/plugins/aws-lambda).
    """
    if trouble := _aws_trouble(claim):
        claim.abandon(*trouble)
        return None
    claim.ignore(
        *_USED_BY_SHAPES, "aws_role_session_name", "aws_sts_endpoint_url", "aws_imds_protocol_version"
    )
    region, host, port = claim["aws_region"], claim["host"], claim["port"]
    scheme, usual = ("http", 80) if claim["disable_https"] else ("https", 443)
    place = host or f"lambda.{region}.amazonaws.com"
    place = place if port == usual else f"{place}:{port}"
    return {
        "function_uri": f"{scheme}://{place}/2015-03-31/functions/{claim['function_name']}/invocations",
        "authorization.iam.aws_region": region,
        "authorization.iam.service": "lambda",
        "proxy-rewrite/method": "POST",
        "proxy-rewrite/headers.remove": CALLERS_AWS_HEADERS,
    }


def _aws_trouble(claim: Claim) -> tuple[Note, str] | None:
    """Why the function cannot be called as Kong calls it, and the field that says so."""
    shape = next((path for path in _SHAPES if claim[path]), None)
    for path in (*_USED_BY_SHAPES, "host", "port", "disable_https", "aws_region"):
        claim[path]
    region, host, name = claim["aws_region"], claim["host"], claim["function_name"] or ""
    checks = (
        (shape is not None, EVENT_SHAPE, shape or ""),
        (claim["invocation_type"] != "RequestResponse", NOT_AWAITED, "invocation_type"),
        (bool(claim["proxy_url"]), FUNCTION_PROXY, "proxy_url"),
        (bool(claim["aws_assume_role_arn"]), NO_KEYS, "aws_assume_role_arn"),
        (not (claim.peek("aws_key") and claim.peek("aws_secret")), NO_KEYS, "function_name"),
        (bool(claim["qualifier"]), FUNCTION_ADDRESS, "qualifier"),
        (not _FUNCTION.match(name), FUNCTION_ADDRESS, "function_name"),
        (not (region and _REGION.match(region)), FUNCTION_ADDRESS, "aws_region"),
        (bool(host) and not _HOST.match(host or ""), FUNCTION_ADDRESS, "host"),
        (not _exact(claim), FUNCTION_PATH, "function_name"),
    )
    return next(((note, path) for wrong, note, path in checks if wrong), None)


def _exact(claim: Claim) -> bool:
    """Whether the plugin acts on routes that match whole paths only."""
    route = claim.context.route
    if route is None:
        return claim.scope == "route"
    return bool(route.paths) and all(path.kind is PathKind.EXACT for path in route.paths)


@transform(ERRORS)
def errors(claim: Claim) -> None:
    """Errors of the Lambda API keep their status on the target."""
    if not claim.value:
        claim.note(ERRORS)
