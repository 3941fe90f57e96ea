"""Which headers tell the service about the client's certificate, and where their values come from."""

from __future__ import annotations

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

VARIABLES = {
    "client_cert_header_name": "$ssl_client_escaped_cert",
    "client_serial_header_name": "$ssl_client_serial",
    "client_cert_issuer_dn_header_name": "$ssl_client_i_dn",
    "client_cert_subject_dn_header_name": "$ssl_client_s_dn",
    "client_cert_fingerprint_header_name": "$ssl_client_fingerprint",
}

LISTENER = Note(
    "listener",
    Level.APPROXIMATE,
    "The headers are sent only where the host's ApisixTls asks for a client certificate; without one, those that a "
    "caller sends are removed. Set spec.client of the ApisixTls of this host.",
)


@transform(LISTENER)
def headers(claim: Claim) -> dict[str, str] | None:
    """A header each from nginx' variables. A variable without value removes what the caller sent."""
    if not claim["inject_client_cert_details"]:
        claim.ignore(*VARIABLES)
        return None
    claim.note(LISTENER, "inject_client_cert_details")
    return {claim[name]: variable for name, variable in VARIABLES.items() if claim[name]}
