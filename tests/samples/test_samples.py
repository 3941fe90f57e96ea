"""The stories: what each sample becomes on each target, byte for byte, and what is said about it.

The expected files are read by people before they are committed. `KONG2X_ACCEPT=1 pytest tests/samples` writes
them anew from the current output; look at the difference before you keep it.
"""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from kong2x.cli.config import find_config
from kong2x.model.settings import Options
from kong2x.pipeline import emitter_named, run
from kong2x.read import read_inputs
from kong2x.verify import Verification
from kong2x.worlds import verified
from kong2x.write import arrange

SAMPLES = Path(__file__).parents[2] / "samples"
STORIES = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())
TARGETS = ("apisix", "gateway-api")


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch):
    monkeypatch.chdir(SAMPLES.parent)


def options(story, target):
    config = find_config([f"samples/{story}"])
    return Options(to=target, settings=config.settings, accept_rules=config.accept, mappings=config.mappings)


def converted(story, target, inputs=None):
    read = read_inputs(inputs or [f"samples/{story}"], skip_generated=True)
    assert not read.errors, read.errors
    return run(read, options(story, target))


def stream(conversion):
    objects = {obj.ref: obj for obj in conversion.objects}
    return "".join(arrange(conversion.result.manifests, "stream", objects=objects).values())


def finding_lines(result):
    lines = []
    for finding in result.findings:
        if finding.code == "input/generated-skipped":
            continue  # the expected files themselves
        mark = " accepted" if finding.accepted else ""
        lines.append(f"{finding.source or '-'} {finding.severity} {finding.code} {finding.level}{mark}\n")
    return "".join(lines)


def compare(path, text):
    if os.environ.get("KONG2X_ACCEPT"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{path} says something else"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("story", STORIES)
def test_expected_objects_and_findings(story, target):
    conversion = converted(story, target)
    folder = SAMPLES / story / "expected"
    compare(folder / f"{target}.yaml", stream(conversion))
    compare(folder / f"{target}.findings", finding_lines(conversion.result))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("story", STORIES)
def test_no_request_is_a_surprise(story, target):
    read = read_inputs([f"samples/{story}"], skip_generated=True)
    outcome: Verification = verified(read, options(story, target)).verification
    assert outcome.requests > 0
    assert not outcome.surprises, outcome.surprises[:3]


@pytest.mark.parametrize("story", STORIES)
def test_no_request_is_a_surprise_on_apisix_by_gateway_api(story):
    from dataclasses import replace

    chosen = options(story, "gateway-api")
    chosen = replace(chosen, settings={**chosen.settings, "gateway-api.implementation": "apisix"})
    outcome = verified(read_inputs([f"samples/{story}"], skip_generated=True), chosen).verification
    assert outcome.requests > 0
    assert not outcome.surprises, outcome.surprises[:3]


@pytest.mark.parametrize("story", STORIES)
def test_every_story_has_a_readme(story):
    text = (SAMPLES / story / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# ") and "kong2x convert" in text


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("story", STORIES)
def test_same_bytes_whatever_the_order_of_the_files(story, target, tmp_path):
    files = sorted(
        str(path.relative_to(SAMPLES.parent))
        for path in (SAMPLES / story).rglob("*.yaml")
        if not any(part.startswith(".") or part == "expected" for part in path.relative_to(SAMPLES).parts)
    )
    first = stream(converted(story, target, files))
    shuffled = files[:]
    random.Random(7).shuffle(shuffled)
    assert stream(converted(story, target, shuffled)) == first == stream(converted(story, target))


@pytest.mark.parametrize("target", TARGETS)
def test_converting_twice_changes_nothing(target, tmp_path):
    """The output may stand in the folder of the input: a second run passes over it."""
    for story in STORIES:
        folder = tmp_path / story / target
        shutil.copytree(SAMPLES / story, folder, ignore=shutil.ignore_patterns("expected"))
        before = converted(story, target, [str(folder)])
        objects = {obj.ref: obj for obj in before.objects}
        for name, text in arrange(before.result.manifests, "per-kind", objects=objects).items():
            path = folder / "out" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert stream(converted(story, target, [str(folder)])) == stream(before)


def test_imprun_by_kind(tmp_path):
    """The layout that the story asks for: routes/, plugins/ and tls/."""
    conversion = converted("imprun", "apisix")
    files = arrange(conversion.result.manifests, "per-kind", objects={o.ref: o for o in conversion.objects})
    folders = {name.partition("/")[0] for name in files}
    assert {"routes", "plugins", "tls"} <= folders
    shared = [m.value for m in conversion.result.manifests if m.value["kind"] == "ApisixPluginConfig"]
    alone = [v for v in shared if [plugin["name"] for plugin in v["spec"]["plugins"]] == ["cors"]]
    assert len(alone) == 1, "one CORS policy for all runtimes"
    names = {
        (rule.get("plugin_config_name"), rule.get("plugin_config_namespace"))
        for m in conversion.result.manifests
        if m.value["kind"] == "ApisixRoute" and m.value["metadata"]["namespace"].startswith("runtime-")
        for rule in m.value["spec"]["http"]
    }
    assert len(names) == 1 and next(iter(names))[1] == "imprun-system"


@pytest.mark.parametrize("version", ["1.8", "2.0", "2.1", "2.2"])
@pytest.mark.parametrize("story", STORIES)
def test_valid_in_every_apisix_controller_release(story, version):
    from dataclasses import replace

    read = read_inputs([f"samples/{story}"], skip_generated=True)
    result = run(read, replace(options(story, "apisix"), target_version=version)).result
    assert result.manifests


@pytest.mark.parametrize("channel", ["standard", "experimental"])
@pytest.mark.parametrize("story", STORIES)
def test_valid_in_every_gateway_api_release(story, channel):
    from dataclasses import replace

    for version in emitter_named("gateway-api").versions:
        read = read_inputs([f"samples/{story}"], skip_generated=True)
        chosen = replace(options(story, "gateway-api"), target_version=version, channel=channel)
        assert run(read, chosen).result.manifests
