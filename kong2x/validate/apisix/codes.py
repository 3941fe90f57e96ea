"""The catalogue of what the APISIX controller, its linter or APISIX refuse although the CRD takes it."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Severity

_RULE = "The API server refuses the object by a rule of its CRD."
_FREEZE = "The object is accepted, and at the next sync everything behind its GatewayProxy keeps its last good state."
_OBJECT = "The object is accepted, and APISIX refuses it at the next sync; in standalone mode all others too."
_INVALID = "The controller answers InvalidSpec and programs nothing of the object."
_ERROR = Severity.ERROR
_LOST = Level.UNSUPPORTED

LB_KEY = Code(
    "schema/apisix/load-balancer-key",
    _LOST,
    "A policy gives a hash key to a load balancer that does not hash.",
    _RULE,
    "Remove key, or write type: chash.",
    severity=_ERROR,
)
POLICY_TARGET = Code(
    "schema/apisix/policy-target",
    _LOST,
    "A policy targets a kind that it cannot be about.",
    _RULE,
    "Target the kind that the policy is for.",
    severity=_ERROR,
)
PROXY_PROVIDER = Code(
    "schema/apisix/proxy-provider",
    _LOST,
    "A GatewayProxy does not say where its control plane is.",
    _RULE,
    "Write provider.controlPlane with endpoints or service.",
    severity=_ERROR,
)
PROXY_ENDPOINT = Code(
    "schema/apisix/proxy-endpoints",
    _LOST,
    "A GatewayProxy has both endpoints and a service, or neither.",
    _RULE,
    "Write exactly one of them.",
    severity=_ERROR,
)
PROXY_AUTH = Code(
    "schema/apisix/proxy-auth",
    _LOST,
    "The admin key of a GatewayProxy is given twice or not at all.",
    _RULE,
    "Write exactly one of adminKey.value and adminKey.valueFrom.",
    severity=_ERROR,
)
JWT_KEY = Code(
    "schema/apisix/jwt-key",
    _LOST,
    "A JWT credential has an algorithm with key pairs and no key.",
    _RULE,
    "Add public_key.",
    severity=_ERROR,
)
EXPR_SUBJECT = Code(
    "schema/apisix/expression-subject",
    _LOST,
    "A condition does not say which header, cookie or variable it is about.",
    _RULE,
    "Write subject.name; only scope Path has none.",
    severity=_ERROR,
)
NO_MATCH = Code(
    "schema/apisix/rule-without-match",
    _LOST,
    "A rule has no match, or no paths.",
    _FREEZE,
    "Write match.paths with at least one path.",
    severity=_ERROR,
)
PATH_TWICE = Code(
    "schema/apisix/path-twice",
    _LOST,
    "A rule names the same path twice.",
    _OBJECT,
    "Keep one of them.",
    severity=_ERROR,
)
WEIGHT = Code(
    "schema/apisix/weight", _LOST, "A weight is negative.", _FREEZE, "Write 0 or more.", severity=_ERROR
)
SPLIT_SIZE = Code(
    "schema/apisix/split-size",
    _LOST,
    "A rule splits its traffic over more than 20 entries.",
    _OBJECT,
    "Merge entries, or split the Service behind them.",
    severity=_ERROR,
)
RETRIES = Code(
    "schema/apisix/retries",
    _LOST,
    "A number of retries is out of range.",
    _FREEZE,
    "Write 0 to 65535.",
    severity=_ERROR,
)
HEALTH_CODES = Code(
    "schema/apisix/health-codes",
    _LOST,
    "A status code of a health check is out of range.",
    _FREEZE,
    "Write codes of 200 to 599.",
    severity=_ERROR,
)
UPSTREAM_TIMEOUT = Code(
    "schema/apisix/upstream-timeout",
    _LOST,
    "A timeout of an upstream is below one second.",
    _FREEZE,
    "Write whole seconds, 1s or more.",
    severity=_ERROR,
)
DURATION = Code(
    "schema/apisix/duration",
    _LOST,
    "A duration is none.",
    "The API server takes any text here and the controller cannot decode it: it stops reading objects of the kind "
    "altogether.",
    "Write a number with its unit, such as 5s or 1m30s.",
    severity=_ERROR,
)
REQUEST_HEADERS = Code(
    "schema/apisix/health-request-headers",
    _LOST,
    "A health check sends headers of its own.",
    _FREEZE,
    "Leave requestHeaders out.",
    severity=_ERROR,
)
HASH_KEY = Code(
    "schema/apisix/hash-key",
    _LOST,
    "A hashing load balancer has no key.",
    _OBJECT,
    "Write loadbalancer.key, or hashOn: consumer.",
    severity=_ERROR,
)
UPSTREAM_HOST = Code(
    "schema/apisix/upstream-host",
    _LOST,
    "An upstream rewrites the host and does not say to what.",
    _OBJECT,
    "Write upstreamHost.",
    severity=_ERROR,
)
CREDENTIAL_NAME = Code(
    "schema/apisix/credential-name",
    _LOST,
    "A credential of a Consumer has no name.",
    _FREEZE,
    "Name every credential.",
    severity=_ERROR,
)
LABEL_EMPTY = Code(
    "schema/apisix/label-empty",
    _LOST,
    "A label that is copied to APISIX has an empty value.",
    _FREEZE,
    "Give the label a value, or remove it.",
    severity=_ERROR,
)
CONSUMER_NAME = Code(
    "schema/apisix/consumer-name",
    _LOST,
    "The name of a consumer holds characters that APISIX does not take.",
    _OBJECT,
    "Use letters, digits, - and _; mind references to the old name.",
    severity=_ERROR,
)
BACKEND_TWICE = Code(
    "schema/apisix/backend-twice",
    _LOST,
    "A rule names the same Service twice.",
    _INVALID,
    "Merge the weights, or use an ApisixUpstream with external nodes.",
    severity=_ERROR,
)
EXPR_OPERATOR = Code(
    "schema/apisix/expression-operator",
    _LOST,
    "A condition has an operator that the controller does not know.",
    _INVALID,
    "Write one of the known operators.",
    severity=_ERROR,
)
EXPR_VALUE = Code(
    "schema/apisix/expression-value",
    _LOST,
    "A condition lacks the value or the set that its operator needs.",
    _INVALID,
    "In and NotIn need set, every other operator needs value.",
    severity=_ERROR,
)
EXPR_REGEX = Code(
    "schema/apisix/expression-regex",
    _LOST,
    "A condition holds a regular expression that PCRE does not take.",
    _OBJECT,
    "Correct the expression.",
    severity=_ERROR,
)
REMOTE_ADDRESS = Code(
    "schema/apisix/remote-address",
    _LOST,
    "A client address of a rule is no address and no range.",
    _INVALID,
    "Write an IP address or a CIDR.",
    severity=_ERROR,
)
RULE_TWICE = Code(
    "schema/apisix/rule-name-twice",
    _LOST,
    "Two rules of a route, HTTP and stream together, have the same name.",
    _INVALID,
    "Rename one of them.",
    severity=_ERROR,
)
METHOD = Code(
    "schema/apisix/method",
    _LOST,
    "A rule names a method that APISIX does not know, or not in capitals.",
    _FREEZE,
    "Write one of GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS, CONNECT, TRACE, PURGE.",
    severity=_ERROR,
)
HOST = Code(
    "schema/apisix/host",
    _LOST,
    "A host pattern is one that APISIX refuses.",
    _OBJECT,
    "Write a host, or a wildcard in front.",
    severity=_ERROR,
)
FILTER_FUNC = Code(
    "schema/apisix/filter-function",
    _LOST,
    "A match function does not begin with the word function.",
    _OBJECT,
    "Write function(vars) … end.",
    severity=_ERROR,
)
EXTERNAL_NODE = Code(
    "schema/apisix/external-node",
    _LOST,
    "An external node lacks its type or has a name that cannot be resolved.",
    _OBJECT,
    "Write type: Domain or Service, and a host name in lower case.",
    severity=_ERROR,
)
CONFIG_OBJECT = Code(
    "schema/apisix/plugin-config-object",
    _LOST,
    "The config of a plugin is no mapping.",
    _INVALID,
    "Write a mapping, {} where nothing is to be set.",
    severity=_ERROR,
)
SNI_CONFLICT = Code(
    "schema/apisix/sni-conflict",
    _LOST,
    "Two ApisixTls serve one host with different certificates.",
    _OBJECT,
    "Keep one of them for the host.",
    severity=_ERROR,
)

CODES: tuple[Code, ...] = (
    LB_KEY,
    POLICY_TARGET,
    PROXY_PROVIDER,
    PROXY_ENDPOINT,
    PROXY_AUTH,
    JWT_KEY,
    EXPR_SUBJECT,
    NO_MATCH,
    PATH_TWICE,
    WEIGHT,
    SPLIT_SIZE,
    RETRIES,
    HEALTH_CODES,
    UPSTREAM_TIMEOUT,
    DURATION,
    REQUEST_HEADERS,
    HASH_KEY,
    UPSTREAM_HOST,
    CREDENTIAL_NAME,
    LABEL_EMPTY,
    CONSUMER_NAME,
    BACKEND_TWICE,
    EXPR_OPERATOR,
    EXPR_VALUE,
    EXPR_REGEX,
    REMOTE_ADDRESS,
    RULE_TWICE,
    METHOD,
    HOST,
    FILTER_FUNC,
    EXTERNAL_NODE,
    CONFIG_OBJECT,
    SNI_CONFLICT,
)
