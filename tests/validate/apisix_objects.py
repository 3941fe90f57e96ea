"""Objects of the APISIX ingress controller for tests, each of one thought, and what validation says of them."""

from __future__ import annotations

from kong2x.model.source import SourceObject
from kong2x.validate import check_together, validate_objects

V2, V1 = "apisix.apache.org/v2", "apisix.apache.org/v1alpha1"


def thing(kind, spec, api=V2, name="web", namespace="shop", **meta):
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, **meta},
        "spec": spec,
    }


def rule(name="r", match=None, **more):
    own = {"paths": ["/a"], **(match or {})}
    return {"name": name, "match": own, "backends": [{"serviceName": "web", "servicePort": 80}], **more}


def route(*rules, name="web", **meta):
    return thing("ApisixRoute", {"http": list(rules) or [rule()]}, name=name, **meta)


def match(**parts):
    return route(rule(match=parts))


def expr(scope="Header", name="x-a", op="Equal", **more):
    subject = {"scope": scope, **({} if name is None else {"name": name})}
    return match(exprs=[{"subject": subject, "op": op, **more}])


def exprs(*values):
    entries = [{"subject": {"scope": "Header", "name": n}, "op": "Equal", "value": v} for n, v in values]
    return match(exprs=entries)


def stream(*ports):
    backend = {"serviceName": "web", "servicePort": 80}
    rules = [
        {"name": f"s{n}", "protocol": "TCP", "match": {"ingressPort": port}, "backend": backend}
        for n, port in enumerate(ports)
    ]
    return thing("ApisixRoute", {"stream": rules})


def upstream(name="web", **spec):
    return thing("ApisixUpstream", spec or {"retries": 1}, name=name)


def policy(**spec):
    return thing(
        "BackendTrafficPolicy", {"targetRefs": [{"group": "", "kind": "Service", "name": "web"}], **spec}, V1
    )


def health(**states):
    return upstream(healthCheck={"active": {"type": "http", **states}})


def node(**more):
    return upstream(externalNodes=[{"name": "a.example", "type": "Domain", **more}])


def proxy(**spec):
    key = {"type": "AdminKey", "adminKey": {"value": "k"}}
    plane = {"endpoints": ["http://a:9180"], "auth": key}
    return thing("GatewayProxy", {"provider": {"type": "ControlPlane", "controlPlane": plane}, **spec}, V1)


def plane(**plane):
    return proxy(provider={"type": "ControlPlane", "controlPlane": plane})


def auth(**key):
    return plane(endpoints=["http://a"], auth={"type": "AdminKey", **({"adminKey": key} if key else {})})


def consumer(name="bob", namespace="shop", **blocks):
    own = blocks or {"keyAuth": {"value": {"key": "k"}}}
    return thing("ApisixConsumer", {"authParameter": own}, name=name, namespace=namespace)


def jwt(**value):
    return consumer(jwtAuth={"value": {"key": "k", **value}})


def credential(**more):
    entry = {"type": "key-auth", "config": {"key": "k"}, **more}
    return thing("Consumer", {"gatewayRef": {"name": "gw"}, "credentials": [entry]}, V1, name="bob")


def plugin(name, config=None, **more):
    return {"name": name, "enable": True, **({} if config is None else {"config": config}), **more}


def plugins(*entries, **more):
    return route(rule(plugins=list(entries), **more))


def shared(*entries, name="common", namespace="shop"):
    return thing("ApisixPluginConfig", {"plugins": list(entries)}, name=name, namespace=namespace)


def uses(name="common", *rules, **more):
    return route(rule(plugin_config_name=name, **more), *rules)


def everywhere(name, *entries):
    return thing("ApisixGlobalRule", {"plugins": list(entries)}, name=name)


def tls(name="web", secret="c", **spec):
    return thing(
        "ApisixTls",
        {"hosts": ["a.example"], "secret": {"name": secret, "namespace": "shop"}, **spec},
        name=name,
    )


def service(name="web", **spec):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"ports": [{"port": 80}], **spec},
    }


def ca(**data):
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "ca", "namespace": "shop"},
        "stringData": data,
    }


def ingress_class(**spec):
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "apisix"},
        "spec": {"controller": "apisix.apache.org/apisix-ingress-controller", **spec},
    }


def gateway_route(*filters, name="web"):
    refs = [{"name": "web", "port": 80}]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"rules": [{"filters": list(filters), "backendRefs": refs}]},
    }


def extension(name="pc"):
    ref = {"group": "apisix.apache.org", "kind": "PluginConfig", "name": name}
    return {"type": "ExtensionRef", "extensionRef": ref}


def l4(kind="TCPRoute"):
    ref = {"group": "gateway.networking.k8s.io", "kind": kind, "name": "web"}
    return thing(
        "L4RoutePolicy",
        {"targetRefs": [ref], "plugins": [{"name": "ip-restriction", "config": {"whitelist": ["::1"]}}]},
        V1,
    )


def routes_policy(**spec):
    target = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "web"}
    return thing("HTTPRoutePolicy", {"targetRefs": [target], "priority": 1, **spec}, V1)


def backends(*entries, **more):
    return route({**rule(**more), "backends": list(entries)})


def backend(name="web", **more):
    return {"serviceName": name, "servicePort": 80, **more}


PC = thing("PluginConfig", {"plugins": [{"name": "key-auth", "config": {}}]}, V1, name="pc")
HEADER = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x-a", "value": "1"}]}}
LIMIT = {"count": 1, "time_window": 60}
SPLIT = {"rules": [{"weighted_upstreams": [{"weight": 1}]}]}
PARAMETERS = {
    "apiGroup": "apisix.apache.org",
    "kind": "GatewayProxy",
    "name": "gw",
    "namespace": "infra",
    "scope": "Namespace",
}
OTHER_NS = shared(plugin("key-auth", {}, secretRef="s"), namespace="infra")


def findings(objects, version="2.2", *, hints=True):
    """Everything that `kong2x validate` says about the objects."""
    found = validate_objects(objects, target="apisix", version=version)
    if hints:
        found += check_together([SourceObject(obj) for obj in objects], hints=True)
    return found


def codes(objects, version="2.2", **more):
    return {finding.code for finding in findings(objects, version, **more)}
