"""How plugin settings from Secrets reach APISIX: `secretRef` merges a whole Secret, key by key, as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.names import LONGEST_OBJECT, digest, slug
from kong2x.model.plugin import SecretKey
from kong2x.model.route import Route
from kong2x.model.source import Path


@dataclass(slots=True)
class Secrets:
    """The Secrets that plugin entries refer to."""

    desk: Desk
    told: dict[tuple[str, str], None] = field(default_factory=dict)

    def reference(self, plugin: str, keys: Mapping[Path, SecretKey] | None, route: Route) -> str:
        """The name of the Secret for one plugin entry, empty when it needs none.

        A Secret whose keys are named like the settings is used as it is. Otherwise the operator has to
        make one; until then the controller refuses the route, so nothing is served unprotected.
        """
        if not keys:
            return ""
        namespace = route.origin.namespace or "default"
        wanted = {".".join(str(step) for step in path): key for path, key in sorted(keys.items(), key=str)}
        sources = {(key.namespace, key.name) for key in wanted.values()}
        fits = all(name == key.key for name, key in wanted.items())
        if fits and len(sources) == 1 and next(iter(sources))[0] == namespace:
            return next(iter(sources))[1]
        told = ", ".join(
            f"{name} from the key {key.key} of {key.namespace}/{key.name}" for name, key in wanted.items()
        )
        base = "-".join(sorted({key.name for key in wanted.values()}))
        new = slug(f"{base}-{plugin}-{digest(told, length=4)}", "plugin-secret", LONGEST_OBJECT)
        if (namespace, new) not in self.told:
            self.told[namespace, new] = None
            self.desk.say(
                codes.PLUGIN_SECRET,
                f"The plugin {plugin} reads the Secret {namespace}/{new}, which has to be made: {told}. Until then the "
                "controller refuses every route with this plugin.",
                about=route,
            )
        return new
