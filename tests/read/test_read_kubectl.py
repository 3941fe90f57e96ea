"""The cluster is read by the user's kubectl; a script stands in for it here."""

from __future__ import annotations

import json
import stat
import sys

import pytest

from kong2x.model.errors import ReadError
from kong2x.read import read_cluster, read_inputs

FAKE = """#!{python}
import json, os, sys
here = os.path.dirname(os.path.abspath(__file__))
args = sys.argv[1:]
open(os.path.join(here, "calls"), "a").write(json.dumps(args) + "\\n")
world = json.load(open(os.path.join(here, "world.json")))
if world.get("down"):
    sys.stderr.write("E1121 memcache.go: couldn't get current server API group list\\n")
    sys.exit("The connection to the server localhost:8080 was refused - did you specify the right host or port?")
options = dict(a.lstrip("-").partition("=")[::2] for a in args if a.startswith("-"))
words = [a for a in args if not a.startswith("-")]
if words[0] == "api-resources":
    print("\\n".join(world["kinds"]))
    sys.exit(world.get("api_resources_exit", 0))
items, failed = [], False
for kind in words[1].split(","):
    where = options.get("namespace")
    if kind in world["forbidden"] or (where is None and kind in world.get("forbidden_everywhere", [])):
        sys.stderr.write("Error from server (Forbidden): %s is forbidden: User cannot list resource\\n" % kind)
        failed = True
        continue
    items += [i for i in world["kinds"][kind] if where in (None, i["metadata"].get("namespace"))]
if world.get("garbage"):
    print("s3cr3t {{")
else:
    print(json.dumps({{"apiVersion": "v1", "kind": "List", "items": items}}))
sys.exit(1 if failed else 0)
"""

ITEM = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "x", "uid": "1"}}
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "s", "namespace": "x"},
    "data": {"k": "czNjcjN0"},
}
OTHER = {**SECRET, "metadata": {"name": "s", "namespace": "y"}}
WORLD = {"kinds": {"services": [ITEM], "secrets": [SECRET, OTHER], "pods": []}, "forbidden": []}


@pytest.fixture
def cluster(tmp_path):
    def make(**changes):
        (tmp_path / "world.json").write_text(json.dumps({**WORLD, **changes}))
        (tmp_path / "calls").unlink(missing_ok=True)
        script = tmp_path / "kubectl"
        script.write_text(FAKE.format(python=sys.executable).replace("{{", "{").replace("}}", "}"))
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return str(script)

    make.calls = lambda: [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]
    return make


def test_kinds_that_the_cluster_has_are_read_from_everywhere(cluster):
    sources = read_cluster(kubectl=cluster(), context="prod; rm -rf /", kubeconfig="/k")
    read = read_inputs(sources)
    assert [str(obj.ref) for obj in read.objects] == ["Service x/a", "Secret x/s", "Secret y/s"]
    assert read.errors == [] and read.objects[0].file == "<cluster prod; rm -rf />"
    first, second = cluster.calls()
    head = ["--kubeconfig=/k", "--context=prod; rm -rf /"]
    assert first == [*head, "api-resources", "--verbs=list", "--output=name"]
    assert second == [*head, "get", "services,secrets", "--all-namespaces", "--output=json"]


def test_a_broken_aggregated_api_does_not_matter(cluster):
    assert read_cluster(kubectl=cluster(api_resources_exit=1))


def test_chosen_kinds(cluster):
    (source,) = read_cluster(["services", "nope.example.com"], kubectl=cluster())
    assert [item["kind"] for item in json.loads(source.text)["items"]] == ["Service"]


def test_a_forbidden_kind_is_a_finding_and_the_others_are_read(cluster):
    read = read_inputs(read_cluster(kubectl=cluster(forbidden=["secrets"])))
    assert [obj.kind for obj in read.objects] == ["Service"]
    (finding,) = read.findings
    assert (
        finding.code == "input/kind-not-read"
        and "secrets" in finding.message
        and "forbidden" in finding.message
    )


def test_what_may_not_be_listed_everywhere_is_listed_in_the_chosen_namespaces(cluster):
    kubectl = cluster(forbidden_everywhere=["secrets"])
    read = read_inputs(read_cluster(kubectl=kubectl, namespaces=("x",)))
    assert [str(obj.ref) for obj in read.objects] == ["Service x/a", "Secret x/s"] and read.findings == []
    assert ["get", "secrets", "--namespace=x", "--output=json"] in cluster.calls()


def test_an_unreachable_cluster(cluster):
    with pytest.raises(
        ReadError, match=r"The cluster of context c cannot be read: The connection .* was refused"
    ):
        read_cluster(kubectl=cluster(down=True), context="c")


def test_no_kubectl():
    with pytest.raises(ReadError, match="no-such-kubectl is not on the PATH"):
        read_cluster(kubectl="no-such-kubectl")


def test_nothing_of_an_odd_answer_is_shown(cluster):
    with pytest.raises(ReadError) as error:
        read_cluster(kubectl=cluster(garbage=True))
    assert "s3cr3t" not in str(error.value)


def test_a_cluster_without_the_kinds(cluster):
    with pytest.raises(ReadError, match="has none of the kinds"):
        read_cluster(kubectl=cluster(kinds={"pods": []}))


def test_the_default_kinds_are_those_of_the_recorded_crds(shared):
    from kong2x.read.kubectl import KINDS

    known = {path.name.removesuffix(".yaml") for path in (shared / "crds" / "kong").rglob("*.yaml")}
    ours = {kind for kind in KINDS if "konghq.com" in kind}
    assert known <= ours
