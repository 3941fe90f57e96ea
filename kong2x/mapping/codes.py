"""The findings that the mapping engine itself makes, whatever the plugin."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Protects

NO_MAPPING = Code(
    "plugins/no-mapping",
    Level.UNMAPPED,
    "A plugin has no mapping file for this target.",
    "Nothing of the plugin is carried over, so requests are handled as if it were not there. A plugin that "
    "nobody described counts as one that decides who may call.",
    "Write a mapping file (`kong2x mapping new`), or take the plugin off the source if it is not needed.",
)
UNKNOWN_KEY = Code(
    "plugins/unknown-key",
    Level.UNKNOWN,
    "A plugin configuration has a key that the Kong plugin does not know.",
    "Kong refuses a configuration with such a key, and then serves none of the changes pushed with it.",
    "Correct the spelling, or remove the key.",
)
INVALID_VALUE = Code(
    "plugins/invalid-value",
    Level.UNKNOWN,
    "A plugin configuration has a value that Kong refuses.",
    "Kong refuses a configuration with such a value, and then serves none of the changes pushed with it. "
    "The conversion goes on with Kong's default in its place.",
    "Correct the value.",
)
TOO_OLD = Code(
    "plugins/target-too-old",
    Level.UNSUPPORTED,
    "The chosen target release does not have what a plugin needs.",
    "The setting is left out, because the chosen release would ignore it without a word or refuse the object.",
    "Choose a newer release of the target with --target-version.",
)
VALUE_NOT_MAPPED = Code(
    "plugins/value-not-mapped",
    Level.UNMAPPED,
    "A value of a plugin setting has no counterpart in the mapping file.",
    "The setting is left out.",
    "Add the value to the mapping file.",
)
ROUNDED = Code(
    "plugins/rounded",
    Level.APPROXIMATE,
    "A number is rounded up because the target takes whole units only.",
    "The target counts in a coarser unit than Kong, so the value is the next whole one.",
    "Check that the coarser value is acceptable.",
)
SECRET_REFERENCE = Code(
    "plugins/secret-reference",
    Level.APPROXIMATE,
    "A plugin setting that comes from a Secret is referenced, not copied.",
    "The target reads the value from a Secret at run time. It takes each key of that Secret as the name of a "
    "setting, as plain text, where Kong reads one key as JSON.",
    "Create the Secret that the finding names, with the setting's name as key and the plain value.",
)
SECRET_WITHHELD = Code(
    "plugins/secret-withheld",
    Level.UNSUPPORTED,
    "A plugin setting that comes from a Secret cannot be carried over.",
    "The value would have to be written into the output in the open, because the target can read only text "
    "settings from a Secret, so it is left out.",
    "Move settings that are not secret from the Secret into config, and keep only the secret text in it.",
)
VAULT_REFERENCE = Code(
    "plugins/vault-reference",
    Level.UNSUPPORTED,
    "A plugin setting refers to a Kong vault that the target cannot read.",
    "Kong resolves {vault://…} when it starts; the target would take the reference itself as the value.",
    "Provide the value by a Secret or an environment variable of the target.",
)
NOT_IN_USE = Code(
    "plugins/not-in-use",
    Level.IGNORED,
    "A plugin setting has no effect in Kong either.",
    "Another setting of the same plugin switches off the part that this one belongs to.",
)
NOT_READ = Code(
    "plugins/not-read",
    Level.UNMAPPED,
    "A plugin setting was not looked at by the conversion.",
    "A part of kong2x that should have used the setting did not; it is left out.",
    "This is a defect of kong2x: please report it.",
)
INCOMPLETE = Code(
    "plugins/incomplete",
    Level.UNMAPPED,
    "A plugin lacks a setting that the target requires.",
    "What remains of the configuration would be refused by the target, so nothing of the plugin is written.",
    "See the other findings about this plugin.",
)
ORDERING = Code(
    "plugins/ordering",
    Level.UNSUPPORTED,
    "A plugin has an execution order of its own.",
    "The target runs its plugins by fixed priorities in two passes; an order across these passes cannot be had.",
    "Check that the plugins of the route still run in the order that was meant.",
    protects=Protects.NOTHING,
)

CODES = (
    NO_MAPPING,
    UNKNOWN_KEY,
    INVALID_VALUE,
    TOO_OLD,
    VALUE_NOT_MAPPED,
    ROUNDED,
    SECRET_REFERENCE,
    SECRET_WITHHELD,
    VAULT_REFERENCE,
    NOT_IN_USE,
    NOT_READ,
    INCOMPLETE,
    ORDERING,
)
