"""Which kinds of object KIC reads, and which of Kong's it never reads (kong-source.md 1.1)."""

from __future__ import annotations

CORE = ""
KONG = "configuration.konghq.com"
INCUBATOR = "incubator.ingress-controller.konghq.com"
GATEWAY = "gateway.networking.k8s.io"
NETWORKING = "networking.k8s.io"

READ: dict[str, frozenset[str]] = {
    "Ingress": frozenset((NETWORKING, "extensions")),
    "IngressClass": frozenset((NETWORKING,)),
    "IngressClassParameters": frozenset((KONG,)),
    **dict.fromkeys(("Service", "Secret", "ConfigMap", "Namespace"), frozenset((CORE,))),
    "EndpointSlice": frozenset(("discovery.k8s.io",)),
    **dict.fromkeys(
        (
            "KongPlugin",
            "KongClusterPlugin",
            "KongConsumer",
            "KongConsumerGroup",
            "KongUpstreamPolicy",
            "KongIngress",
            "TCPIngress",
            "UDPIngress",
            "KongVault",
            "KongLicense",
            "KongCustomEntity",
        ),
        frozenset((KONG,)),
    ),
    "KongServiceFacade": frozenset((INCUBATOR,)),
    **dict.fromkeys(
        (
            "GatewayClass",
            "Gateway",
            "HTTPRoute",
            "GRPCRoute",
            "TCPRoute",
            "UDPRoute",
            "TLSRoute",
            "ReferenceGrant",
            "BackendTLSPolicy",
        ),
        frozenset((GATEWAY,)),
    ),
}
"""The kinds that KIC reads, with the API groups that they are read from."""

KONG_GROUPS = frozenset((KONG, INCUBATOR, "konnect.konghq.com", "gateway-operator.konghq.com"))
"""Groups whose other kinds belong to Kong's operator and Konnect, never to KIC."""

CLUSTER_OBJECTS = frozenset(("Service", "Secret", "ConfigMap", "Namespace", "EndpointSlice"))
"""Kinds of the cluster itself, which stay as they are."""

CLASS_FILTERED = frozenset(
    (
        "Ingress",
        "TCPIngress",
        "UDPIngress",
        "KongConsumer",
        "KongConsumerGroup",
        "KongClusterPlugin",
        "KongVault",
        "KongServiceFacade",
    )
)
"""Kinds that count only with the controller's class (kong-source.md 3.1)."""


def is_read(kind: str, group: str) -> bool:
    """Whether KIC reads objects of this kind; `Service` of another group is another kind.

    >>> is_read("Service", ""), is_read("Service", "serving.knative.dev")
    (True, False)
    """
    return group in READ.get(kind, ())


def is_kongs_own(group: str) -> bool:
    """Whether a group is Kong's, so that a kind of it that KIC does not read deserves a word."""
    return group in KONG_GROUPS or group.endswith(".konghq.com")
