"""How APISIX custom resources say what Kong serves: the target `apisix`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.emit.apisix.choices import SETTINGS, VERSIONS, Choices
from kong2x.model.plugin import PluginMapper
from kong2x.model.route import RouteModel
from kong2x.model.settings import Options
from kong2x.model.target import Emission, Setting
from kong2x.model.traffic import Router


class ApisixEmitter:
    """Writes ApisixRoute, ApisixPluginConfig, ApisixUpstream, ApisixTls, ApisixConsumer and ApisixGlobalRule."""

    name = "apisix"
    title = "APISIX CRDs"
    versions: Sequence[str] = VERSIONS
    channels: Sequence[str] = ()
    settings: Sequence[Setting] = SETTINGS
    version_setting = "controller"
    """The setting that says the same as `--target-version`."""
    mapping_folder = ""
    schema_folder = ""

    def vocabularies(self, options: Options) -> Sequence[str]:
        """The mapping tables of APISIX plugins."""
        return ("apisix",)

    def emit(self, model: RouteModel, mapper: PluginMapper, options: Options) -> Emission:
        """Turns the route model into APISIX objects, and settles every traced feature."""
        from kong2x.emit.apisix.certificates import emit_certificates
        from kong2x.emit.apisix.consumers import emit_consumers
        from kong2x.emit.apisix.desk import Desk
        from kong2x.emit.apisix.global_rules import emit_global_rules
        from kong2x.emit.apisix.platform import emit_platform, tell_general
        from kong2x.emit.apisix.routes import emit_routes

        desk = Desk(model, mapper, options, Choices.parse(options, model.facts.trusted_ips))
        skip = emit_global_rules(desk)
        emit_routes(desk, skip)
        emit_certificates(desk)
        emit_consumers(desk)
        emit_platform(desk)
        tell_general(desk)
        for service in model.services:
            desk.settle_rest(service.provenance)
        return desk.close()

    def router(self, objects: Sequence[Mapping[str, Any]], options: Options) -> Router | None:
        """Who answers on APISIX, read back from the objects."""
        from kong2x.verify.apisix import apisix_router

        return apisix_router(objects, options)


EMITTER = ApisixEmitter()
