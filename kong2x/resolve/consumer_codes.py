"""What is told about consumers, credentials, and the Kong objects that stand beside them."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Protects, Severity

_REFUSED = (
    "Kong refuses the whole configuration, and goes on with the last one it took. What the manifests say "
    "is therefore not what is served."
)


def _refused(id: str, summary: str, meaning: str, remedy: str) -> Code:
    return Code(id, Level.UNKNOWN, summary, f"{_REFUSED} {meaning}".strip(), remedy)


def _dropped(id: str, summary: str, meaning: str, remedy: str) -> Code:
    return Code(id, Level.IGNORED, summary, meaning, remedy, severity=Severity.WARNING)


# --- consumers ------------------------------------------------------------------------------------

NO_NAME = _dropped(
    "consumers/no-name",
    "A consumer has no name.",
    "Without username and custom_id the controller leaves the consumer out; its credentials open nothing.",
    "Set username.",
)
CONFLICT = Code(
    "consumers/conflict",
    Level.IGNORED,
    "Consumers share a credential.",
    "The controller leaves out every consumer that holds the value, with all other credentials and plugins.",
    "Give each consumer a value of its own.",
    Protects.ACCESS,
    Severity.ERROR,
)
MISSING_GROUP = _dropped(
    "consumers/missing-group",
    "A consumer names a group that does not exist.",
    "The consumer is kept without that group.",
    "Create a KongConsumerGroup of that name in the consumer's namespace.",
)
NO_ID = Code(
    "consumers/no-stable-id",
    Level.IGNORED,
    "The id of a consumer changes with each update.",
    "The controller derives ids from the username. Backends that keep X-Consumer-ID lose track.",
    "Set username.",
)
DUPLICATE = _refused(
    "consumers/duplicate",
    "Two consumers have one name.",
    "Names of consumers count for the whole gateway, not for a namespace.",
    "Give each consumer a username and custom_id of its own.",
)
GROUP_ENTERPRISE = Code(
    "consumers/group-enterprise",
    Level.EXACT,
    "Consumer groups exist in Kong Gateway Enterprise only.",
    "They are taken to act, because the edition of Kong was not stated.",
    "State it with --set kong.edition=enterprise or kong.edition=oss.",
)
GROUP_REFUSED = _refused(
    "consumers/group-on-oss",
    "Open-source Kong has no consumer groups.",
    "",
    "Remove the group, or state --set kong.edition=enterprise.",
)
GROUP_DUPLICATE = _refused(
    "consumers/group-duplicate",
    "Two consumer groups have one name.",
    "The namespace is no part of a group's name.",
    "Rename one of them.",
)
GROUP_IDLE = Code(
    "consumers/group-without-members",
    Level.IGNORED,
    "A consumer group has no members.",
    "Only the list consumerGroups of a consumer makes members, so the plugins of the group act for nobody.",
    "List the group in the consumers.",
)
UNKNOWN_FIELD = _dropped(
    "consumers/unknown-field",
    "A consumer has a field that its kind does not have.",
    "The cluster drops it; the controller never reads it.",
    "Move the field to its place.",
)

# --- credentials ----------------------------------------------------------------------------------

NO_SECRET = _dropped(
    "credentials/missing",
    "A listed credential Secret is not in the input.",
    "When the cluster has none of that name in the consumer's namespace either, the controller leaves the "
    "credential out.",
    "Correct the name, or give the Secret's file to the conversion as well.",
)
NO_LABEL = _dropped(
    "credentials/no-label",
    "A credential Secret does not say what it is.",
    "Without the label konghq.com/credential the controller leaves the credential out; kongCredType is not "
    "read since release 3.2.",
    "Add the label, for example konghq.com/credential: key-auth.",
)
BAD_TYPE = _dropped(
    "credentials/type",
    "A credential Secret has a type that the controller does not take.",
    "The credential is left out, the consumer is kept.",
    "Use key-auth, basic-auth, hmac-auth, jwt, oauth2, acl or mtls-auth.",
)
KONNECT = Code(
    "credentials/konnect",
    Level.IGNORED,
    "A credential is meant for Konnect.",
    "The controller skips it.",
)
INCOMPLETE = _dropped(
    "credentials/incomplete",
    "A credential lacks a field without which it is left out.",
    "The credential opens nothing; the consumer is kept.",
    "Add the field to the Secret.",
)
BAD_FIELD = _dropped(
    "credentials/field",
    "A field of a credential cannot be read.",
    "The controller skips an unreadable ttl, and reads an unreadable hash_secret as false.",
    "Write ttl as whole seconds, hash_secret as true or false.",
)
BAD_DATA = _dropped(
    "credentials/encoding",
    "A Secret value is not what the cluster takes.",
    "Values of data are base64, values of stringData are text. The cluster refuses the Secret.",
    "Encode the value, or move it to stringData.",
)
RANDOM_SECRET = _dropped(
    "credentials/random-secret",
    "A credential has no secret.",
    "Kong makes up a secret that nobody knows, so no request can be signed with it.",
    "Add the secret to the Secret.",
)
NOT_LISTED = Code(
    "credentials/not-listed",
    Level.IGNORED,
    "No consumer lists a credential Secret.",
    "It opens nothing in Kong and is not converted.",
    "List it in the credentials of a consumer.",
)
REFUSED = _refused(
    "credentials/refused",
    "Kong does not take a credential.",
    "",
    "Complete the Secret.",
)

# --- objects beside them --------------------------------------------------------------------------

VAULT = Code(
    "entities/vault",
    Level.UNSUPPORTED,
    "Settings are read from a vault of Kong.",
    "References of the form {vault://prefix/key} are resolved by Kong. The vault itself is not converted.",
    "Provide the values by a Secret or by the target's own secret manager.",
)
VAULT_IDLE = Code(
    "entities/vault-not-referenced",
    Level.IGNORED,
    "Nothing in the input refers to a vault.",
    "The vault is not converted, and nothing is lost by that.",
)
VAULT_PREFIX = _dropped(
    "entities/vault-prefix",
    "Two vaults have one prefix.",
    "The controller takes the older one, of equal age the one whose name sorts first.",
    "Give each vault a prefix of its own.",
)
LICENSE = Code(
    "entities/license",
    Level.IGNORED,
    "A licence of Kong Gateway Enterprise is in the input.",
    "It serves no request. The target needs none.",
)
CUSTOM = Code(
    "entities/custom",
    Level.UNSUPPORTED,
    "A custom entity of Kong is not converted.",
    "It is handed to Kong as it is; what it does depends on the plugin it belongs to.",
    "Carry its content over by hand.",
)
CUSTOM_IGNORED = _dropped(
    "entities/custom-ignored",
    "A custom entity is not handed to Kong.",
    "It names another controller, or an entity type that the controller makes from other objects.",
    "Remove it.",
)

CODES = (
    NO_NAME,
    CONFLICT,
    MISSING_GROUP,
    NO_ID,
    DUPLICATE,
    GROUP_ENTERPRISE,
    GROUP_REFUSED,
    GROUP_DUPLICATE,
    GROUP_IDLE,
    UNKNOWN_FIELD,
    NO_SECRET,
    NO_LABEL,
    BAD_TYPE,
    KONNECT,
    INCOMPLETE,
    BAD_FIELD,
    BAD_DATA,
    RANDOM_SECRET,
    NOT_LISTED,
    REFUSED,
    VAULT,
    VAULT_IDLE,
    VAULT_PREFIX,
    LICENSE,
    CUSTOM,
    CUSTOM_IGNORED,
)
