"""Logins by key and by password, and the groups of callers: parts of a SecurityPolicy that refuse everybody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.emit.gateway_api.profiles.envoy_gateway import codes
from kong2x.emit.gateway_api.profiles.envoy_gateway.callers import SECRETS, CallerBook, Callers
from kong2x.emit.gateway_api.profiles.envoy_gateway.carried import Carried
from kong2x.model.plugin import MappedPlugin, PluginUse
from kong2x.model.route import Route

LOGINS = frozenset(
    {
        "ace",
        "basic-auth",
        "header-cert-auth",
        "hmac-auth",
        "jwt",
        "jwt-signer",
        "key-auth",
        "key-auth-enc",
        "konnect-application-auth",
        "ldap-auth",
        "ldap-auth-advanced",
        "mtls-auth",
        "oauth2",
        "oauth2-introspection",
        "openid-connect",
        "saml",
        "session",
        "vault-auth",
    }
)
"""The plugins that find out who calls."""
CALLER = "X-Consumer-Username"
IDENTITY = ("X-Consumer-ID", "X-Consumer-Custom-ID", "X-Credential-Identifier", "X-Anonymous-Consumer")
"""What Kong says of a caller besides the name; Envoy says none of it, and a caller's own must not pass."""
_MOST = 256


_WHY_NOT = {
    "jwt": "tokens are checked with a JWKS there, which the credentials of consumers are not",
    "openid-connect": "the login there has sessions, paths and cookies of its own",
}


def logins(route: Route | None) -> list[PluginUse]:
    """The plugins of the route that find out who calls."""
    return [use for use in route.plugins if use.plugin in LOGINS] if route else []


def obstacle(book: CallerBook, route: Route | None) -> str:
    """Why Envoy Gateway cannot carry the login of a route as Kong means it; empty where it can."""
    found = logins(route)
    if len(found) != 1:
        return "several logins of one route mean something else there" if found else "the route has no login"
    use = found[0]
    if use.plugin not in SECRETS:
        return _WHY_NOT.get(use.plugin, "it has no such login")
    if use.secret_values:
        return "a value of the plugin comes from a Secret"
    if use.config.get("anonymous"):
        return "guests cannot be let in as a consumer of their own"
    if use.config.get("identity_realms"):
        return "consumers that are kept in Konnect are not in the input"
    if use.plugin == "key-auth" and not _sources(use.config):
        return "keys are not read from bodies"
    return "" if book.of(use.plugin).all else "no consumer of the input has such a credential"


def callers(book: CallerBook, route: Route | None) -> Callers | None:
    """Who may call a route whose login Envoy Gateway carries; None where it carries none."""
    return None if obstacle(book, route) else book.of(logins(route)[0].plugin)


def api_key(
    book: CallerBook, use: PluginUse, before: MappedPlugin, route: Route | None
) -> MappedPlugin | str:
    """key-auth: the places of the key in Kong's order, and a Secret with the keys of all consumers."""
    who = callers(book, route)
    if who is None:
        return obstacle(book, route)
    plugin = Carried(use, before)
    body = {
        "credentialRefs": [_secret("key-auth")],
        "extractFrom": _sources(use.config),
        "forwardClientIDHeader": CALLER,
        "sanitize": _hides(book, use),
    }
    _tell(plugin, who)
    if use.config.get("key_in_body"):
        plugin.tell(codes.KEY_IN_BODY, "Callers that send their key in the body are refused.", "key_in_body")
    return plugin.done({"SecurityPolicy": {"apiKeyAuth": body}, **_removed(who.named)})


def basic(book: CallerBook, use: PluginUse, before: MappedPlugin, route: Route | None) -> MappedPlugin | str:
    """basic-auth: a Secret in the format of htpasswd, which holds SHA-1 hashes only."""
    who = callers(book, route)
    if who is None:
        return obstacle(book, route)
    plugin = Carried(use, before)
    body: dict[str, Any] = {"users": _secret("basic-auth")}
    if who.named:
        body["forwardUsernameHeader"] = CALLER
    _tell(plugin, who)
    # The filter leaves the password in the request; header changes of the route come after it.
    hidden = ("Authorization",) if _hides(book, use) else ()
    return plugin.done({"SecurityPolicy": {"basicAuth": body}, **_removed(who.named, hidden)})


