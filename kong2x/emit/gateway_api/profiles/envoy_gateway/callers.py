"""Who may log in, by which name Envoy knows them, and which Secrets must hold their credentials."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kong2x.emit.gateway_api import codes_routes
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.profiles.envoy_gateway import codes
from kong2x.model.finding import Code, Level
from kong2x.model.plugin import Consumer, Credential
from kong2x.model.route import Feature, RouteModel

SECRETS = {"key-auth": "kong-api-keys", "basic-auth": "kong-basic-auth"}
"""The Secret of each kind of login; it stands in the namespace of the route."""
_SECRET_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


@dataclass(frozen=True, slots=True)
class Caller:
    """One credential of one consumer, and the name under which Envoy knows it (for a key the Secret's key)."""

    consumer: Consumer
    credential: Credential
    name: str


@dataclass(frozen=True, slots=True)
class Callers:
    """All who have one kind of credential; `named` says that Envoy's names are the user names of the consumers."""

    all: tuple[Caller, ...]
    named: bool

    @classmethod
    def of(cls, model: RouteModel, kind: str) -> Callers:
        """The callers with credentials of this kind.

        A Secret cannot hold one client twice, and Envoy Gateway skips the second one without a word
        (envoyproxy/gateway internal/gatewayapi/securitypolicy.go). So where a consumer has two keys, or
        a user name that is no key of a Secret, each key goes by the name of its own Secret.
        """
        pairs = [(c, item) for c in model.consumers for item in c.credentials if _lasts(item, kind)]
        names = [_name(consumer, item, kind) for consumer, item in pairs]
        named = all(names) and len(set(names)) == len(names)
        return cls(
            tuple(
                Caller(consumer, item, name if named else f"{item.secret.namespace}.{item.secret.name}")
                for (consumer, item), name in zip(pairs, names, strict=True)
            ),
            named,
        )


def _lasts(credential: Credential, kind: str) -> bool:
    """Whether a credential is of this kind; a key with an end would go on for ever in Envoy."""
    return credential.type == kind and "ttl" not in credential.fields


def _name(consumer: Consumer, credential: Credential, kind: str) -> str:
    """The consumer's user name where Envoy can say it; a login by password is known by its own user name."""
    if kind == "key-auth":
        return consumer.username if _SECRET_KEY.fullmatch(consumer.username) else ""
    user = credential.fields.get("username")
    return consumer.username if user is not None and user.reveal() == consumer.username else ""


class CallerBook:
    """The callers of one model, each kind of credential looked through once."""

    def __init__(self, model: RouteModel) -> None:
        self.model = model
        self._known: dict[str, Callers] = {}
        self._own: dict[str, dict[int, list[Caller]]] = {}

    def of(self, kind: str) -> Callers:
        """All callers with credentials of this kind."""
        if kind not in self._known:
            found = self._known[kind] = Callers.of(self.model, kind)
            own = self._own[kind] = {}
            for caller in found.all:
                own.setdefault(id(caller.consumer), []).append(caller)
        return self._known[kind]

    def own(self, consumer: Consumer, kind: str) -> list[Caller]:
        """The callers that are this consumer."""
        self.of(kind)
        return self._own[kind].get(id(consumer), [])


def settle_caller(
    desk: Desk, book: CallerBook, consumer: Consumer, places: Mapping[str, Sequence[str]]
) -> bool:
    """Tells which Secrets must hold the consumer's credentials, and which credentials go nowhere.

    `places` maps each kind of login to the namespaces whose routes ask for it; False when none of them
    is for this consumer.
    """
    own = [(kind, caller) for kind in places for caller in book.own(consumer, kind)]
    if not own:
        return False
    for kind, caller in own:
        _say(desk, consumer, codes.CREDENTIAL, _order(caller, kind, places[kind]))
    who = consumer.username or consumer.origin.name
    kept = [caller.credential for _, caller in own]
    for credential in consumer.credentials:
        if credential not in kept and credential.type != "acl":
            message = (
                f"The {credential.type} credential {credential.secret.name} of {who} is not carried over."
            )
            _say(desk, consumer, codes_routes.CONSUMER_LOST, message)
    for feature in consumer.provenance:
        if feature is Feature.CONSUMER_GROUPS and consumer.groups:
            groups = (
                f"The consumer groups {', '.join(consumer.groups)} of {who} do not exist in Envoy Gateway."
            )
            _say(desk, consumer, codes.CONSUMER_GROUPS, groups, feature)
        desk.emission.settle_feature(consumer.provenance, feature, Level.APPROXIMATE, codes.CREDENTIAL.id)
    return True


def _order(caller: Caller, kind: str, namespaces: Sequence[str]) -> str:
    """What the operator has to write; the values themselves never leave their Secret."""
    given = f"{caller.credential.secret.namespace}/{caller.credential.secret.name}"
    where = " and ".join(f"{namespace}/{SECRETS[kind]}" for namespace in namespaces)
    who = caller.consumer.username or caller.consumer.origin.name
    if kind == "key-auth":
        return (
            f"Requests with the key of {who} are refused until the Secret {where} holds it under {caller.name}: "
            f"the value of key in the Secret {given}."
        )
    return (
        f"Requests of {who} are refused until .htpasswd in the Secret {where} has a line (SHA-1, as htpasswd -s "
        f"writes it) for username and password of the Secret {given}."
    )


def _say(
    desk: Desk, consumer: Consumer, code: Code, message: str, feature: Feature = Feature.CREDENTIALS
) -> None:
    leaves = consumer.provenance.get(feature, ())
    finding = code.finding(
        message, object=leaves[0].object if leaves else consumer.origin, path=leaves[0].path if leaves else ()
    )
    desk.emission.findings.append(finding)
    desk.emission.settle_feature(consumer.provenance, feature, finding.level, finding.code)
