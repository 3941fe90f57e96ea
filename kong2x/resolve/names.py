"""What KIC names the services and routes it makes, and the ids that Kong breaks ties by."""

from __future__ import annotations

from hashlib import sha1
from uuid import UUID, uuid5

_ENTITIES = UUID("fd02801f-0957-4a15-a55a-c8d9606f30b5")
"""The namespace that Kong derives ids of declared entities from, one step for each kind of entity."""

_SERVICES = uuid5(_ENTITIES, "services").bytes
_ROUTES = uuid5(_ENTITIES, "routes").bytes
_CONSUMERS = uuid5(_ENTITIES, "consumers").bytes
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}

IMPLICIT_PORT = "implicitPort"


def _id(namespace: bytes, name: str) -> str:
    """What `uuid5` gives, in a quarter of its time: there are ten thousands of them in a large cluster."""
    text = sha1(namespace + name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"


def service_id(name: str) -> str:
    """The id of a Kong service of that name.

    >>> service_id("default.web.80")
    'cf23f428-55b9-5029-8ac5-d38dd3bcef09'
    """
    return _id(_SERVICES, name)


def route_id(name: str) -> str:
    """The id of a Kong route of that name; equal routes are ordered by it (kong-source.md 4.5)."""
    return _id(_ROUTES, name)


def consumer_id(username: str) -> str:
    """The id of a Kong consumer of that user name."""
    return _id(_CONSUMERS, username)


def port_text(port: int | str | None) -> str:
    """A port as it stands in names: as written, or a fixed word where none is written."""
    return IMPLICIT_PORT if port is None else str(port)


def service_name(namespace: str, service: str, port: int | str | None) -> str:
    """The Kong service for one port, as written, of a Kubernetes Service.

    >>> service_name("shop", "web", None)
    'shop.web.implicitPort'
    """
    return f"{namespace}.{service}.{port_text(port)}"


def upstream_name(namespace: str, service: str, port: int | str | None) -> str:
    """The upstream, which is also the host of the Kong service."""
    return f"{service}.{namespace}.{port_text(port)}.svc"


def facade_name(namespace: str, facade: str) -> str:
    """Kong service and upstream of a KongServiceFacade."""
    return f"{namespace}.{facade}.svc.facade"


def ingress_route_name(
    namespace: str, ingress: str, host: str, backend: str, port: int | str | None, facade: bool
) -> str:
    """The Kong route for one host and backend of an Ingress.

    >>> ingress_route_name("shop", "web", "*.a.com", "cart", 80, False)
    'shop.web.cart._.a.com.80'
    """
    shown = host.replace("*", "_")
    if facade:
        return f"{namespace}.{ingress}.{shown}.{backend}.svc.facade"
    return f"{namespace}.{ingress}.{backend}.{shown}.{port_text(port)}"
