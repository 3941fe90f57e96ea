"""Every secret of the catalogues, planted in one world: no report, diff, table or error repeats a value."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from kong2x import Source
from kong2x.cli import group
from kong2x.mapping.tables import Tables
from kong2x.model.masking import is_secret

KONG = Path(__file__).parents[2] / "mappings" / "kong" / "plugins"
NAME = re.compile(r"planted-?(?:[0-9a-z]+-)*value")
GIVEN: dict[str, dict[str, Any]] = {
    "acme": {"account_email": "x"},
    "ai-proxy": {"route_type": "llm/v1/chat", "model": {"provider": "openai", "name": "m"}},
    "ai-request-transformer": {"prompt": "p", "llm": {"model": {"provider": "openai", "name": "m"}}},
    "aws-lambda": {"function_name": "f", "aws_region": "eu-west-1"},
    "azure-functions": {"functionname": "f", "appname": "a"},
    "http-log": {"method": "POST"},
    "loggly": {"host": "logs.example"},
    "openid-connect": {"issuer": "https://idp.example", "auth_methods": ["bearer"]},
    "rate-limiting": {"minute": 5, "policy": "redis", "redis": {"host": "redis.example"}},
    "rate-limiting-advanced": {
        "limit": [5],
        "window_size": [60],
        "strategy": "redis",
        "sync_rate": 1,
        "redis": {"host": "redis.example"},
    },
    "service-protection": {"limit": [5], "window_size": [60], "strategy": "local"},
    "opa": {"opa_host": "opa.example", "opa_path": "/v1/data/a"},
    "oauth2-introspection": {"introspection_url": "https://idp.example/i"},
    "kafka-log": {"bootstrap_servers": [{"host": "k", "port": 9092}], "topic": "t"},
    "zipkin": {"http_endpoint": "https://z.example"},
}
"""What a plugin needs besides its secrets so that much of it is carried over."""
CREDENTIALS = {
    "key-auth": ("key",),
    "basic-auth": ("username", "password"),
    "jwt": ("key", "secret", "rsa_public_key"),
    "hmac-auth": ("username", "secret"),
    "oauth2": ("client_id", "client_secret"),
    "mtls-auth": ("subject_name",),
}


def secret_fields() -> Iterator[tuple[str, str, str]]:
    """Plugin, dotted path and type of every field that a catalogue calls secret."""
    tables = Tables([])
    for file in sorted(KONG.glob("*.yaml")):
        plugin = tables.kong(file.stem)
        assert plugin is not None
        for path, field in plugin.fields.items():
            if field.secret:
                yield file.stem, path, field.type


def planted(number: int, field: str, generation: str) -> str:
    """A value that can be found again; addresses stay addresses, as Kong wants them."""
    text = f"planted-{number}-{generation}-value"
    return f"https://me:{text}@log.example/x" if field.endswith(("endpoint", "_url", "_uri")) else text


def put(config: dict[str, Any], path: str, value: Any) -> None:
    """Sets a dotted path, where `[]` is the first element of a list and `*` any key."""
    here: Any = config
    steps = path.replace("*", "any").split(".")
    for step in steps[:-1]:
        name = step.removesuffix("[]")
        here = here.setdefault(name, [{}])[0] if step.endswith("[]") else here.setdefault(name, {})
        if not isinstance(here, dict):
            return
    last = steps[-1]
    here[last.removesuffix("[]")] = [value] if last.endswith("[]") else value


def kong_object(kind: str, name: str, **more: Any) -> dict[str, Any]:
    version = "v1" if kind in ("Service", "Secret") else "configuration.konghq.com/v1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, **more}


def route(number: int, plugin: str) -> dict[str, Any]:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    path = {"path": f"/p{number}", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": f"r{number}",
            "namespace": "shop",
            "annotations": {"konghq.com/plugins": plugin},
        },
        "spec": {
            "ingressClassName": "kong",
            "rules": [{"host": "shop.example", "http": {"paths": [path]}}],
        },
    }


def plugins(generation: str) -> dict[str, dict[str, Any]]:
    """The configuration of each plugin with all of its secrets."""
    configs: dict[str, dict[str, Any]] = {}
    for number, (plugin, path, kind) in enumerate(secret_fields()):
        given = yaml.safe_load(yaml.safe_dump(GIVEN.get(plugin, {})))
        value: Any = planted(number, path, generation)
        put(configs.setdefault(plugin, given), path, [value] if kind in ("list", "set", "array") else value)
    return configs


def credentials(generation: str) -> list[dict[str, Any]]:
    """One consumer with a credential of each type; half of the values stand in base64."""
    docs = []
    for number, (kind, fields) in enumerate(CREDENTIALS.items()):
        values = {field: f"planted-c{number}{at}-{generation}-value" for at, field in enumerate(fields)}
        data = {field: base64.b64encode(value.encode()).decode() for field, value in values.items()}
        holder: dict[str, Any] = {"stringData": values} if number % 2 else {"data": data}
        secret = kong_object("Secret", f"c-{kind}", **holder)
        secret["metadata"]["labels"] = {"konghq.com/credential": kind}
        docs.append(secret)
    consumer = kong_object("KongConsumer", "alice", username="alice")
    consumer["metadata"]["annotations"] = {"kubernetes.io/ingress.class": "kong"}
    return [*docs, {**consumer, "credentials": [f"c-{kind}" for kind in CREDENTIALS]}]


@cache
def world(generation: str, *, from_secret: bool = False) -> str:
    """Every plugin with a secret on a route of its own, its configuration inline or in a Secret."""
    docs: list[dict[str, Any]] = [kong_object("Service", "web", spec={"ports": [{"port": 80}]})]
    for number, (plugin, config) in enumerate(plugins(generation).items()):
        if from_secret:
            text = yaml.safe_dump(config)
            docs.append(kong_object("Secret", f"s-{plugin}", stringData={"config": text}))
            reference = {"secretKeyRef": {"name": f"s-{plugin}", "key": "config"}}
            docs.append(kong_object("KongPlugin", plugin, plugin=plugin, configFrom=reference))
        else:
            docs.append(kong_object("KongPlugin", plugin, plugin=plugin, config=config))
        docs.append(route(number, plugin))
    return yaml.safe_dump_all([*docs, *credentials(generation)], sort_keys=False)


def leaks(text: str) -> list[str]:
    """Planted values that a text repeats, in base64 too."""
    found = NAME.findall(text)
    for word in re.findall(r"[A-Za-z0-9+/=]{16,}", text):
        try:
            found += NAME.findall(base64.b64decode(word + "==").decode("utf-8", "replace"))
        except ValueError:
            continue
    return sorted(set(found))


def test_the_world_holds_every_secret_and_the_check_sees_them() -> None:
    values = leaks(world("a"))
    assert len([value for value in values if "-c" not in value]) > 400
    assert len([value for value in values if "-c" in value]) == sum(map(len, CREDENTIALS.values()))
    assert leaks(world("a", from_secret=True)) == values


def test_every_secret_of_the_catalogues_is_known_by_its_keys() -> None:
    def keys(path: str) -> list[str]:
        return [step.removesuffix("[]") for step in path.split(".")]

    assert [(plugin, path) for plugin, path, _ in secret_fields() if not is_secret(keys(path), "x")] == []
    assert not is_secret(["username"]) and not is_secret(["spec", "rules", "host"])


TARGETS = {
    "apisix": ["--to", "apisix"],
    "portable": ["--to", "gateway-api", "--set", "gateway-api.parent=infra/edge"],
    "gateway-apisix": [
        *("--to", "gateway-api", "--set", "gateway-api.parent=infra/edge"),
        *("--set", "gateway-api.implementation=apisix"),
    ],
    "gateway-kong": [
        *("--to", "gateway-api", "--set", "gateway-api.parent=infra/edge"),
        *("--set", "gateway-api.implementation=kong"),
    ],
}
FORMATS = ("text", "json", "sarif", "github", "junit", "markdown", "html")


def ran(*arguments: str) -> str:
    found = CliRunner().invoke(group, list(arguments))
    assert found.exit_code in (0, 1), (arguments, found.output[-2000:])
    return found.output


@pytest.fixture(scope="module", params=["inline", "secret"])
def manifests(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    for generation in ("a", "b"):
        text = world(generation, from_secret=request.param == "secret")
        (folder / f"{generation}.yaml").write_text(text, encoding="utf-8")
    return folder / "a.yaml", folder / "b.yaml"


@pytest.mark.parametrize("target", TARGETS)
def test_no_report_repeats_a_secret(manifests: tuple[Path, Path], target: str, tmp_path: Path) -> None:
    reports = {name: tmp_path / f"report.{name}" for name in FORMATS}
    wanted = [part for name, file in reports.items() for part in ("--report", f"{name}={file}")]
    shown = ran("check", str(manifests[0]), "-v", *TARGETS[target], *wanted)
    assert leaks(shown) == []
    for name, file in reports.items():
        assert leaks(file.read_text(encoding="utf-8")) == [], name


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("output", ["text", "json", "markdown", "unified"])
def test_no_diff_repeats_a_secret(manifests: tuple[Path, Path], target: str, output: str) -> None:
    shown = ran("diff", *map(str, manifests), "-o", output, *TARGETS[target])
    assert leaks(shown) == []


@pytest.mark.parametrize("target", TARGETS)
def test_no_difference_of_a_folder_repeats_a_secret(
    manifests: tuple[Path, Path], target: str, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    ran("convert", str(manifests[0]), "-d", str(folder), "-q", *TARGETS[target])
    for file in manifests:
        assert leaks(ran("convert", str(file), "-d", str(folder), "--diff", "-q", *TARGETS[target])) == []
        assert leaks(ran("diff", str(file), "--against", str(folder), *TARGETS[target])) == []


@pytest.mark.parametrize("target", TARGETS)
def test_no_table_and_no_verification_repeats_a_secret(manifests: tuple[Path, Path], target: str) -> None:
    for output in ("text", "json"):
        assert leaks(ran("routes", str(manifests[0]), "-o", output, *TARGETS[target])) == []
    assert leaks(ran("routes", str(manifests[0]), "--host", "shop.example", "--path", "/p1")) == []
    assert leaks(ran("verify", str(manifests[0]), *TARGETS[target])) == []


@pytest.mark.parametrize("target", TARGETS)
def test_secrets_of_secrets_are_written_into_secrets_only(target: str, tmp_path: Path) -> None:
    path = tmp_path / "in.yaml"
    path.write_text(world("a", from_secret=True), encoding="utf-8")
    found = CliRunner().invoke(group, ["convert", str(path), "-o", "yaml", "-q", *TARGETS[target]])
    for doc in yaml.safe_load_all(found.stdout):
        if doc and doc["kind"] != "Secret":
            assert leaks(yaml.safe_dump(doc)) == [], doc["metadata"]["name"]


def test_no_error_repeats_a_secret(tmp_path: Path) -> None:
    text = world("a")
    broken = {
        "type": text.replace("minute: 5", "minute: [planted-0-a-value]"),
        "list": text.replace("  key: planted", "  key: [planted"),
        "indent": text.replace("  secret: ", "   secret: "),
    }
    for name, wrong in broken.items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(wrong, encoding="utf-8")
        found = CliRunner().invoke(group, ["check", str(path), "--to", "apisix"])
        assert leaks(found.output) == [], name


def test_no_result_of_the_library_repeats_a_secret() -> None:
    from kong2x import convert

    result = convert(Source(world("a", from_secret=True)), to="apisix")
    visible = [m for m in result.manifests if m.value["kind"] != "Secret"]
    assert len(visible) < len(result.manifests)
    assert leaks(repr([*visible, result.findings, result.ledger])) == []
