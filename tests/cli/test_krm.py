"""The KRM function: a ResourceList in and out, and as an exec function of kustomize."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import OLD, PLUGINS, SERVICES, SHOP

PROGRAMS = Path(sys.executable).parent


def resource_list(*texts, **spec):
    items = [value for text in texts for value in yaml.safe_load_all(text)]
    for number, item in enumerate(items):
        item["metadata"].setdefault("annotations", {})["config.kubernetes.io/index"] = str(number)
        item["metadata"]["annotations"]["internal.config.kubernetes.io/path"] = "web.yaml"
    config = {"apiVersion": "kong2x.io/v1", "kind": "Convert", "metadata": {"name": "c"}, "spec": spec}
    return {
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "functionConfig": config,
        "items": items,
    }


def call(value, program="kong2x-krm", *args):
    text = value if isinstance(value, str) else yaml.safe_dump(value)
    done = subprocess.run(
        [PROGRAMS / program, *args], input=text, capture_output=True, text=True, check=False
    )
    return done.returncode, yaml.safe_load(done.stdout) if done.stdout else None, done.stderr


def names(value):
    return [f"{item['kind']}/{item['metadata']['name']}" for item in value["items"]]


def test_kongs_objects_are_replaced_and_the_others_stay():
    code, out, err = call(resource_list(SHOP, PLUGINS, SERVICES, to="apisix"))
    assert (code, err) == (0, "")
    assert out["apiVersion"] == "config.kubernetes.io/v1" and out["kind"] == "ResourceList"
    assert names(out) == ["Service/web", "ApisixPluginConfig/auth-limit", "ApisixRoute/web"]
    assert out["functionConfig"]["spec"] == {"to": "apisix"}


def test_objects_that_stay_are_not_changed():
    given = resource_list(SHOP, PLUGINS, SERVICES, to="apisix")
    [service] = [item for item in given["items"] if item["kind"] == "Service"]
    assert call(given)[1]["items"][0] == service


def test_the_tools_own_annotations_do_not_reach_new_objects_and_are_no_finding():
    _, out, _ = call(resource_list(SHOP, PLUGINS, SERVICES, to="apisix"))
    made = [item for item in out["items"] if item["kind"].startswith("Apisix")]
    assert made and not any("annotations" in item["metadata"] for item in made)
    assert not any("kubernetes.io/" in result["message"] for result in out["results"])


def test_the_source_stays_when_asked_for():
    _, out, _ = call(resource_list(SHOP, PLUGINS, SERVICES, to="apisix", keepSource=True))
    assert {"Ingress/web", "KongPlugin/auth", "ApisixRoute/web"} <= set(names(out))


def test_an_ingress_of_another_class_is_not_kongs():
    other = SHOP.replace("ingressClassName: kong", "ingressClassName: nginx").replace(
        "name: web", "name: other", 1
    )
    _, out, _ = call(resource_list(OLD, other, PLUGINS, SERVICES, to="apisix"))
    assert "Ingress/other" in names(out) and "Ingress/old" not in names(out)


def test_findings_are_results_with_resource_field_and_severity():
    broken = SHOP.replace("limit, auth", "gone")
    code, out, _ = call(resource_list(broken, SERVICES, to="apisix"))
    assert code == 1
    [result] = [one for one in out["results"] if one["tags"]["code"] == "plugins/missing"]
    assert result["severity"] == "error"
    assert result["resourceRef"] == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "name": "web",
        "namespace": "shop",
    }
    assert result["field"]["path"] == 'metadata.annotations["konghq.com/plugins"]'
    assert call(resource_list(broken, SERVICES, to="apisix", failOn="never"))[0] == 0


def test_a_config_map_as_configuration():
    given = resource_list(SHOP, PLUGINS, SERVICES)
    given["functionConfig"] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c"},
        "data": {"to": "apisix", "apisix.ingress-class": "edge"},
    }
    code, out, err = call(given)
    assert code == 0, err
    [route] = [item for item in out["items"] if item["kind"] == "ApisixRoute"]
    assert route["spec"]["ingressClassName"] == "edge"


def test_twice_is_the_same_as_once():
    once = call(resource_list(SHOP, PLUGINS, SERVICES, to="apisix"))[1]
    assert call(once)[1]["items"] == once["items"]


@pytest.mark.parametrize("value", ["", "[", "kind: Service\n", "kind: ResourceList\nitems: {}\n"])
def test_other_input_is_refused(value):
    code, out, err = call(value)
    assert code == 2 and out is None and err.startswith("Error: ") and "Traceback" not in err


def test_as_an_exec_function_of_kustomize(tmp_path):
    """Needs kustomize itself: `kubectl kustomize` does not run executables."""
    kustomize = shutil.which("kustomize")
    if kustomize is None:
        pytest.skip("kustomize is not installed")
    (tmp_path / "web.yaml").write_text("---\n".join([SHOP, PLUGINS, SERVICES]))
    (tmp_path / "kustomization.yaml").write_text("resources: [web.yaml]\ntransformers: [convert.yaml]\n")
    function = "exec: {path: ./convert}\n"
    config = {
        "apiVersion": "kong2x.io/v1",
        "kind": "Convert",
        "metadata": {"name": "c", "annotations": {"config.kubernetes.io/function": function}},
        "spec": {"to": "apisix"},
    }
    (tmp_path / "convert.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "convert").write_text(f"#!/bin/sh\nexec {PROGRAMS / 'kong2x-krm'}\n")
    (tmp_path / "convert").chmod(0o755)
    done = subprocess.run(
        [kustomize, "build", "--enable-alpha-plugins", "--enable-exec", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ},
    )
    assert done.returncode == 0, done.stderr
    made = [item["kind"] for item in yaml.safe_load_all(done.stdout)]
    assert sorted(made) == ["ApisixPluginConfig", "ApisixRoute", "Service"]
    assert "config.kubernetes.io" not in done.stdout


def test_as_a_function_of_kpt(tmp_path):
    kpt = shutil.which("kpt")
    if kpt is None:
        pytest.skip("kpt is not installed")
    (tmp_path / "web.yaml").write_text("---\n".join([SHOP, PLUGINS, SERVICES]))
    done = subprocess.run(
        [kpt, "fn", "eval", ".", "--exec", str(PROGRAMS / "kong2x-krm"), "--", "to=apisix"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[info]: " in done.stderr
    written = [value for file in tmp_path.rglob("*.yaml") for value in yaml.safe_load_all(file.read_text())]
    assert sorted(value["kind"] for value in written) == ["ApisixPluginConfig", "ApisixRoute", "Service"]
