"""How output files are called: readable, the same on every machine, and safe on every file system."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from kong2x.model.source import ObjectRef

K = TypeVar("K", bound=Hashable)
FOLDERS: Mapping[str, tuple[str, ...]] = {
    "routes": (
        "ApisixRoute",
        "HTTPRoute",
        "GRPCRoute",
        "TCPRoute",
        "TLSRoute",
        "UDPRoute",
        "Ingress",
    ),
    "plugins": ("ApisixPluginConfig", "PluginConfig", "ApisixGlobalRule", "KongPlugin", "KongClusterPlugin"),
    "tls": ("ApisixTls", "Certificate", "BackendTLSPolicy", "Secret"),
    "upstreams": ("ApisixUpstream", "Service", "EndpointSlice", "Endpoints", "Backend"),
    "consumers": ("ApisixConsumer", "Consumer"),
    "gateways": (
        "Gateway",
        "GatewayClass",
        "GatewayProxy",
        "IngressClass",
        "ListenerSet",
        "XListenerSet",
        "EnvoyProxy",
    ),
    "grants": ("ReferenceGrant",),
}
_FOLDER_OF = {kind: folder for folder, kinds in FOLDERS.items() for kind in kinds}
_UNSAFE = re.compile(r"[^a-z0-9._-]")
_DRIVE = re.compile(r"^[A-Za-z]:")
_CLIMBING = re.compile(r"^(?:\.\./)+")
_RESERVED = frozenset(
    ("con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10)))
)
"""Names that Windows keeps for devices, with any suffix."""
_LONGEST = 200


def object_file(ref: ObjectRef) -> str:
    """The file of one object: `routes/shop.web.httproute.yaml`, or `gateways/kong.gatewayclass.yaml`."""
    folder = _FOLDER_OF.get(ref.kind) or ("policies" if ref.kind.endswith("Policy") else "other")
    parts = [part for part in (ref.namespace, ref.name, ref.kind) if part]
    return f"{folder}/{safe_part('.'.join(parts))}.yaml"


def namespace_file(namespace: str) -> str:
    """The file of a namespace; an underscore, which no namespace has, leads the one for objects without."""
    return f"{safe_part(namespace)}.yaml" if namespace else "_no-namespace.yaml"


def safe_part(text: str) -> str:
    """A file name of lower-case letters, digits, dots, dashes; what had to change gets a hash at its end.

    >>> safe_part("shop.web"), safe_part("con").startswith("con-")
    ('shop.web', True)
    """
    lowered = text.lower()
    name = _UNSAFE.sub("-", lowered).strip(".")
    reserved = name.split(".")[0] in _RESERVED
    if name == lowered and name and not reserved and len(name) <= _LONGEST:
        return name
    head, dot, rest = name[:_LONGEST].partition(".")
    if reserved:
        return f"{head}-{short_hash(text)}{dot}{rest}"
    return f"{name[:_LONGEST]}-{short_hash(text)}"


def short_hash(text: str) -> str:
    """Eight hexadecimal digits that stand for a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def relative_names(files: Iterable[str]) -> dict[str, str]:
    """For each source file the name it has in the output: relative, with forward slashes.

    Paths named relatively stay as they were named. Absolute ones, and those that climb with `..`, count from
    the folder that all of these have in common, so that no output depends on where the sources lie.

    >>> relative_names(["k8s/web.yaml", "./api.yaml", "<stdin>"])
    {'./api.yaml': 'api.yaml', '<stdin>': 'stdin', 'k8s/web.yaml': 'k8s/web.yaml'}
    """
    out: dict[str, str] = {}
    outside: dict[str, str] = {}
    for file in sorted(set(files)):
        if file.startswith("<") and file.endswith(">"):
            out[file] = _UNSAFE.sub("-", file[1:-1].lower()) or "memory"
            continue
        path = posixpath.normpath(_forward(file))
        if path.startswith(("/", "../")):
            outside[file] = path
        else:
            out[file] = path
    if outside:
        absolute = {path for path in outside.values() if path.startswith("/")}
        for group in (absolute, set(outside.values()) - absolute):
            top = _common_folder(group)
            for file, path in outside.items():
                if path in group:
                    out[file] = _CLIMBING.sub("", path[len(top) :].lstrip("/"))
    return dict(sorted(out.items()))


def _forward(file: str) -> str:
    """The path with forward slashes and without a drive, where it was named on Windows."""
    if "\\" in file and ("/" not in file or _DRIVE.match(file)):
        file = file.replace("\\", "/")
    return _DRIVE.sub("", file)


def _common_folder(paths: Iterable[str]) -> str:
    """The deepest folder above all paths; climbing parts never remain behind it."""
    folders = [posixpath.dirname(path).split("/") for path in paths]
    if not folders:
        return ""
    common: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return "/".join(common)


def source_file(name: str) -> str:
    """The output file that mirrors a source file: YAML, whatever the source was, and with safe parts."""
    stem, dot, suffix = name.rpartition(".")
    if not dot or suffix.lower() not in ("yaml", "yml"):
        stem, suffix = (stem, "yaml") if suffix.lower() == "json" else (name, "yaml")
    parts = [part for part in stem.split("/") if part not in ("", ".", "..")]
    kept = [_portable(part) for part in parts] or ["kong2x"]
    return f"{'/'.join(kept)}.{suffix}"


def _portable(part: str) -> str:
    """A path part as it is, unless Windows could not hold it."""
    clean = re.sub(r'[<>:"|?*\\\x00-\x1f]', "-", part).rstrip(". ") or "-"
    return (
        f"{clean}-{short_hash(part)}" if clean != part or clean.split(".")[0].lower() in _RESERVED else part
    )


def distinct(names: Mapping[K, str], identities: Mapping[K, str]) -> dict[K, str]:
    """The names, with a hash of the identity where two would be one on a file system without case."""
    owners: dict[str, list[K]] = {}
    for key, name in names.items():
        owners.setdefault(name.casefold(), []).append(key)
    out = {}
    for key, name in names.items():
        if len(owners[name.casefold()]) > 1:
            stem, dot, suffix = name.rpartition(".")
            name = f"{stem}-{short_hash(identities[key])}{dot}{suffix}"
        out[key] = name
    return out
