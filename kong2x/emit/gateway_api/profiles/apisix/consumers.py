"""Consumers of APISIX for Kong's consumers, with references to the Secrets of their credentials."""

from __future__ import annotations

import re
from typing import Any

from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.parents import DEFAULT_PARENT
from kong2x.emit.gateway_api.plugins import best_mapping, settle_lost
from kong2x.emit.gateway_api.profiles.apisix import codes
from kong2x.emit.gateway_api.profiles.apisix.identity import consumers_remove
from kong2x.emit.gateway_api.profiles.apisix.plugins import joined
from kong2x.emit.gateway_api.versions import GROUP
from kong2x.model.consumer_names import consumer_name, consumer_object
from kong2x.model.finding import Code, Level, Protects
from kong2x.model.jwt_secrets import JwtSecrets
from kong2x.model.labels import ACL_MEMBER, acl_label
from kong2x.model.plugin import Consumer, Credential
from kong2x.model.route import Feature
from kong2x.model.source import Leaf
from kong2x.model.target import Manifest

_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_TYPES = {"key-auth": "key-auth", "basic-auth": "basic-auth", "jwt": "jwt-auth", "hmac-auth": "hmac-auth"}
_JWT_FIELDS = ("key", "secret", "algorithm")
_RENAMED = {
    "hmac-auth": "username as key_id, secret as secret_key",
    "jwt": "key, algorithm and rsa_public_key as public_key",
}


def consumer_objects(desk: Desk) -> list[Manifest]:
    """One Consumer for each Kong consumer; a login that cannot be carried over stays closed."""
    secrets = JwtSecrets.of(desk.model)
    found = [_consumer(desk, consumer, secrets) for consumer in desk.model.consumers]
    return [manifest for manifest in found if manifest is not None]


def _consumer(desk: Desk, consumer: Consumer, secrets: JwtSecrets) -> Manifest | None:
    namespace = consumer.origin.namespace or "default"
    name = consumer_object(consumer, desk.model.consumers)
    wanted = consumer.username or consumer.origin.name
    composed = consumer_name(consumer, desk.model.consumers)
    plugins, closing = _plugins(desk, consumer)
    if closing:
        _say(
            desk,
            consumer,
            codes.CONSUMER_CLOSED,
            f"The consumer {wanted} is left out because {', '.join(closing)} cannot be carried over; its credentials "
            "are refused.",
            Feature.CONSUMER,
        )
        for feature in consumer.provenance:
            desk.emission.settle_feature(
                consumer.provenance, feature, Level.UNSUPPORTED, codes.CONSUMER_CLOSED.id
            )
        return None
    if wanted != composed:
        _say(
            desk,
            consumer,
            codes.CONSUMER_NAME,
            f"The consumer {wanted} is {composed} in APISIX, in X-Consumer-Username too.",
            Feature.CONSUMER,
        )
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    labels = _labels(consumer)
    if labels:
        metadata["labels"] = labels
    spec: dict[str, Any] = {"gatewayRef": _gateway(desk, consumer)}
    credentials = [
        c for c in (_credential(desk, consumer, item, secrets) for item in consumer.credentials) if c
    ]
    if credentials:
        spec["credentials"] = credentials
    if plugins:
        spec["plugins"] = plugins
    if consumer.groups:
        _say(
            desk,
            consumer,
            codes.CONSUMER_GROUPS,
            f"The consumer groups {', '.join(consumer.groups)} of {wanted} do not exist in APISIX.",
            Feature.CONSUMER_GROUPS,
        )
    for feature in consumer.provenance:
        desk.emission.settle_feature(consumer.provenance, feature, Level.EXACT)
    value = {
        "apiVersion": "apisix.apache.org/v1alpha1",
        "kind": "Consumer",
        "metadata": metadata,
        "spec": spec,
    }
    return Manifest(value, (consumer.origin,))


def _gateway(desk: Desk, consumer: Consumer) -> dict[str, str]:
    """The Gateway whose consumers these are: the first that routes attach to."""
    parent = next(iter(desk.choices.parents), DEFAULT_PARENT)
    return {
        "group": GROUP,
        "kind": "Gateway",
        "name": parent.name,
        "namespace": parent.namespace or consumer.origin.namespace or "default",
    }


def _labels(consumer: Consumer) -> dict[str, str]:
    """Groups of acl credentials as labels, one key a group (plugin-mapping 4.7); the custom id as another."""
    out = {acl_label(group): ACL_MEMBER for group in sorted(consumer.acl_groups)}
    if consumer.custom_id and _LABEL_VALUE.fullmatch(consumer.custom_id):
        out["custom_id"] = consumer.custom_id
    return out


