"""What manifests cannot say: facts about the running Kong, and the options of a conversion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal

from kong2x.model.errors import UsageError

RouterFlavour = Literal["traditional", "traditional_compatible", "expressions"]
Channel = Literal["standard", "experimental"]
SecurityLoss = Literal["deny", "deny-all", "omit", "open"]


def _fact(default: Any, key: str, doc: str, choices: tuple[str, ...] = ()) -> Any:
    meta = {"key": key, "doc": doc, "choices": choices}
    if callable(default):
        return field(default_factory=default, metadata=meta)
    return field(default=default, metadata=meta)


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """Facts about the running Kong and its controller, set by `--set kong.KEY=VALUE`.

    Each has the default that most installations run with; every value that was not set by the user
    is printed as an assumption at the head of each report (kong-source.md 9.3).

    >>> SourceFacts.parse({"kong.router": "expressions"}).router
    'expressions'
    """

    ingress_class: str = _fact("kong", "kong.class", "the controller's --ingress-class")
    default_class: bool = _fact(
        False, "kong.default-class", "whether the IngressClass of that name is the cluster default"
    )
    router: RouterFlavour = _fact(
        "traditional",
        "kong.router",
        "router_flavor of the data plane",
        ("traditional", "traditional_compatible", "expressions"),
    )
    version: str = _fact("3.9", "kong.version", "release of Kong Gateway; decides plugin defaults")
    edition: str = _fact("oss", "kong.edition", "oss or enterprise", ("oss", "enterprise"))
    database: bool = _fact(False, "kong.database", "true when Kong runs with a database")
    kic_version: str = _fact("3.5", "kong.kic-version", "release of the Kong Ingress Controller")
    gates: tuple[str, ...] = _fact((), "kong.gates", "feature gates that are on, comma separated")
    gateway_controller: str = _fact(
        "konghq.com/kic-gateway-controller", "kong.gateway-controller", "--gateway-api-controller-name"
    )
    combined_services: bool = _fact(
        False,
        "kong.combined-services",
        "--combined-services-from-different-httproutes",
    )
    cluster_domain: str = _fact("", "kong.cluster-domain", "--cluster-domain")
    watch_namespaces: tuple[str, ...] = _fact(
        (), "kong.watch-namespaces", "namespaces the controller watches; empty means all"
    )
    trusted_ips: tuple[str, ...] = _fact(
        (), "kong.trusted-ips", "trusted_ips of Kong: peers whose X-Forwarded-* headers are believed"
    )
    untrusted_lua: str = _fact(
        "sandbox", "kong.untrusted-lua", "untrusted_lua of Kong", ("off", "sandbox", "on")
    )
    global_plugins: tuple[str, ...] = _fact(
        (), "kong.global-plugins", "plugins that are configured globally outside of the manifests"
    )
    stated: tuple[str, ...] = ()
    """The keys that the user set; all others are assumptions."""

    def gate(self, name: str) -> bool:
        """Whether the feature gate `name` is on; unnamed gates have KIC's default."""
        return name in self.gates or (
            name in ("FillIDs", "KongCustomEntity") and f"-{name}" not in self.gates
        )

    def at_least(self, version: str) -> bool:
        """Whether the data plane runs at least this Kong release."""
        return version_key(self.version) >= version_key(version)

    def kic_at_least(self, version: str) -> bool:
        """Whether the controller is at least this release."""
        return version_key(self.kic_version) >= version_key(version)

    @classmethod
    def keys(cls) -> dict[str, tuple[str, str, tuple[str, ...], Any]]:
        """Every key with its field name, meaning, choices and default, for `kong2x targets`."""
        out = {}
        for item in fields(cls):
            if "key" in item.metadata:
                meta = item.metadata
                out[meta["key"]] = (item.name, meta["doc"], meta["choices"], item.default)
        return out

    @classmethod
    def parse(cls, values: Mapping[str, str]) -> SourceFacts:
        """Facts from `kong.KEY` settings; UsageError names the wrong key or value and the right one."""
        known = cls.keys()
        chosen: dict[str, Any] = {}
        for key, raw in values.items():
            if key not in known:
                raise unknown_key(key, known)
            name, _, choices, default = known[key]
            chosen[name] = parse_setting(key, raw, default, choices)
        return cls(**chosen, stated=tuple(sorted(values)))

    def assumptions(self) -> dict[str, str]:
        """Every fact by key as text, those that the user did not state first."""
        rows = {}
        for key, (name, _, _, _) in self.keys().items():
            rows[key] = setting_text(getattr(self, name))
        return dict(sorted(rows.items(), key=lambda row: (row[0] in self.stated, row[0])))


