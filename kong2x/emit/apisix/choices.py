"""What the user chose for this target: versions, classes and how plugin configurations are shared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kong2x.model.errors import UsageError
from kong2x.model.settings import Options, parse_setting, syslog_address, version_key
from kong2x.model.target import Setting

VERSIONS = ("2.2", "2.1", "2.0", "1.8")
"""Releases of the APISIX ingress controller (AIC), the default first."""

SETTINGS = (
    Setting("version", "3.18", "release of APISIX; decides which plugins and fields may be used"),
    Setting("controller", "", "release of the APISIX ingress controller; the same as --target-version"),
    Setting("ingress-class", "apisix", "the IngressClass that every written object names"),
    Setting(
        "plugin-config",
        "shared",
        "shared: plugins go into ApisixPluginConfig objects that rules refer to; inline: into each rule",
        ("shared", "inline"),
    ),
    Setting(
        "plugin-namespace",
        "",
        "namespace for the plugins of KongClusterPlugins, shared by all namespaces; empty: each its own copy",
    ),
    Setting("create-gateway-proxy", False, "whether a GatewayProxy is written, with placeholders to fill in"),
    Setting("create-ingress-class", False, "whether the IngressClass is written"),
    Setting("gateway-proxy", "apisix", "name of the GatewayProxy that the IngressClass refers to"),
    Setting("gateway-proxy-namespace", "apisix", "namespace of that GatewayProxy"),
    Setting(
        "offloading-proxies",
        (),
        "addresses of balancers that end TLS in front of APISIX, comma separated; their "
        "X-Forwarded-Proto then tells http from https",
    ),
    Setting(
        "stream-ports",
        (),
        "container ports of APISIX for Kong's stream ports, as KONG=APISIX, comma separated (9000=9100)",
    ),
    Setting(
        "syslog-server",
        "",
        "where the entries of the syslog plugin go, as udp://HOST:PORT or tcp://HOST:PORT; "
        "Kong leaves that to the daemon of its machine",
    ),
    Setting("default-retries", False, "whether Kong's default of five retries is written for every Service"),
)


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings in their own types.

    `apisix` and `controller` compare as numbers: `(3, 18)`, `(2, 2)`. `stream_ports` maps Kong's ports
    to those of the APISIX container.
    """

    apisix: tuple[int, ...] = (3, 18)
    controller: tuple[int, ...] = (2, 2)
    ingress_class: str = "apisix"
    shared: bool = True
    plugin_namespace: str = ""
    create_gateway_proxy: bool = False
    create_ingress_class: bool = False
    gateway_proxy: str = "apisix"
    gateway_proxy_namespace: str = "apisix"
    offloading: tuple[str, ...] = ()
    stream_ports: tuple[tuple[int, int], ...] = ()
    default_retries: bool = False
    on_loss: Literal["deny", "deny-all", "omit", "open"] = "deny"

    @classmethod
    def parse(cls, options: Options, trusted: tuple[str, ...] = ()) -> Choices:
        """The choices in `options`; UsageError for a value that does not fit.

        `trusted` are the peers that Kong believes: where nothing else is said, they end TLS here too.
        """
        given = options.target_settings("apisix")
        values = {}
        for setting in SETTINGS:
            raw = given.get(setting.key)
            key = f"apisix.{setting.key}"
            values[setting.key] = (
                setting.default if raw is None else parse_setting(key, raw, setting.default, setting.choices)
            )
        if values["syslog-server"] and syslog_address(values["syslog-server"]) is None:
            raise UsageError(
                f"--set apisix.syslog-server={values['syslog-server']}: expected udp://HOST:PORT or tcp://HOST:PORT."
            )
        return cls(
            apisix=version_key(values["version"]),
            controller=version_key(values["controller"] or options.target_version or VERSIONS[0]),
            ingress_class=values["ingress-class"],
            shared=values["plugin-config"] == "shared",
            plugin_namespace=values["plugin-namespace"],
            create_gateway_proxy=values["create-gateway-proxy"],
            create_ingress_class=values["create-ingress-class"],
            gateway_proxy=values["gateway-proxy"],
            gateway_proxy_namespace=values["gateway-proxy-namespace"],
            offloading=values["offloading-proxies"] or trusted,
            stream_ports=_ports(values["stream-ports"]),
            default_retries=values["default-retries"],
            on_loss=options.on_security_loss,
        )

    def port(self, kong: int) -> int:
        """The port on which APISIX accepts what Kong accepted on `kong`."""
        return dict(self.stream_ports).get(kong, kong)


def _ports(pairs: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """`9000=9100` as numbers; a part that is none is dropped by the reader of settings as a usage error."""
    found = []
    for pair in pairs:
        kong, _, own = pair.partition("=")
        if not (kong.isdigit() and own.isdigit()):
            raise UsageError(f"--set apisix.stream-ports={pair}: expected KONG=APISIX, such as 9000=9100.")
        found.append((int(kong), int(own)))
    return tuple(found)
