"""Where the keys of encrypted tokens are: in key sets of Kong, with consumers on the target."""

from __future__ import annotations

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

NEEDS_KEYS = Note(
    "needs-keys",
    Level.UNSUPPORTED,
    "Every encrypted token is refused until a consumer holds its key, because the target finds keys by consumer and "
    "decrypts with direct A256GCM keys only. Create an ApisixConsumer with the plugin jwe-decrypt, whose key is the "
    "kid of the tokens and whose secret has 32 characters, and let the issuer encrypt that way.",
    stricter=True,
)


@transform(NEEDS_KEYS)
def headers(claim: Claim) -> dict[str, str]:
    """Both header names, which APISIX requires. Key sets are entities of Kong that manifests do not hold."""
    if claim["key_sets"]:
        claim.note(NEEDS_KEYS, "key_sets")
    return {"header": claim["lookup_header_name"], "forward_header": claim["forward_header_name"]}
