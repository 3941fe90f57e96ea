"""How APISIX names a consumer of Kong, and which consumer a name in a Kong plugin means."""

from __future__ import annotations

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
