"""All input objects as one world: lookups by name, the class filter, and reference grants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from kong2x.model.ledger import Ledger
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef, SourceObject, items, mapping, text
from kong2x.resolve.kinds import READ

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
KONG_GROUP = "configuration.konghq.com"
GATEWAY_GROUP = "gateway.networking.k8s.io"
CLUSTER_KINDS = frozenset(
    {"IngressClass", "GatewayClass", "KongClusterPlugin", "KongVault", "KongLicense", "Namespace"}
)


@dataclass(slots=True)
class World:
    """The objects of the input and what the user told about the cluster.

    Where two objects have one identity the last one counts, as with `kubectl apply` in order. Kinds
    are those that KIC reads, of their own API groups: Knative's Service is not among the Services.
    `parse_yaml` reads YAML text held in a Secret; without it such text counts as unreadable.

    >>> service = SourceObject({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}})
    >>> World([service], SourceFacts()).get("Service", "default", "web") is service
    True
    """

    objects: Sequence[SourceObject]
    facts: SourceFacts
    ledger: Ledger = field(default_factory=Ledger)
    parse_yaml: Callable[[str], object] | None = None
    """Reads YAML text inside a Secret as Kubernetes would; None: such text counts as unreadable unless JSON."""
    with_dropped_paths: set[ObjectRef] = field(default_factory=set)
    """Ingresses of which a path is not served although its rule may be."""
    _by_kind: dict[str, dict[tuple[str, str], SourceObject]] = field(default_factory=dict)
    _default_class: bool | None = None

    def __post_init__(self) -> None:
        for obj in self.objects:
            kind = obj.kind
            if (kind not in READ or obj.group in READ[kind]) and self.watched(obj):
                self._by_kind.setdefault(kind, {})[(namespace_of(obj), obj.name)] = obj

    def all(self, kind: str) -> Iterator[SourceObject]:
        """Every object of a kind, in order of namespace and name (the order in which KIC walks)."""
        found = self._by_kind.get(kind, {})
        for key in sorted(found):
            yield found[key]

    def watched(self, obj: SourceObject) -> bool:
        """Whether the controller watches the namespace of an object; cluster-scoped ones it always sees."""
        watched = self.facts.watch_namespaces
        return not watched or obj.kind in CLUSTER_KINDS or namespace_of(obj) in watched

    def has(self, kind: str) -> bool:
        """Whether there is any object of a kind."""
        return kind in self._by_kind

    def get(self, kind: str, namespace: str, name: str) -> SourceObject | None:
        """One object; cluster-scoped kinds ignore the namespace."""
        where = "" if kind in CLUSTER_KINDS else namespace or "default"
        return self._by_kind.get(kind, {}).get((where, name))

    def current(self, obj: SourceObject) -> SourceObject | None:
        """The object that counts for the identity of `obj`: itself, or a later one that replaces it."""
        return self._by_kind.get(obj.kind, {}).get((namespace_of(obj), obj.name))

    def class_is_default(self) -> bool:
        """Whether the IngressClass named like the controller's class is marked as default."""
        if self._default_class is None:
            obj = self.get("IngressClass", "", self.facts.ingress_class)
            mark = "ingressclass.kubernetes.io/is-default-class"
            marked = obj is not None and obj.annotations.get(mark) == "true"
            self._default_class = self.facts.default_class or marked
        return self._default_class

    def is_ours(self, obj: SourceObject) -> bool:
        """KIC's class filter (kong-source.md 3.1) for Ingress and for kinds that need the annotation."""
        annotation = obj.annotations.get(CLASS_ANNOTATION)
        if isinstance(annotation, str) and annotation:
            return annotation == self.facts.ingress_class
        if obj.kind == "Ingress":
            name = mapping(obj.value.get("spec")).get("ingressClassName")
            if name:
                return bool(name == self.facts.ingress_class)
        return annotation is None and self.class_is_default()

    def granted(self, source: ObjectRef, kind: str, group: str, namespace: str, name: str) -> bool:
        """Whether a ReferenceGrant in `namespace` lets `source` refer to that object."""
        for grant in self.all("ReferenceGrant"):
            if namespace_of(grant) != namespace:
                continue
            spec = mapping(grant.value.get("spec"))
            sender = any(
                text(f.get("group")) == source.group
                and f.get("kind") == source.kind
                and f.get("namespace") == (source.namespace or "default")
                for f in map(mapping, items(spec.get("from")))
            )
            receiver = any(
                text(t.get("group")) == group and t.get("kind") == kind and t.get("name") in (None, "", name)
                for t in map(mapping, items(spec.get("to")))
            )
            if sender and receiver:
                return True
        return False


def namespace_of(obj: SourceObject) -> str:
    """The namespace an object lives in: `default` when a namespaced object names none."""
    return "" if obj.kind in CLUSTER_KINDS else obj.namespace or "default"
