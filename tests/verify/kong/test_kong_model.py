"""The router of a route model: backends, weights, plugins, rewrites, and what cannot be known."""

from __future__ import annotations

import doctest
import importlib
import pickle

import pytest

from kong2x.model.plugin import PluginUse
from kong2x.model.route import (
    Backend,
    HeaderMatch,
    PathKind,
    PathMatch,
    Rewrite,
    Route,
    RouteModel,
    Service,
    Upstream,
)
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef
from kong2x.model.traffic import Request
from kong2x.verify.kong import kong_router

FLAVOURS = ("traditional", "traditional_compatible", "expressions")
ORIGIN = ObjectRef("networking.k8s.io", "Ingress", "default", "i")
EXPRESSION = '(http.host == "a.com") && ((http.path == "/foo") || (http.path ^= "/foo/"))'
PREFIX = PathMatch(PathKind.SEGMENT_PREFIX, "/foo", ("/foo/", "~/foo$"))


def backend(name="web", **settings) -> Backend:
    return Backend("default", name, 80, number=80, known=True, **settings)


def service(*backends: Backend, **settings) -> Service:
    return Service("default.web.80", "default", backends=backends or (backend(),), **settings)


def route(name="r", of: Service | None = None, **settings) -> Route:
    given = {"hosts": ("a.com",), "paths": (PREFIX,), "expression": EXPRESSION, "priority": 5, "id": name}
    return Route(name, ORIGIN, of or service(), **{**given, **settings})


def use(plugin: str, **config) -> PluginUse:
    return PluginUse(plugin, config, "route", ("default", plugin, plugin))


def answer(
    *routes: Route,
    path="/foo/x",
    flavour="traditional",
    assume_present=True,
    host="a.com",
    facts=None,
    **rest,
):
    model = RouteModel(SourceFacts(**{"router": flavour, **(facts or {})}), list(routes))
    return kong_router(model, assume_present).answer(Request("GET", host, path, **rest))


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_address_of_the_backend(flavour) -> None:
    found = answer(route(), flavour=flavour)
    assert (found.route, found.status, found.service, found.path, found.host) == (
        "r",
        None,
        "default/web:80",
        "/foo/x",
        "a.com",
    )
    assert found.weights == ()


def test_classic_criteria_of_the_model() -> None:
    headers = (HeaderMatch("X-Env", ("Blue", "green")),)
    made = route(headers=headers, methods=("GET",), snis=("s.com",), strip_path=True)
    given = {"headers": (("x-env", "blue"),), "scheme": "https", "sni": "s.com"}
    assert answer(made, **given).path == "/x"
    assert answer(made, **{**given, "sni": "t.com"}).status == 404
    assert answer(made, **{**given, "headers": ()}).status == 404


def test_shares_of_several_backends_in_lowest_terms() -> None:
    made = service(backend("a", weight=90), backend("b", weight=10), backend("c", weight=0))
    found = answer(route(of=made))
    assert found.weights == (("default/a:80", 9), ("default/b:80", 1), ("default/c:80", 0))
    assert found.service == "default/a:80"
    equal = answer(route(of=service(backend("a"), backend("b"))))
    assert equal.weights == (("default/a:80", 1), ("default/b:80", 1))


def test_trap_62_an_unknown_backend_is_503_when_asked_for() -> None:
    unknown = route(of=service(Backend("default", "ghost", 80)))
    assert answer(unknown).service == "default/ghost:80"
    assert answer(unknown, assume_present=False).status == 503
    assert answer(route(), assume_present=False).status is None


def test_trap_62_it_still_hides_routes_of_lower_rank() -> None:
    ghost = route(
        "ghost",
        service(Backend("default", "ghost", 80)),
        paths=(PathMatch(PathKind.EXACT, "/foo", ("~/foo$",)),),
    )
    other = route("other", paths=(PathMatch(PathKind.RAW_PREFIX, "/", ("/",)),))
    assert answer(ghost, other, path="/foo", assume_present=False).status == 503
    assert answer(ghost, other, path="/foo/x", assume_present=False).route == "other"


def test_a_service_without_targets_is_503() -> None:
    for of in (Service("s", "default"), service(backend(weight=0))):
        assert (answer(route(of=of)).status, answer(route(of=of)).route) == (503, "r")


def test_a_fixed_answer_of_the_service() -> None:
    assert answer(route(of=service(fixed_status=500))).status == 500
    https = route(of=service(fixed_status=500), protocols=("https",))
    assert answer(https).status == 426


