"""How a list of language models becomes instances: which model gets which requests, and what happens when one fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.ai_models import (
    AUTH_VAULT,
    AWS_KEYS,
    AZURE,
    BEDROCK,
    BODY_PARAMETER,
    OPTION_WINS,
    OPTIONS,
    PROVIDER,
    ROUTE_TYPE,
    aws_login,
    key_places,
    spoken,
)
from kong2x.mapping.transforms.logs import VAULT
from kong2x.model.finding import Level

CALLERS_KEY = Note(
    "own-key",
    Level.UNSUPPORTED,
    "A key that the caller sends does not replace the gateway's. Let such callers use a route of their own.",
)
CLOUD_LOGIN = Note(
    "cloud-login",
    Level.UNSUPPORTED,
    "A model refuses the gateway, because logging in with a cloud identity is not carried over. "
    "Write the login for the provider into the target's plugin by hand.",
)
MODEL_OPTIONS = Note(
    "model-options",
    Level.UNSUPPORTED,
    "Options that belong to one provider, other names of models, and costs for statistics have no effect. "
    "Let callers send what the provider needs.",
)
LOGGING = Note(
    "logging-for-all",
    Level.APPROXIMATE,
    "Log entries hold statistics or texts for every model, where Kong logs them for some targets only. "
    "Switch logging off if texts of the other targets must not be kept.",
)
BALANCING = Note(
    "balancing",
    Level.UNSUPPORTED,
    "Models get their share by weight, because the target measures neither latency nor use. "
    "Choose weights by what the models can bear.",
)
GROUPS = Note(
    "priority-groups",
    Level.APPROXIMATE,
    "The targets of the next weight answer only when those before them fail with a status of the failover settings, "
    "where Kong also counts connection errors. Nothing has to be done unless that difference matters.",
)
HASH_KEY = Note(
    "hash-key",
    Level.APPROXIMATE,
    "Requests without the header stay with one model by the caller's address. Let every caller send the header.",
)
HASH_NAME = Note(
    "hash-name",
    Level.UNSUPPORTED,
    "Models get their share by weight, because the target cannot choose by a header of this name. "
    "Use letters, digits, hyphens and underscores.",
)
SEMANTIC = Note(
    "semantic",
    Level.UNSUPPORTED,
    "Models get their share by weight whatever a prompt is about, because choosing by meaning needs release 3.18 of "
    "the target, a description of every target, and embeddings of OpenAI or Azure with their key. Supply these.",
)
THRESHOLD = Note(
    "semantic-threshold",
    Level.APPROXIMATE,
    "The model whose description is nearest gets the prompt however far it is, because the target measures nearness on "
    "another scale. Set semantic_opts.threshold after trying.",
)
FAILOVER = Note(
    "failover",
    Level.APPROXIMATE,
    "A caller gets the error when a model cannot be reached or answers with a fault that the target does not look "
    "for, where Kong asks the next target. The target knows 429 and all statuses from 500 on; let callers try again.",
)
TOO_OLD_FAILOVER = Note(
    "no-failover",
    Level.UNSUPPORTED,
    "A caller gets the error of the model that was chosen, because releases before 3.14 ask no other one. "
    "Choose a newer release.",
)
RETRIES = Note(
    "failover-count",
    Level.APPROXIMATE,
    "Every model may be asked once when others fail, because the chosen release has no limit for that. "
    "Nothing has to be done.",
)
TIMEOUT = Note(
    "one-timeout",
    Level.APPROXIMATE,
    "A model is waited for by one limit of at most 600 seconds, the longest of Kong's three. "
    "Nothing has to be done unless a dead model must be noticed sooner.",
)
_SEMANTIC_FIELDS = ("embeddings", "vectordb.threshold")


@transform(ROUTE_TYPE, PROVIDER, AZURE, BEDROCK, OPTION_WINS, AUTH_VAULT, BODY_PARAMETER, CALLERS_KEY,
           CLOUD_LOGIN, MODEL_OPTIONS, LOGGING)  # fmt: skip
def instances(claim: Claim) -> dict[str, Any] | None:
    """One instance a target, named by its provider and its place in the list."""
    targets = claim["targets"] or []
    setting = claim.env.setting("instances[].provider")
    known = setting.values if setting else ()
    grouped = claim.peek("balancer.algorithm") == "priority"
    described = _describes(claim)
    out = []
    for number, target in enumerate(targets, 1):
        if target.get("route_type") != "llm/v1/chat":
            claim.abandon(ROUTE_TYPE)
            return None
        model, keys = target.get("model") or {}, target.get("auth") or {}
        found = spoken(model, keys, known)
        if isinstance(found, Note):
            claim.abandon(found)
            return None
        weight = int(target.get("weight") or 100)
        instance = {"name": f"{model['provider']}-{number}", "provider": found["provider"]}
        instance |= {"priority": weight, "weight": 1} if grouped else {"weight": weight}
        instance |= {"auth": _login(claim, model, keys)} | _details(claim, model, found)
        if described:
            instance["examples"] = [target["description"]]
        out.append(instance)
    return {"instances": out} | _logging(claim, targets)


def _login(claim: Claim, model: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    login, lost = key_places(keys)
    for note in lost.values():
        claim.note(note)
    if model["provider"] == "bedrock":
        login["aws"] = aws_login(keys)
    if keys.get("allow_override"):
        claim.note(CALLERS_KEY)
    placed = {"header_name", "header_value", "param_name", "param_value", "param_location", "allow_override"}
    if any(value and key not in {*placed, *AWS_KEYS} for key, value in keys.items()):
        claim.note(CLOUD_LOGIN)
    return login


_CARRIED = {*OPTIONS, "upstream_url", "azure_instance", "azure_deployment_id", "azure_api_version"}
_CARRIED |= {"llama2_format", "mistral_format"}
_UNUSED: dict[str, dict[str, Any]] = {
    "bedrock": {"embeddings_normalize": False},
    "cohere": {"embedding_input_type": "classification"},
    "dashscope": {"international": True},
}
"""Kong's own defaults, which ask for nothing."""


