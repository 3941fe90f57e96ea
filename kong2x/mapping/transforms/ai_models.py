"""Which language model answers, how the gateway logs in to it, and what prompts must look like."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.logs import VAULT
from kong2x.model.finding import Level

SAME = {"openai": "openai", "azure": "azure-openai", "anthropic": "anthropic", "gemini": "gemini"}
SAME |= {"bedrock": "bedrock", "deepseek": "deepseek"}
COMPATIBLE = ("mistral", "llama2", "cerebras", "databricks", "ollama", "vllm", "xai", "dashscope")
"""Providers that have an address in the form of OpenAI."""
OPTIONS = ("max_tokens", "temperature", "top_p", "top_k")
AWS_KEYS = ("aws_access_key_id", "aws_secret_access_key")

ROUTE_TYPE = Note(
    "route-type",
    Level.UNSUPPORTED,
    "Requests do not reach the model, because only chats are carried over. Write the target's plugin for this kind.",
)
PROVIDER = Note(
    "provider",
    Level.UNSUPPORTED,
    "Requests do not reach the model, because the chosen release does not know this provider, or needs its full "
    "address in the form of OpenAI. Give upstream_url if the provider has such an address, or choose a newer release.",
)
AZURE = Note(
    "azure-address",
    Level.UNKNOWN,
    "The instance or the deployment of Azure is missing, and Kong refuses that. Name both.",
)
BEDROCK = Note(
    "bedrock-login",
    Level.UNSUPPORTED,
    "Requests do not reach the model, because the target takes Bedrock only with a region and a pair of access keys in "
    "the configuration, and only in the plugins that serve chats. Give aws_region, aws_access_key_id and "
    "aws_secret_access_key.",
)
OPTION_WINS = Note(
    "option-wins",
    Level.APPROXIMATE,
    "The configured model options replace those of the caller, where Kong prefers the caller's. "
    "Leave them out if callers are to choose.",
)
AUTH_VAULT = Note(
    "auth-vault",
    Level.UNSUPPORTED,
    "The model refuses the gateway, because the key is in a vault that the target cannot read there. "
    "Write the plugin with a reference that the target understands.",
)
BODY_PARAMETER = Note(
    "auth-body",
    Level.UNSUPPORTED,
    "The model refuses the gateway, because the target cannot put a key into the body. Use a header or the query.",
)
FAIL_OPEN = Note(
    "unreadable-body",
    Level.UNSUPPORTED,
    "Bodies that are no chat reach the service unchecked, because releases before 3.18 let them through. "
    "Choose a newer release.",
)
TEMPLATE = Note(
    "template-form",
    Level.UNSUPPORTED,
    "No template is filled in, because one of them is no JSON text with messages of role and content. "
    "Write it in that form.",
)
TEMPLATE_EXTRA = Note(
    "template-settings",
    Level.UNSUPPORTED,
    "Settings beside model and messages are left out of a template, because the target has no place for them. "
    "Let callers send them.",
)
PATIENCE = Note(
    "model-timeout",
    Level.APPROXIMATE,
    "The model is waited for by another time, because the target takes 1 to 60000 milliseconds only. "
    "Choose a time in between.",
)


@transform(ROUTE_TYPE)
def chat(claim: Claim) -> None:
    """Only chats have the same form in both."""
    if claim.value != "llm/v1/chat":
        claim.abandon(ROUTE_TYPE)


def spoken(model: Mapping[str, Any], keys: Mapping[str, Any], known: Iterable[Any]) -> dict[str, Any] | Note:
    """A model of Kong in the target's words, or the note that says why it cannot be said.

    `model` and `keys` are Kong's `model` and `auth`; `known` are the providers of the chosen release. The answer
    holds `provider` and, where there is something to say, `options`, `endpoint` and `region`.
    """
    options: Mapping[str, Any] = model.get("options") or {}
    kind, url = model.get("provider"), options.get("upstream_url")
    provider = SAME.get(str(kind))
    forms = [options.get(f"{name}_format") for name in ("llama2", "mistral")]
    if provider is None and kind in COMPATIBLE and url and not {*forms} - {None, "openai"}:
        provider = "openai-compatible"
    if provider is None or provider not in known:
        return PROVIDER
    if kind == "azure" and not url:
        instance, deployment = options.get("azure_instance"), options.get("azure_deployment_id")
        if not (instance and deployment):
            return AZURE
        url = f"https://{instance}.openai.azure.com/openai/deployments/{deployment}/chat/completions"
        url = f"{url}?api-version={options.get('azure_api_version')}"
    region = (options.get("bedrock") or {}).get("aws_region") if kind == "bedrock" else None
    if kind == "bedrock" and not (
        region and all(keys.get(key) and VAULT not in keys[key] for key in AWS_KEYS)
    ):
        return BEDROCK
    chosen = {name: options[name] for name in OPTIONS if options.get(name) is not None}
    written = ({"model": model["name"]} if model.get("name") else {}) | chosen
    found = {"provider": provider, "options": written, "endpoint": url, "region": region}
    return {key: value for key, value in found.items() if value}


@transform(PROVIDER, AZURE, BEDROCK, OPTION_WINS)
def model(claim: Claim) -> dict[str, Any] | None:
    """Provider, model with its options, and the address where it is not the provider's own."""
    prefix = claim.fields[0].removesuffix("model.provider")
    setting = claim.env.setting("provider")
    kong = claim[f"{prefix}model"]
    keys = (
        {key: claim.peek(f"{prefix}auth.{key}") for key in AWS_KEYS} if claim.target_has("auth.aws") else {}
    )
    found = spoken(kong, keys, setting.values if setting else ())
    if isinstance(found, Note):
        claim.abandon(found, claim.fields[0])
        return None
    chosen = [name for name in OPTIONS if name in found.get("options", {})]
    if chosen:
        claim.note(OPTION_WINS, *(f"{prefix}model.options.{name}" for name in chosen))
    out = {"provider": found["provider"], "options": found.get("options")}
    out["override.endpoint"] = found.get("endpoint")
    return out | ({"provider_conf.region": found["region"]} if "region" in found else {})


