"""What is said about rules, default backends and rewrites of Ingresses."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Severity

LEGACY = Code(
    "ingress/legacy-version",
    Level.APPROXIMATE,
    "An Ingress is written for an API version that no longer exists.",
    "The API server converted such manifests before KIC saw them: a missing pathType became "
    "ImplementationSpecific, which is a plain prefix without regard to segments.",
    "Write it for networking.k8s.io/v1.",
    severity=Severity.INFO,
)
PATH_DROPPED = Code(
    "ingress/path-dropped",
    Level.IGNORED,
    "Kong does not serve one path of an Ingress.",
    "KIC raises an event and leaves the path out; requests go to a broader route or get 404.",
    "Correct the backend of the path.",
    severity=Severity.WARNING,
)
NAME_COLLISION = Code(
    "ingress/name-collision",
    Level.APPROXIMATE,
    "Two Ingresses give one route name.",
    "KIC joins namespace, Ingress, Service, host and port with dots; where dots within names make two of "
    "them alike it melts both into one route.",
    "Rename one of the Ingresses.",
)
SERVICE_ABANDONED = Code(
    "ingress/service-abandoned",
    Level.IGNORED,
    "All routes to a Service vanish because of one annotation.",
    "KIC gives up the translation of the whole Kong service when konghq.com/rewrite cannot act, with the "
    "routes of every Ingress that names the same Service and port; they get 404.",
    "Turn the gate on with --set kong.gates=RewriteURIs when the controller has it, or correct the value.",
    severity=Severity.ERROR,
)
DEFAULT_DROPPED = Code(
    "ingress/default-backend-dropped",
    Level.IGNORED,
    "The default backend is not served.",
    "KIC takes the default backend of the oldest Ingress only; when that one cannot be used there is none.",
    "Name a Service.",
    severity=Severity.WARNING,
)
DEFAULT_UNUSED = Code(
    "ingress/default-backend-unused",
    Level.IGNORED,
    "A default backend is never used.",
    "There is one default backend for the whole proxy: that of the oldest Ingress of all namespaces.",
    "Use a rule with path / for the hosts that are meant.",
    severity=Severity.WARNING,
)
DEFAULT_GUESSED = Code(
    "ingress/default-backend-guessed",
    Level.APPROXIMATE,
    "Manifests do not say which default backend is the oldest.",
    "There is one default backend for the whole proxy, that of the oldest Ingress; creation times are known "
    "to the cluster only.",
    "Read the objects from the cluster, or keep one default backend.",
)
HOST_LEFT_OUT = Code(
    "ingress/host-left-out",
    Level.IGNORED,
    "KIC leaves a host out of the expression.",
    "It only writes hosts of letters, digits and single hyphens; without any other host the route answers "
    "every host.",
    "Use another host name, or another router flavour.",
    severity=Severity.ERROR,
)
NEVER_MATCHES = Code(
    "ingress/never-matches",
    Level.IGNORED,
    "A route never matches.",
    "Its criteria cannot hold at once in Kong, so it is left out on the target too.",
    severity=Severity.WARNING,
)
RULE_WITHOUT_PATHS = Code(
    "ingress/rule-without-paths",
    Level.IGNORED,
    "A rule without paths serves nothing.",
    "KIC skips rules that state a host only; no catch-all is made for the host.",
    "Add a path / with a backend where the host is meant to be served.",
    severity=Severity.WARNING,
)
CODES = (
    LEGACY,
    PATH_DROPPED,
    NAME_COLLISION,
    SERVICE_ABANDONED,
    DEFAULT_DROPPED,
    DEFAULT_UNUSED,
    DEFAULT_GUESSED,
    HOST_LEFT_OUT,
    NEVER_MATCHES,
    RULE_WITHOUT_PATHS,
)
