"""All ways to name inputs, one clear error for each that is no manifest, and which object counts."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from kong2x.model.errors import ReadError, UsageError
from kong2x.model.finding import Severity
from kong2x.read import Source, parse_yaml, read_inputs
from kong2x.read.codes import CODES


def service(name="web", namespace="", **labels):
    metadata = {
        "name": name,
        **({"namespace": namespace} if namespace else {}),
        **({"labels": labels} if labels else {}),
    }
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata}


def doc(name="web", namespace="", **labels):
    return json.dumps(service(name, namespace, **labels)) + "\n"


def names(read):
    return [f"{obj.namespace}/{obj.name}" if obj.namespace else obj.name for obj in read.objects]


def only_error(*inputs, **options):
    read = read_inputs(list(inputs), **options)
    assert read.objects == [] and len(read.errors) == 1, read.errors
    (error,) = read.errors
    assert error.severity is Severity.ERROR and error.remedy and error.source is not None
    return error


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(name: str, text: str | bytes) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


class TestWhatCanBeNamed:
    def test_files_folders_stdin_streams_texts_and_mappings_form_one_world(self, folder):
        put("dir/b.yml", doc("b"))
        put("dir/sub/a.YAML", doc("a"))
        put("dir/c.json", doc("c"))
        put("one.txt", doc("one"))
        stream = io.StringIO(doc("stream"))
        read = read_inputs(
            [
                "one.txt",
                Path("dir"),
                "-",
                stream,
                Source(doc("text"), "t.yaml"),
                service("map"),
                [service("l1"), service("l2")],
            ],
            stdin=io.BytesIO(doc("in").encode()),
        )
        assert read.errors == [] and read.findings == []
        assert names(read) == ["one", "b", "c", "a", "in", "stream", "text", "map", "l1", "l2"]
        assert read.files == [
            *("one.txt", "dir/b.yml", "dir/c.json", "dir/sub/a.YAML", "<stdin>", "<stream>", "t.yaml"),
            *("<memory>", "<memory>"),
        ]
        assert [obj.file for obj in read.objects][:2] == ["one.txt", "dir/b.yml"]

    def test_a_single_input_needs_no_list(self, folder):
        assert names(read_inputs(put("a.yaml", doc()))) == ["web"]
        assert names(read_inputs(service())) == ["web"]

    def test_hidden_files_and_folders_and_other_suffixes_are_left_out(self, folder):
        put("d/a.yaml", doc("a"))
        for name in ("d/.hidden.yaml", "d/.git/x.yaml", "d/..data/y.yaml", "d/notes.txt", "d/.kong2x.yaml"):
            put(name, "not: [a manifest")
        assert names(read_inputs(["d"])) == ["a"]

    def test_loops_of_links_end_and_a_linked_file_is_read_once(self, folder):
        put("d/sub/a.yaml", doc("a"))
        os.symlink(folder / "d", folder / "d" / "sub" / "loop")
        os.symlink(folder / "d" / "sub" / "a.yaml", folder / "d" / "again.yaml")
        read = read_inputs(["d", "d/sub/a.yaml"])
        assert names(read) == ["a"] and read.findings == [] and read.errors == []

    def test_the_order_of_files_on_disk_does_not_matter(self, folder):
        for order in ("zab", "baz"):
            for letter in order:
                put(f"{order}/{letter}.yaml", doc(letter))
        assert names(read_inputs(["zab"])) == names(read_inputs(["baz"])) == ["a", "b", "z"]

    def test_live_dumps_are_read_whole(self, folder):
        live = service()
        live["metadata"] |= {
            "uid": "1",
            "resourceVersion": "2",
            "managedFields": [{}],
            "creationTimestamp": None,
        }
        live["status"] = {"loadBalancer": {}}
        assert read_inputs(live).objects[0].value == live

    def test_what_is_not_an_input_is_a_usage_error(self):
        with pytest.raises(UsageError, match="int"):
            read_inputs([5])


class TestLists:
    @pytest.mark.parametrize("kind", ["List", "ServiceList", "ResourceList"])
    def test_items_are_objects(self, kind):
        value = {
            "apiVersion": "v1",
            "kind": kind,
            "metadata": {"resourceVersion": ""},
            "items": [service("a"), service("b")],
        }
        for given in (value, Source(json.dumps(value)), Source(json.dumps(value, indent=1))):
            assert names(read_inputs(given)) == ["a", "b"]

    def test_items_of_typed_lists_take_the_kind_of_their_list(self):
        value = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressList",
            "items": [{"metadata": {"name": "a"}}],
        }
        (obj,) = read_inputs(value).objects
        assert (obj.group, obj.kind, obj.item) == ("networking.k8s.io", "Ingress", ("items", 0))
        assert "kind" not in value["items"][0]

    def test_lists_in_lists(self):
        inner = {"apiVersion": "v1", "kind": "List", "items": [service("a")]}
        read = read_inputs({"apiVersion": "v1", "kind": "List", "items": [inner, service("b")]})
        assert [obj.item for obj in read.objects] == [("items", 0, "items", 0), ("items", 1)]

    @pytest.mark.parametrize("items", ["items: []", "items:", "metadata: {}"])
    def test_an_empty_list_is_an_input_without_objects(self, items):
        read = read_inputs(Source(f"apiVersion: v1\nkind: List\n{items}\n"))
        assert (read.objects, read.errors) == ([], [])

    def test_an_object_whose_kind_ends_in_list_is_an_object(self):
        (obj,) = read_inputs(Source("apiVersion: x/v1\nkind: AllowList\nmetadata: {name: a}\n")).objects
        assert obj.kind == "AllowList"

    def test_a_wrong_item_is_named_by_its_place(self):
        text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: X, metadata: {name: a}}\n- {kind: X}\n"
        error = only_error(Source(text, "l.yaml"))
        assert error.code == "input/not-an-object" and error.source.line == 5
        assert (
            error.message
            == "items[1] has no apiVersion and no metadata.name: every Kubernetes object has them."
        )


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "code", "line", "column"),
        [
            (b"a: 1\nb: c: d\n", "input/broken-yaml", 2, 5),
            (b"a: 1\n---\n\tb: 1\n", "input/broken-yaml", 3, 1),
            (b"a: 1\n--- {b: 2}\n", "input/broken-yaml", 2, 4),
            (b"\x81", "input/not-utf8", 1, 1),
            ("é: \n  x: é".encode() + b"\xe9\n", "input/not-utf8", 2, 8),
            ("a: 1\n".encode("utf-16"), "input/not-utf8", 1, 1),
            (b"x: {{ .Values.host }}\n", "input/helm-template", 1, 0),
            (b"{{- if .x }}\na: 1\n{{- end }}\n", "input/helm-template", 1, 0),
            (b'a:\n  - b: "{{ .Values.host }}"\n', "input/helm-template", 2, 0),
            (
                b"apiVersion: v1\nkind: X\nmetadata: {name: '{{ include \"x.name\" . }}'}\n",
                "input/helm-template",
                3,
                0,
            ),
            (
                b"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
                "input/kustomization",
                1,
                1,
            ),
            (b"a: " + b"[" * 999, "input/too-deep", 1, 259),
            (b'{"a": ' + b"[" * 99999, "input/too-deep", 1, 1),
            (b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}", "input/too-deep", 1, 1),
            (b"# c\nhello\n", "input/not-an-object", 2, 1),
            (b"- op: add\n  path: /x\n", "input/not-an-object", 1, 1),
            (b"apiVersion: v1\nkind: Service\nmetadata: {name: 5}\n", "input/not-an-object", 1, 1),
            (b"apiVersion: v1\nkind: X\nmetadata: {name: a, namespace: yes}\n", "input/not-an-object", 1, 1),
            (b"apiVersion: v1\nkind: X\nmetadata: {generateName: a}\n", "input/not-an-object", 1, 1),
            (b'{"a": 1} x', "input/broken-yaml", 1, 0),
            (b"", "input/no-manifests", 0, 0),
            (b"# only a comment\n---\n", "input/no-manifests", 0, 0),
        ],
    )
    def test_one_error_with_its_place(self, text, code, line, column):
        read = read_inputs([Source(text, "f.yaml")])
        error = read.errors[-1]
        assert (error.code, error.source.file, error.source.line, error.source.column) == (
            code,
            "f.yaml",
            line,
            column,
        )
        assert error.severity is Severity.ERROR and error.remedy and error.message.endswith(".")

    def test_hints(self):
        assert "decK" in only_error(Source('_format_version: "3.0"\nservices: []\n')).message
        assert "Chart.yaml" in only_error(Source("apiVersion: v2\nname: x\nversion: 1\n")).message
        assert "JSON patch" in only_error(Source("- {op: add, path: /x}\n")).message
        assert "UTF-16" in only_error(Source("a".encode("utf-16"))).message

    def test_a_missing_path(self, folder):
        error = only_error("nope.yaml")
        assert error.code == "input/missing-path" and error.source.file == "nope.yaml"

    def test_a_folder_without_manifests(self, folder):
        put("d/readme.md", "x")
        assert only_error("d").code == "input/no-manifests"
        put("d/a.yaml", "# nothing\n")
        assert only_error("d").code == "input/no-manifests"

    def test_an_empty_file_among_others_is_no_error(self, folder):
        put("d/a.yaml", "")
        put("d/b.yaml", doc("b"))
        assert names(read_inputs(["d"])) == ["b"]

    def test_a_link_that_leads_nowhere(self, folder):
        os.symlink("gone.yaml", "d.yaml")
        assert only_error("d.yaml").code == "input/unreadable"

    def test_without_keep_going_nothing_is_left_to_convert_by_mistake(self, folder):
        put("a.yaml", "a: [")
        put("b.yaml", doc("b"))
        assert read_inputs(["a.yaml", "b.yaml"]).objects == []
        kept = read_inputs(["a.yaml", "b.yaml"], keep_going=True)
        assert names(kept) == ["b"] and len(kept.errors) == 1

    def test_all_errors_are_told_at_once(self, folder):
        put("d/a.yaml", "a: [")
        put("d/b.yaml", "x: {{ y }}")
        read = read_inputs(["d", "nope"])
        assert [error.code for error in read.errors] == [
            "input/broken-yaml",
            "input/helm-template",
            "input/missing-path",
        ]

    def test_no_error_shows_what_a_secret_holds(self):
        for text in (
            "password: s3cr3t: x",
            "a: !!int s3cr3t",
            "--- s3cr3t",
            "s3cr3t",
            'a: "s3cr3t\\q"',
            "{s3cr3t",
            '{"a": "s3cr3t" x',
        ):
            for error in read_inputs([Source(text)]).errors:
                assert "s3cr3t" not in error.message + error.remedy


class TestHelmAndKustomize:
    def test_braces_that_are_no_template_are_fine(self):
        text = "apiVersion: v1\nkind: X\nmetadata: {name: a}\ntext: 'Hello {{name}}, {{ user.mail }}'\n"
        assert read_inputs(Source(text)).errors == []

    def test_a_chart_in_a_folder_is_one_error(self, folder):
        put("apps/chart/Chart.yaml", "apiVersion: v2\nname: x\n")
        put("apps/chart/values.yaml", "a: 1\n")
        put("apps/chart/templates/a.yaml", "a: {{ .Values.a }}\n")
        put("apps/b.yaml", doc("b"))
        error = only_error("apps")
        assert error.code == "input/helm-template" and error.source.file == "apps/chart/Chart.yaml"

    def test_a_kustomization_that_lists_is_told_and_left_out(self, folder):
        put("d/kustomization.yaml", "resources: [a.yaml]\n")
        put("d/a.yaml", doc("a"))
        read = read_inputs(["d"])
        assert names(read) == ["a"] and read.errors == [] and read.files == ["d/a.yaml"]
        (finding,) = read.findings
        assert (finding.code, finding.severity) == ("input/kustomization-seen", Severity.INFO)

    def test_a_kustomization_that_changes_is_a_warning(self, folder):
        put("d/kustomization.yml", "resources: [a.yaml]\nnamespace: prod\nnamePrefix: x-\nimages: []\n")
        put("d/a.yaml", doc("a"))
        (finding,) = read_inputs(["d"]).findings
        assert (finding.code, finding.severity) == ("input/kustomization-changes", Severity.WARNING)
        assert "namespace, namePrefix" in finding.message and "images" not in finding.message

    @pytest.mark.parametrize(
        "field",
        [
            "patches: [{path: p.yaml}]",
            "patchesStrategicMerge: [p.yaml]",
            "patchesJson6902: [{path: p.yaml, target: {kind: X}}]",
        ],
    )
    def test_patch_files_are_errors(self, folder, field):
        put("d/base/a.yaml", doc("a"))
        put("d/over/kustomization.yaml", f"resources: [../base]\n{field}\n")
        put("d/over/p.yaml", doc("a"))
        error = only_error("d")
        assert error.code == "input/overlay-patch" and error.source.file == "d/over/p.yaml"
        assert "kustomize build" in error.remedy

    def test_a_kustomization_named_as_a_file_is_an_error(self, folder):
        assert only_error(put("kustomization.yaml", "resources: [a]\n")).code == "input/kustomization"

    def test_flux_kustomizations_are_objects(self):
        text = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\n"
        assert names(read_inputs(Source(text))) == ["a"]


class TestIdentity:
    def test_the_last_one_counts(self, folder):
        put("d/a.yaml", doc("web", "shop", v="one"))
        put("d/b.yaml", "---\n" + doc("web", "shop", v="two"))
        read = read_inputs(["d"])
        assert [obj.labels for obj in read.objects] == [{"v": "two"}]
        (finding,) = read.findings
        assert (finding.code, finding.severity) == ("input/duplicate-object", Severity.WARNING)
        assert str(finding.source) == "d/b.yaml:2:1" and "d/a.yaml:1" in finding.message

    def test_the_same_words_twice_are_only_mentioned(self):
        read = read_inputs([Source(doc()), Source(doc())])
        assert len(read.objects) == 1 and [f.severity for f in read.findings] == [Severity.INFO]

    def test_no_namespace_is_default_and_other_identities_are_apart(self):
        read = read_inputs(
            [service("a"), service("a", "default"), service("a", "x"), {**service("a"), "kind": "Secret"}]
        )
        assert len(read.objects) == 3 and len(read.findings) == 1

    def test_cluster_scoped_kinds_have_no_namespace(self):
        plugin = {**service("a", "x"), "kind": "KongClusterPlugin"}
        read = read_inputs([plugin, {**service("a", "y"), "kind": "KongClusterPlugin"}])
        assert [obj.namespace for obj in read.objects] == ["y"]

    def test_an_object_to_convert_goes_before_one_that_is_only_read(self):
        read = read_inputs([service("a", v="1")], also_read=[service("a", v="2"), service("b")])
        assert [(obj.name, obj.convert) for obj in read.objects] == [("a", True), ("b", False)]
        assert read.objects[0].labels == {"v": "1"} and read.findings == []

    def test_files_that_are_converted_are_not_read_again_for_references(self, folder):
        put("d/a.yaml", doc("a"))
        put("d/b.yaml", doc("b"))
        read = read_inputs(["d/a.yaml"], also_read=["d"])
        assert [(obj.name, obj.convert) for obj in read.objects] == [("a", True), ("b", False)]


class TestChoice:
    WORLD = (
        service("a", "x"),
        service("b", "y", app="web"),
        service("c"),
        {**service("g"), "kind": "KongClusterPlugin"},
    )

    def chosen(self, **options):
        read = read_inputs(list(self.WORLD), **options)
        assert len(read.objects) == 4
        return "".join(obj.name for obj in read.objects if obj.convert)

    def test_namespaces_choose_and_do_not_hide(self):
        assert self.chosen() == "abcg"
        assert self.chosen(namespaces=["x"]) == "ag"
        assert self.chosen(namespaces=["default", "y"]) == "bcg"

    def test_labels_choose(self):
        assert self.chosen(selector="app=web") == "b"
        assert self.chosen(selector="app!=web", namespaces=("y", "x")) == "ag"

    def test_a_wrong_selector_is_a_usage_error(self):
        with pytest.raises(UsageError, match="-l app~web"):
            self.chosen(selector="app~web")


class TestSurprises:
    def test_notes_become_findings_about_the_object(self):
        text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: S\n"
        text += "  metadata: {name: a, labels: {x: on}}\n"
        (finding,) = read_inputs(Source(text, "l.yaml")).findings
        assert finding.code == "yaml/boolean-value" and finding.severity is Severity.INFO
        assert str(finding.object) == "S a" and finding.path == ("metadata", "labels", "x")
        assert str(finding.source) == "l.yaml:6:35"

    def test_json_first(self):
        read = read_inputs(Source(doc("a") + doc("b") + "---\n" + doc("c")))
        assert names(read) == ["a", "b", "c"] and [obj.document for obj in read.objects] == [1, 2, 3]
        assert [obj.line for obj in read.objects] == [1, 2, 4]

    def test_json_that_is_only_yaml_is_read_as_yaml(self):
        (obj,) = read_inputs(Source("{apiVersion: v1, kind: X, metadata: {name: a}, v: yes}")).objects
        assert obj.value["v"] is True

    def test_words_in_json_are_words(self):
        text = '{"apiVersion": "v1", "kind": "X", "metadata": {"name": "a"}, "v": "yes",  "n": 0.5}'
        read = read_inputs(Source(text))
        assert read.objects[0].value["v"] == "yes" and read.findings == []

    def test_repeated_keys_in_json(self):
        text = '{"apiVersion": "v1", "kind": "X",\n "metadata": {"name": "a",\n "name": "b"}}'
        read = read_inputs(Source(text))
        (finding,) = read.findings
        assert names(read) == ["b"] and finding.code == "yaml/duplicate-key" and finding.source.line == 3

    def test_half_surrogates_in_json_become_replacement_characters(self):
        text = '{"apiVersion": "v1", "kind": "X", "metadata": {"name": "a"}, "\\ud800": ["\\udfff", "\\ud83d\\ude00"]}'
        assert read_inputs(Source(text)).objects[0].value["\ufffd"] == ["\ufffd", "😀"]


class TestGenerated:
    def test_own_output_inside_an_input_folder_is_left_out_on_request(self, folder):
        put("d/a.yaml", doc("a"))
        put("d/out/b.yaml", "# Generated by kong2x. x\n---\n" + doc("b"))
        assert names(read_inputs(["d"])) == ["a", "b"]
        read = read_inputs(["d"], skip_generated=True)
        assert names(read) == ["a"] and [f.code for f in read.findings] == ["input/generated-skipped"]
        assert names(read_inputs(["d/out/b.yaml"], skip_generated=True)) == ["b"]


def test_parse_yaml():
    assert parse_yaml("minute: 5\npolicy: local\non: yes\n") == {"minute": 5, "policy": "local", "true": True}
    assert parse_yaml(b'{"a": [1.5]}') == {"a": [1.5]}
    assert parse_yaml("") is None and parse_yaml("---\n---\na: 1\n---\nb: 2") == {"a": 1}
    for wrong in ("s3cr3t: a: b", b"\xffs3cr3t", "a: [s3cr3t", '{"s3cr3t'):
        with pytest.raises(ReadError) as error:
            parse_yaml(wrong)
        assert "s3cr3t" not in str(error.value)


def test_codes_are_complete_and_distinct():
    assert len({code.id for code in CODES}) == len(CODES)
    for code in CODES:
        assert code.summary.endswith(".") and code.meaning.endswith(".") and code.remedy.endswith(".")