def key_places(keys: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Note]]:
    """The login of the gateway in the target's words, and what of Kong's `auth` cannot be said, by field."""
    out: dict[str, Any] = {}
    lost: dict[str, Note] = {}
    for kind in ("header", "param"):
        name, value = keys.get(f"{kind}_name"), keys.get(f"{kind}_value")
        place = "header" if kind == "header" else keys.get("param_location")
        if not name or value is None:
            continue
        if VAULT in value:
            lost[f"{kind}_value"] = AUTH_VAULT
        elif place == "body":
            lost["param_location"] = BODY_PARAMETER
        else:
            out["header" if place == "header" else "query"] = {name: value}
    return out, lost


def aws_login(keys: Mapping[str, Any]) -> dict[str, Any]:
    """The two keys for Amazon's models."""
    return {"access_key_id": keys[AWS_KEYS[0]], "secret_access_key": keys[AWS_KEYS[1]]}


@transform(AUTH_VAULT, BODY_PARAMETER)
def auth(claim: Claim) -> dict[str, Any]:
    """The keys, by header and by query; the target wants the setting even when it is empty."""
    prefix = claim.fields[0].removesuffix("header_name")
    keys = claim[prefix.removesuffix(".")] or {}
    out, lost = key_places(keys)
    for field, note in lost.items():
        claim.note(note, f"{prefix}{field}")
    own = [f"{prefix}{key}" for key in AWS_KEYS if f"{prefix}{key}" in claim.fields]
    if claim.peek(f"{prefix.removesuffix('auth.')}model.provider") != "bedrock":
        claim.ignore(*own)
    elif own and all(keys.get(key) for key in AWS_KEYS):
        out["aws"] = aws_login(keys)
    return out


@transform(FAIL_OPEN)
def history(claim: Claim) -> dict[str, Any]:
    """Which messages are looked at, and that a body which is no chat is refused, as in Kong."""
    out: dict[str, Any] = {"match_all_conversation_history": not claim.value}
    if claim.target_has("fail_mode"):
        out["fail_mode"] = "error"
    else:
        claim.note(FAIL_OPEN)
    return out


@transform(TEMPLATE, TEMPLATE_EXTRA)
def templates(claim: Claim) -> list[dict[str, Any]] | None:
    """Kong's templates are JSON texts; the target's are structures with the same placeholders."""
    out = []
    for entry in claim.value or []:
        parsed = _messages(entry.get("template") or "")
        if parsed is None or not entry.get("name"):
            claim.abandon(TEMPLATE)
            return None
        if set(parsed) - {"model", "messages"}:
            claim.note(TEMPLATE_EXTRA)
        kept = {key: parsed[key] for key in ("model", "messages") if key in parsed}
        out.append({"name": entry["name"], "template": kept})
    return out


def _messages(text: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("messages"), list) or not parsed["messages"]:
        return None
    for message in parsed["messages"]:
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            return None
        plain = isinstance(message["content"], str) and message["content"]
        if not plain or message["role"] not in ("system", "user", "assistant"):
            return None
    return parsed if isinstance(parsed.get("model", "x"), str) else None


@transform(PATIENCE)
def patience(claim: Claim) -> int:
    """Milliseconds until the model must have answered."""
    value = int(claim.value or 0)
    near = min(max(value, 1), 60000)
    if near != value:
        claim.note(PATIENCE)
    return near
