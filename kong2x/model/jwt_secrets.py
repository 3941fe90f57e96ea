"""Whether jwt secrets are base64: Kong says so where tokens are checked, APISIX with each credential."""

from __future__ import annotations

from dataclasses import dataclass

from kong2x.model.plugin import Credential
from kong2x.model.route import RouteModel


@dataclass(frozen=True, slots=True)
class JwtSecrets:
    """The routes that read the secrets of jwt credentials as base64, and those that read them as text."""

    base64: tuple[str, ...] = ()
    text: tuple[str, ...] = ()

    @classmethod
    def of(cls, model: RouteModel) -> JwtSecrets:
        """What the jwt plugins of all routes say; any consumer may call any route."""
        found: dict[bool, dict[str, None]] = {True: {}, False: {}}
        for route in model.routes:
            for use in (*route.plugins, *route.consumer_plugins):
                if use.plugin == "jwt":
                    found[use.config.get("secret_is_base64") is True][route.name] = None
        return cls(tuple(sorted(found[True])), tuple(sorted(found[False])))

    @property
    def decoded(self) -> bool:
        """Whether APISIX has to decode them. Where routes disagree they stay text, which is Kong's default."""
        return bool(self.base64) and not self.text

    @property
    def disagree(self) -> bool:
        """Whether no single value serves every route."""
        return bool(self.base64) and bool(self.text)

    def concerns(self, credential: Credential) -> bool:
        """Whether the credential may hold a shared secret: keys of RS, ES, PS and EdDSA are never base64."""
        if credential.type != "jwt":
            return False
        algorithm = credential.fields.get("algorithm")
        return algorithm is None or algorithm.reveal().upper().startswith("HS")
