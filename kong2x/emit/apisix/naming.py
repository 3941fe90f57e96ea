"""How APISIX names a consumer of Kong, and which consumer a name in a Kong plugin means."""

from __future__ import annotations

from typing import Any

from kong2x.model.consumer_names import consumer_name, further_names
from kong2x.model.plugin import Consumer
from kong2x.model.route import RouteModel


def consumer_named(model: RouteModel, name: str) -> Consumer | None:
    """The consumer that Kong finds under a user name, custom id, id or object name."""
    for consumer in model.consumers:
        if name and name in (consumer.username, consumer.custom_id, consumer.id):
            return consumer
    for consumer in model.consumers:
        ref = consumer.origin
        if name in (ref.name, f"{ref.namespace}/{ref.name}", f"{ref.namespace or 'default'}/{ref.name}"):
            return consumer
    return None


KEEPS_HYPHENS = (2, 0)
"""The first controller release that leaves hyphens in names of consumers (apisix-target.md 1.11)."""


def on_controller(name: str, controller: tuple[int, ...]) -> str:
    """The name that the controller makes of the one that newer releases compose."""
    return name if controller >= KEEPS_HYPHENS else name.replace("-", "_")


def with_controllers_names(value: Any, model: RouteModel, controller: tuple[int, ...]) -> Any:
    """`value` with the names of consumers as this controller composes them: a list must not miss them."""
    if controller >= KEEPS_HYPHENS:
        return value
    known = {
        name
        for consumer in model.consumers
        for name in (consumer_name(consumer, model.consumers), *further_names(consumer, model.consumers))
    }
    return _renamed(value, known, controller)


def _renamed(value: Any, known: set[str], controller: tuple[int, ...]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(inner, known, controller) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, known, controller) for inner in value]
    return on_controller(value, controller) if isinstance(value, str) and value in known else value