def _credential(
    desk: Desk, consumer: Consumer, credential: Credential, secrets: JwtSecrets
) -> dict[str, Any] | None:
    """A reference to the Secret; where the keys have other names, to one that must be made."""
    if credential.type == "acl":
        return None
    kind = _TYPES.get(credential.type)
    if kind is None:
        _say(
            desk,
            consumer,
            codes.CREDENTIAL_LOST,
            f"The {credential.type} credential {credential.secret.name} does not exist in APISIX.",
            Feature.CREDENTIALS,
        )
        return None
    secret = credential.secret.name
    if secrets.concerns(credential) and secrets.base64:
        known = _base64(desk, consumer, credential, secrets)
        if known is not None:
            return known
    asymmetric = credential.type == "jwt" and "rsa_public_key" in credential.fields
    if credential.type == "hmac-auth" or asymmetric:
        _say(
            desk,
            consumer,
            codes.CREDENTIAL,
            f"The Secret {credential.secret.namespace}/{secret}-apisix must hold what {secret} holds: "
            f"{_RENAMED[credential.type]}.",
            Feature.CREDENTIALS,
        )
        secret = f"{secret}-apisix"
    reference = {"name": secret, "namespace": credential.secret.namespace or "default"}
    return {"type": kind, "name": credential.secret.name, "secretRef": reference}


def _base64(
    desk: Desk, consumer: Consumer, credential: Credential, secrets: JwtSecrets
) -> dict[str, Any] | None:
    """A credential whose secret is base64: a Secret cannot say so, as each of its values arrives as text."""
    name = credential.secret.name
    if secrets.disagree:
        message = (
            f"The secret of the credential {name} is text on every route of APISIX, but {', '.join(secrets.base64)} "
            "in Kong read it as base64, so the tokens of this consumer are refused there."
        )
        _say(desk, consumer, codes.JWT_SECRET, message, Feature.CREDENTIALS, credential.source)
        return None
    values = {field: value.reveal() for field, value in credential.fields.items() if field in _JWT_FIELDS}
    if not credential.inline or "secret" not in values:
        message = (
            f"The tokens of the credential {name} are refused until it is written with config in the place of "
            "secretRef: key, secret and algorithm of the Secret, and base64_secret: true."
        )
        _say(desk, consumer, codes.JWT_BASE64, message, Feature.CREDENTIALS, credential.source)
        return None
    _say(
        desk,
        consumer,
        codes.JWT_INLINE,
        f"The credential {name} stands in the Consumer with its values, because its secret is base64 and a reference "
        "to a Secret cannot say so.",
        Feature.CREDENTIALS,
        credential.source,
    )
    return {"type": "jwt-auth", "name": name, "config": {**values, "base64_secret": True}}


def _plugins(desk: Desk, consumer: Consumer) -> tuple[list[dict[str, Any]], list[str]]:
    """The plugins of the consumer itself, and those whose loss must keep it from logging in."""
    found: dict[str, Any] = {}
    closing: list[str] = []
    for use in consumer.plugins:
        mapped = best_mapping(desk, use, None)
        names = [name for name in mapped.fragments if mapped.vocabulary == "apisix"]
        if not names or mapped.secrets or any(name in found for name in names):
            settle_lost(desk, use, codes.CONSUMER_PLUGIN.id)
            _say(
                desk,
                consumer,
                codes.CONSUMER_PLUGIN,
                f"The plugin {use.plugin} of {consumer.username or consumer.origin.name} does not act.",
                Feature.PLUGINS,
            )
            if Protects.ACCESS in (mapped.lost, mapped.protects):
                closing.append(use.plugin)
            continue
        if mapped.lost is Protects.ACCESS:
            closing.append(use.plugin)
        desk.take_plugin(mapped)
        found.update({name: mapped.fragments[name] for name in names})
        if "proxy-rewrite" in names:
            _say(
                desk,
                consumer,
                codes.CONSUMER_REWRITES,
                f"Requests of {consumer.username or consumer.origin.name} are not changed by its {use.plugin} where a "
                "route rewrites requests itself.",
                Feature.PLUGINS,
            )
    remove = consumers_remove(desk.model)
    if remove:
        found["proxy-rewrite"] = joined(
            "proxy-rewrite", {"headers": {"remove": remove}}, found.get("proxy-rewrite", {})
        )
    return [{"name": name, "config": dict(found[name])} for name in sorted(found)], closing


def _say(
    desk: Desk, consumer: Consumer, code: Code, message: str, feature: Feature, leaf: Leaf | None = None
) -> None:
    leaves = (leaf,) if leaf else consumer.provenance.get(feature, ())
    finding = code.finding(
        message, object=leaves[0].object if leaves else consumer.origin, path=leaves[0].path if leaves else ()
    )
    desk.emission.findings.append(finding)
    desk.emission.settle_feature(consumer.provenance, feature, finding.level, finding.code)
