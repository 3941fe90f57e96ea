"""What the user chose about the target: the `--set gateway-api.KEY=VALUE` options, parsed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from kong2x.emit.gateway_api.profiles import profile_names
from kong2x.model.errors import UsageError
from kong2x.model.settings import Options, parse_setting
from kong2x.model.source import ObjectRef
from kong2x.model.target import Setting

NAME = "gateway-api"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "parent",
        (),
        "the Gateway that routes attach to: namespace/name, with :listener to pin one, with CLASS= in front "
        "for the routes of one ingress class",
        repeatable=True,
    ),
    Setting("create-gateway", False, "write the Gateway with its listeners and certificates as well"),
    Setting("gateway-class", "", "gatewayClassName of a Gateway that is written"),
    Setting(
        "implementation",
        "portable",
        "who serves the routes; portable uses nothing but the standard",
        profile_names(),
    ),
    Setting(
        "offloading",
        "unknown",
        "whether TLS ends before the Gateway; true makes https-only routes look at X-Forwarded-Proto",
        ("unknown", "true", "false"),
    ),
    Setting("http-section", "http", "name of the HTTP listener of a Gateway that is not in the input"),
    Setting("https-section", "https", "name of the HTTPS listener of a Gateway that is not in the input"),
    Setting("http-port", "80", "port of the HTTP listener of a Gateway that is written"),
    Setting("https-port", "443", "port of the HTTPS listeners"),
    Setting(
        "raw-prefix",
        "prefix",
        "a path without pathType also matches in the middle of a segment: prefix gives that up, "
        "regex adds a regular expression for it",
        ("prefix", "regex"),
    ),
    Setting(
        "https-only",
        "block",
        "plain HTTP where Kong answers 426: block it with the Gateway's own error, or redirect it with 301",
        ("block", "redirect"),
    ),
    Setting(
        "upstream-tls",
        "refuse",
        "backends that Kong calls over TLS without checking the certificate: refuse their routes, or verify",
        ("refuse", "verify"),
    ),
    Setting(
        "timeouts",
        "report",
        "Kong's read timeout limits silence, the Gateway API limits the whole answer: report, or write it",
        ("report", "approximate"),
    ),
    Setting(
        "header-case",
        "exact",
        "Kong compares header values without case: exact gives that up, regex writes (?i) patterns",
        ("exact", "regex"),
    ),
    Setting(
        "fall-through",
        "copy",
        "requests that no rule of their host takes go to wildcard and host-less routes in Kong: copy those "
        "rules to each host, or none",
        ("copy", "none"),
    ),
    Setting("gateway-proxy", "", "name of the GatewayProxy of a written Gateway (implementation apisix)"),
    Setting(
        "create-gateway-proxy",
        False,
        "write that GatewayProxy too, with assumed names of the admin Service and its key (implementation apisix)",
    ),
    Setting("default-certificate", "", "namespace/name of the Secret for hosts without a certificate"),
    Setting(
        "allowed-routes",
        "selector",
        "namespaces whose routes a written Gateway takes: those in use (selector), all, or its own (same)",
        ("selector", "all", "same"),
    ),
)


@dataclass(frozen=True, slots=True)
class ParentChoice:
    """One `parent` option; an empty class is for every route, an empty namespace is the route's own."""

    namespace: str
    name: str
    section: str = ""
    ingress_class: str = ""

    @classmethod
    def parse(cls, text: str) -> ParentChoice:
        """`[CLASS=]namespace/name[:section]`; UsageError says what was expected."""
        ingress_class, equals, rest = text.rpartition("=")
        target, _, section = rest.partition(":")
        namespace, slash, name = target.rpartition("/")
        if not name or (slash and not namespace) or (equals and not ingress_class):
            raise UsageError(
                f"--set {NAME}.parent={text}: expected namespace/name, such as infra/edge, with :listener "
                "behind it or CLASS= in front of it."
            )
        return cls(namespace, name, section, ingress_class)


@dataclass(frozen=True)
class Choices:
    """The options of one run by name; each is parsed when it is first asked for.

    >>> Choices({"parent": "infra/edge:web"}).parents[0].section
    'web'
    """

    raw: dict[str, str]

    @classmethod
    def of(cls, options: Options) -> Choices:
        """The target's options; UsageError for a value that does not fit."""
        chosen = cls(options.target_settings(NAME))
        for setting in SETTINGS:
            chosen.get(setting.key)
        _ = chosen.parents, chosen.http_port, chosen.https_port, chosen.default_certificate
        return chosen

    def get(self, key: str) -> str | bool | tuple[str, ...]:
        """The value of one option, its default when it was not given."""
        setting = next(s for s in SETTINGS if s.key == key)
        if key not in self.raw:
            return setting.default  # type: ignore[no-any-return]
        value: str | bool | tuple[str, ...] = parse_setting(
            f"{NAME}.{key}", self.raw[key], setting.default, setting.choices
        )
        return value

    def text(self, key: str) -> str:
        """The value of an option that is text."""
        return str(self.get(key))

    @cached_property
    def parents(self) -> tuple[ParentChoice, ...]:
        given = self.get("parent")
        return tuple(ParentChoice.parse(str(text)) for text in given) if isinstance(given, tuple) else ()

    @cached_property
    def create_gateway(self) -> bool:
        return self.get("create-gateway") is True

    @cached_property
    def http_port(self) -> int:
        return self._port("http-port")

    @cached_property
    def https_port(self) -> int:
        return self._port("https-port")

    @cached_property
    def default_certificate(self) -> ObjectRef | None:
        """The Secret for hosts without a certificate."""
        text = self.text("default-certificate")
        if not text:
            return None
        namespace, slash, name = text.partition("/")
        if not slash or not namespace or not name:
            raise UsageError(f"--set {NAME}.default-certificate={text}: expected namespace/name of a Secret.")
        return ObjectRef("", "Secret", namespace, name)

    def _port(self, key: str) -> int:
        text = self.text(key)
        if not text.isdigit() or not 1 <= int(text) <= 65535:
            raise UsageError(f"--set {NAME}.{key}={text}: expected a port number from 1 to 65535.")
        return int(text)