def _details(claim: Claim, model: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    options: Mapping[str, Any] = model.get("options") or {}
    for key, value in options.items():
        if key in _CARRIED or value is None:
            continue
        inner = dict(value) if isinstance(value, Mapping) else None
        if inner is not None:
            inner = {k: v for k, v in inner.items() if v != _UNUSED.get(key, {}).get(k)}
            if key == "bedrock" and "region" in found:
                inner.pop("aws_region", None)
        if inner is None or inner:
            claim.note(MODEL_OPTIONS)
    if model.get("model_alias"):
        claim.note(MODEL_OPTIONS)
    if set(OPTIONS) & set(found.get("options", {})):
        claim.note(OPTION_WINS)
    out: dict[str, Any] = {"options": found["options"]} if "options" in found else {}
    if "endpoint" in found:
        out["override"] = {"endpoint": found["endpoint"]}
    if "region" in found:
        out["provider_conf"] = {"region": found["region"]}
    return out


def _logging(claim: Claim, targets: list[dict[str, Any]]) -> dict[str, Any]:
    """Kong logs by target, APISIX for all instances of the plugin."""
    out: dict[str, Any] = {}
    for kong, apisix in (("log_statistics", "logging.summaries"), ("log_payloads", "logging.payloads")):
        wanted = {bool((target.get("logging") or {}).get(kong)) for target in targets}
        if True in wanted:
            out[apisix] = True
            if len(wanted) > 1:
                claim.note(LOGGING)
    return out


def _describes(claim: Claim) -> bool:
    """Whether the target can choose by meaning: release, descriptions and embeddings are there."""
    if claim.peek("balancer.algorithm") != "semantic" or not claim.target_has("semantic_opts"):
        return False
    told = all(target.get("description") for target in claim.peek("targets") or [])
    return told and _embeddings(claim) is not None


def _embeddings(claim: Claim) -> dict[str, Any] | None:
    """The model that compares prompts; None where the target cannot use it."""
    given = claim.peek("embeddings") or {}
    model, keys = given.get("model") or {}, given.get("auth") or {}
    options = model.get("options") or {}
    provider = {"openai": "openai", "azure": "azure-openai"}.get(str(model.get("provider")))
    login, lost = key_places(keys)
    url, azure = options.get("upstream_url"), options.get("azure") or {}
    if provider == "azure-openai" and not url and azure.get("instance") and azure.get("deployment_id"):
        url = f"https://{azure['instance']}.openai.azure.com/openai/deployments/{azure['deployment_id']}/embeddings"
        url = f"{url}?api-version={azure['api_version']}"
    if provider is None or lost or not login or not model.get("name") or (provider != "openai" and not url):
        return None
    out = {"provider": provider, "model": model["name"], "auth": login}
    return out | ({"endpoint": url} if url else {})


@transform(BALANCING, GROUPS, HASH_KEY, HASH_NAME, SEMANTIC, THRESHOLD)
def balancer(claim: Claim) -> dict[str, Any]:
    """Which model gets a request. Kong's default header is one that Kong makes for each request: chance decides."""
    kind = claim["balancer.algorithm"]
    header = claim["balancer.hash_on_header"]
    measures = {
        "lowest-latency": "balancer.latency_strategy",
        "lowest-usage": "balancer.tokens_count_strategy",
    }
    claim.ignore(*(path for owner, path in measures.items() if owner != kind))
    if kind != "consistent-hashing":
        claim.ignore("balancer.hash_on_header")
    if kind != "semantic":
        claim.ignore(*_SEMANTIC_FIELDS)
    if kind == "semantic":
        claim["embeddings"]
        if not _describes(claim):
            claim.note(SEMANTIC, "balancer.algorithm", "embeddings")
            claim.ignore("vectordb.threshold")
            return {"balancer.algorithm": "roundrobin"}
        if claim["vectordb.threshold"] is not None:
            claim.note(THRESHOLD, "vectordb.threshold")
        return {"balancer.algorithm": "semantic", "semantic_opts.embeddings": _embeddings(claim)}
    if kind == "priority":
        claim.note(GROUPS, "balancer.algorithm")
    elif kind == "consistent-hashing":
        return _hashing(claim, header)
    elif kind != "round-robin":
        claim.note(
            BALANCING, "balancer.algorithm", *(path for owner, path in measures.items() if owner == kind)
        )
    return {"balancer.algorithm": "roundrobin"}


def _hashing(claim: Claim, header: str) -> dict[str, Any]:
    if header.lower() == "x-kong-llm-request-id":
        return {"balancer.algorithm": "roundrobin"}
    if VAULT in header or not header.replace("-", "").replace("_", "").isalnum() or not header.isascii():
        claim.note(HASH_NAME, "balancer.hash_on_header")
        return {"balancer.algorithm": "roundrobin"}
    claim.note(HASH_KEY, "balancer.hash_on_header")
    return {"balancer.algorithm": "chash", "balancer.hash_on": "header", "balancer.key": header}


@transform(FAILOVER, TOO_OLD_FAILOVER, RETRIES)
def failover(claim: Claim) -> dict[str, Any] | None:
    """After which answers another model is asked, and how often."""
    wanted, retries = claim["balancer.failover_criteria"], claim["balancer.retries"]
    wanted = ["error", "timeout"] if wanted is None else wanted  # Kong before 3.10 has no choice
    if len(claim.peek("targets") or []) < 2 or not retries or not wanted:
        claim.ignore("balancer.failover_criteria", "balancer.retries")
        return None
    found = []
    if "http_429" in wanted:
        found.append("http_429")
    if any(name.startswith("http_5") for name in wanted):
        found.append("http_5xx")
    if found and not claim.target_at_least("3.14"):
        claim.note(TOO_OLD_FAILOVER, "balancer.failover_criteria", "balancer.retries")
        return None
    if any(name not in ("http_429", "non_idempotent") for name in wanted):
        claim.note(FAILOVER, "balancer.failover_criteria")
    if not found:
        claim.ignore("balancer.retries")
        return None
    if claim.target_has("max_retries"):
        return {"fallback_strategy": found, "max_retries": int(retries)}
    claim.note(RETRIES, "balancer.retries")
    return {"fallback_strategy": found}


@transform(TIMEOUT)
def timeout(claim: Claim) -> int:
    """Milliseconds: the longest of the three, within what the target takes."""
    values = [int(claim[path]) for path in claim.fields]
    longest = min(max(values), 600000)
    if len(set(values)) > 1 or longest != max(values):
        claim.note(TIMEOUT)
    return longest