@lru_cache(maxsize=256)
def version_key(version: str) -> tuple[int, ...]:
    """A release as numbers that compare: `3.9.1` is `(3, 9, 1)`; a leading `v` is dropped.

    What stands on the main branch after a release (`3.18.0+main`) counts as the next minor one.

    >>> version_key("3.18.0+main")
    (3, 19)
    """
    release, _, build = version.lstrip("v").partition("+")
    numbers = []
    for part in release.split("."):
        digits = "".join(ch for ch in part if ch.isdigit())
        numbers.append(int(digits) if digits else 0)
    if build == "main" and len(numbers) > 1:
        return (numbers[0], numbers[1] + 1)
    return tuple(numbers)


def syslog_address(text: str) -> tuple[str, str, int] | None:
    """Transport, host and port of a syslog server; None for anything else.

    >>> syslog_address("udp://logs.example:514")
    ('udp', 'logs.example', 514)
    """
    kind, _, place = text.partition("://")
    host, _, port = place.rpartition(":")
    fits = kind in ("udp", "tcp") and host and not set(host) & set("/@ ") and port.isdecimal()
    return (kind, host, int(port)) if fits and 0 < int(port) < 65536 else None


def parse_setting(key: str, raw: str, default: Any, choices: tuple[str, ...] = ()) -> Any:
    """The value of a `--set` key in the type of its default; UsageError when it does not fit."""
    if isinstance(default, bool):
        if raw.lower() in ("true", "yes", "1", "on"):
            return True
        if raw.lower() in ("false", "no", "0", "off"):
            return False
        raise UsageError(f"--set {key}={raw}: expected true or false.")
    if isinstance(default, tuple):
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    if choices and raw not in choices:
        raise UsageError(
            f"--set {key}={raw}: expected one of {', '.join(choices)}{did_you_mean(raw, choices)}"
        )
    return raw


def setting_text(value: object) -> str:
    """A setting's value as the user would type it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return str(value)


def did_you_mean(word: str, known: Any) -> str:
    """`. Did you mean x?` when something known is close, else a full stop."""
    close = get_close_matches(word, list(known), 1)
    return f". Did you mean {close[0]}?" if close else "."


def unknown_key(key: str, known: Any) -> UsageError:
    """The error for a `--set` key that does not exist."""
    return UsageError(
        f"--set {key}: no such setting{did_you_mean(key, known)} `kong2x targets` lists all settings."
    )


@dataclass(frozen=True, slots=True)
class Accept:
    """A finding that somebody decided to live with, and why.

    `code` is a finding code or a fingerprint. `object` limits it to one object, written as reports
    write it (`Ingress shop/web`). `until` is an ISO date after which it no longer counts. `where`
    says where the decision is written, for the message about one that matches nothing.
    """

    code: str
    reason: str
    object: str = ""
    until: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """What a conversion is asked to do; every field has the command line's default.

    `settings` holds `--set` keys (`kong.*` source facts and `TARGET.*` options) as text.
    `target_version` and `channel` choose the schema; None is the emitter's default.
    `on_security_loss` says what becomes of a route whose access check cannot be carried over:
    `deny` (default) refuses its requests, `deny-all` does so for lost limits too, `omit` leaves the
    route out, `open` writes it unprotected where each such finding was accepted by name.
    `accept` maps finding codes (or fingerprints) to the reason given; `accept_rules` are narrower.
    `mappings` and `schemas` are extra folders of the user.

    >>> Options(to="apisix", settings={"kong.router": "expressions"}).facts.router
    'expressions'
    """

    to: str = "apisix"
    settings: Mapping[str, str] = field(default_factory=dict)
    target_version: str | None = None
    channel: Channel = "standard"
    on_security_loss: SecurityLoss = "deny"
    accept: Mapping[str, str] = field(default_factory=dict)
    accept_rules: tuple[Accept, ...] = ()
    today: str = ""
    """ISO date that `until` of an accepted finding is compared with; empty means no date has passed."""
    namespaces: tuple[str, ...] = ()
    selector: str = ""
    keep_going: bool = False
    mappings: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    validate: bool = True

    @property
    def facts(self) -> SourceFacts:
        """The source facts among the settings."""
        return SourceFacts.parse({k: v for k, v in self.settings.items() if k.startswith("kong.")})

    def target_settings(self, prefix: str) -> dict[str, str]:
        """The settings of one target, without their prefix: `apisix.version` becomes `version`."""
        head = prefix + "."
        return {k[len(head) :]: v for k, v in self.settings.items() if k.startswith(head)}
