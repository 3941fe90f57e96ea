"""Bad input gets one clear finding or error each, the designed exit code, and nothing half written."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

GOOD = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: kong
  rules:
    - host: shop.example.com
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
"""


def folder(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / name.replace("__", ".")).write_text(text)
    return tmp_path


def test_broken_yaml_names_file_and_line_and_writes_nothing(run, tmp_path):
    source = folder(tmp_path, good__yaml=GOOD, bad__yaml="a: [1,\nb: 2\n")
    code, out, err = run("convert", source, "--to", "apisix", "-d", tmp_path / "out")
    assert code == 2 and out == ""
    assert "bad.yaml:" in err and not (tmp_path / "out").exists()


def test_keep_going_converts_the_other_files(run, tmp_path):
    source = folder(tmp_path, good__yaml=GOOD, bad__yaml="a: [1,\nb: 2\n")
    code, out, err = run("convert", source, "--to", "apisix", "--keep-going")
    assert code == 1 and "kind: ApisixRoute" in out and "bad.yaml:" in err


def test_an_empty_folder_is_an_error(run, tmp_path):
    code, out, err = run("convert", tmp_path, "--to", "apisix")
    assert code == 2 and out == "" and str(tmp_path) in err


def test_a_missing_path_is_an_error(run, tmp_path):
    code, out, _ = run("check", tmp_path / "nowhere", "--to", "apisix")
    assert code == 2 and "nowhere" in out


def test_a_helm_template_says_what_to_type(run, tmp_path):
    source = folder(tmp_path, t__yaml=GOOD.replace("name: web,", "name: {{ .Values.name }},"))
    code, _, err = run("convert", source, "--to", "apisix")
    assert code == 2 and "helm template" in err


def test_an_ingress_of_another_class_lists_the_classes_seen(run, tmp_path):
    source = folder(tmp_path, i__yaml=GOOD.replace("ingressClassName: kong", "ingressClassName: nginx"))
    code, out, err = run("convert", source, "--to", "apisix")
    assert "nginx" in err and "--set kong.class=nginx" in err
    assert "ApisixRoute" not in out and code in (0, 1)


def test_a_plugin_that_does_not_exist_is_an_error_and_the_route_stays_as_kong_has_it(run, tmp_path):
    text = GOOD.replace("namespace: shop}", "namespace: shop, annotations: {konghq.com/plugins: key-autth}}")
    source = folder(tmp_path, i__yaml=text)
    code, out, err = run("convert", source, "--to", "apisix")
    assert code == 1 and "key-autth" in err and "kind: ApisixRoute" in out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--to", "apisx"], "Did you mean apisix"),
        (["--to", "apisix", "--set", "kong.routr=expressions"], "Did you mean kong.router"),
        (["--to", "apisix", "--set", "kong.router=expresions"], "Did you mean expressions"),
        (["--to", "apisix", "--target-version", "9.9"], "expected one of"),
        (["--to", "apisix", "--set", "kong.router"], "expected KEY=VALUE"),
        ([], "--to"),
    ],
)
def test_wrong_options_say_what_to_type(run, tmp_path, args, said):
    source = folder(tmp_path, i__yaml=GOOD)
    code, out, err = run("convert", source, *args)
    assert code == 2 and out == "" and said in err


def test_a_misspelt_command_gets_a_suggestion(run):
    code, _, err = run("convret")
    assert code == 2 and "Did you mean convert" in err


def test_help_of_the_group_lists_every_command():
    from kong2x.cli import COMMANDS, group

    shown = CliRunner().invoke(group, ["--help"]).output
    assert all(name in shown for name in COMMANDS if name in group.list_commands(None))


def test_inputs_are_never_changed(run, tmp_path):
    source = folder(tmp_path, i__yaml=GOOD)
    before = (source / "i.yaml").read_bytes()
    run("convert", source, "--to", "apisix", "-d", tmp_path / "out")
    run("convert", source, "--to", "apisix", "-d", tmp_path, "--force")
    assert (source / "i.yaml").read_bytes() == before


def test_a_foreign_file_in_the_folder_is_not_overwritten(run, tmp_path):
    source = folder(tmp_path / "in" if (tmp_path / "in").mkdir() is None else tmp_path, i__yaml=GOOD)
    out = tmp_path / "out" / "routes"
    out.mkdir(parents=True)
    run("convert", source, "--to", "apisix", "-d", tmp_path / "out")
    [made] = list(out.iterdir())
    made.write_text("mine: true\n")
    code, _, err = run("convert", source, "--to", "apisix", "-d", tmp_path / "out")
    assert code == 2 and made.name in err and made.read_text() == "mine: true\n"
