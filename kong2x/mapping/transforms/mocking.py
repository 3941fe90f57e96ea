"""Which descriptions of an interface hold one answer only, so that a route can give it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.validation import description_of
from kong2x.model.finding import Level
from kong2x.model.route import PathKind

KINDS = ("application/json", "application/xml", "text/plain", "text/html", "text/xml")
"""The content types that the target can give."""
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

NO_TEXT = Note(
    "description",
    Level.UNSUPPORTED,
    "Requests reach the service in place of getting an example, because the description of the interface is not in the "
    "configuration or cannot be read. Write mocking with response_example, response_status and content_type for each "
    "route, and with_mock_header false.",
)
SEVERAL = Note(
    "several-answers",
    Level.UNSUPPORTED,
    "Requests reach the service in place of getting an example, because the description holds more than one operation, "
    "status, content type or example, or a path with parameters, and a route of the target gives one answer. Write one "
    "route with mocking for each operation.",
)
KIND = Note(
    "content-type",
    Level.UNSUPPORTED,
    "Requests reach the service in place of getting an example, because the target gives JSON, XML, HTML and text "
    "only. Write the answer in one of these.",
)
OTHERS = Note(
    "other-requests",
    Level.APPROXIMATE,
    "Every request of the route gets the example, where Kong answers 404 to those that the description does not know. "
    "Match exactly the path and the method of the operation.",
)


@transform(NO_TEXT, SEVERAL, KIND, OTHERS)
def answer(claim: Claim) -> dict[str, Any] | None:
    """The one answer of the one operation; with more there would be a choice, which the target does not have."""
    text = claim["api_specification"]
    if claim["api_specification_filename"] or not text:
        claim.abandon(NO_TEXT, "api_specification" if text else "api_specification_filename")
        return None
    described = _read(text)
    if described is None:
        claim.abandon(NO_TEXT, "api_specification")
        return None
    found = _only(described, claim["included_status_codes"] or [])
    base = any([claim["include_base_path"], claim["custom_base_path"]])
    if found is None:
        claim.abandon(SEVERAL, "api_specification")
        return None
    path, method, status, kind, example = found
    if kind.partition(";")[0].strip().lower() not in KINDS:
        claim.abandon(KIND, "api_specification")
        return None
    route = claim.context.route
    whole = route is not None and bool(route.paths) and all(p.kind is PathKind.EXACT for p in route.paths)
    same = route is not None and {p.value for p in route.paths} == {path} and set(route.methods) == {method}
    if base or not (whole and same):
        claim.note(OTHERS, "api_specification")
    body = (
        example
        if isinstance(example, str) and "json" not in kind
        else json.dumps(example, ensure_ascii=False)
    )
    return {"response_example": body, "response_status": status, "content_type": kind}


def _read(text: str) -> Mapping[str, Any] | None:
    found = description_of(text)
    return found if found is not None and isinstance(found.get("paths"), Mapping) else None


def _only(described: Mapping[str, Any], wanted: list[int]) -> tuple[str, str, int, str, Any] | None:
    """Path, method, status, content type and example where each is the only one."""
    operations = [
        (path, name, operation)
        for path, item in described["paths"].items()
        for name, operation in (item.items() if isinstance(item, Mapping) else ())
        if str(name).lower() in METHODS
    ]
    if len(operations) != 1:
        return None
    path, name, operation = operations[0]
    answers = operation.get("responses") if isinstance(operation, Mapping) else None
    answers = answers if isinstance(answers, Mapping) else {}
    kept = {code: body for code, body in answers.items() if not wanted or str(code) in map(str, wanted)}
    if len(kept) != 1 or "{" in str(path) or not str(path).startswith("/"):
        return None
    ((code, body),) = kept.items()
    content = body.get("content") if isinstance(body, Mapping) else None
    if not str(code).isdecimal() or not isinstance(content, Mapping) or len(content) != 1:
        return None
    ((kind, media),) = content.items()
    examples = _examples(media) if isinstance(media, Mapping) else []
    if len(examples) != 1:
        return None
    return str(path), str(name).upper(), int(code), str(kind), examples[0]


def _examples(media: Mapping[str, Any]) -> list[Any]:
    several = media.get("examples")
    if isinstance(several, Mapping):
        values = [entry.get("value") for entry in several.values() if isinstance(entry, Mapping)]
    else:
        values = [media["example"]] if "example" in media else []
    return [] if None in values else values