def groups(book: CallerBook, use: PluginUse, before: MappedPlugin, route: Route | None) -> MappedPlugin | str:
    """acl: the members of the groups, by the name that the login has put into a header."""
    allowed, denied = _list(use.config.get("allow")), _list(use.config.get("deny"))
    who = callers(book, route)
    if who is None:
        return "the login of the route is not carried over" if logins(route) else "the route has no login"
    if not who.named:
        return "the login cannot say the names of all consumers"
    if bool(allowed) == bool(denied) or use.config.get("always_use_authenticated_groups"):
        return "it has no list of groups whose members are in the input"
    wanted, also = set(allowed or denied), bool(use.config.get("include_consumer_groups"))
    members = [
        one.name
        for one in who.all
        if wanted & {*one.consumer.acl_groups, *(one.consumer.groups if also else ())}
    ]
    if len(members) > _MOST:
        return f"a rule has room for {_MOST} names"
    plugin = Carried(use, before)
    action = "Allow" if allowed else "Deny"
    rule = {
        "name": "groups",
        "action": action,
        "principal": {"headers": [{"name": CALLER, "values": sorted(set(members))}]},
    }
    body = {"defaultAction": "Deny" if allowed else "Allow", "rules": [rule] if members else []}
    plugin.tell(
        codes.GROUPS,
        f"The members of {', '.join(sorted(wanted))} are {'let in' if allowed else 'refused'} by name, as they are in "
        "the input; X-Consumer-Groups does not reach the backend.",
        "allow",
        "deny",
        "hide_groups_header",
    )
    return plugin.done(
        {
            "SecurityPolicy": {"authorization": body},
            "RequestHeaderModifier": {"remove": ["X-Consumer-Groups", "X-Authenticated-Groups"]},
        }
    )


def _tell(plugin: Carried, who: Callers) -> None:
    said = f"is told the name of the caller in {CALLER} and" if who.named else f"is not told {CALLER},"
    plugin.tell(
        codes.LOGIN,
        f"The backend {said} none of {', '.join(IDENTITY)}; refusals with 401 have Envoy's text.",
        "realm",
    )
    if plugin.use.config.get("run_on_preflight") is False:
        plugin.tell(
            codes.PREFLIGHT,
            "OPTIONS requests without a login are refused unless a CORS policy answers them.",
            "run_on_preflight",
        )


def _removed(named: bool, more: Sequence[str] = ()) -> dict[str, Any]:
    """Header changes of a route come after its logins, so what a login wrote itself must not stand here."""
    return {"RequestHeaderModifier": {"remove": [*IDENTITY, *(() if named else (CALLER,)), *more]}}


def _sources(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where the key may be: for each name the header, then the query, as Kong looks for it."""
    names = _list(config.get("key_names")) or ["apikey"]
    out: list[dict[str, Any]] = []
    for name in names:
        if config.get("key_in_header", True):
            out.append({"headers": [name]})
        if config.get("key_in_query", True):
            out.append({"params": [name]})
    return out


def _hides(book: CallerBook, use: PluginUse) -> bool:
    """The default changed with Kong 3.14 (plugin-mapping 4.1)."""
    return bool(use.config.get("hide_credentials", book.model.facts.at_least("3.14")))


def _secret(kind: str) -> dict[str, str]:
    return {"group": "", "kind": "Secret", "name": SECRETS[kind]}


def _list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def all_of(checks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Several authorizations that must all agree as one: whoever one denies is denied, allow lists are joined."""
    if len(checks) == 1:
        return dict(checks[0])
    refusing = [rule for check in checks for rule in check["rules"] if rule["action"] == "Deny"]
    lists = [check for check in checks if check["defaultAction"] == "Deny"]
    if not lists:
        return {"defaultAction": "Allow", "rules": refusing}
    allowing = [[rule for rule in check["rules"] if rule["action"] == "Allow"] for check in lists]
    rules = list(refusing)
    if all(allowing):
        principal = {key: value for part in allowing for key, value in part[0]["principal"].items()}
        name = "-and-".join(part[0]["name"] for part in allowing)
        rules.append({"name": name, "action": "Allow", "principal": principal})
    return {"defaultAction": "Deny", "rules": rules}
