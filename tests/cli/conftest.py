"""Fixtures of the command line's tests: the program in this process, and a small git repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kong2x.cli import main

SHOP = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations:
    konghq.com/strip-path: "true"
    konghq.com/plugins: limit, auth
spec:
  ingressClassName: kong
  rules:
    - host: shop.example
      http:
        paths:
          - {path: /api, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
"""
OLD = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: old, namespace: shop}
spec:
  ingressClassName: kong
  rules:
    - host: old.example
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
"""
PLUGINS = """\
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {name: limit, namespace: shop}
plugin: rate-limiting
config: {minute: 5, policy: local}
---
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {name: auth, namespace: shop}
plugin: key-auth
config: {key_names: [apikey]}
"""
SERVICES = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, targetPort: 8080}]}
"""


class Repository:
    """A git repository with Kong manifests in `manifests`, one commit so far."""

    def __init__(self, top: Path):
        self.top = top
        self.git("init", "--quiet", "--initial-branch=main")
        self.write("manifests/shop/web.yaml", SHOP)
        self.write("manifests/old/old.yaml", OLD)
        self.write("manifests/plugins.yaml", PLUGINS)
        self.write("manifests/services.yaml", SERVICES)
        self.commit("one")

    def git(self, *args):
        config = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always")
        done = subprocess.run(
            ["git", *config, *args], cwd=self.top, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, name, text):
        file = self.top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def edit(self, name, old, new):
        file = self.top / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """The repository, which is also the current folder."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    top = tmp_path / "repository"
    top.mkdir()
    monkeypatch.chdir(top)
    return Repository(top)


@pytest.fixture
def run(capsys):
    """Runs the command line and gives exit code, stdout and stderr."""

    def call(*args):
        with pytest.raises(SystemExit) as stop:
            main([str(arg) for arg in args])
        captured = capsys.readouterr()
        return stop.value.code, captured.out, captured.err

    return call
