"""The hard cases of logs, metrics and traces: units, queues, releases, and what exists once a gateway."""

from __future__ import annotations

import pytest
import yaml

from kong2x.mapping import lint, map_config, run_examples, sweep
from kong2x.mapping.examples import short_codes
from kong2x.mapping.targets import NO_DEFAULT, targets_of
from kong2x.model.finding import Level, Protects, Severity

MAPPED = [
    "datadog",
    "file-log",
    "http-log",
    "kafka-log",
    "loggly",
    "opentelemetry",
    "prometheus",
    "tcp-log",
    "udp-log",
    "zipkin",
]
LOST = ["statsd", "syslog"]
ZIPKIN = {"http_endpoint": "http://z.example/api/v2/spans"}
OTEL = {"traces_endpoint": "http://otel.example:4318/v1/traces", "sampling_rate": 0.5}


def apisix(plugin, config, version="3.18", **more):
    return map_config(plugin, "apisix", config, version=version, **more)


def codes(plugin, config, version="3.18", **more):
    return set(short_codes(apisix(plugin, config, version, **more)))


@pytest.mark.parametrize("plugin", MAPPED + LOST)
def test_files_are_complete_and_their_examples_hold(plugin):
    for vocabulary in ("apisix", "gateway-api"):
        assert lint(vocabulary=vocabulary, plugin=plugin) == []
        results = run_examples(vocabulary=vocabulary, plugin=plugin)
        assert results and [(r.title, r.problems) for r in results if r.problems] == []


@pytest.mark.parametrize("plugin", MAPPED)
def test_a_changed_setting_changes_output_or_findings(plugin):
    assert sweep(plugin, "apisix") == []


@pytest.mark.parametrize("plugin", LOST)
def test_what_has_no_counterpart_is_a_warning_and_denies_nobody(plugin):
    mapped = apisix(plugin, {})
    assert not mapped.fragments and mapped.lost is Protects.NOTHING
    assert [f.severity for f in mapped.findings] == [Severity.WARNING]


@pytest.mark.parametrize("plugin", MAPPED + LOST)
def test_gateway_api_says_nothing_about_observation(plugin):
    mapped = map_config(plugin, "gateway-api", {})
    assert not mapped.fragments and "no-standard-filter" in short_codes(mapped)
    assert all(f.level.lost for f in mapped.findings)


# -- pairs that were run ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["log-http", "log-global", "log-tcp", "log-udp", "log-file", "metrics-prometheus"]
)
def test_the_mapping_gives_what_was_run(shared, name):
    pair = yaml.safe_load((shared / "facts/recorded/conversion-pairs" / f"{name}.yaml").read_text())
    kinds = ("KongPlugin", "KongClusterPlugin")
    source = next(d for d in yaml.safe_load_all(pair["kong"]) if d["kind"] in kinds)
    holders = ("ApisixPluginConfig", "ApisixGlobalRule")
    target = next(d for d in yaml.safe_load_all(pair["apisix"]) if d["kind"] in holders)
    wanted = {p["name"]: p["config"] for p in target["spec"]["plugins"]}
    got = apisix(source["plugin"], source.get("config", {})).fragments
    for plugin, body in wanted.items():
        if name == "log-global":  # the pair leaves Kong's ten seconds out
            body["timeout"] = 10
        if name == "log-file":  # on one machine each gateway had a file of its own
            body["path"] = source["config"]["path"]
        known = targets_of("apisix").plugin(plugin, "3.18").fields
        plain = {k: f.default for k, f in known.items() if f.default is not NO_DEFAULT and "." not in k}
        assert plain | got[plugin] == plain | body
    assert got.keys() == wanted.keys()


# -- units and queues ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plugin", "target", "config", "written"),
    [
        (
            "http-log",
            "http-logger",
            {"http_endpoint": "http://c.example/"},
            {1: 1, 1000: 1, 1001: 2, 2500: 3},
        ),
        ("udp-log", "udp-logger", {"host": "h", "port": 1}, {500: 1, 3000: 3, 10000: 10}),
        ("tcp-log", "tcp-logger", {"host": "h", "port": 1}, {500: 500, 10000: 10000}),
    ],
)
def test_seconds_are_rounded_up_and_milliseconds_stay(plugin, target, config, written):
    for given, wanted in written.items():
        mapped = apisix(plugin, config | {"timeout": given})
        assert mapped.fragments[target]["timeout"] == wanted
        rounded = target != "tcp-logger" and given % 1000
        assert ("plugins/rounded" in short_codes(mapped)) == bool(rounded)


