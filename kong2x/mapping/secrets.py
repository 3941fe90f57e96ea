"""What becomes of plugin settings whose values come from a Secret or a vault."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kong2x.mapping.catalogue import KongField
from kong2x.mapping.claim import Environment
from kong2x.mapping.effective import Effective
from kong2x.model.plugin import PluginUse, SecretKey
from kong2x.model.source import Path

if TYPE_CHECKING:
    from kong2x.mapping.engine import Run
    from kong2x.mapping.grammar import Rule

VAULT = "{vault://"


class SecretView:
    """Which settings of one use come from Secrets, and which values must never be repeated."""

    def __init__(self, use: PluginUse, config: Effective, vocabulary: str) -> None:
        self._keys = dict(use.secret_values)
        self._config = config
        self._vocabulary = vocabulary
        hidden = [f for f in config.plugin.fields.values() if f.secret]
        texts = [config.values.get(f.path) for f in hidden]
        texts += [config.values.get(path) for path in config.written if self.holds(path)]
        self._texts = sorted({t for t in texts if isinstance(t, str) and len(t) > 2}, key=len, reverse=True)

    @property
    def whole(self) -> SecretKey | None:
        """The Secret key that holds the whole configuration (`configFrom`)."""
        return self._keys.get(())

    def holds(self, path: str) -> bool:
        """Whether the field's value, or a part of it, comes from a Secret."""
        place = self._config.written.get(path)
        return place is not None and any(_overlap(place, secret) for secret in self._keys)

    def key(self, path: str) -> SecretKey | None:
        """The Secret key that holds exactly this field."""
        place = self._config.written.get(path)
        return self._keys.get(place) if place else None

    def reference(self, paths: tuple[str, ...], rule: Rule, run: Run) -> SecretKey | None:
        """The Secret key that the target can read for this rule, None when it cannot.

        APISIX merges the keys of a Secret into a plugin as text only (apisix-target.md 2.4), so just a
        plain copy of one text field can be referenced.
        """
        plain = not (rule.via or rule.enum is not None or rule.scale is not None) and len(rule.to) == 1
        key = self.key(paths[0])
        if key is None or not plain or len(paths) > 1 or self._vocabulary != "apisix":
            return None
        part = run.plugin.fields.get(paths[0])
        known = run.env.setting(rule.to[0])
        texts = part is not None and part.type == "string" and known is not None and "string" in known.types
        return key if texts and not rule.to[0].startswith("gateway/") else None

    def masked(self, message: str) -> str:
        """`message` without any secret value."""
        for text in self._texts:
            message = message.replace(text, "<hidden>")
        return message

    def vault(self, value: Any, fields: Iterable[KongField], env: Environment) -> tuple[Any, bool]:
        """`value` with Kong's vault references in the target's form, and whether that failed.

        APISIX reads environment variables as `$env://NAME` in every plugin since 3.17.
        """
        if not any(f.references for f in fields) or VAULT not in repr(value):
            return value, False
        if self._vocabulary != "apisix" or not isinstance(value, str) or not env_at_least(env, (3, 17)):
            return value, True
        inner = value.removeprefix(VAULT).removesuffix("}")
        backend, _, name = inner.partition("/")
        if (
            not value.startswith(VAULT)
            or backend != "env"
            or not name
            or not name.replace("-", "").replace("_", "").isalnum()
        ):
            return value, True
        return f"$env://{name.replace('-', '_').upper()}", False


def env_at_least(env: Environment, version: tuple[int, int]) -> bool:
    """Whether the chosen target is at least this release."""
    from kong2x.mapping.targets import minor

    return not env.target_version or minor(env.target_version) >= version


def _overlap(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
