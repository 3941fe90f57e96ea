"""What is known of each implementation: which standard features it serves, and what it adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from kong2x.model.route import Feature

if TYPE_CHECKING:
    from kong2x.emit.gateway_api.desk import Desk
    from kong2x.emit.gateway_api.draft import Draft, GatewayPath
    from kong2x.emit.gateway_api.pack import Packed
    from kong2x.emit.gateway_api.upstream_path import PathChange
    from kong2x.model.plugin import Consumer, MappedPlugin, PluginUse
    from kong2x.model.route import Route, Service, StreamRoute
    from kong2x.model.target import Manifest


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about one implementation, all for its current release.

    `missing` holds the names of Extended features that it does not claim (conformance reports);
    `regex_dialect` is `re2` or `pcre`, empty where nothing is known; `falls_through` says whether a
    request that no rule of its host takes is tried on wildcard and host-less rules.
    """

    name: str
    title: str
    vocabularies: tuple[str, ...] = ("gateway-api",)
    missing: frozenset[str] = frozenset()
    regex_dialect: str = ""
    regex_rank: str = ""
    """`above` or `below` prefixes; empty where it is not known."""
    falls_through: bool = False
    external_name: bool = False
    gateway_class: str = ""
    """The usual gatewayClassName, empty where there is none."""
    claims_retry_connection: bool = False
    router: str = "specification"
    """Whose rules decide who answers: the `specification`'s, or those of `apisix` behind its controller."""


PORTABLE = Facts("portable", "the Gateway API standard")


class Profile:
    """How one implementation carries what the standard cannot; this one carries nothing (`portable`)."""

    own_https_only = False
    carries_consumer_plugins = False
    carries_upstream_tls = False
    keeps_kong = False
    carries_consumers = False
    sets_scheme = False
    sets_timeouts = False
    carried_timeouts: frozenset[Feature] = frozenset()
    sets_retries = False
    folds_header_case = False
    """Whether header values are compared without case, as Kong's classic routers do."""
    decodes_paths = False
    """Whether encoded paths are written as what they stand for."""
    lifts_patterns = False
    """Whether a rule can be given a regular expression as a condition beside its path."""

    def __init__(self, facts: Facts = PORTABLE) -> None:
        self.facts = facts

    @property
    def title(self) -> str:
        return self.facts.title

    @property
    def vocabularies(self) -> Sequence[str]:
        """The mapping vocabularies, most wanted first."""
        return self.facts.vocabularies

    @property
    def regex_known(self) -> bool:
        """Whether regular expressions work and their dialect is known."""
        return bool(self.facts.regex_dialect)

    @property
    def regex_dialect(self) -> str:
        return self.facts.regex_dialect

    @property
    def external_name(self) -> bool:
        return self.facts.external_name

    @property
    def claims_retry_connection(self) -> bool:
        return self.facts.claims_retry_connection

    def redirects(self, status: int) -> bool:
        """Whether the implementation serves this redirect status."""
        return f"HTTPRoute{status}RedirectStatusCode" not in self.facts.missing

    def https_only(self, desk: Desk, route: Route, drafts: list[Draft]) -> list[Draft]:
        """The rules of an https-only route, where the profile has a way of its own."""
        raise NotImplementedError

    def paths(self, desk: Desk, route: Route) -> tuple[GatewayPath, ...] | None:
        """Path matches in a form of the implementation's own; None for the usual ones."""
        return None

    def rewrite(
        self, desk: Desk, route: Route, path: GatewayPath, change: PathChange
    ) -> dict[str, Any] | None:
        """What carries a rewrite that no standard filter makes (`Draft.extras`); None when nothing does."""
        return None

    def carry(
        self, desk: Desk, use: PluginUse, mapped: MappedPlugin, route: Route | None
    ) -> MappedPlugin | None:
        """A plugin in the profile's own words, where no mapping table carries it; None when nothing does.

        `route` is where it acts, None for the plugin of a consumer itself.
        """
        return None

    def settle_consumer(self, desk: Desk, consumer: Consumer) -> bool:
        """Reports what becomes of a consumer and its credentials; False where nothing of it arrives."""
        return False

    def unverified_tls(self, desk: Desk, route: Route) -> bool:
        """Whether backends can be called over TLS without a check of their certificate."""
        return False

    def sends_pod_address(self, desk: Desk, service: Service) -> bool:
        """Whether backends of a Kong service get their own address as Host, as from Kong."""
        return False

    def lifted(self, patterns: Sequence[str]) -> list[Any]:
        """The condition that the request path fits one of some regular expressions."""
        raise NotImplementedError

    def policies(self, desk: Desk, packed: Sequence[Packed]) -> list[Manifest]:
        """Objects that refer to finished routes by name; may name the rules of these."""
        return []

    def stream_plugins(self, desk: Desk, route: StreamRoute) -> dict[str, Any] | None:
        """The plugins of a stream route by name, None where they are lost."""
        return None

    def stream_object(self, kind: str, namespace: str, name: str, plugins: dict[str, Any]) -> dict[str, Any]:
        """The object that attaches plugins to a stream route."""
        raise NotImplementedError

    def gateway_spec(self, desk: Desk) -> dict[str, Any]:
        """Further fields for the `spec` of a written Gateway."""
        return {}

    def beside_gateway(self, desk: Desk, namespace: str) -> list[Manifest]:
        """Further objects for a written Gateway, in its namespace."""
        return []

    def finish(self, desk: Desk, drafts: list[Draft]) -> list[Manifest]:
        """Objects of the implementation's own that belong to the routes; may change the rules."""
        return []


@cache
def _points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="kong2x.gateway_profiles")}


def profile_names() -> tuple[str, ...]:
    """The implementations that there are profiles for, `portable` first."""
    return tuple(sorted(_points(), key=lambda name: (name != PORTABLE.name, name)))


def profile_named(name: str) -> Profile:
    """The profile for `--set gateway-api.implementation=NAME`, built in or from another package.

    A package adds one by the entry-point group `kong2x.gateway_profiles`: the name of the implementation, and
    a subclass of `Profile` that needs no arguments.
    """
    made: Profile = _points()[name].load()()
    return made
