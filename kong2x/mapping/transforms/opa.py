"""Where Open Policy Agent is asked, and what it is no longer told."""

from __future__ import annotations

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

DATA = "/v1/data/"

OTHER_DOCUMENT = Note(
    "other-document",
    Level.UNSUPPORTED,
    "The policy would judge another document than Kong's and has to answer in another form, so that an unchanged "
    "policy refuses or lets in the wrong requests. Rewrite it for input.request.method, path, headers and query and "
    "for an answer with allow, status_code, headers and reason, then accept this finding by name.",
)
OTHER_API = Note(
    "other-api",
    Level.UNSUPPORTED,
    "The policy is not asked, because the target knows the addresses under /v1/data/ only. "
    "Serve the decision there.",
)


@transform(OTHER_DOCUMENT, OTHER_API)
def policy(claim: Claim) -> dict[str, str] | None:
    """Address and policy. Kong sends the request as `input.request.http`, APISIX as `input.request`."""
    path = str(claim["opa_path"])
    address = f"{claim['opa_protocol']}://{claim['opa_host']}:{claim['opa_port']}"
    if not path.startswith(DATA) or path == DATA or "?" in path:
        claim.abandon(OTHER_API, "opa_path")
        return None
    claim.note(OTHER_DOCUMENT, "opa_path")
    return {"host": address, "policy": path.removeprefix(DATA)}
