"""That a finding excuses the differences it speaks of, and no other of the same route."""

from __future__ import annotations

import pytest

from kong2x.catalogue import all_codes
from kong2x.model.finding import Finding, Level, Severity
from kong2x.model.source import ObjectRef
from kong2x.model.traffic import Answer, Criteria, Request
from kong2x.verify import verify
from kong2x.verify.announcements import EVERYWHERE, TELLS

ORIGINS = {name: ObjectRef("networking.k8s.io", "Ingress", "shop", name) for name in ("r", "s", "t")}
CRITERIA = {
    "r": Criteria(
        ("a.example",),
        (("prefix", "/a"), ("regex", r"/v\d+"), ("prefix", "/x.y")),
        (),
        (("X-Team", ("Blue",)),),
    ),
    "s": Criteria(("a.example",), (("prefix", "/b/"),)),
    "t": Criteria(("T.example",), (("prefix", "/"),)),
}


class Always:
    def __init__(self, answer):
        self.given = answer

    def answer(self, request):
        return self.given


def served(route="r", service="shop/r:80", path="/a", host="a.example", **more):
    return Answer(route, service=service, path=path, host=host, **more)


def at_target(name="r", **more):
    return served(f"ApisixRoute shop/{name} rule", **more)


def codes(finding, request, before, after, **more):
    found = verify(
        Always(before),
        Always(after),
        [request],
        [finding],
        ORIGINS,
        {f"ApisixRoute shop/{name}": (origin,) for name, origin in ORIGINS.items()},
        criteria=CRITERIA,
        **more,
    )
    assert found.requests == 1 and found.equal == 0
    return [code for difference in found.announced for code in difference.announced]


def told(code, *routes):
    return Finding(code, Level.APPROXIMATE, Severity.WARNING, "…", routes=routes or ("r",))


GET = Request("GET", "a.example", "/a")
OTHER = at_target("s", service="shop/s:80")
ERROR = Answer("ApisixRoute shop/r rule", status=500)


def asked(path="/a", headers=(), **more):
    return Request("GET", "a.example", path, tuple(headers), **more)


EXCUSED = [
    ("apisix/tie", ("r", "s"), GET, served(), OTHER),
    ("apisix/tie", ("r",), GET, served(), at_target(path="/")),
    ("apisix/order-lost", ("r", "s"), GET, served(), OTHER),
    ("apisix/host-conflict", ("r",), GET, served(), at_target(host="h.example")),
    ("apisix/raw-path", (), asked("//a"), served(), at_target(path="//a")),
    ("apisix/decoded-path", (), asked("/a%2Fb"), served(), OTHER),
    ("apisix/joined-headers", ("r",), asked(headers=[("x-team", "Blue"), ("X-Team", "z")]), served(), OTHER),
    ("apisix/denied", ("r",), GET, served(), ERROR),
    ("gateway-api/raw-prefix", ("r",), asked("/ab"), served(), Answer(status=404)),
    (
        "gateway-api/raw-prefix-slash",
        ("s",),
        asked("/b"),
        Answer(status=404),
        at_target("s", service="shop/s:80"),
    ),
    ("gateway-api/header-case", ("r",), asked(headers=[("X-Team", "BLUE")]), served(), Answer(status=404)),
    ("gateway-api/regular-expression", ("r",), asked("/v1"), served(), OTHER),
    ("gateway-api/unescaped-path", ("r",), asked("/xzy"), served(), Answer(status=404)),
    ("gateway-api/unescaped-path", ("r",), asked("/xzy/tail"), served(), Answer(status=404)),
    ("gateway-api/https-only", ("r",), GET, Answer("r", status=426), ERROR),
    ("request-termination/body", ("r",), GET, Answer("r", status=403), ERROR),
]

