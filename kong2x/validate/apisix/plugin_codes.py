"""The catalogue of what is found in the bodies of APISIX plugins."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Severity

_ERROR = Severity.ERROR
_LOST = Level.UNSUPPORTED

PLUGIN_UNKNOWN = Code(
    "schema/plugin-unknown",
    _LOST,
    "APISIX has no plugin of this name, or not in this place.",
    "APISIX refuses the configuration that holds it; in standalone mode everything behind the same "
    "GatewayProxy stays in its last good state, other teams' routes included.",
    "Correct the name, or remove the plugin.",
    severity=_ERROR,
)
PLUGIN_SINCE = Code(
    "schema/plugin-too-new",
    _LOST,
    "A plugin, or a setting of it, is newer than the chosen release of APISIX.",
    "An older data plane refuses an unknown plugin and ignores an unknown setting without a word.",
    "Raise the release (--set apisix.version=…) if the data plane is that new, else do without.",
    severity=_ERROR,
)
PLUGIN_KEY = Code(
    "schema/plugin-key",
    _LOST,
    "A plugin has no setting of this name.",
    "APISIX stores keys that it does not know and never looks at them, so what was meant does not happen.",
    "Correct the spelling, or remove the key.",
    severity=_ERROR,
)
PLUGIN_CONFIG = Code(
    "schema/plugin-config",
    _LOST,
    "A plugin body does not fit the plugin's schema.",
    "APISIX refuses the configuration that holds it; in standalone mode everything behind the same "
    "GatewayProxy stays in its last good state.",
    "Write what the plugin's schema takes.",
    severity=_ERROR,
)
PLUGIN_CODE = Code(
    "schema/plugin-refused",
    _LOST,
    "A plugin body fits the schema and is refused by the plugin's own code.",
    "APISIX refuses the configuration that holds it, exactly as for a schema fault.",
    "Change the setting as the message says.",
    severity=_ERROR,
)
PLUGIN_OFF = Code(
    "apisix/plugin-not-loaded",
    Level.APPROXIMATE,
    "A plugin is not in the list that APISIX loads by default.",
    "Unless the data plane's configuration names it, APISIX refuses the configuration (standalone) or "
    "leaves the plugin out with a warning in its log.",
    "Add the plugin to apisix.plugins of the data plane, together with all others that are needed.",
)
PLUGIN_SCOPE = Code(
    "apisix/plugin-global-only",
    Level.APPROXIMATE,
    "A plugin that works for the whole gateway stands on a route.",
    "It has no settings a route could change; on a route it does nothing.",
    "Switch it on in the data plane's configuration instead.",
)
PLUGIN_SECRET_TYPE = Code(
    "apisix/secret-text",
    Level.APPROXIMATE,
    "A setting that is no text is missing and would have to come from a Secret.",
    "The controller merges Secret keys as texts, so a number or boolean from there is refused by APISIX.",
    "Keep numbers, booleans and lists in `config`, and only texts in the Secret.",
)

CODES: tuple[Code, ...] = (
    PLUGIN_UNKNOWN,
    PLUGIN_SINCE,
    PLUGIN_KEY,
    PLUGIN_CONFIG,
    PLUGIN_CODE,
    PLUGIN_OFF,
    PLUGIN_SCOPE,
    PLUGIN_SECRET_TYPE,
)
