"""One effective plugin use, its mapped form, and the consumers with their credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from kong2x.model.finding import Finding, Level, Protects
from kong2x.model.source import Leaf, ObjectRef, Path

if TYPE_CHECKING:
    from kong2x.model.route import Feature, Route, RouteModel


class Hidden:
    """A secret value: it compares and can be revealed on purpose, and never prints itself.

    >>> Hidden("s3cr3t")
    <hidden>
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value; only for output that the source itself held in the open, or for comparing."""
        return self._value

    def __repr__(self) -> str:
        return "<hidden>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class SecretKey:
    """One key of one Kubernetes Secret."""

    namespace: str
    name: str
    key: str


@dataclass(frozen=True, slots=True, eq=False)
class PluginUse:
    """One instance of a Kong plugin as it acts on a route, a consumer or everywhere.

    `config` is what the user configured, after `configFrom` and `configPatches`, before Kong fills
    its defaults. `origin` is the KongPlugin or KongClusterPlugin, None for what KIC generates from
    filters and annotations. `scope` is `route`, `service`, `consumer`, `group`, `global` or a pair
    such as `consumer+route`; `attached` is the leaf that names the plugin. `secret_values` maps paths
    inside `config` to the Secret key they came from. `config_path` is where `config` stands in the
    origin object. Two uses of one KongPlugin share `key`.
    """

    plugin: str
    config: Mapping[str, Any] = field(repr=False)
    scope: str
    key: tuple[str, str, str]
    """(namespace, KongPlugin name, plugin) — what two uses of one object have in common."""
    origin: ObjectRef | None = None
    attached: Leaf | None = None
    attached_to: ObjectRef | None = None
    config_path: Path = ("config",)
    consumer: str | None = None
    group: str | None = None
    protocols: tuple[str, ...] = ()
    ordering: Mapping[str, Any] = field(default_factory=dict)
    instance_name: str | None = None
    secret_values: Mapping[Path, SecretKey] = field(default_factory=dict)
    sources: Mapping[Path, tuple[Leaf, ...]] = field(default_factory=dict)
    """Paths inside `config` that stand elsewhere than in the origin's `config`, with the leaves that feed them."""

    def fed_by(self, path: Path) -> tuple[Leaf, ...]:
        """The source leaves behind the setting at `path` of `config`; none for generated plugins."""
        for end in range(len(path), -1, -1) if self.sources else ():
            found = self.sources.get(path[:end])
            if found is not None:
                return found
        return (Leaf(self.origin, (*self.config_path, *path)),) if self.origin else ()

    @property
    def label(self) -> str:
        """How reports name this use: the KongPlugin, else the plugin itself."""
        return str(self.origin) if self.origin else f"plugin {self.plugin}"


@dataclass(frozen=True, slots=True)
class MappedPlugin:
    """What one plugin use becomes in one vocabulary of the target.

    `fragments` maps target names to configurations: APISIX plugin name -> plugin body, or Gateway
    API filter type -> filter body. `levels` gives each source config path its outcome and the code
    that explains it. `lost` is the worst protection that did not arrive: ACCESS means that the route
    must deny, PROTECTION that it may be served with an error finding. `gateway_wide` holds settings
    that exist once a gateway on the target (APISIX plugin metadata), `rule` those of the route itself
    (`{"timeout": {"read": 2}}`, in seconds), which no plugin of the target holds. `secrets` maps a target name and
    path to the Secret key that must feed it.
    """

    use: PluginUse
    vocabulary: str
    fragments: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    levels: Mapping[Path, tuple[Level, str]] = field(default_factory=dict)
    lost: Protects = Protects.NOTHING
    protects: Protects = Protects.NOTHING
    """What the plugin as a whole protects (its class), whether or not it arrived."""
    gateway_wide: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[tuple[str, Path], SecretKey] = field(default_factory=dict)
    priority: int = 0
    """Kong's execution priority of the plugin."""
    rule: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mapped(self) -> bool:
        """Whether anything of the plugin arrived."""
        return bool(self.fragments or self.rule)


class PluginMapper(Protocol):
    """Maps plugin uses by the mapping tables; given to an emitter by the pipeline."""

    def map(
        self, use: PluginUse, vocabulary: str, *, model: RouteModel, route: Route | None = None
    ) -> MappedPlugin:
        """What `use` becomes in `vocabulary` (`apisix`, `gateway-api`, …); the answer is memoised.

        A plugin without any mapping gives no fragments, level `unmapped` for its whole
        configuration, and `lost` equal to the plugin's class.
        """


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential of a consumer. `fields` are Kong's field names; values are hidden."""

    type: str
    secret: ObjectRef
    fields: Mapping[str, Hidden] = field(default_factory=dict)
    inline: bool = True
    """Whether the Secret with its data is in the input."""
    source: Leaf | None = None


@dataclass(slots=True)
class Consumer:
    """One Kong consumer. Groups: `acl_groups` from acl credentials, `groups` from KongConsumerGroups."""

    origin: ObjectRef
    username: str = ""
    custom_id: str = ""
    id: str = ""
    credentials: tuple[Credential, ...] = ()
    acl_groups: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    plugins: tuple[PluginUse, ...] = ()
    provenance: dict[Feature, tuple[Leaf, ...]] = field(default_factory=dict)