SURPRISING = [
    # Another route than those named.
    ("apisix/tie", ("r", "t"), GET, served(), OTHER),
    ("apisix/order-lost", ("r", "t"), GET, served(), OTHER),
    # A route that says its own paths are open does not lose its requests to another one.
    ("apisix/tie", ("r",), GET, served(), OTHER),
    ("apisix/tie", ("r",), GET, served(), at_target(host="h.example")),
    # Another respect than the one that is told, or one more.
    ("apisix/host-conflict", ("r",), GET, served(), OTHER),
    ("apisix/host-conflict", ("r",), GET, served(), at_target(host="h.example", path="/")),
    ("apisix/raw-path", (), GET, served(), at_target(path="/other")),
    ("apisix/denied", ("r",), GET, served(), OTHER),
    ("gateway-api/https-only", ("r",), GET, served(), OTHER),
    ("request-termination/body", ("r",), GET, served(), OTHER),
    # Another request than those that are told.
    ("apisix/decoded-path", (), GET, served(), OTHER),
    ("apisix/joined-headers", ("r",), asked(headers=[("X-Team", "Blue")]), served(), OTHER),
    ("apisix/joined-headers", ("r",), asked(headers=[("X-Else", "a,b")]), served(), OTHER),
    ("gateway-api/raw-prefix", ("r",), asked("/a/b"), served(), Answer(status=404)),
    ("gateway-api/raw-prefix-slash", ("s",), asked("/b/c"), Answer(status=404), at_target("s")),
    ("gateway-api/header-case", ("r",), asked(headers=[("X-Team", "red")]), served(), Answer(status=404)),
    ("gateway-api/regular-expression", ("r",), asked("/a"), served(), OTHER),
    ("gateway-api/unescaped-path", ("r",), asked("/x.y"), served(), Answer(status=404)),
    ("gateway-api/unescaped-path", ("r",), asked("/x.y/tail"), served(), Answer(status=404)),
    ("gateway-api/unescaped-path", ("r",), asked("/xzyw"), served(), Answer(status=404)),
    ("gateway-api/https-only", ("r",), asked(scheme="https"), Answer("r", status=426), ERROR),
    # Findings that speak of something else altogether.
    ("services/not-given", ("r",), GET, served(), OTHER),
    ("apisix/timeout-rounded", ("r",), GET, served(), OTHER),
    ("annotations/redirect-without-https", ("r",), GET, served(), OTHER),
]


@pytest.mark.parametrize(
    ("result", "after", "excused"),
    [
        (ObjectRef("", "ApisixRoute", "shop", "s"), OTHER, True),
        (ObjectRef("", "ApisixRoute", "shop", "t"), OTHER, False),
        (None, OTHER, False),
        (None, Answer(status=404), True),
        (ObjectRef("", "ApisixRoute", "shop", "s"), Answer(status=404), False),
    ],
)
def test_another_winner_is_excused_where_the_finding_names_it(result, after, excused):
    finding = Finding(
        "routes/other-winner", Level.UNSUPPORTED, Severity.WARNING, "…", routes=("r",), result=result
    )
    assert codes(finding, GET, served(), after) == (["routes/other-winner"] if excused else [])
    assert codes(finding, GET, served("t"), after) == []


@pytest.mark.parametrize(("code", "routes", "request_", "before", "after"), EXCUSED)
def test_a_finding_announces_what_it_speaks_of(code, routes, request_, before, after):
    finding = Finding(code, Level.APPROXIMATE, Severity.WARNING, "…", routes=routes)
    assert codes(finding, request_, before, after) == [code]


@pytest.mark.parametrize(("code", "routes", "request_", "before", "after"), SURPRISING)
def test_an_unrelated_difference_of_the_same_route_is_a_surprise(code, routes, request_, before, after):
    finding = Finding(code, Level.APPROXIMATE, Severity.WARNING, "…", routes=routes)
    assert codes(finding, request_, before, after) == []


def test_a_finding_about_another_route_announces_nothing():
    assert codes(told("apisix/host-conflict", "s"), GET, served(), at_target(host="h.example")) == []


def test_several_findings_announce_a_difference_together():
    both = [told("apisix/host-conflict"), told("request-transformer/path")]
    answers = Always(served()), Always(at_target(host="h.example", path="/"))
    origins = {"ApisixRoute shop/r": (ORIGINS["r"],)}
    found = verify(*answers, [GET], both, ORIGINS, origins, criteria=CRITERIA)
    assert [d.announced for d in found.announced] == [("apisix/host-conflict", "request-transformer/path")]
    assert len(verify(*answers, [GET], both[:1], ORIGINS, origins, criteria=CRITERIA).surprises) == 1


def test_routes_that_are_denied_on_purpose_excuse_the_refusal_alone():
    refusal = Answer("ApisixRoute shop/r rule", status=403)
    none = told("services/not-given")
    assert codes(none, GET, served(), refusal, refused=frozenset({"r"})) == ["security/denied"]
    assert codes(none, GET, served(), OTHER, refused=frozenset({"r"})) == []


def test_every_listed_code_exists():
    known = set(all_codes())
    assert set(TELLS) - {"security/denied"} <= known
    assert set(TELLS) >= EVERYWHERE
