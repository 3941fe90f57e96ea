"""What an alias stands for, and when aliases multiply beyond what Kubernetes accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yaml.events import AliasEvent, ScalarEvent

from kong2x.model.scalars import Scalar, resolve_plain
from kong2x.read.codes import ALIAS_BOMB, TOO_DEEP
from kong2x.read.events import DocumentError
from kong2x.read.tags import tagged_scalar


@dataclass(slots=True)
class Anchor:
    """A named node. `nodes` is how many nodes decoding it costs, nested aliases expanded; 0 while open."""

    value: Any
    key: Scalar = None
    is_scalar: bool = False
    nodes: int = 0


class Aliases:
    """The anchors of one document and the count of decoded nodes, as go-yaml counts them."""

    def __init__(self, stack: list[tuple[Any, bool, Any]], max_depth: int) -> None:
        self.stack = stack
        self.max_depth = max_depth
        self.anchors: dict[str, Anchor] = {}
        self.opened: list[tuple[int, Anchor, int]] = []
        self.expanded = 0

    def add_scalar(self, event: ScalarEvent, value: Any) -> None:
        """Names a scalar; as a key it counts with its type before JSON."""
        self.anchors[str(event.anchor)] = Anchor(value, scalar_value(event), True, 1)

    def open(self, name: str, container: Any, depth: int, nodes: int) -> None:
        """Names a container that was just opened; `nodes` is the count of nodes read so far."""
        anchor = self.anchors[name] = Anchor(container)
        self.opened.append((depth, anchor, nodes + self.expanded - 1))

    def close(self, depth: int, nodes: int) -> None:
        """Counts the nodes of a named container whose end was reached (that event is not a node)."""
        if self.opened and self.opened[-1][0] == depth:
            _, anchor, before = self.opened.pop()
            anchor.nodes = nodes - 1 + self.expanded - before

    def find(self, event: AliasEvent) -> Anchor:
        """The anchor of an alias; it must stand before, and not around, the alias."""
        anchor = self.anchors.get(str(event.anchor))
        if anchor is None:
            raise DocumentError.at(event, f"the anchor {event.anchor} is not defined above")
        if not anchor.nodes:
            raise DocumentError.at(event, f"the anchor {event.anchor} contains itself")
        return anchor

    def value(self, event: AliasEvent, nodes: int) -> Any:
        """A copy of what the alias stands for; `nodes` is the count of nodes read so far."""
        anchor = self.find(event)
        self.expanded += anchor.nodes
        total = nodes + self.expanded
        if self.expanded > 100 and total > 1000 and self.expanded / total > allowed_ratio(total):
            raise DocumentError.at(event, f"{self.expanded} of {total} nodes come out of aliases", ALIAS_BOMB)
        try:
            return copied(anchor.value, self.max_depth - len(self.stack))
        except RecursionError:
            raise DocumentError.at(event, f"more than {self.max_depth} levels", TOO_DEEP) from None


def allowed_ratio(nodes: int) -> float:
    """The share of nodes that may come out of aliases: 99 % up to 400,000 nodes, 10 % from 4,000,000."""
    if nodes <= 400_000:
        return 0.99
    if nodes >= 4_000_000:
        return 0.10
    return 0.99 - 0.89 * (nodes - 400_000) / 3_600_000


def copied(value: Any, levels: int) -> Any:
    """A copy of the containers of a value; RecursionError beyond so many levels."""
    if isinstance(value, dict):
        if levels <= 0:
            raise RecursionError
        return {key: copied(child, levels - 1) for key, child in value.items()}
    if isinstance(value, list):
        if levels <= 0:
            raise RecursionError
        return [copied(child, levels - 1) for child in value]
    return value


def scalar_value(event: ScalarEvent) -> Scalar:
    """A scalar with its type, before it becomes JSON: 1e3 is a float here."""
    if event.tag is not None:
        return tagged_scalar(event)
    return resolve_plain(event.value) if event.implicit[0] else str(event.value)
