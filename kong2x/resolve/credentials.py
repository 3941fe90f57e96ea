"""Which credentials a consumer has: what each Secret must hold, and what becomes of a faulty one."""

from __future__ import annotations

from dataclasses import dataclass, field

from kong2x.model.finding import Code, Finding, Level
from kong2x.model.plugin import Credential, Hidden
from kong2x.model.source import Leaf, ObjectRef, SourceObject, items, leaves, text
from kong2x.resolve import consumer_codes as codes
from kong2x.resolve.annotations import go_boolean, integer
from kong2x.resolve.credentials_data import SecretData, read_secret
from kong2x.resolve.world import World, namespace_of

LABEL = "konghq.com/credential"
OLD_TYPE = "kongCredType"

REQUIRED: dict[str, tuple[str, ...]] = {
    "key-auth": ("key",),
    "basic-auth": ("username",),
    "hmac-auth": ("username",),
    "jwt": ("key",),
    "oauth2": ("client_id", "name"),
    "acl": ("group",),
    "mtls-auth": ("subject_name",),
}
"""The fields without which KIC leaves the credential out (kong-source.md 6.2)."""

OPTIONAL: dict[str, tuple[str, ...]] = {
    "key-auth": ("ttl",),
    "basic-auth": ("password",),
    "hmac-auth": ("secret",),
    "jwt": ("algorithm", "secret", "rsa_public_key"),
    "oauth2": ("client_secret", "client_type", "hash_secret", "redirect_uris"),
    "acl": (),
    "mtls-auth": (),
}
UNIQUE = {
    "key-auth": "key",
    "basic-auth": "username",
    "hmac-auth": "username",
    "jwt": "key",
    "oauth2": "client_id",
}
"""The field that no two credentials of a type may share."""

_ALGORITHMS = {f"{family}{bits}" for family in ("HS", "RS", "ES", "PS") for bits in (256, 384, 512)} | {
    "EdDSA"
}


@dataclass(slots=True)
class Listed:
    """What the list `credentials` of one consumer comes to.

    `carried` are the leaves that feed credentials, by Secret; `seen` every Secret that was looked at.
    """

    credentials: list[Credential] = field(default_factory=list)
    carried: list[Leaf] = field(default_factory=list)
    lost: list[tuple[Leaf, str]] = field(default_factory=list)
    seen: dict[ObjectRef, SecretData] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    refusals: list[Finding] = field(default_factory=list)


def listed_credentials(world: World, consumer: SourceObject) -> Listed:
    """The credentials of a consumer, in the order of its list.

    A Secret that is not in the input gives a credential without type and fields, because it may be
    in the cluster all the same.
    """
    out = Listed()
    for index, name in enumerate(items(consumer.value.get("credentials"))):
        leaf = consumer.leaf("credentials", index)
        if not isinstance(name, str) or not name:
            out.lost.append((leaf, codes.NO_SECRET.id))
            continue
        namespace = namespace_of(consumer)
        obj = world.get("Secret", namespace, name)
        if obj is None:
            out.findings.append(
                codes.NO_SECRET.finding(
                    f"The Secret {namespace}/{name} is not in the input, so it is not known what "
                    f"{consumer.ref} presents with it.",
                    object=consumer.ref,
                    path=leaf.path,
                )
            )
            out.credentials.append(Credential("", ObjectRef("", "Secret", namespace, name), {}, False, leaf))
            out.carried.append(leaf)
            continue
        data = out.seen.setdefault(obj.ref, read_secret(obj))
        _take(world, consumer, leaf, data, out)
    return out


def _take(world: World, consumer: SourceObject, leaf: Leaf, data: SecretData, out: Listed) -> None:
    """One listed Secret: a credential, or the reason why there is none."""
    kind, where = credential_type(world, data)
    problem = _unsuitable(kind, data)
    if problem is not None:
        code, message = problem
        out.lost.append((leaf, code.id))
        out.findings.append(
            code.finding(
                f"{data.obj.ref}, listed by {consumer.ref}, {message}", object=data.obj.ref, path=where.path
            )
        )
        return
    fields: dict[str, Hidden] = {}
    for name in (*REQUIRED[kind], *OPTIONAL[kind]):
        if name in data.values:
            value = _field(name, data, out)
            if value is not None:
                fields[name] = value
                out.carried.append(data.leaves[name])
    if kind == "jwt" and not (fields.get("algorithm") or Hidden("")).reveal():
        fields["algorithm"] = Hidden("HS256")
    out.credentials.append(Credential(kind, data.obj.ref, fields, True, leaf))
    out.carried += [leaf, where]
    _check(kind, fields, data, out)


