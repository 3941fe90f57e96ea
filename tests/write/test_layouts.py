"""File names that are readable, stable and safe, and comments that name the sources."""

from __future__ import annotations

import itertools

import pytest
import yaml

from kong2x.model.errors import OutputError, UsageError
from kong2x.model.source import ObjectRef, SourceObject
from kong2x.model.target import GENERATED, Manifest
from kong2x.read import Source, read_inputs
from kong2x.write import arrange, kustomization
from kong2x.write.names import FOLDERS, object_file, relative_names, safe_part, source_file

LAYOUTS = ("stream", "per-source", "per-namespace", "per-kind")


def source(name, file, namespace="shop", line=1):
    value = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": namespace},
    }
    return SourceObject(value, file=file, line=line)


def emitted(kind, name, namespace, *sources):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    value = {"apiVersion": "apisix.apache.org/v2", "kind": kind, "metadata": metadata, "spec": {"on": "off"}}
    return Manifest(value, tuple(obj.ref for obj in sources))


def by_ref(*objects):
    return {obj.ref: obj for obj in objects}


WEB, API, OTHER = (
    source("web", "k8s/web.yaml", line=12),
    source("api", "k8s/web.yaml", line=40),
    source("x", "b.json", "other"),
)
WORLD = by_ref(WEB, API, OTHER)
MADE = [
    emitted("ApisixRoute", "web", "shop", WEB, API),
    emitted("ApisixTls", "web", "shop", WEB),
    emitted("ApisixRoute", "x", "other", OTHER),
    emitted("GatewayClass", "kong", ""),
]


def test_one_stream():
    (name, text), *rest = arrange(MADE[:2], "stream", objects=WORLD).items()
    assert rest == [] and name == "manifests.yaml"
    first, dashes, *lines = text.splitlines()
    assert first.startswith(GENERATED) and dashes == "---"
    assert lines == [
        "# kong2x: from Ingress shop/web (k8s/web.yaml:12)",
        "# kong2x: from Ingress shop/api (k8s/web.yaml:40)",
        "apiVersion: apisix.apache.org/v2",
        "kind: ApisixRoute",
        "metadata:",
        "  name: web",
        "  namespace: shop",
        "spec:",
        '  "on": "off"',
        "---",
        "# kong2x: from Ingress shop/web (k8s/web.yaml:12)",
        "apiVersion: apisix.apache.org/v2",
        "kind: ApisixTls",
        "metadata:",
        "  name: web",
        "  namespace: shop",
        "spec:",
        '  "on": "off"',
    ]


@pytest.mark.parametrize(
    ("layout", "names"),
    [
        ("stream", ["manifests.yaml"]),
        ("per-source", ["b.yaml", "k8s/web.yaml", "kong2x.yaml"]),
        ("per-namespace", ["_no-namespace.yaml", "other.yaml", "shop.yaml"]),
        (
            "per-kind",
            [
                *("gateways/kong.gatewayclass.yaml", "routes/other.x.apisixroute.yaml"),
                *("routes/shop.web.apisixroute.yaml", "tls/shop.web.apisixtls.yaml"),
            ],
        ),
    ],
)
def test_files_of_each_layout(layout, names):
    files = arrange(MADE, layout, objects=WORLD)
    assert list(files) == names
    written = [doc for text in files.values() for doc in yaml.safe_load_all(text)]
    assert sorted(map(str, written)) == sorted(str(manifest.value) for manifest in MADE)
    assert all(text.startswith(GENERATED) for text in files.values())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_gives_no_files(layout):
    assert arrange([], layout, objects=WORLD) == {}


def test_an_unknown_layout():
    with pytest.raises(UsageError, match="per-source"):
        arrange(MADE, "per-file", objects=WORLD)


@pytest.mark.parametrize("layout", ["per-source", "per-namespace", "per-kind"])
def test_names_do_not_depend_on_the_order_of_the_objects(layout):
    expected = {
        name: sorted(text.split("---\n")) for name, text in arrange(MADE, layout, objects=WORLD).items()
    }
    for order in itertools.permutations(MADE):
        for world in (WORLD, dict(reversed(WORLD.items()))):
            files = arrange(order, layout, objects=world)
            assert {name: sorted(text.split("---\n")) for name, text in files.items()} == expected


