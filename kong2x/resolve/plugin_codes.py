"""What is told about plugins: those that Kong does not run, those it refuses, and who is concerned."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Protects, Severity

_OPEN = (
    "The controller reports an event and goes on: requests are served without the plugin, so a missing "
    "access check leaves the route open. It is carried over as it is, without the plugin."
)
_REFUSED = (
    "Kong refuses the whole configuration, and goes on with the last one it took. What the manifests say "
    "is therefore not what is served."
)


def _unattached(slug: str, summary: str, remedy: str) -> Code:
    return Code(f"plugins/{slug}", Level.IGNORED, summary, _OPEN, remedy, Protects.ACCESS, Severity.ERROR)


def _refused(slug: str, summary: str, meaning: str, remedy: str) -> Code:
    return Code(f"plugins/{slug}", Level.UNKNOWN, summary, f"{_REFUSED} {meaning}".strip(), remedy)


# --- not attached -------------------------------------------------------------------------------

MISSING = _unattached(
    "missing",
    "A listed plugin does not exist.",
    "Correct the name, create the plugin, or give its file to the conversion as well.",
)
INVISIBLE = _unattached(
    "cluster-plugin-class",
    "A listed KongClusterPlugin is not seen by the controller.",
    "Add the annotation kubernetes.io/ingress.class with the controller's class to the KongClusterPlugin.",
)
NOT_GRANTED = _unattached(
    "not-granted",
    "A plugin of another namespace is listed without permission.",
    "Add a ReferenceGrant in the plugin's namespace, or write the bare name for the own namespace.",
)
MALFORMED = _unattached(
    "malformed-name",
    "An entry of the plugin list is not a name.",
    "Write name or namespace:name.",
)
NO_TYPE = _unattached("no-type", "A plugin object does not say which plugin it is.", "Set the field plugin.")
NOT_A_MAPPING = _unattached(
    "config-not-mapping",
    "A plugin's configuration is not a mapping.",
    "Write config as a mapping of settings.",
)
TWO_CONFIGS = _unattached(
    "config-and-config-from",
    "A plugin has both config and configFrom.",
    "Keep one of the two, or use configPatches for the secret settings.",
)
NO_SECRET = _unattached(
    "config-secret-missing",
    "A plugin's configuration comes from a Secret key that is not there.",
    "Create the Secret and the key, or give its file to the conversion as well.",
)
UNREADABLE = _unattached(
    "config-secret-unreadable",
    "The text in a Secret is not a plugin configuration.",
    "Store the configuration as JSON or YAML, a patch value as JSON (a text needs its quotes).",
)
BAD_PATCH = _unattached(
    "config-patch",
    "A patch of a plugin's configuration cannot be applied.",
    "Write path as a JSON pointer such as /redis/password.",
)

# --- listed, but inert ----------------------------------------------------------------------------

DISABLED = Code(
    "plugins/disabled",
    Level.IGNORED,
    "A plugin is switched off.",
    "Kong takes the instance out of its choice. Requests are served as if it were not there.",
)
DISABLED_NOT_OFF = Code(
    "plugins/disabled-not-off",
    Level.IGNORED,
    "A switched-off plugin lets a less specific one run.",
    "`disabled: true` removes this instance only; the instance of the same plugin on the Service, the "
    "route or the gateway then runs. The conversion keeps that.",
    "Remove the switched-off plugin, or override it with settings that change nothing.",
    severity=Severity.WARNING,
)
SHADOWED = Code(
    "plugins/shadowed",
    Level.IGNORED,
    "A plugin runs nowhere, because a more specific one of the same kind does.",
    "Kong runs one instance of each plugin for a request, that of the most specific scope, and never "
    "merges their settings.",
    "Put all settings into the more specific plugin.",
)
OTHER_SUBSYSTEM = Code(
    "plugins/protocols",
    Level.IGNORED,
    "The protocols of a plugin keep it from running.",
    "Kong decides by the list whether a plugin runs on HTTP routes or on stream routes; without a list "
    "it runs on HTTP routes only.",
    "List a protocol of the route in the plugin's protocols.",
    Protects.ACCESS,
    Severity.WARNING,
)
BEFORE_AUTHENTICATION = Code(
    "plugins/before-authentication",
    Level.IGNORED,
    "A consumer's plugin runs before the consumer is known.",
    "Kong runs plugins by priority. One that comes before the authentication never sees the consumer, so "
    "the instance of the route, the Service or the gateway runs.",
    "Attach the plugin to the route.",
    severity=Severity.WARNING,
)
NOT_REFERENCED = Code(
    "plugins/not-referenced",
    Level.IGNORED,
    "Nothing refers to a plugin object.",
    "It does nothing in Kong and is not converted.",
    "Remove it, or list it where it should act.",
)
GLOBAL_TWICE = Code(
    "plugins/global-twice",
    Level.IGNORED,
    "Several global plugins of one kind cancel out.",
    "The controller drops all of them without an event, so none acts. The conversion keeps that.",
    "Keep the label global on one of them.",
    Protects.ACCESS,
    Severity.ERROR,
)
GLOBAL_LABEL = Code(
    "plugins/global-label",
    Level.IGNORED,
    "The label global has no effect.",
    'Only a KongClusterPlugin of the controller\'s class with the label exactly "true" is global.',
    "Use a KongClusterPlugin, or list the plugin where it should act.",
    severity=Severity.WARNING,
)
DEAD_FIELD = Code(
    "plugins/dead-field",
    Level.IGNORED,
    "A field of a plugin object has no effect.",
    "The controller never reads it.",
    "Remove the field; attach a plugin to a consumer by the annotation konghq.com/plugins of the consumer.",
    severity=Severity.WARNING,
)
UNKNOWN_FIELD = Code(
    "plugins/unknown-field",
    Level.IGNORED,
    "A plugin object has a field that its kind does not have.",
    "A plugin object has no spec: its fields stand at the top. The cluster drops others.",
    "Move the field to its place.",
    severity=Severity.WARNING,
)
EARLY_PHASE = Code(
    "plugins/early-phase",
    Level.IGNORED,
    "Functions for an early phase never run.",
    "Kong runs the certificate and rewrite phases before it has chosen a route, for global plugins only.",
    "Use the access phase, or make the plugin global.",
    severity=Severity.WARNING,
)

# --- acts otherwise than it looks -----------------------------------------------------------------

PAIR = Code(
    "plugins/consumer-pair",
    Level.EXACT,
    "A plugin acts for some consumers only.",
    "Where the same plugin object is listed on consumers (or consumer groups) and on routes or Services, "
    "it acts for these consumers there, and neither for others nor elsewhere.",
    "Use two plugin objects where it should act for everybody.",
    severity=Severity.WARNING,
)
GROUP_IGNORED = Code(
    "plugins/group-ignored",
    Level.IGNORED,
    "A plugin does not act for a consumer group.",
    "Where a plugin object is listed on consumers and on consumer groups, the groups are left out.",
    "Use a plugin object of its own for the group.",
    severity=Severity.WARNING,
)
ENTERPRISE = Code(
    "plugins/enterprise",
    Level.EXACT,
    "A plugin exists in Kong Gateway Enterprise only.",
    "It is taken to run, because the edition of Kong was not stated.",
    "State it with --set kong.edition=enterprise or kong.edition=oss.",
)
GENERATED = Code(
    "plugins/generated-conflict",
    Level.UNKNOWN,
    "A route has a plugin of a kind that its own settings also need.",
    "The controller makes a plugin out of a rewrite or a filter. Only one plugin of a kind runs on a "
    "route, and which one is not determined; the conversion takes the generated one.",
    "Put the settings of both into one plugin.",
)

# --- refused by Kong as a whole -------------------------------------------------------------------

TWO_OF_ONE_TYPE = _refused(
    "two-of-one-type",
    "Two plugins of one kind are listed on one object.",
    "The conversion takes the first one.",
    "Merge the two into one plugin object.",
)
LISTED_TWICE = _refused(
    "listed-twice",
    "One plugin is listed twice on one object.",
    "The conversion takes it once.",
    "Remove one of the two.",
)
SEVERAL_BACKENDS = _refused(
    "several-backends",
    "Several Services of one rule list plugins.",
    "The controller makes one instance for each Service, and all for the same Kong service. The conversion "
    "takes it once.",
    "List the plugin on the route instead of the Services.",
)
SCOPE = _refused(
    "scope",
    "A plugin is attached where Kong does not allow it.",
    "The conversion leaves this attachment out.",
    "Attach the plugin to a route, a Service or the gateway, as its kind allows.",
)
UNKNOWN_TYPE = _refused(
    "unknown-type",
    "Kong ships no plugin of that name.",
    "Unless it is a plugin of your own that is installed and enabled there.",
    "Correct the name in the field plugin, or describe a plugin of your own in a mapping folder (--mappings).",
)
ENTERPRISE_REFUSED = _refused(
    "enterprise-on-oss",
    "A plugin does not exist in open-source Kong.",
    "",
    "Remove it, or state --set kong.edition=enterprise.",
)

CODES = (
    MISSING,
    INVISIBLE,
    NOT_GRANTED,
    MALFORMED,
    NO_TYPE,
    NOT_A_MAPPING,
    TWO_CONFIGS,
    NO_SECRET,
    UNREADABLE,
    BAD_PATCH,
    DISABLED,
    DISABLED_NOT_OFF,
    SHADOWED,
    OTHER_SUBSYSTEM,
    BEFORE_AUTHENTICATION,
    NOT_REFERENCED,
    GLOBAL_TWICE,
    GLOBAL_LABEL,
    DEAD_FIELD,
    UNKNOWN_FIELD,
    EARLY_PHASE,
    PAIR,
    GROUP_IGNORED,
    ENTERPRISE,
    GENERATED,
    TWO_OF_ONE_TYPE,
    LISTED_TWICE,
    SEVERAL_BACKENDS,
    SCOPE,
    UNKNOWN_TYPE,
    ENTERPRISE_REFUSED,
)
