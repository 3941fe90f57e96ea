"""`--cluster` and `kubectl kong2x` with the real kubectl, against a small API server of this test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from tests.cli.conftest import PLUGINS, SERVICES, SHOP

KUBECTL = shutil.which("kubectl")
PROGRAMS = Path(sys.executable).parent
pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")

KINDS = {
    ("", "v1", "services"): "Service",
    ("", "v1", "secrets"): "Secret",
    ("networking.k8s.io", "v1", "ingresses"): "Ingress",
    ("configuration.konghq.com", "v1", "kongplugins"): "KongPlugin",
    ("example.org", "v1", "unrelated"): "Unrelated",
}


class Api(BaseHTTPRequestHandler):
    """Discovery and lists of an API server; `server.forbidden` are resources that may not be listed."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = urlsplit(self.path).path.strip("/")
        self.server.asked.append(path)
        parts = path.split("/")
        groups = sorted({group for group, _, _ in KINDS if group})
        if path == "version":
            self.answer({"major": "1", "minor": "32", "gitVersion": "v1.32.4"})
        elif path == "api":
            self.answer({"kind": "APIVersions", "versions": ["v1"]})
        elif path == "apis":
            rows = [
                {
                    "name": group,
                    "versions": [{"groupVersion": f"{group}/v1", "version": "v1"}],
                    "preferredVersion": {"groupVersion": f"{group}/v1", "version": "v1"},
                }
                for group in groups
            ]
            self.answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": rows})
        elif path == "api/v1" or (len(parts) == 3 and parts[0] == "apis" and parts[1] in groups):
            self.discovery("" if path == "api/v1" else parts[1])
        else:
            self.list(parts)

    def discovery(self, group):
        rows = [
            {"name": name, "singularName": "", "namespaced": True, "kind": kind, "verbs": ["get", "list"]}
            for (owner, _, name), kind in KINDS.items()
            if owner == group
        ]
        version = f"{group}/v1" if group else "v1"
        self.answer({"kind": "APIResourceList", "groupVersion": version, "resources": rows})

    def list(self, parts):
        rest = parts[2:] if parts[0] == "api" else parts[3:]
        group = "" if parts[0] == "api" else parts[1]
        namespace = rest[1] if rest[0] == "namespaces" else None
        name = rest[-1]
        if name in self.server.forbidden and (namespace is None or name in self.server.forbidden_everywhere):
            message = f'{name} is forbidden: User "jane" cannot list resource "{name}" at the cluster scope'
            status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message}
            self.answer({**status, "reason": "Forbidden", "code": 403}, 403)
            return
        kind = KINDS[(group, "v1", name)]
        items = [
            item
            for item in self.server.objects
            if item["kind"] == kind and namespace in (None, item["metadata"]["namespace"])
        ]
        version = f"{group}/v1" if group else "v1"
        self.answer({"kind": f"{kind}List", "apiVersion": version, "metadata": {}, "items": items})

    def answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Api)
        texts = (SHOP, PLUGINS, SERVICES)
        self.objects = [value for text in texts for value in yaml.safe_load_all(text)]
        self.forbidden, self.forbidden_everywhere, self.asked = set(), set(), []


@pytest.fixture
def cluster(tmp_path):
    """The API server, with a kubeconfig whose only context is `test`."""
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "test",
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    yield server
    server.shutdown()
    server.server_close()


def call(tmp_path, *args, program="kong2x", path=None):
    environment = {
        "PATH": path or f"{PROGRAMS}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "KUBECONFIG": str(tmp_path / "kubeconfig"),
    }
    done = subprocess.run(
        [shutil.which(program, path=environment["PATH"]) or program, *args],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


ROUTE = "apisixroute.apisix.apache.org/web"


def test_the_running_cluster_is_converted(cluster, tmp_path):
    code, out, err = call(tmp_path, "convert", "--cluster", "--to", "apisix", "-o", "name", "-q")
    assert (code, err) == (0, "")
    assert ROUTE in out.splitlines()
    assert not any("unrelated" in path.split("/") for path in cluster.asked), "only what matters is listed"


def test_it_is_the_same_as_from_files(cluster, tmp_path):
    (tmp_path / "all.yaml").write_text("---\n".join([SHOP, PLUGINS, SERVICES]))
    live = call(tmp_path, "convert", "--cluster", "--to", "apisix", "-o", "json", "-q")
    files = call(tmp_path, "convert", "all.yaml", "--to", "apisix", "-o", "json", "-q")
    assert live == files and ROUTE.split("/")[1] in live[1]


def test_only_get_is_sent(cluster, tmp_path):
    call(tmp_path, "check", "--cluster", "--to", "apisix")
    assert cluster.asked, "any other method is answered with 501 by the server of this test"


def test_a_chosen_context_and_a_wrong_one(cluster, tmp_path):
    assert call(tmp_path, "routes", "--cluster", "--context", "test")[0] == 0
    code, out, err = call(tmp_path, "routes", "--cluster", "--context", "tset")
    assert (code, out) == (2, "") and "context" in err and "tset" in err


def test_a_cluster_that_does_not_answer(cluster, tmp_path):
    cluster.shutdown()
    cluster.server_close()
    code, out, err = call(tmp_path, "routes", "--cluster")
    assert (code, out) == (2, "") and "kubectl get ingress -A" in err


def test_without_kubectl(cluster, tmp_path):
    code, out, err = call(tmp_path, "routes", "--cluster", path=str(PROGRAMS))
    assert (code, out) == (2, "") and "install kubectl" in err


def test_a_kind_that_may_not_be_listed_is_a_finding(cluster, tmp_path):
    cluster.forbidden = cluster.forbidden_everywhere = {"secrets"}
    _, out, err = call(tmp_path, "convert", "--cluster", "--to", "apisix", "-o", "name", "-v")
    assert ROUTE in out.splitlines()
    assert "Objects of kind secrets were not read" in err and "forbidden" in err


def test_where_only_some_namespaces_may_be_listed(cluster, tmp_path):
    cluster.forbidden = {"ingresses", "services", "secrets", "kongplugins"}
    code, out, err = call(
        tmp_path, "convert", "--cluster", "-n", "shop", "--to", "apisix", "-o", "name", "-q"
    )
    assert (code, err) == (0, "") and ROUTE in out.splitlines()


def test_as_a_plugin_of_kubectl(cluster, tmp_path):
    code, out, _ = call(tmp_path, "kong2x", "routes", "--cluster", program="kubectl")
    assert code == 0 and "shop.example" in out
    code, out, err = call(tmp_path, "kong2x", "rotues", program="kubectl")
    assert code == 2 and "Usage: kubectl kong2x" in err and "Did you mean routes?" in err


def test_a_context_without_the_cluster_is_refused(tmp_path):
    code, _, err = call(tmp_path, "routes", "x.yaml", "--context", "test")
    assert code == 2 and "--context chooses the cluster of --cluster" in err
