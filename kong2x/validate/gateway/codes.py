"""The catalogue of Gateway API's invariants, which the API server enforces when an object is written."""

from __future__ import annotations

from collections.abc import Mapping

from kong2x.model.finding import Code, Level, Severity

_REFUSED = "The API server refuses the whole object, and with it every route or listener in it."
_ERROR = Severity.ERROR
_LOST = Level.UNSUPPORTED

PLAIN_TLS = Code(
    "schema/gateway/listener-plain-tls",
    _LOST,
    "A listener for HTTP, TCP or UDP has a tls block.",
    _REFUSED,
    "Remove tls, or make the protocol HTTPS or TLS.",
    severity=_ERROR,
)
HTTPS_MODE = Code(
    "schema/gateway/listener-https-mode",
    _LOST,
    "An HTTPS listener does not terminate TLS.",
    _REFUSED,
    "Write tls.mode: Terminate, or use protocol TLS for passthrough.",
    severity=_ERROR,
)
NEEDS_TLS = Code(
    "schema/gateway/listener-needs-tls",
    _LOST,
    "A listener for HTTPS or TLS has no tls block (Gateway API 1.0).",
    _REFUSED,
    "Add tls with certificateRefs.",
    severity=_ERROR,
)
TLS_MODE = Code(
    "schema/gateway/listener-tls-mode",
    _LOST,
    "A TLS listener does not say whether it terminates or passes TLS through.",
    _REFUSED,
    "Write tls.mode: Terminate or Passthrough.",
    severity=_ERROR,
)
LISTENER_HOST = Code(
    "schema/gateway/listener-hostname",
    _LOST,
    "A TCP or UDP listener has a hostname.",
    _REFUSED,
    "Remove the hostname; TCP and UDP know none.",
    severity=_ERROR,
)
LISTENER_NAME = Code(
    "schema/gateway/listener-name-twice",
    _LOST,
    "Two listeners have the same name.",
    _REFUSED,
    "Rename one of them, and the sectionName of the routes that mean it.",
    severity=_ERROR,
)
LISTENER_CLASH = Code(
    "schema/gateway/listener-clash",
    _LOST,
    "Two listeners have the same port, protocol and hostname.",
    _REFUSED,
    "Keep one of them, or give them different hostnames.",
    severity=_ERROR,
)
CERTIFICATES = Code(
    "schema/gateway/listener-certificates",
    _LOST,
    "A listener terminates TLS and names no certificate.",
    _REFUSED,
    "Add tls.certificateRefs.",
    severity=_ERROR,
)
ADDRESS_TWICE = Code(
    "schema/gateway/address-twice",
    _LOST,
    "A Gateway asks for the same address twice.",
    _REFUSED,
    "Remove one of them.",
    severity=_ERROR,
)
ADDRESS_VALUE = Code(
    "schema/gateway/address-value",
    _LOST,
    "An address has no value, or one that is no host name.",
    _REFUSED,
    "Write a DNS name, or use type IPAddress.",
    severity=_ERROR,
)
FRONTEND_PORT = Code(
    "schema/gateway/frontend-port-twice",
    _LOST,
    "Two entries of tls.frontend.perPort are about the same port.",
    _REFUSED,
    "Merge them.",
    severity=_ERROR,
)
INFRASTRUCTURE_KEY = Code(
    "schema/gateway/infrastructure-key",
    _LOST,
    "A label or annotation for the infrastructure has a key that Kubernetes does not take.",
    _REFUSED,
    "Write a key of the form prefix.example/name.",
    severity=_ERROR,
)
PARENT_SECTION = Code(
    "schema/gateway/parent-section-missing",
    _LOST,
    "One of two references to the same parent names a section and the other does not.",
    _REFUSED,
    "Give each of them a sectionName, or keep the one without.",
    severity=_ERROR,
)
PARENT_TWICE = Code(
    "schema/gateway/parent-twice",
    _LOST,
    "Two references mean the same parent and section.",
    _REFUSED,
    "Remove one; in the standard channel a port does not tell them apart.",
    severity=_ERROR,
)
BACKEND_PORT = Code(
    "schema/gateway/backend-port",
    _LOST,
    "A reference to a Service has no port.",
    _REFUSED,
    "Add the port of the Service.",
    severity=_ERROR,
)
PATH_SLASH = Code(
    "schema/gateway/path-slash",
    _LOST,
    "A path does not begin with a slash.",
    _REFUSED,
    "Write the slash, or use type RegularExpression.",
    severity=_ERROR,
)
PATH_SEQUENCE = Code(
    "schema/gateway/path-sequence",
    _LOST,
    "A path holds //, /./, /../, an encoded slash or #.",
    _REFUSED,
    "Write the path as requests carry it after normalisation.",
    severity=_ERROR,
)
PATH_CHARACTERS = Code(
    "schema/gateway/path-characters",
    _LOST,
    "A path holds characters that a URI does not have unencoded.",
    _REFUSED,
    "Percent-encode them, or use type RegularExpression.",
    severity=_ERROR,
)
MATCHES_TOTAL = Code(
    "schema/gateway/matches-total",
    _LOST,
    "A route has more than 128 matches over all rules.",
    _REFUSED,
    "Split the route; keep rules that compete in one part.",
    severity=_ERROR,
)
REDIRECT_BACKENDS = Code(
    "schema/gateway/redirect-with-backends",
    _LOST,
    "A rule redirects and has backends.",
    _REFUSED,
    "Remove backendRefs: a redirect answers by itself.",
    severity=_ERROR,
)
PREFIX_REWRITE = Code(
    "schema/gateway/prefix-rewrite-match",
    _LOST,
    "A rule replaces the matched prefix and does not match exactly one prefix.",
    _REFUSED,
    "Give each path a rule of its own, of type PathPrefix.",
    severity=_ERROR,
)
REDIRECT_REWRITE = Code(
    "schema/gateway/redirect-and-rewrite",
    _LOST,
    "A rule redirects and rewrites.",
    _REFUSED,
    "Keep one of the two filters; a redirect can change the path itself.",
    severity=_ERROR,
)
FILTER_TWICE = Code(
    "schema/gateway/filter-twice",
    _LOST,
    "A filter stands twice in a list that takes it once.",
    _REFUSED,
    "Merge the two.",
    severity=_ERROR,
)
FILTER_BLOCK = Code(
    "schema/gateway/filter-block",
    _LOST,
    "The type of a filter and the block it holds do not agree.",
    _REFUSED,
    "Write the block that belongs to the type, and no other.",
    severity=_ERROR,
)
PATH_MODIFIER = Code(
    "schema/gateway/path-modifier",
    _LOST,
    "The type of a path modifier and its value field do not agree.",
    _REFUSED,
    "Write replaceFullPath with ReplaceFullPath, replacePrefixMatch with ReplacePrefixMatch.",
    severity=_ERROR,
)
MIRROR_SHARE = Code(
    "schema/gateway/mirror-share",
    _LOST,
    "The share of mirrored requests is given twice, or is more than all of them.",
    _REFUSED,
    "Write percent or fraction, and a numerator up to the denominator.",
    severity=_ERROR,
)
CORS_STAR = Code(
    "schema/gateway/cors-star",
    _LOST,
    "A list of a CORS filter holds * beside other values.",
    _REFUSED,
    "Let * stand alone, or list the values.",
    severity=_ERROR,
)
TIMEOUT_ORDER = Code(
    "schema/gateway/timeout-order",
    _LOST,
    "The timeout of one try is longer than that of the whole request.",
    _REFUSED,
    "Make backendRequest at most request.",
    severity=_ERROR,
)
RULE_NAME = Code(
    "schema/gateway/rule-name-twice",
    _LOST,
    "Two rules of a route have the same name.",
    _REFUSED,
    "Rename one of them.",
    severity=_ERROR,
)
GRPC_EMPTY = Code(
    "schema/gateway/grpc-method-empty",
    _LOST,
    "A gRPC method match names neither service nor method.",
    _REFUSED,
    "Name one of them, or leave the method match out.",
    severity=_ERROR,
)
GRPC_NAME = Code(
    "schema/gateway/grpc-method-name",
    _LOST,
    "An exact gRPC service or method is no identifier.",
    _REFUSED,
    "Write package.Service and Method.",
    severity=_ERROR,
)
TLS_HOST = Code(
    "schema/gateway/tls-hostname",
    _LOST,
    "A TLSRoute names a host that is an address or no DNS name.",
    _REFUSED,
    "Write DNS names; a wildcard is the whole first label.",
    severity=_ERROR,
)
CA_CHOICE = Code(
    "schema/gateway/ca-choice",
    _LOST,
    "A policy for TLS to backends trusts nobody, or two kinds of authorities.",
    _REFUSED,
    "Write caCertificateRefs or wellKnownCACertificates.",
    severity=_ERROR,
)
SAN_FIELD = Code(
    "schema/gateway/san-field",
    _LOST,
    "The type of a subject alternative name and its field do not agree.",
    _REFUSED,
    "Write hostname with Hostname, uri with URI.",
    severity=_ERROR,
)
TARGET_SECTION = Code(
    "schema/gateway/target-section",
    _LOST,
    "Two targets of a policy are the same object and not told apart by section.",
    _REFUSED,
    "Give each a sectionName of its own.",
    severity=_ERROR,
)
SESSION = Code(
    "schema/gateway/session-persistence",
    _LOST,
    "The settings of session persistence contradict each other.",
    _REFUSED,
    "A permanent cookie needs absoluteTimeout; cookieConfig belongs to type Cookie.",
    severity=_ERROR,
)
AUTH_BLOCK = Code(
    "schema/gateway/auth-block",
    _LOST,
    "The protocol of external authentication and its block do not agree.",
    _REFUSED,
    "Write http with HTTP, grpc with GRPC.",
    severity=_ERROR,
)
RETRY_INTERVAL = Code(
    "schema/gateway/retry-interval",
    _LOST,
    "An interval of a retry budget is out of range.",
    _REFUSED,
    "Keep the budget interval within 1s to 1h, the minimum rate's above 0s and up to 1h.",
    severity=_ERROR,
)
X_BACKEND = Code(
    "schema/gateway/backend-fields",
    _LOST,
    "The fields of an XBackend contradict its type or mode.",
    _REFUSED,
    "Write the fields that belong to the type and the mode, and no others.",
    severity=_ERROR,
)