def http(**config):
    mapped = apisix("http-log", {"http_endpoint": "http://c.example/in", **config})
    return mapped.fragments.get("http-logger", {})


def test_entries_are_sent_at_once_and_tried_again():
    body = http()
    assert (
        body["batch_max_size"] == 1 and body["max_retry_count"] == 5
    )  # waits of 1.28 to 20.48 s within 60 s
    assert "inactive_timeout" not in body  # nothing waits for a batch of one
    assert http(queue={"max_retry_time": 0})["max_retry_count"] == 0
    assert http(queue={"max_retry_time": 3})["max_retry_count"] == 1
    batch = http(queue={"max_batch_size": 9, "max_coalescing_delay": 0})
    assert (batch["batch_max_size"], batch["inactive_timeout"], batch["buffer_duration"]) == (9, 1, 1)


def test_older_names_of_the_queue_win_where_they_are_given():
    body = http(queue_size=7, retry_count=2, flush_timeout=9)
    assert (body["batch_max_size"], body["max_retry_count"], body["inactive_timeout"]) == (7, 2, 9)


def test_credentials_in_the_address_do_not_stay_in_it():
    mapped = apisix("http-log", {"http_endpoint": "https://u:hush-hush@c.example/in?a=b"})
    body = mapped.fragments["http-logger"]
    assert body["uri"] == "https://c.example/in" and body["auth_header"].startswith("Basic ")
    assert "hush-hush" not in repr(mapped.findings)
    assert "query-dropped" in short_codes(mapped)


def test_the_address_wins_over_a_header_and_other_headers_are_reported():
    body = http(http_endpoint="https://u:p@c.example/", headers={"authorization": "Bearer t"})
    assert body["auth_header"] == "Basic dTpw"
    assert http(headers={"authorization": "Bearer t"})["auth_header"] == "Bearer t"
    assert "headers" in codes("http-log", {"http_endpoint": "http://c/", "headers": {"X-A": "1"}})
    assert "headers" not in codes(
        "http-log", {"http_endpoint": "http://c/", "headers": {"Authorization": "x"}}
    )


@pytest.mark.parametrize(
    "text", ["alpha:one", "http://[::1", "http://h:99999/", "not a url", "{vault://env/x}"]
)
def test_no_address_raises(text):
    for plugin, field in (("http-log", "http_endpoint"), ("opentelemetry", "traces_endpoint")):
        mapped = apisix(plugin, {field: text})
        assert any(f.level.lost or f.level is Level.UNKNOWN for f in mapped.findings)


def test_certificates_are_checked_from_3_14_on():
    assert http() and "ssl_verify" not in http()
    new = apisix("http-log", {"http_endpoint": "https://c.example/"}, kong_version="3.14")
    assert new.fragments["http-logger"]["ssl_verify"] is True
    tcp = {"host": "h", "port": 1, "tls": True}
    assert "tls-verify" in codes("tcp-log", tcp, kong_version="3.14")
    assert "tls-verify" not in codes("tcp-log", tcp)
    assert "tls-verify" not in codes("tcp-log", {"host": "h", "port": 1}, kong_version="3.14")


# -- once a gateway --------------------------------------------------------------------------------


def test_settings_that_exist_once_are_kept_apart():
    mapped = apisix("loggly", {"key": "k", "host": "h.example"})
    assert mapped.gateway_wide["loggly"]["host"] == "h.example" and "host" not in mapped.fragments["loggly"]
    assert "gateway-wide" in short_codes(mapped)
    assert "gateway-wide" not in codes("loggly", {"key": "k"})
    dog = apisix("datadog", {"prefix": "edge"})
    assert dog.gateway_wide["datadog"]["namespace"] == "edge"


def test_severities_of_errors_are_written_status_by_status():
    body = apisix("loggly", {"key": "k", "server_errors_severity": "crit"}).fragments["loggly"]
    assert body["severity_map"]["503"] == "CRIT" and "404" not in body["severity_map"]
    assert "severity_map" not in apisix("loggly", {"key": "k"}).fragments["loggly"]
    assert "log-level" in codes("loggly", {"key": "k", "log_level": "err"})
    assert "log-level" not in codes("loggly", {"key": "k", "log_level": "debug"})


