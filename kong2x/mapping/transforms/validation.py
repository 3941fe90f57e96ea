"""What a request must look like: schemas of bodies and headers, and descriptions of whole APIs."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

REFUSAL = "request body doesn't conform to schema"

EARLY = Note(
    "before-authentication",
    Level.APPROXIMATE,
    "A request that breaks the rules is refused before the caller is asked who it is, where Kong asks first. "
    "Nothing has to be done: nothing is opened.",
)
KONG_SCHEMA = Note(
    "kong-schema",
    Level.UNSUPPORTED,
    "Bodies are not checked, because the rules are written in Kong's own language of fields. "
    "Write them as JSON Schema, with version draft7.",
)
DRAFT = Note(
    "draft",
    Level.APPROXIMATE,
    "The rules are read by JSON Schema draft 7, so words of later drafts have no effect. Write the rules in draft 7.",
)
BAD_SCHEMA = Note(
    "schema-text",
    Level.UNKNOWN,
    "Bodies are not checked, because the rules are no JSON text of a mapping, and Kong refuses that. Correct the text.",
)
PARAMETERS = Note(
    "parameters",
    Level.UNSUPPORTED,
    "Parameters in path and query, and headers that are not plain text, are not checked, because the target checks "
    "text in headers only. Check them in the service.",
)
TYPES = Note(
    "content-types",
    Level.UNSUPPORTED,
    "Requests are let in by their body alone, whatever content type they name, where Kong lets in a list of types. "
    "Check the content type in the service.",
)
JSON_ONLY = Note(
    "any-json",
    Level.APPROXIMATE,
    "A JSON body is let in under any content type, where Kong wants application/json. "
    "Nothing has to be done unless the service acts by the content type.",
)
NO_RULES = Note(
    "no-rules",
    Level.UNSUPPORTED,
    "No request is checked, because none of the rules can be carried over. Check them in the service.",
)
SPEC = Note(
    "spec-text",
    Level.UNSUPPORTED,
    "Requests are not checked, because the description is neither JSON nor plain YAML. Write it as JSON.",
)
NOTIFY = Note(
    "only-notified",
    Level.UNSUPPORTED,
    "Requests that break the description are not reported, because the target can refuse them only, which Kong is told "
    "not to do. Refuse them, or search the logs of the service.",
    stricter=True,
)


@transform(
    *(EARLY, KONG_SCHEMA, DRAFT, BAD_SCHEMA, PARAMETERS, TYPES, JSON_ONLY, NO_RULES),
)
def schemas(claim: Claim) -> dict[str, Any] | None:
    """The schema of bodies, and one schema for the headers."""
    out: dict[str, Any] = {"body_schema": _body(claim), "header_schema": _headers(claim)}
    if out["body_schema"] is not None:
        usual = set(claim["allowed_content_types"] or []) == {"application/json"}
        strict = claim["content_type_parameter_validation"]
        plain = usual and strict in (True, None)
        fields = ["allowed_content_types"] if usual or strict else ["content_type_parameter_validation"]
        claim.note(JSON_ONLY if plain else TYPES, *(fields if not usual else fields[-1:]))
    else:
        claim.ignore("allowed_content_types", "content_type_parameter_validation")
    if out["body_schema"] is None and out["header_schema"] is None:
        claim.abandon(NO_RULES, "body_schema" if claim["body_schema"] else "parameter_schema")
        return None
    claim.note(EARLY, "body_schema" if out["body_schema"] is not None else "parameter_schema")
    if not claim["verbose_response"]:
        out["rejected_msg"] = REFUSAL
    return out


def _body(claim: Claim) -> dict[str, Any] | None:
    text, version = claim["body_schema"], claim["version"]
    if not text:
        return None
    if version == "kong":
        claim.note(KONG_SCHEMA, "body_schema", "version")
        return None
    schema = _mapping(text)
    if schema is None:
        claim.note(BAD_SCHEMA, "body_schema")
        return None
    if version in ("draft201909", "draft202012"):
        claim.note(DRAFT, "version")
    return schema


def _headers(claim: Claim) -> dict[str, Any] | None:
    names: dict[str, Any] = {}
    required = []
    for parameter in claim["parameter_schema"] or []:
        schema = _mapping(parameter.get("schema") or "{}")
        text = schema is not None and schema.get("type", "string") == "string"
        if parameter.get("in") != "header" or not parameter.get("name") or not text:
            claim.note(PARAMETERS, "parameter_schema")
            continue
        name = parameter["name"].lower()
        names[name] = schema
        if parameter.get("required"):
            required.append(name)
    if not names:
        return None
    return {"type": "object"} | ({"required": required} if required else {}) | {"properties": names}


def _mapping(text: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


@transform(SPEC, NOTIFY)
def description(claim: Claim) -> str | None:
    """The description of the API as JSON, which is all that the target reads."""
    text = claim["api_spec"] or ""
    if claim["notify_only_request_validation_failure"]:
        claim.abandon(NOTIFY, "notify_only_request_validation_failure")
        return None
    if claim["api_spec_encoded"]:
        text = unquote(text)
    parsed = description_of(text)
    if parsed is None:
        claim.abandon(SPEC, "api_spec")
        return None
    return json.dumps(parsed, ensure_ascii=False, separators=(",", ":"))


def description_of(text: str) -> dict[str, Any] | None:
    """The description of an API, written in JSON or YAML, as JSON can hold it; None when it cannot.

    One with aliases is not read: written out, a few lines of them can fill the memory.
    """
    import yaml

    parsed = _mapping(text)
    if parsed is not None:
        return parsed
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            return None
        parsed = yaml.safe_load(text)
        json.dumps(parsed)
    except (yaml.YAMLError, TypeError, ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None
