"""What holds for every conversion and is said once: small differences of all routes."""

from __future__ import annotations

from collections.abc import Iterator

from kong2x.model.finding import Code, Finding, Level
from kong2x.model.route import RouteModel

LINE_FEED = Code(
    "paths/line-feed",
    Level.IGNORED,
    "A path that ends in a line feed does not reach the route of the path without it.",
    "Kong's classic router compares exact paths with a pattern whose end also matches before a final line feed, so "
    "/login%0A reaches the route of /login. The target compares the path itself: it answers 404, or a wider route "
    "does. "
    "That is safer, and no known client sends such a path.",
)
CODES = (LINE_FEED,)


def common_findings(model: RouteModel) -> Iterator[Finding]:
    """The findings about all routes together."""
    if model.facts.router != "traditional":
        return
    if any("$" in path for r in model.routes for path in r.kong_paths):
        yield LINE_FEED.finding(
            "Paths that end in an encoded line feed (%0A) no longer reach the route of the path without it."
        )
    elif any(path.startswith("~") for r in model.routes if r.strip_path for path in r.kong_paths):
        yield LINE_FEED.finding(
            "Paths that end in an encoded line feed (%0A) reach the service with it where a pattern is cut off; "
            "Kong dropped it."
        )