def credential_type(world: World, data: SecretData) -> tuple[str, Leaf]:
    """The type of a credential Secret and the leaf that says it; empty when nothing does.

    The data key that told the type before there was a label is read by releases before 3.2.
    """
    label = data.obj.labels.get(LABEL)
    where = data.obj.leaf("metadata", "labels", LABEL)
    if label is not None:
        return text(label), where
    if OLD_TYPE in data.values and not world.facts.kic_at_least("3.2"):
        return data.values[OLD_TYPE].reveal(), data.leaves[OLD_TYPE]
    return "", data.leaves.get(OLD_TYPE, data.obj.leaf("metadata", "name"))


def _unsuitable(kind: str, data: SecretData) -> tuple[Code, str] | None:
    """Why KIC makes no credential of a Secret, None when it does."""
    if not kind:
        return codes.NO_LABEL, f"has no label {LABEL}, so it opens nothing."
    if kind == "konnect":
        return codes.KONNECT, "is a credential for Konnect, which Kong does not get."
    if kind not in REQUIRED:
        told = f"the type {kind}" if data.obj.labels.get(LABEL) == kind else "a type"
        return codes.BAD_TYPE, f"has {told} that the controller does not take."
    missing = [name for name in REQUIRED[kind] if name not in data.values]
    if missing:
        return codes.INCOMPLETE, f"lacks {' and '.join(missing)} of a {kind} credential, so it opens nothing."
    return None


def _field(name: str, data: SecretData, out: Listed) -> Hidden | None:
    """The value of a field as KIC hands it to Kong, None when it leaves the field out."""
    value = data.values[name]
    raw = value.reveal()
    if name == "ttl":
        seconds = integer(raw)
        if seconds is not None:
            return Hidden(str(seconds))
        out.lost.append((data.leaves[name], codes.BAD_FIELD.id))
        out.findings.append(
            _bad_field(data, name, "is no whole number of seconds, so the credential never expires")
        )
        return None
    if name == "hash_secret":
        truth = go_boolean(raw)
        if truth is None:
            out.findings.append(_bad_field(data, name, "is neither true nor false, and counts as false"))
        return Hidden("true" if truth else "false")
    return value


def _bad_field(data: SecretData, name: str, what: str) -> Finding:
    where = data.leaves[name]
    return codes.BAD_FIELD.finding(
        f"The {name} of {data.obj.ref} {what}.", object=where.object, path=where.path
    )


def _check(kind: str, fields: dict[str, Hidden], data: SecretData, out: Listed) -> None:
    """What Kong itself says to a credential: it refuses it, or makes up a secret."""

    def refuse(why: str, name: str) -> None:
        where = data.leaves.get(name, data.obj.leaf("metadata", "name"))
        out.refusals.append(
            codes.REFUSED.finding(f"{data.obj.ref} {why}.", object=where.object, path=where.path)
        )

    for name in REQUIRED[kind]:
        if not fields[name].reveal():
            refuse(f"has an empty {name}, which Kong does not take", name)
    algorithm = fields["algorithm"].reveal() if kind == "jwt" else ""
    if kind == "basic-auth" and not (fields.get("password") or Hidden("")).reveal():
        refuse("has no password, which Kong asks for", "password")
    if kind == "jwt" and algorithm not in _ALGORITHMS:
        refuse("names a signing algorithm that Kong does not know", "algorithm")
    elif algorithm and algorithm[:2] != "HS" and not _is_public_key(fields):
        refuse(f"has no rsa_public_key in PEM form, which {algorithm} needs", "rsa_public_key")
    shared = kind == "hmac-auth" or algorithm[:2] == "HS"
    if shared and "secret" not in fields:
        out.findings.append(
            codes.RANDOM_SECRET.finding(
                f"{data.obj.ref} has no secret, so no request can be signed with it.", object=data.obj.ref
            )
        )


def _is_public_key(fields: dict[str, Hidden]) -> bool:
    value = fields.get("rsa_public_key")
    return value is not None and "-----BEGIN" in value.reveal()


def book_secret(world: World, data: SecretData, why: str) -> None:
    """Books whatever of a credential Secret no consumer carries."""
    ref = data.obj.ref
    for leaf in data.all_leaves():
        if world.ledger.entry(ref, leaf.path) is None:
            world.ledger.book(ref, leaf.path, Level.IGNORED, why)
    for key in data.obj.value:
        if key not in ("apiVersion", "kind", "metadata"):
            world.ledger.book(ref, (key,), Level.IGNORED, why)
    book_metadata(world, data.obj)


def book_metadata(world: World, obj: SourceObject) -> None:
    """Books labels and annotations that nothing has booked: Kong does not read them."""
    for part in ("labels", "annotations"):
        if part not in obj.metadata:
            continue
        for below in leaves(obj.metadata[part]):
            path = ("metadata", part, *below)
            if world.ledger.entry(obj.ref, path) is None:
                world.ledger.book(obj.ref, path, Level.IGNORED, "metadata")
