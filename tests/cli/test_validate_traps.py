"""`kong2x validate` on anybody's APISIX manifests: where, what was read, what is expected, what to type."""

from __future__ import annotations

import pytest

ROUTE = """\
apiVersion: apisix.apache.org/v2
kind: ApisixRoute
metadata: {name: web, namespace: shop}
spec:
  http:
    - name: everything
      priority: 10
      match:
        paths: ["/*"]
      backends: [{serviceName: web, servicePort: 80}]
    - name: api
      match:
        paths: ["/api/*", /api]
      backends: [{serviceName: web, servicePort: 80}]
"""
PLUGIN = """\
apiVersion: apisix.apache.org/v1alpha1
kind: PluginConfig
metadata: {name: login, namespace: shop}
spec: {plugins: [{name: key-auth, config: {}}]}
"""
GATEWAY_ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: other, namespace: shop}
spec:
  parentRefs: [{name: gw}]
  rules:
    - filters:
        - type: ExtensionRef
          extensionRef: {group: apisix.apache.org, kind: PluginConfig, name: login}
      backendRefs: [{name: web, port: 80}]
"""


@pytest.fixture
def validated(run, tmp_path):
    """Validates texts, each in a file of its own, and gives exit code and output."""

    def validate(*args, **files):
        for name, text in files.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        code, out, _ = run("validate", tmp_path, *args)
        return code, out.replace(f"{tmp_path}/", "")

    return validate


def test_a_refusal_names_file_line_value_and_remedy(validated):
    text = ROUTE.replace("servicePort: 80}]", "servicePort: 80, weight: -1}]", 1)
    code, out = validated(web=text)
    assert code == 1 and "web.yaml:10:54: error schema/apisix/weight" in out
    assert "The weight is -1; expected 0 or more." in out and "fix: Write 0 or more." in out


def test_a_hint_is_a_warning_on_the_line_of_the_value(validated):
    code, out = validated(web=ROUTE)
    assert "web.yaml:7:7: warning apisix/priority-without-effect" in out
    assert "Rule everything has priority 10, and requests for /api go to rule api (priority 0)" in out
    assert code == 0, "a hint is no reason to stop"
    assert validated("--fail-on", "approximate", web=ROUTE)[0] == 1


def test_notes_are_shown_on_request_only(validated):
    text = ROUTE.replace("priority: 10", "priority: 0").replace(", /api]", "]")
    code, out = validated(web=text)
    assert code == 0 and "prefix-edge" not in out
    assert "web.yaml:13:17: info apisix/prefix-edge" in validated("-v", web=text)[1]


def test_objects_of_both_targets_see_each_other(validated):
    assert "plugin-config-missing" not in validated(a=PLUGIN, b=GATEWAY_ROUTE)[1]
    code, out = validated(a=PLUGIN.replace("login", "logout"), b=GATEWAY_ROUTE)
    assert code == 1 and "b.yaml:8:11: error apisix/plugin-config-missing" in out


def test_with_a_target_chosen_only_its_objects_are_told_about(validated):
    files = {"a": PLUGIN.replace("login", "logout"), "b": GATEWAY_ROUTE, "c": ROUTE}
    code, out = validated("--to", "apisix", **files)
    assert code == 0 and "plugin-config-missing" not in out and "priority-without-effect" in out
    code, out = validated("--to", "gateway-api", **files)
    assert code == 1 and "plugin-config-missing" in out and "priority-without-effect" not in out


def test_the_source_beside_the_output_is_left_alone(validated, tmp_path):
    """An Ingress that Kong still serves has the name of the ApisixRoute made from it."""
    ingress = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: CLASS
  defaultBackend: {service: {name: web, port: {number: 80}}}
"""
    output = ROUTE.replace("spec:\n", "spec:\n  ingressClassName: apisix\n")
    code, out = validated(web=output, old=ingress.replace("CLASS", "kong"))
    assert code == 0 and "name-clash" not in out and "default-backend" not in out
    code, out = validated(web=output, old=ingress.replace("CLASS", "apisix"))
    assert code == 1 and "apisix/name-clash" in out and "old.yaml:6:3: warning apisix/default-backend" in out


def test_every_code_has_a_page(run):
    from kong2x.validate.apisix.hint_codes import CODES

    for finding in CODES:
        code, out, _ = run("explain", finding.id)
        assert code == 0 and finding.summary in out.replace("\n", " ")
