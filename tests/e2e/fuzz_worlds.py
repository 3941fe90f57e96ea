"""Random small worlds of Ingresses and HTTPRoutes: the same seed always makes the same text."""

from __future__ import annotations

import json
import random
from typing import Any

HOSTS = ("a.example", "b.example", "*.a.example", "x.a.example", None)
PATHS = (
    "/",
    "/a",
    "/a/",
    "/a/b",
    "/a/b/c",
    "/ab",
    "/a.b",
    "/A",
    "/~/a/\\d+$",
    "/~/a/(?<rest>.*)",
    "/~/(a|b)/c",
    "/~/a",
    "/c d",
    "/a-b_c~d",
)
PATH_TYPES = ("Prefix", "Prefix", "Exact", "ImplementationSpecific")
ANNOTATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("konghq.com/strip-path", ("true", "false")),
    ("konghq.com/preserve-host", ("true", "false")),
    ("konghq.com/methods", ("GET", "POST,GET", "DELETE")),
    ("konghq.com/headers.x-version", ("v1", "v1,v2", "~*v[0-9]")),
    ("konghq.com/headers.x-team", ("blue",)),
    ("konghq.com/protocols", ("https", "http", "http,https")),
    ("konghq.com/https-redirect-status-code", ("301", "308")),
    ("konghq.com/regex-priority", ("1", "10")),
    ("konghq.com/host-aliases", ("c.example", "b.example,*.c.example")),
    ("konghq.com/path-handling", ("v0", "v1")),
    ("konghq.com/snis", ("a.example",)),
)
SERVICE_ANNOTATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("konghq.com/path", ("/base", "/base/", "/")),
    ("konghq.com/host-header", ("inner.example",)),
    ("konghq.com/protocol", ("http", "https")),
)


def world(seed: int) -> str:
    """Two to six Ingresses over a few hosts, paths and annotations, as YAML (JSON documents)."""
    chance = random.Random(seed)
    objects = [ingress(chance, number) for number in range(chance.randint(2, 6))]
    if chance.random() < 0.15:
        objects.append(default_backend(chance))
    services = [service(chance, name) for name in ("s0", "s1", "s2")]
    return "---\n".join(json.dumps(obj, indent=1) + "\n" for obj in [*services, *objects])


def some(chance: random.Random, pool: Any, likely: float) -> dict[str, str]:
    return {key: chance.choice(values) for key, values in pool if chance.random() < likely}


def ingress(chance: random.Random, number: int) -> dict[str, Any]:
    rules = []
    for host in chance.sample(HOSTS, chance.choice((1, 1, 2))):
        paths = [
            {
                "path": path,
                "pathType": "ImplementationSpecific" if path.startswith("/~") else chance.choice(PATH_TYPES),
                "backend": {"service": {"name": f"s{chance.randint(0, 2)}", "port": {"number": 80}}},
            }
            for path in chance.sample(PATHS, chance.randint(1, 3))
        ]
        rules.append({**({"host": host} if host else {}), "http": {"paths": paths}})
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": f"i{number}",
            "namespace": "shop",
            "creationTimestamp": f"2024-01-0{chance.randint(1, 6)}T00:00:00Z",
            "annotations": some(chance, ANNOTATIONS, 0.15),
        },
        "spec": {"ingressClassName": "kong", "rules": rules},
    }


def default_backend(chance: random.Random) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "rest", "namespace": "shop", "annotations": some(chance, ANNOTATIONS[:1], 0.5)},
        "spec": {
            "ingressClassName": "kong",
            "defaultBackend": {"service": {"name": "s2", "port": {"number": 80}}},
        },
    }


def service(chance: random.Random, name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "annotations": some(chance, SERVICE_ANNOTATIONS, 0.12),
        },
        "spec": {"ports": [{"port": 80, "protocol": "TCP"}]},
    }
