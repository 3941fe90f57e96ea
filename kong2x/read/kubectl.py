"""What is read from a cluster: the user's own kubectl lists the kinds that matter to Kong."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kong2x.model.errors import ReadError
from kong2x.model.finding import Finding
from kong2x.read.codes import KIND_NOT_READ
from kong2x.read.sources import Source

KINDS = (
    "ingresses.networking.k8s.io",
    "ingressclasses.networking.k8s.io",
    "services",
    "secrets",
    "configmaps",
    "namespaces",
    "endpointslices.discovery.k8s.io",
    "ingressclassparameterses.configuration.konghq.com",
    "kongplugins.configuration.konghq.com",
    "kongclusterplugins.configuration.konghq.com",
    "kongconsumers.configuration.konghq.com",
    "kongconsumergroups.configuration.konghq.com",
    "kongupstreampolicies.configuration.konghq.com",
    "kongingresses.configuration.konghq.com",
    "kongcustomentities.configuration.konghq.com",
    "konglicenses.configuration.konghq.com",
    "kongvaults.configuration.konghq.com",
    "tcpingresses.configuration.konghq.com",
    "udpingresses.configuration.konghq.com",
    "kongservicefacades.incubator.ingress-controller.konghq.com",
    "gatewayclasses.gateway.networking.k8s.io",
    "gateways.gateway.networking.k8s.io",
    "httproutes.gateway.networking.k8s.io",
    "grpcroutes.gateway.networking.k8s.io",
    "tcproutes.gateway.networking.k8s.io",
    "tlsroutes.gateway.networking.k8s.io",
    "udproutes.gateway.networking.k8s.io",
    "referencegrants.gateway.networking.k8s.io",
    "backendtlspolicies.gateway.networking.k8s.io",
)
"""What the Kong Ingress Controller watches, as `kubectl api-resources -o name` writes it."""

_CLUSTER_SCOPED = frozenset(
    kind
    for kind in KINDS
    if kind.split(".")[0]
    in ("ingressclasses", "gatewayclasses", "namespaces", "kongclusterplugins", "konglicenses", "kongvaults")
)


def read_cluster(
    kinds: Sequence[str] = KINDS,
    *,
    context: str | None = None,
    kubeconfig: str | None = None,
    namespaces: Sequence[str] = (),
    kubectl: str = "kubectl",
) -> list[Source]:
    """The objects of a cluster as inputs for `read_inputs`, read with `kubectl get … -o json`.

    Kinds that the cluster does not have are left out. All namespaces are read, so that references
    resolve; where the user may not list everywhere, the given `namespaces` are read one by one. A kind that
    may not be listed at all becomes a finding. Raises ReadError, with what kubectl said, when kubectl is
    missing or the cluster cannot be reached.
    """
    run = Kubectl(kubectl, context, kubeconfig)
    known = run.known_kinds()
    wanted = [kind for kind in kinds if kind in known]
    if not wanted:
        raise ReadError(
            f"{run.where} has none of the kinds that kong2x reads: check --context, "
            "or read manifests from files."
        )
    reading = Reading(run, tuple(namespaces))
    if not reading.get(wanted, everywhere=True):
        for kind in wanted:
            reading.get_kind(kind)
    name = f"<cluster {context}>" if context else "<cluster>"
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": reading.items}, indent=1)
    return [Source(text, name, tuple(reading.findings))]


@dataclass(slots=True)
class Kubectl:
    """How kubectl is called: never through a shell, and every value as `--option=value`."""

    program: str
    context: str | None
    kubeconfig: str | None

    @property
    def where(self) -> str:
        """The cluster, for messages."""
        return f"The cluster of context {self.context}" if self.context else "The current cluster"

    def call(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Runs kubectl with the chosen context; ReadError when there is no kubectl."""
        command = [self.program]
        if self.kubeconfig:
            command.append(f"--kubeconfig={self.kubeconfig}")
        if self.context:
            command.append(f"--context={self.context}")
        try:
            return subprocess.run(
                [*command, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False
            )
        except FileNotFoundError:
            raise ReadError(
                f"{self.program} is not on the PATH: install kubectl, or save the objects with "
                "`kubectl get … -o yaml` elsewhere and read the file."
            ) from None
        except OSError as error:
            raise ReadError(f"{self.program} cannot be started: {error.strerror}.") from None

    def known_kinds(self) -> set[str]:
        """The kinds that the cluster can list, as `plural.group`.

        kubectl exits with 1 when one aggregated API is down and still lists the others.
        """
        done = self.call("api-resources", "--verbs=list", "--output=name")
        known = set(done.stdout.decode("utf-8", "replace").split())
        if not known:
            raise ReadError(
                f"{self.where} cannot be read: {complaint(done.stderr)} Try `kubectl get ingress -A`."
            )
        return known


@dataclass(slots=True)
class Reading:
    """What was listed so far."""

    run: Kubectl
    namespaces: tuple[str, ...]
    items: list[Any] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def get(self, kinds: Sequence[str], *, everywhere: bool, namespace: str = "") -> bool:
        """Lists some kinds at once and keeps their objects; False, and keeps nothing, when kubectl fails."""
        scope = ["--all-namespaces"] if everywhere else [f"--namespace={namespace}"] if namespace else []
        done = self.run.call("get", ",".join(kinds), *scope, "--output=json")
        if done.returncode:
            return False
        try:
            value = json.loads(done.stdout)
        except ValueError:
            raise ReadError(
                f"kubectl get {','.join(kinds)[:60]} answered something that is not JSON: check that "
                f"{self.run.program} is kubectl itself."
            ) from None
        if isinstance(value, dict):
            self.items += value.get("items") or []
        return True

    def get_kind(self, kind: str) -> None:
        """Lists one kind: everywhere, else in each chosen namespace, else tells that it was not read."""
        if self.get([kind], everywhere=True):
            return
        if self.namespaces and kind not in _CLUSTER_SCOPED:
            read = [self.get([kind], everywhere=False, namespace=name) for name in self.namespaces]
            if all(read):
                return
        done = self.run.call("get", kind, "--all-namespaces", "--output=name")
        said = complaint(done.stderr)
        if "forbidden" not in said.lower():
            raise ReadError(f"{self.run.where} cannot be read: kubectl get {kind}: {said}")
        self.findings.append(KIND_NOT_READ.finding(f"Objects of kind {kind} were not read: {said}"))


def complaint(stderr: bytes) -> str:
    """The last line that kubectl wrote to stderr, shortened; it names resources, never their contents."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    last = lines[-1].removeprefix("error: ") if lines else "kubectl said nothing."
    return last[:300] + ("" if last.endswith(".") else ".")
