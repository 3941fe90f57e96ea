"""The catalogue of what is found in target objects: schema faults here, each gateway's own rules beside it."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Severity
from kong2x.validate.apisix.codes import CODES as APISIX_CODES
from kong2x.validate.apisix.hint_codes import CODES as HINT_CODES
from kong2x.validate.apisix.plugin_codes import CODES as PLUGIN_CODES
from kong2x.validate.apisix.plugin_trap_codes import CODES as PLUGIN_TRAP_CODES
from kong2x.validate.apisix.trap_codes import CODES as TRAP_CODES
from kong2x.validate.envoy_codes import CODES as ENVOY_CODES
from kong2x.validate.gateway.codes import CODES as GATEWAY_CODES
from kong2x.validate.gateway.unchecked_codes import CODES as UNCHECKED_CODES

_ERROR = Severity.ERROR
_LOST = Level.UNSUPPORTED

UNKNOWN_KIND = Code(
    "schema/unknown-kind",
    _LOST,
    "The chosen release does not have this kind.",
    "The API server answers that it has no match for the kind, and the object is not created.",
    "Check apiVersion and kind, the target version and the channel (--target-version, --channel).",
    severity=_ERROR,
)
UNKNOWN_VERSION = Code(
    "schema/unknown-version",
    _LOST,
    "The kind exists, but not in this apiVersion.",
    "The API server has no match for the apiVersion, or has it and does not serve it.",
    "Write the apiVersion that the chosen release serves.",
    severity=_ERROR,
)
UNKNOWN_FIELD = Code(
    "schema/unknown-field",
    _LOST,
    "The kind has no such field in the chosen release.",
    "kubectl refuses the object; other clients (GitOps controllers) send it and the server drops the field "
    "without a word, so what it should do does not happen.",
    "Correct the spelling, leave the field out, or choose a release that has it.",
    severity=_ERROR,
)
MISSING_FIELD = Code(
    "schema/missing-field",
    _LOST,
    "A field that the kind requires is not there.",
    "The API server refuses the object.",
    "Add the field.",
    severity=_ERROR,
)
TYPE = Code(
    "schema/type",
    _LOST,
    "A value has the wrong type.",
    "The API server refuses the object.",
    "Write a value of the expected type; mind quotes around numbers and booleans.",
    severity=_ERROR,
)
VALUE = Code(
    "schema/value",
    _LOST,
    "A value is none of those that the field takes.",
    "The API server refuses the object.",
    "Write one of the listed values.",
    severity=_ERROR,
)
PATTERN = Code(
    "schema/pattern",
    _LOST,
    "A text does not have the form that the field asks for.",
    "The API server refuses the object.",
    "Write a text of that form.",
    severity=_ERROR,
)
RANGE = Code(
    "schema/range",
    _LOST,
    "A number, a length or a count is out of range.",
    "The API server refuses the object.",
    "Stay within the limit; long lists can often be split over several objects.",
    severity=_ERROR,
)
DUPLICATE = Code(
    "schema/duplicate",
    _LOST,
    "A list holds an entry twice that may stand in it once.",
    "The API server refuses the object.",
    "Remove or rename one of them.",
    severity=_ERROR,
)
CHOICE = Code(
    "schema/choice",
    _LOST,
    "The fields given are none of the combinations that the kind takes.",
    "The API server refuses the object.",
    "Keep to one of the combinations.",
    severity=_ERROR,
)
SCOPE = Code(
    "schema/scope",
    _LOST,
    "A cluster-wide object names a namespace.",
    "Clients refuse it, or look for it in the wrong place.",
    "Remove metadata.namespace.",
    severity=_ERROR,
)
NO_OBJECT = Code(
    "schema/no-object",
    _LOST,
    "A document is no Kubernetes object.",
    "It has no apiVersion or no kind, so nobody knows what it is.",
    "Add apiVersion and kind, or remove the document.",
    severity=_ERROR,
)
TWICE = Code(
    "schema/object-twice",
    _LOST,
    "Two objects have the same kind, namespace and name.",
    "The later one replaces the earlier one when they are applied.",
    "Rename one of them, or merge them.",
    severity=_ERROR,
)
NULL = Code(
    "manifest/null-dropped",
    Level.APPROXIMATE,
    "A field is null.",
    "The API server drops the field, as if it were not written; a default then applies.",
    "Remove the line, or give it a value.",
)
NOT_CHECKED = Code(
    "manifest/not-checked",
    Level.EXACT,
    "There is no schema for this kind.",
    "The object is left as it is and nothing is said about it.",
    "Give the CRD of the kind with --schemas DIR.",
)

CODES: tuple[Code, ...] = (
    UNKNOWN_KIND,
    UNKNOWN_VERSION,
    UNKNOWN_FIELD,
    MISSING_FIELD,
    TYPE,
    VALUE,
    PATTERN,
    RANGE,
    DUPLICATE,
    CHOICE,
    SCOPE,
    NO_OBJECT,
    TWICE,
    NULL,
    NOT_CHECKED,
    *GATEWAY_CODES,
    *UNCHECKED_CODES,
    *ENVOY_CODES,
    *APISIX_CODES,
    *PLUGIN_CODES,
    *TRAP_CODES,
    *PLUGIN_TRAP_CODES,
    *HINT_CODES,
)
