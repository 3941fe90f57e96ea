"""`kong2x probe` against two real nginx on loopback that differ in one route."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
MANIFEST = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: kong
  rules:
    - host: shop.example
      http:
        paths:
          - {path: /cart, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
          - {path: /news, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80}]}
"""
CONFIG = """
daemon off; master_process off; worker_processes 1; pid %(folder)s/pid; error_log stderr crit;
events { worker_connections 64; }
http {
  access_log %(folder)s/access.log combined;
  client_body_temp_path %(folder)s/t1; proxy_temp_path %(folder)s/t2; fastcgi_temp_path %(folder)s/t3;
  uwsgi_temp_path %(folder)s/t4; scgi_temp_path %(folder)s/t5;
  merge_slashes off; absolute_redirect off;
  server { listen 127.0.0.1:%(port)d default_server %(tls)s; return 404; }
  server {
    listen 127.0.0.1:%(port)d %(tls)s; server_name shop.example;
    location = /cart { add_header x-who "%(who)s"; return 200 "cart"; }
    location /cart/ { add_header x-who "%(who)s"; return 200 "cart"; }
    location = /news { %(news)s }
    location / { return 404; }
  }
}
"""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Nginx:
    def __init__(self, folder, who, news, tls=""):
        folder.mkdir()
        self.folder, self.port = folder, free_port()
        config = CONFIG % {"folder": folder, "port": self.port, "who": who, "news": news, "tls": tls}
        (folder / "nginx.conf").write_text(config)
        self.process = subprocess.Popen(
            [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"],
            stderr=subprocess.PIPE,
        )
        for _ in range(100):
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            if self.process.poll() is not None:
                raise AssertionError(self.process.stderr.read())
            time.sleep(0.05)

    @property
    def log(self):
        """All lines; nginx writes a line only after it has answered, so this waits until none is added."""
        file, seen = self.folder / "access.log", -1
        while (size := file.stat().st_size) != seen:
            seen = size
            time.sleep(0.2)
        return file.read_text()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)


@pytest.fixture
def gateways(tmp_path):
    """Starts stand-ins: `start(left_news, right_news)` gives both addresses."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    running = []

    def start(left, right, tls="", scheme="http"):
        for who, news in (("left", left), ("right", right)):
            running.append(Nginx(tmp_path / f"{who}{len(running)}", who, news, tls))
        urls = [f"{scheme}://127.0.0.1:{one.port}" for one in running[-2:]]
        return ["--left", urls[0], "--right", urls[1]], running[-2:]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def manifest(tmp_path):
    file = tmp_path / "web.yaml"
    file.write_text(MANIFEST)
    return file


def test_two_that_answer_alike(run, gateways, manifest):
    options, both = gateways("return 200 news;", "return 200 news;")
    code, out, err = run("probe", manifest, *options, "--body")
    assert (code, err) == (0, "")
    assert out.endswith(" requests sent to both: 0 answered differently.\n") or "not sent: 0 answered" in out
    assert both[0].log.count("\n") == both[1].log.count("\n") > 10
    assert " /cart/y " in both[1].log and '"GET /news ' in both[1].log


def test_one_route_that_differs(run, gateways, manifest):
    options, _ = gateways("return 200 news;", "return 301 /latest;")
    code, out, _ = run("probe", manifest, *options, "-o", "json")
    data = json.loads(out)
    assert code == 1 and data["differences"]
    assert {one["request"]["path"].partition("?")[0] for one in data["differences"]} == {"/news"}
    assert data["differences"][0]["left"] == {"status": 200, "location": None}
    assert data["differences"][0]["right"] == {"status": 301, "location": "/latest"}
    text = run("probe", manifest, *options)[1]
    assert "GET http://shop.example/news\n  left   200\n  right  301  to /latest\n" in text


def test_headers_and_bodies_count_when_asked_for(run, gateways, manifest):
    options, _ = gateways("return 200 a;", "return 200 b;")
    assert run("probe", manifest, *options)[0] == 0
    code, out, _ = run("probe", manifest, *options, "--body")
    assert code == 1 and "/news" in out and "/cart" not in out
    code, out, _ = run("probe", manifest, *options, "--header", "x-who")
    assert code == 1 and "x-who: left" in out and "/cart" in out


def test_paths_are_sent_raw_with_the_host_of_the_request(run, gateways, manifest, tmp_path):
    options, both = gateways("return 200 a;", "return 200 a;")
    asked = tmp_path / "asked.jsonl"
    paths = ["/cart/../news", "/cart//x", "/cart/%2e%2e/news", "/cart/%zz?a=%20b"]
    asked.write_text("".join(json.dumps({"host": "shop.example", "path": path}) + "\n" for path in paths))
    code, out, _ = run("probe", "--requests", asked, *options)
    assert code == 0 and out.startswith("4 requests")
    for path in paths:
        assert f'"GET {path} HTTP/1.1"' in both[0].log


def test_the_count_is_bounded_and_writing_methods_stay_out(run, gateways, manifest, tmp_path):
    options, both = gateways("return 200 a;", "return 200 a;")
    assert run("probe", manifest, *options, "--most", "3")[1].startswith("3 requests sent to both, ")
    assert both[0].log.count("\n") == 3
    asked = tmp_path / "asked.jsonl"
    asked.write_text('{"host": "shop.example", "method": "DELETE", "path": "/cart"}\n{"path": "/"}\n')
    assert "1 request sent to both, 1 not sent" in run("probe", "--requests", asked, *options)[1]
    assert "DELETE" not in both[0].log
    run("probe", "--requests", asked, *options, "--all-methods")
    assert "DELETE /cart" in both[1].log


def test_tls_carries_the_server_name(run, gateways, manifest, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x"]
    subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    tls = f"ssl; ssl_certificate {cert}; ssl_certificate_key {key}"
    options, _ = gateways('return 200 "$ssl_server_name";', "return 200 shop.example;", tls, "https")
    code, out, err = run("probe", manifest, *options, "--body")
    assert (code, err) == (0, ""), out


def test_no_gateway_is_2(run, manifest):
    urls = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
    code, _, err = run("probe", manifest, "--left", urls[0], "--right", urls[1], "--most", "2")
    assert code == 2 and "no request was answered by both" in err


def test_the_stand_ins_are_the_only_addresses(run, gateways, manifest, monkeypatch):
    options, both = gateways("return 200 a;", "return 301 http://elsewhere.invalid/;")
    asked = []
    dial = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda address, *rest, **more: (
        asked.append(address), dial(address, *rest, **more))[1])  # fmt: skip
    run("probe", manifest, *options)
    assert set(asked) == {("127.0.0.1", one.port) for one in both}
    assert Path(manifest).exists()