@pytest.mark.parametrize("layout", LAYOUTS)
def test_bytes_do_not_depend_on_where_the_sources_lie(layout, tmp_path):
    seen = []
    for place in ("home/a", "srv/deeper/b"):
        top = tmp_path / place
        objects = by_ref(source("web", f"{top}/k8s/web.yaml"), source("api", f"{top}/k8s/sub/api.yaml"))
        made = [
            emitted("ApisixRoute", "m", "n", *objects.values()),
            emitted("ApisixTls", "m", "n", *list(objects.values())[1:]),
        ]
        files = arrange(made, layout, objects=objects)
        assert str(tmp_path) not in "".join([*files, *files.values()])
        seen.append(files)
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (
            ["a.yaml", "./b/c.yaml", "d//e.yaml"],
            ["./b/c.yaml=b/c.yaml", "a.yaml=a.yaml", "d//e.yaml=d/e.yaml"],
        ),
        (["/x/y/a.yaml", "/x/z/b.yaml"], ["/x/y/a.yaml=y/a.yaml", "/x/z/b.yaml=z/b.yaml"]),
        (["/x/y/a.yaml"], ["/x/y/a.yaml=a.yaml"]),
        (["../m/a.yaml", "../n/b.yaml"], ["../m/a.yaml=m/a.yaml", "../n/b.yaml=n/b.yaml"]),
        (["../../a.yaml", "../b.yaml"], ["../../a.yaml=a.yaml", "../b.yaml=b.yaml"]),
        (
            ["<stdin>", "<memory>", "<cluster Prod/1>"],
            ["<cluster Prod/1>=cluster-prod-1", "<memory>=memory", "<stdin>=stdin"],
        ),
        (["k8s\\a.yaml", "C:\\x\\b.yaml"], ["C:\\x\\b.yaml=b.yaml", "k8s\\a.yaml=k8s/a.yaml"]),
    ],
)
def test_relative_names(files, names):
    assert [f"{key}={value}" for key, value in relative_names(files).items()] == names


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("k8s/web.yaml", "k8s/web.yaml"),
        ("k8s/web.yml", "k8s/web.yml"),
        ("k8s/web.json", "k8s/web.yaml"),
        ("stdin", "stdin.yaml"),
        ("a.b/c.txt", "a.b/c.txt.yaml"),
        ("../../x.yaml", "x.yaml"),
    ],
)
def test_source_files(name, file):
    assert source_file(name) == file


def test_sources_that_would_share_a_file_get_their_own():
    first, second, third = source("a", "k/x.yaml"), source("b", "k/X.yaml"), source("c", "k/x.json")
    made = [emitted("ApisixRoute", obj.name, "shop", obj) for obj in (first, second, third)]
    files = arrange(made, "per-source", objects=by_ref(first, second, third))
    assert len({name.casefold() for name in files}) == 3
    # what else is converted does not rename a file: `b` and `c` are still there as sources
    alone = arrange(made[:1], "per-source", objects=by_ref(first, second, third))
    assert set(alone) < set(files)


@pytest.mark.parametrize(
    "name", ["CON.yaml", "a/nul.yaml", "a:b.yaml", "a /x.yaml", "dot./x.yaml", 'q"?.yaml']
)
def test_source_files_are_portable(name):
    file = source_file(name)
    assert file != name and source_file(name) == file
    assert not set(file) & set('<>:"|?*\\') and " /" not in file and "./" not in file


