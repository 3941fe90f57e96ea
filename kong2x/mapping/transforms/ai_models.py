"""Which language model answers, how the gateway logs in to it, and what prompts must look like."""

from __future__ import annotations

import json
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.logs import VAULT
from kong2x.model.finding import Level

SAME = {"openai": "openai", "azure": "azure-openai", "anthropic": "anthropic", "gemini": "gemini"}
SAME |= {"bedrock": "bedrock", "deepseek": "deepseek"}
COMPATIBLE = ("mistral", "llama2", "cerebras", "databricks", "ollama", "vllm", "xai", "dashscope")
"""Providers that have an address in the form of OpenAI."""
OPTIONS = ("max_tokens", "temperature", "top_p", "top_k")

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


@transform(PROVIDER, AZURE, OPTION_WINS)
def model(claim: Claim) -> dict[str, Any] | None:
    """Provider, model with its options, and the address where it is not the provider's own."""
    prefix = claim.fields[0].removesuffix("model.provider")
    options = f"{prefix}model.options."
    kind, url = claim.value, claim[f"{options}upstream_url"]
    azure = [claim[f"{options}azure_{part}"] for part in ("instance", "deployment_id", "api_version")]
    formats = [claim[f"{options}{name}_format"] for name in ("llama2", "mistral")]
    provider = SAME.get(kind)
    if provider is None and kind in COMPATIBLE and url and formats[0] in (None, "openai"):
        provider = "openai-compatible" if formats[1] in (None, "openai") else None
    known = claim.env.setting("provider")
    if provider is None or known is None or provider not in known.values:
        claim.abandon(PROVIDER, claim.fields[0])
        return None
    if kind == "azure" and not url:
        if not (azure[0] and azure[1]):
            claim.abandon(AZURE, claim.fields[0])
            return None
        url = f"https://{azure[0]}.openai.azure.com/openai/deployments/{azure[1]}/chat/completions"
        url = f"{url}?api-version={azure[2]}"
    chosen = {name: claim[f"{options}{name}"] for name in OPTIONS}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    if chosen:
        claim.note(OPTION_WINS, *(f"{options}{name}" for name in chosen))
    name = claim[f"{prefix}model.name"]
    written = ({"model": name} if name else {}) | chosen
    return {"provider": provider, "options": written or None, "override.endpoint": url or None}


@transform(AUTH_VAULT, BODY_PARAMETER)
def auth(claim: Claim) -> dict[str, Any]:
    """The keys, by header and by query; the target wants the setting even when it is empty."""
    prefix = claim.fields[0].removesuffix("header_name")
    out: dict[str, Any] = {}
    for kind in ("header", "param"):
        name, value = claim[f"{prefix}{kind}_name"], claim[f"{prefix}{kind}_value"]
        place = "header" if kind == "header" else claim[f"{prefix}param_location"]
        if not name or value is None:
            continue
        if VAULT in value:
            claim.note(AUTH_VAULT, f"{prefix}{kind}_value")
        elif place == "body":
            claim.note(BODY_PARAMETER, f"{prefix}param_location")
        else:
            out["header" if place == "header" else "query"] = {name: value}
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