def test_plugins_in_execution_order() -> None:
    uses = tuple(map(use, ("cors", "rate-limiting", "acl", "key-auth", "my-own", "request-size-limiting")))
    assert answer(route(plugins=uses)).plugins == (
        "cors",
        "key-auth",
        "request-size-limiting",
        "acl",
        "rate-limiting",
        "my-own",
    )
    assert answer(route(plugins=uses), path="/nowhere").plugins == ()
    assert answer(route(plugins=uses, protocols=("https",))).plugins == ()


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_rewrite_replaces_the_whole_path(flavour) -> None:
    regex = PathMatch(PathKind.REGEX, r"/v(\d+)/(\w+)", (r"~/v(\d+)/(\w+)",))
    expression = r'(http.host == "a.com") && (http.path ~ "^/v(\\d+)/(\\w+)")'
    template = ("/svc_", 2, "/v", 1, "/", 7)
    made = route(
        of=service(path="/base"),
        paths=(regex,),
        expression=expression,
        strip_path=True,
        rewrite=Rewrite(template),
    )
    assert answer(made, path="/v7/cart/more?x=1", flavour=flavour).path == "/svc_cart/v7/"
    assert answer(made, path="/v7/c%C3%A9", flavour=flavour).path.startswith("/svc_c")


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_rewrite_without_leading_slash_fails(flavour) -> None:
    assert answer(route(rewrite=Rewrite((1,))), flavour=flavour).status == 500


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    ("new", "path", "expected"),
    [
        ("/new", "/foo", "/new"),
        ("/new", "/foo/", "/new/"),
        ("/new", "/foo/x", "/new/x"),
        ("/new/", "/foo/x", "/new/x"),
        ("/", "/foo", "/"),
        ("/", "/foo/x", "/x"),
        ("", "/foo/", "/"),
    ],
)
def test_an_exchanged_prefix(flavour, new, path, expected) -> None:
    assert answer(route(rewrite=Rewrite((new,), prefix="/foo")), path=path, flavour=flavour).path == expected


def test_an_exchanged_root() -> None:
    root = (PathMatch(PathKind.SEGMENT_PREFIX, "/", ("/",)),)
    made = route(paths=root, rewrite=Rewrite(("/new",), prefix="/"))
    assert [answer(made, path=path).path for path in ("/", "/p", "/p/")] == ["/new", "/new/p", "/new/p/"]


def test_a_replaced_host() -> None:
    found = answer(route(rewrite=Rewrite(host="other.com")))
    assert (found.host, found.path) == ("other.com", "/foo/x")


@pytest.mark.parametrize(
    ("target", "settings", "expected"),
    [
        (8080, {}, "h:8080"),
        (80, {}, "h"),
        ("http", {}, "h:<pod port>"),
        (None, {}, "h:<pod port>"),
        (8080, {"service_upstream": True}, "h"),
        (443, {"protocol": "https"}, "h"),
    ],
)
def test_the_host_header_carries_the_target_port(target, settings, expected) -> None:
    of = service(backend(target_port=target), upstream=Upstream(host_header="h"), **settings)
    assert answer(route(of=of, preserve_host=False)).host == expected
    assert answer(route(of=of)).host == "a.com"


def test_redirects_and_fixed_answers_of_plugins() -> None:
    redirect = use("redirect", status_code=301, location="https://new.com:8443/", keep_incoming_path=True)
    found = answer(route(plugins=(redirect,)), path="/foo/x?y=1")
    assert (found.status, found.location) == (301, "https://new.com:8443/foo/x?y=1")
    fixed = use("redirect", status_code=302, location="https://new.com/z")
    assert answer(route(plugins=(fixed,))).location == "https://new.com/z"
    assert answer(route(plugins=(use("request-termination", status_code=410),))).status == 410
    assert answer(route(plugins=(use("request-termination", trigger="x"),))).status is None
    assert answer(route(plugins=(fixed, use("request-termination")))).status == 302


def test_an_undecidable_pattern_is_a_tie_never_a_guess() -> None:
    recursive = route("bad", paths=(PathMatch(PathKind.REGEX, "/(?R)?", ("~/(?R)?",)),))
    found = answer(recursive, route("good"))
    assert (found.route, set(found.tie)) == ("good", {"bad", "good"})
    assert not answer(recursive, route("good"), host="b.com").tie
    model = RouteModel(SourceFacts(), [recursive, route("good")])
    assert set(kong_router(model).undecidable) == {"bad"}
    reasons = [c.reason for c in kong_router(model).explain(Request("GET", "a.com", "/foo")).candidates]
    assert any("cannot be decided" in reason for reason in reasons)


def test_creation_times_count_with_a_database_only() -> None:
    older = route("older", created_at="2020-01-01T00:00:00Z")
    newer = route("newer", created_at="2024-01-01T00:00:00Z")
    for routes in ((older, newer), (newer, older)):
        with_database = answer(*routes, facts={"database": True})
        assert (with_database.route, with_database.tie) == ("older", ())
        assert set(answer(*routes).tie) == {"older", "newer"}


def test_routes_are_read_in_the_order_of_their_ids_without_a_database() -> None:
    one, two = route("one", id="1"), route("two", id="2")
    assert answer(one, two) == answer(two, one)


def test_trusted_peers_come_from_the_facts() -> None:
    made = route(protocols=("https",))
    forwarded = {"headers": (("x-forwarded-proto", "https"),)}
    assert answer(made, **forwarded).status == 426
    assert answer(made, facts={"trusted_ips": ("127.0.0.0/8",)}, **forwarded).status is None


def test_the_protocols_default_to_both() -> None:
    for flavour in FLAVOURS:
        assert answer(route(), flavour=flavour, scheme="https").status is None
        assert answer(route(), flavour=flavour).status is None


def test_answers_are_plain_data() -> None:
    found = answer(route(plugins=(use("cors"),)))
    assert pickle.loads(pickle.dumps(found)) == found


@pytest.mark.parametrize(
    "module",
    [
        "uri", "regex", "kong.arrival", "kong.atc_reader", "kong.classic_piece", "kong.compatible",
        "kong.lua_sort", "kong.outcome", "kong.plugins", "kong.router", "kong.selection",
    ],
)  # fmt: skip
def test_the_examples_hold(module) -> None:
    outcome = doctest.testmod(importlib.import_module(f"kong2x.verify.{module}"))
    assert outcome.attempted and not outcome.failed
