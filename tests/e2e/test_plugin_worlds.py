"""Plugins in whole manifests: where they are attached, what else the route has, and what that changes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kong2x.model.errors import UsageError

from .worlds import converted, options

GROUP = "configuration.konghq.com"


def plugin(name: str, kind: str, config: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    head = {"apiVersion": f"{GROUP}/v1", "kind": "KongPlugin", "plugin": kind}
    return {**head, "metadata": {"name": name, "namespace": "shop"}, "config": config or {}, **more}


def ingress(
    name: str, *plugins: str, host: str = "", path: str = "/", kind: str = "Prefix"
) -> dict[str, Any]:
    notes = {"konghq.com/plugins": ",".join(plugins)} if plugins else {}
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {
        "host": host or f"{name}.example",
        "http": {"paths": [{"path": path, "pathType": kind, "backend": backend}]},
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "shop", "annotations": notes},
        "spec": {"ingressClassName": "kong", "rules": [rule]},
    }


def service(*plugins: str) -> dict[str, Any]:
    notes = {"konghq.com/plugins": ",".join(plugins)} if plugins else {}
    meta = {"name": "web", "namespace": "shop", "annotations": notes}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": [{"port": 80}]}}


class World:
    """A conversion to APISIX, asked about its routes."""

    def __init__(self, *objects: dict[str, Any], version: str = "3.18", **settings: str) -> None:
        text = "---\n".join(yaml.safe_dump(obj) for obj in objects)
        chosen = {"apisix.version": version} | {k.replace("_", "."): v for k, v in settings.items()}
        self.result = converted(text, options("apisix", chosen)).result
        self.objects = list(self.result.objects)
        self.codes = {finding.code for finding in self.result.findings}

    def kinds(self, kind: str) -> list[dict[str, Any]]:
        return [obj for obj in self.objects if obj["kind"] == kind]

    def rule(self, name: str) -> dict[str, Any]:
        """The one rule of the ApisixRoute of that name."""
        (route,) = [obj for obj in self.kinds("ApisixRoute") if obj["metadata"]["name"] == name]
        (rule,) = route["spec"]["http"]
        return rule

    def plugins(self, name: str) -> dict[str, Any]:
        """The plugins that act on the route of that name, with their settings."""
        rule = self.rule(name)
        shared = [
            entry
            for obj in self.kinds("ApisixPluginConfig")
            if obj["metadata"]["name"] == rule.get("plugin_config_name")
            for entry in obj["spec"]["plugins"]
        ]
        return {entry["name"]: entry.get("config", {}) for entry in [*shared, *rule.get("plugins", [])]}


# -- time limits -----------------------------------------------------------------------------------


def test_time_limits_of_a_plugin_stand_in_the_rule_of_its_route_only():
    patience = plugin("patience", "upstream-timeout", {"read_timeout": 2000})
    world = World(service(), patience, ingress("slow", "patience"), ingress("plain"))
    assert world.rule("slow")["timeout"] == {"connect": "60s", "read": "2s", "send": "60s"}
    assert "timeout" not in world.rule("plain")
    assert world.plugins("slow") == {}


def test_time_limits_of_a_plugin_win_over_those_of_the_service():
    web = service()
    web["metadata"]["annotations"] = {"konghq.com/read-timeout": "9000", "konghq.com/write-timeout": "8000"}
    patience = plugin("patience", "upstream-timeout", {"read_timeout": 2500})
    world = World(web, patience, ingress("slow", "patience"), ingress("plain"))
    assert world.rule("slow")["timeout"] == {"connect": "60s", "read": "3s", "send": "8s"}
    assert world.rule("plain")["timeout"] == {"connect": "60s", "read": "9s", "send": "8s"}


@pytest.mark.parametrize("implementation", ["portable", "apisix"])
def test_time_limits_of_a_plugin_are_lost_with_a_finding_on_gateway_api(implementation):
    objects = [
        service(),
        plugin("patience", "upstream-timeout", {"read_timeout": 2000}),
        ingress("slow", "patience"),
    ]
    text = "---\n".join(yaml.safe_dump(obj) for obj in objects)
    settings = {"gateway-api.implementation": implementation}
    result = converted(text, options("gateway-api", settings)).result
    assert "upstream-timeout/no-standard-filter" in {finding.code for finding in result.findings}


# -- syslog ----------------------------------------------------------------------------------------


def logged(config=None, **settings):
    return World(service(), plugin("log", "syslog", config), ingress("web", "log"), **settings)


def test_syslog_needs_a_server_that_somebody_names():
    world = logged({"facility": "local3"})
    assert world.plugins("web") == {} and "syslog/local-daemon" in world.codes
    named = logged({"facility": "local3"}, **{"apisix_syslog-server": "tcp://logs.example:601"})
    entry = named.plugins("web")["syslog"]
    assert (entry["sock_type"], entry["host"], entry["port"]) == ("tcp", "logs.example", 601)
    assert "syslog/local-daemon" not in named.codes and "syslog/facility" in named.codes


def test_severities_of_kong_are_told_where_they_differ_from_the_one_that_is_sent():
    server = {"apisix_syslog-server": "udp://logs.example:514"}
    assert "syslog/severities" not in logged(**server).codes
    for field in ("log_level", "successful_severity", "server_errors_severity"):
        assert "syslog/severities" in logged({field: "warning"}, **server).codes


@pytest.mark.parametrize(
    "address", ["logs.example:514", "http://logs.example:514", "udp://logs.example", "udp://:1"]
)
def test_a_server_that_is_no_address_is_refused(address):
    with pytest.raises(UsageError, match="syslog-server"):
        logged(**{"apisix_syslog-server": address})
