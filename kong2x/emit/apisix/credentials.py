"""How one Kong credential is said: a block of ApisixConsumer that reads a Secret with APISIX's key names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.desk import Desk
from kong2x.model.jwt_secrets import JwtSecrets
from kong2x.model.plugin import Consumer, Credential
from kong2x.model.route import Feature
from kong2x.model.source import ObjectRef

AUTH_BLOCKS = ("keyAuth", "basicAuth", "jwtAuth", "hmacAuth", "ldapAuth")
"""The blocks in the order in which the controller looks for one."""
_BLOCK = {
    "key-auth": ("keyAuth", "key-auth"),
    "basic-auth": ("basicAuth", "basic-auth"),
    "jwt": ("jwtAuth", "jwt-auth"),
    "hmac-auth": ("hmacAuth", "hmac-auth"),
}
_RENAMED = {
    "jwt": {"rsa_public_key": "public_key"},
    "hmac-auth": {"username": "key_id", "secret": "secret_key"},
}
_READ = {
    "key-auth": ("key",),
    "basic-auth": ("username", "password"),
    "jwt": ("key", "secret", "algorithm", "rsa_public_key"),
    "hmac-auth": ("username", "secret"),
}
_GROUPS = ("acl",)
_ALL_ALGORITHMS = (3, 16)
"""The first release of APISIX that knows every algorithm that Kong knows."""
_FIRST_ALGORITHMS = ("HS256", "HS512", "RS256", "ES256")
_CUT = re.compile(r"[:\s]")
"""APISIX cuts what callers send at each colon and takes white space out of it (plugin-mapping.md 4.3)."""


@dataclass(slots=True)
class Written:
    """A credential on APISIX: it reads `secret_name`; `secret_value` is a Secret that has to be written."""

    block: str
    plugin_name: str
    secret_name: str
    secret: ObjectRef | None = None
    secret_value: dict[str, Any] | None = None
    config: dict[str, Any] = field(default_factory=dict)
    """What a Secret cannot say, as its values are all text: only an entry of `plugins` holds it."""

    def parameter(self) -> dict[str, Any]:
        """The block of `authParameter`."""
        return {"secretRef": {"name": self.secret_name}}

    def plugin(self) -> dict[str, Any]:
        """The same as an entry of `plugins`, for a second type of one consumer."""
        return {
            "name": self.plugin_name,
            "enable": True,
            "config": dict(self.config),
            "secretRef": self.secret_name,
        }


def written(credential: Credential, consumer: Consumer, desk: Desk) -> Written | None:
    """The credential on APISIX, None for groups and for types that do not exist there."""
    if credential.type in _GROUPS:
        return None
    if not credential.type:
        desk.say(
            codes.CREDENTIAL,
            f"The Secret {credential.secret.name} names no type of credential here, so none is written: its owner "
            "cannot log in with it.",
            about=consumer,
            feature=Feature.CREDENTIALS,
            leaf=credential.source,
            remedy="Give the Secret with its label konghq.com/credential to the conversion as well (--also-read).",
        )
        return None
    if credential.type not in _BLOCK:
        desk.say(
            codes.CREDENTIAL,
            f"The {credential.type} credential in the Secret {credential.secret.name} has no counterpart: its owner "
            "cannot log in with it.",
            about=consumer,
            feature=Feature.CREDENTIALS,
            leaf=credential.source,
        )
        return None
    block, plugin = _BLOCK[credential.type]
    if _unknown_algorithm(credential, consumer, desk):
        return None
    _tell(credential, consumer, desk)
    renamed = {k: v for k, v in _RENAMED.get(credential.type, {}).items() if k in credential.fields}
    secrets = JwtSecrets.of(desk.model)
    decoded = secrets.decoded and secrets.concerns(credential)
    if secrets.disagree and secrets.concerns(credential):
        _tell_disagreement(secrets, credential, consumer, desk)
    if decoded and desk.choices.controller < (2, 1):
        return _renamed(credential, consumer, block, plugin, desk, {"base64_secret": "true"})
    if decoded:
        found = Written(block, plugin, credential.secret.name, config={"base64_secret": True})
        if renamed or not credential.inline:
            again = _renamed(credential, consumer, block, plugin, desk)
            found = replace(again, config=found.config)
        return found
    if not renamed and (credential.inline or credential.type not in _RENAMED):
        return Written(block, plugin, credential.secret.name)
    return _renamed(credential, consumer, block, plugin, desk)


def _unknown_algorithm(credential: Credential, consumer: Consumer, desk: Desk) -> bool:
    """Whether the release refuses the algorithm of a JWT credential; with it, it would refuse all objects."""
    algorithm = credential.fields.get("algorithm") if credential.type == "jwt" else None
    if algorithm is None or desk.choices.apisix >= _ALL_ALGORITHMS or algorithm.reveal() in _FIRST_ALGORITHMS:
        return False
    release = ".".join(str(part) for part in desk.choices.apisix)
    desk.say(
        codes.CREDENTIAL,
        f"The jwt credential in the Secret {credential.secret.name} is left out, because APISIX {release} does not "
        f"know its algorithm {algorithm.reveal()}: its owner cannot log in with it.",
        about=consumer,
        feature=Feature.CREDENTIALS,
        leaf=credential.source,
    )
    return True


def _tell_disagreement(secrets: JwtSecrets, credential: Credential, consumer: Consumer, desk: Desk) -> None:
    desk.say(
        codes.JWT_SECRET,
        f"The secret of the credential {credential.secret.name} is text on every route of APISIX, but "
        f"{', '.join(secrets.base64)} in Kong read it as base64, so the tokens of this consumer are refused there.",
        about=consumer,
        feature=Feature.CREDENTIALS,
        leaf=credential.source,
    )


def _renamed(
    credential: Credential,
    consumer: Consumer,
    block: str,
    plugin: str,
    desk: Desk,
    more: dict[str, str] | None = None,
) -> Written:
    """A Secret of its own, as APISIX reads other key names than Kong.

    The values are written only where the input itself holds the Secret.
    """
    name = f"{credential.secret.name}-apisix"
    names = _RENAMED.get(credential.type, {})
    if not credential.inline:
        moves = ", ".join(
            [
                *(f"{old} as {new}" for old, new in names.items()),
                *(f"{k} with the value {v}" for k, v in (more or {}).items()),
            ]
        )
        desk.say(
            codes.SECRET_KEYS,
            f"The Secret {name} has to be made from {credential.secret.name}: APISIX reads {moves}, "
            "the other keys stay. "
            "Until then the controller refuses the consumer.",
            about=consumer,
            feature=Feature.CREDENTIALS,
            leaf=credential.source,
        )
        return Written(block, plugin, name)
    data = {
        names.get(name_in_kong, name_in_kong): value.reveal()
        for name_in_kong, value in credential.fields.items()
        if name_in_kong in _READ[credential.type]
    } | (more or {})
    metadata = {"name": name}
    if credential.secret.namespace:
        metadata["namespace"] = credential.secret.namespace
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "Opaque",
        "stringData": data,
    }
    return Written(block, plugin, name, credential.secret, secret)


def _tell(credential: Credential, consumer: Consumer, desk: Desk) -> None:
    if credential.type == "key-auth" and "ttl" in credential.fields:
        desk.say(
            codes.KEY_TTL,
            f"The key in the Secret {credential.secret.name} does not expire on APISIX.",
            about=consumer,
            feature=Feature.CREDENTIALS,
            leaf=credential.source,
        )
    texts = [
        credential.fields[name].reveal() for name in ("username", "password") if name in credential.fields
    ]
    if credential.type == "basic-auth" and any(map(_CUT.search, texts)):
        desk.say(
            codes.CREDENTIAL,
            f"The user name or the password in the Secret {credential.secret.name} has a colon or white space, which "
            "APISIX takes out of what callers send: its owner cannot log in with it.",
            about=consumer,
            feature=Feature.CREDENTIALS,
            leaf=credential.source,
        )
    if credential.type == "hmac-auth":
        desk.say(
            codes.HMAC,
            "Signatures are made otherwise for APISIX: the clients of this consumer have to change.",
            about=consumer,
            feature=Feature.CREDENTIALS,
            leaf=credential.source,
        )