INVARIANTS: Mapping[str, tuple[Code, ...]] = {
    "L1": (PLAIN_TLS,),
    "L2": (
        HTTPS_MODE,
        NEEDS_TLS,
    ),
    "L3": (TLS_MODE,),
    "L4": (LISTENER_HOST,),
    "L5": (LISTENER_NAME,),
    "L6": (LISTENER_CLASH,),
    "L7": (CERTIFICATES,),
    "L8": (
        ADDRESS_TWICE,
        ADDRESS_VALUE,
        FRONTEND_PORT,
        INFRASTRUCTURE_KEY,
    ),
    "P1": (PARENT_SECTION,),
    "P2": (PARENT_TWICE,),
    "B1": (BACKEND_PORT,),
    "H1": (PATH_SLASH,),
    "H2": (PATH_SEQUENCE,),
    "H3": (PATH_CHARACTERS,),
    "H5": (MATCHES_TOTAL,),
    "H6": (REDIRECT_BACKENDS,),
    "H7": (PREFIX_REWRITE,),
    "H8": (REDIRECT_REWRITE,),
    "H9": (FILTER_TWICE,),
    "H10": (FILTER_BLOCK,),
    "H11": (PATH_MODIFIER,),
    "H12": (MIRROR_SHARE,),
    "H13": (CORS_STAR,),
    "H14": (TIMEOUT_ORDER,),
    "H15": (RULE_NAME,),
    "G1": (GRPC_EMPTY,),
    "G2": (GRPC_NAME,),
    "G3": (
        MATCHES_TOTAL,
        FILTER_TWICE,
    ),
    "T1": (TLS_HOST,),
    "X1": (CA_CHOICE,),
    "X2": (
        SAN_FIELD,
        TARGET_SECTION,
    ),
    "E1": (
        SESSION,
        AUTH_BLOCK,
        RETRY_INTERVAL,
        X_BACKEND,
    ),
}
"""The rules by the short names under which tests list them; H4 is that regular expressions go unchecked."""

CODES: tuple[Code, ...] = tuple({code.id: code for group in INVARIANTS.values() for code in group}.values())
