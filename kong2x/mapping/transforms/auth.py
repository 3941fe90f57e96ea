"""What the authentication plugins have in common: guests, preflight requests, challenges."""

from __future__ import annotations

import re
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model import consumer_names
from kong2x.model.finding import Level

NO_PREFLIGHT: list[Any] = [["request_method", "~=", "OPTIONS"]]
_NAME = re.compile(r"^[A-Za-z0-9_-]+$")
_REALM = re.compile(r"^[ !#-\[\]-~]{1,128}$")

NO_GUESTS = Note(
    "no-guests",
    Level.UNSUPPORTED,
    "Callers without credentials are refused, where Kong lets them in as the anonymous consumer. "
    "Choose a release of the target that knows anonymous consumers, or a route without authentication.",
    stricter=True,
)
UNKNOWN_GUEST = Note(
    "unknown-guest",
    Level.UNSUPPORTED,
    "The anonymous consumer is not among the input, so callers without credentials are refused. "
    "Read the KongConsumer too (--also-read).",
    stricter=True,
)
GUEST_NAME = Note(
    "guest-name",
    Level.UNSUPPORTED,
    "The name of the anonymous consumer has characters that the target refuses, so callers without "
    "credentials are refused. Rename the KongConsumer to letters, digits, hyphen and underscore.",
    stricter=True,
)
GUEST = Note(
    "guest",
    Level.APPROXIMATE,
    "The service cannot tell guests by X-Anonymous-Consumer; they have the name of the anonymous consumer. "
    "Let the service look at X-Consumer-Username.",
)
REALM_TEXT = Note(
    "realm-text",
    Level.APPROXIMATE,
    "The realm has characters or a length that the target refuses, so the challenge names the default realm. "
    "Only the text of the challenge differs.",
)


@transform(NO_GUESTS, UNKNOWN_GUEST, GUEST_NAME, GUEST)
def anonymous(claim: Claim) -> str | None:
    """The anonymous consumer under the name that AIC gives it, `<namespace>_<object name>`."""
    wanted = claim.value
    if not wanted:
        return None
    if not claim.target_has("anonymous_consumer"):
        claim.note(NO_GUESTS)
        return None
    name = consumer_name(claim, wanted)
    if name is None:
        claim.note(UNKNOWN_GUEST)
    elif not _NAME.match(name):
        claim.note(GUEST_NAME)
        return None
    else:
        claim.note(GUEST)
    return name


def consumer_name(claim: Claim, wanted: str) -> str | None:
    """The name on APISIX of the Kong consumer with that user name or id; None when it is not in the input."""
    model = claim.context.model
    for consumer in model.consumers if model else ():
        if wanted in (consumer.username, consumer.id):
            return consumer_names.consumer_name(consumer, model.consumers if model else ())
    return None


@transform()
def preflight(claim: Claim) -> list[Any] | None:
    """Kong's `run_on_preflight: false` lets OPTIONS pass without credentials."""
    return None if claim.value is not False else NO_PREFLIGHT


@transform(REALM_TEXT)
def realm(claim: Claim) -> str | None:
    """The realm of the challenge, where the target takes it."""
    value = claim.value
    if not value:
        return None
    if not _REALM.match(value) or '"' in value:
        claim.note(REALM_TEXT)
        return None
    return str(value)