class TestObjectFiles:
    def test_every_kind_has_a_folder(self):
        for folder, kinds in FOLDERS.items():
            for kind in kinds:
                assert object_file(ObjectRef("", kind, "ns", "n")) == f"{folder}/ns.n.{kind.lower()}.yaml"
        assert object_file(ObjectRef("", "HTTPRoutePolicy", "ns", "n")).startswith("policies/")
        assert object_file(ObjectRef("", "Whatever", "ns", "n")).startswith("other/")

    def test_parts_cannot_run_into_each_other(self):
        names = {
            object_file(ObjectRef("", "HTTPRoute", ns, name))
            for ns, name in [("a-b", "c"), ("a", "b-c"), ("a", "b.c")]
        }
        assert len(names) == 3

    @pytest.mark.parametrize(
        "name",
        ["Web", "a/b", "../up", "system:x", "a b", "con", "x" * 253, "é", "a\x00b", "", "COM1.x", "a."],
    )
    @pytest.mark.parametrize("namespace", ["", "shop", "nul", "n" * 63])
    def test_odd_names_are_safe_and_apart(self, name, namespace):
        refs = [
            ObjectRef("", "HTTPRoute", namespace, n) for n in (name, name.replace("/", "-").replace(":", "-"))
        ]
        for ref in refs:
            file = object_file(ref)
            folder, _, base = file.partition("/")
            assert folder == "routes" and "/" not in base and base == base.lower() and len(base) < 250
            assert base.isascii() and base.split(".")[0] not in ("con", "nul", "com1", "")
        if refs[0] != refs[1]:
            assert object_file(refs[0]) != object_file(refs[1])

    def test_names_that_differ_in_case_only(self):
        made = [emitted("ApisixRoute", name, "shop") for name in ("web", "Web")]
        files = arrange(made, "per-kind", objects={})
        assert len({name.casefold() for name in files}) == 2
        assert arrange(made[::-1], "per-kind", objects={}) == files

    def test_a_namespace_and_none(self):
        made = [emitted("HTTPRoute", "b.c", ""), emitted("HTTPRoute", "c", "b")]
        assert len(arrange(made, "per-kind", objects={})) == 2

    def test_one_object_twice_is_a_defect(self):
        with pytest.raises(OutputError, match="made twice"):
            arrange([MADE[0], MADE[0]], "per-kind", objects=WORLD)

    def test_plain_names_stay_as_they_are(self):
        assert safe_part("shop.web-1.apisixroute") == "shop.web-1.apisixroute"


def test_many_sources_are_cut_short():
    objects = [source(f"s{i}", "a.yaml") for i in range(15)]
    text = arrange([emitted("ApisixRoute", "m", "n", *objects)], "stream", objects=by_ref(*objects))[
        "manifests.yaml"
    ]
    assert text.count("# kong2x: from") == 10 and "# kong2x: and from 5 more\n" in text


def test_sources_that_are_not_known_are_named_without_a_file():
    text = arrange([MADE[0]], "stream", objects={})["manifests.yaml"]
    assert "# kong2x: from Ingress shop/web\n" in text


def test_a_file_name_cannot_break_out_of_its_comment():
    obj = source("a", "x\nkind: Evil\n.yaml")
    for layout in LAYOUTS:
        for text in arrange([emitted("ApisixRoute", "m", "n", obj)], layout, objects=by_ref(obj)).values():
            assert "\nkind: Evil" not in text


def test_the_comment_names_the_line_of_the_object():
    text = "# comment\n\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: a}\n"
    read = read_inputs(Source("---\n" + text, "l.yaml"))
    made = Manifest(read.objects[0].value, (read.objects[0].ref,))
    written = arrange([made], "stream", objects=by_ref(*read.objects))["manifests.yaml"]
    assert "(l.yaml:7)" in written


def test_what_was_written_is_read_back():
    for layout in LAYOUTS:
        files = arrange(MADE, layout, objects=WORLD)
        read = read_inputs([Source(text, name) for name, text in files.items()])
        assert read.errors == [] and read.findings == []
        assert sorted(map(str, (obj.value for obj in read.objects))) == sorted(str(m.value) for m in MADE)


def test_kustomization():
    files = {"b.yaml": "", "a/x.yaml": "", "kustomization.yaml": ""}
    text = kustomization(files)
    assert text.startswith(GENERATED)
    assert yaml.safe_load(text) == {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["a/x.yaml", "b.yaml"],
    }
