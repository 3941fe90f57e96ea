"""Secret values that the source holds in the open, and that stand in the open in the output too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kong2x.model.finding import Code, Finding, Level, Severity
from kong2x.model.plugin import PluginUse
from kong2x.model.route import RouteModel
from kong2x.model.source import ObjectRef, Path
from kong2x.model.target import Manifest

INLINE = Code(
    "secrets/inline",
    Level.EXACT,
    "A secret stands in the open in the written objects, as it does in the source.",
    "The plugin needs the value and the source holds it as plain text in the plugin's configuration, so the target's "
    "object holds it as plain text too: whoever may read that object knows the secret.",
    "Put the value into a Secret (configPatches with valueFrom), or change it after the move.",
    severity=Severity.WARNING,
)
CODES = (INLINE,)


def inline_secrets(
    model: RouteModel, manifests: Sequence[Manifest], folders: Sequence[str]
) -> Iterator[Finding]:
    """One finding a setting whose secret value was written; the value itself is never named."""
    found = list(written_secrets(model, folders))
    if not found:
        return
    wanted = {value for _, _, value in found}
    where: dict[str, ObjectRef] = {}
    for manifest in manifests:
        if manifest.value.get("kind") != "Secret":
            for text in texts(manifest.value):
                if text in wanted:
                    where.setdefault(text, manifest.ref)
    for origin, path, value in found:
        if value in where:
            message = f"The secret in this setting stands in the open in {where[value]} too."
            yield INLINE.finding(message, object=origin, path=path, result=where[value])


def written_secrets(model: RouteModel, folders: Sequence[str]) -> Iterator[tuple[ObjectRef, Path, str]]:
    """Every secret setting that a plugin's own configuration holds as text."""
    from kong2x.mapping.tables import Tables

    tables = Tables(folders)
    for use in every_use(model):
        facts = tables.kong(use.plugin)
        if use.origin is None or facts is None:
            continue
        for field in facts.top:
            path = tuple(field.path.split("."))
            value = at(use.config, path) if field.secret else None
            if (
                isinstance(value, str)
                and len(value) > 2
                and "{vault://" not in value
                and path not in use.secret_values
            ):
                yield use.origin, (*use.config_path, *path), value


def every_use(model: RouteModel) -> Iterable[PluginUse]:
    """The plugin uses of the model, one for each KongPlugin."""
    found: dict[ObjectRef, PluginUse] = {}
    for route in model.routes:
        for use in (*route.plugins, *route.consumer_plugins):
            if use.origin is not None:
                found.setdefault(use.origin, use)
    for consumer in model.consumers:
        for use in consumer.plugins:
            if use.origin is not None:
                found.setdefault(use.origin, use)
    return found.values()


def at(config: Mapping[str, Any], path: Path) -> Any:
    """The value at a path, None where there is none."""
    value: Any = config
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def texts(value: object) -> Iterator[str]:
    """Every text below a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from texts(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from texts(child)