def test_datadog_tags_by_release():
    new, old = apisix("datadog", {}, "3.14"), apisix("datadog", {}, "3.12")
    assert new.fragments["datadog"]["constant_tags"] == ["app:kong"]
    assert "constant_tags" not in old.fragments["datadog"]
    assert old.gateway_wide["datadog"]["constant_tags"] == ["app:kong"]
    assert "gateway-wide-tags" in short_codes(old) and "gateway-wide-tags" not in short_codes(new)


def test_kafka_never_sends_in_the_clear_what_was_encrypted():
    config = {"topic": "t", "bootstrap_servers": [{"host": "h", "port": 9093}], "security": {"ssl": True}}
    for version in ("3.9", "3.12", "3.16", "3.17"):
        assert not apisix("kafka-log", config, version).fragments
    assert apisix("kafka-log", config).fragments["kafka-logger"]["tls"] == {"verify": False}


# -- traces ----------------------------------------------------------------------------------------


def test_sample_ratios():
    assert apisix("zipkin", ZIPKIN).fragments["zipkin"]["sample_ratio"] == 0.001
    assert apisix("zipkin", ZIPKIN | {"sample_ratio": 1e-9}).fragments["zipkin"]["sample_ratio"] == 0.00001
    assert not apisix("zipkin", ZIPKIN | {"sample_ratio": 0}).fragments
    assert not apisix("zipkin", {}).fragments


def test_opentelemetry_traces_something_and_says_what_must_be_switched_on():
    mapped = apisix("opentelemetry", OTEL)
    assert mapped.fragments["opentelemetry"]["sampler"] == {
        "name": "trace_id_ratio",
        "options": {"fraction": 0.5},
    }
    assert {"switched-off", "gateway-wide"} <= set(short_codes(mapped))
    assert mapped.gateway_wide["opentelemetry"]["collector"]["address"] == "otel.example:4318"
    unknown = apisix("opentelemetry", {"traces_endpoint": OTEL["traces_endpoint"]})
    assert unknown.fragments["opentelemetry"]["sampler"]["options"]["fraction"] == 0.01
    assert "global-rate" in short_codes(unknown) and "global-rate" not in short_codes(mapped)


@pytest.mark.parametrize(
    ("version", "metadata"), [("3.9", False), ("3.11", False), ("3.12", True), ("3.18", True)]
)
def test_the_collector_is_metadata_since_3_12(version, metadata):
    mapped = apisix("opentelemetry", OTEL | {"headers": {"a": "b"}}, version)
    assert bool(mapped.gateway_wide) is metadata
    assert ("no-metadata" in short_codes(mapped)) is not metadata


@pytest.mark.parametrize(
    ("plugin", "base", "kind", "breaks"),
    [
        ("zipkin", ZIPKIN, "b3", False),
        ("zipkin", ZIPKIN, "b3-single", False),
        ("zipkin", ZIPKIN, "w3c", True),
        ("zipkin", ZIPKIN, "preserve", False),
        ("opentelemetry", OTEL, "w3c", False),
        ("opentelemetry", OTEL, "b3", True),
        ("opentelemetry", OTEL, "ignore", True),
    ],
)
def test_trace_headers_that_break(plugin, base, kind, breaks):
    assert ("header-type" in codes(plugin, base | {"header_type": kind})) is breaks
    spread = {"extract": [kind], "default_format": "b3" if plugin == "zipkin" else "w3c"}
    if kind in ("w3c", "b3"):
        assert ("header-type" in codes(plugin, base | {"propagation": spread})) is breaks


def test_prometheus_exports_more_than_kong_was_told_to():
    every = dict.fromkeys(
        ("status_code_metrics", "latency_metrics", "bandwidth_metrics", "per_consumer"), True
    )
    assert codes("prometheus", every) == {"metric-names"}
    for switch in every:
        assert codes("prometheus", every | {switch: False}) == {"metric-names", "always-exported"}
    assert "missing-metrics" in codes("prometheus", every | {"ai_metrics": True})
