"""Several ways to log in on one route: whose consumer stays, and what a refused guest is told."""

from __future__ import annotations

import pytest

from kong2x.model.finding import Level
from tests.emit.apisix.build import emit, prefix, route, use
from tests.emit.apisix.test_logins import config, consumer, converted, credential

KEY = credential("key-auth", "k", key="x")
WORD = credential("basic-auth", "w", username="bob", password="pw")


def both(*more, keys=None, users=None, **model):
    plugins = (use("key-auth", keys or {}, name="keys"), use("basic-auth", users or {}, name="users"), *more)
    names = "-".join(sorted(one.key[1] for one in plugins))
    emitted = converted(route(prefix("/"), plugins=plugins), **model)
    return emitted, config(emitted, names)


def priorities(found):
    known = {"multi-auth": 2600, "basic-auth": 2520, "jwt-auth": 2510, "key-auth": 2500}
    return {
        name: found[name].get("_meta", {}).get("priority", known[name]) for name in known if name in found
    }


def test_where_all_must_succeed_the_last_consumer_is_kongs():
    _, found = both()
    order = priorities(found)
    assert order["basic-auth"] < order["key-auth"] and order["basic-auth"] > 1008
    assert "_meta" not in found["key-auth"]


def test_an_order_that_is_kongs_already_is_left_alone():
    plugins = (use("jwt", {"claims_to_verify": ["exp"]}, name="jwt"), use("key-auth", name="keys"))
    found = config(converted(route(prefix("/"), plugins=plugins)), "jwt-keys")
    assert "_meta" not in found["jwt-auth"] and "_meta" not in found["key-auth"]


def test_a_filter_of_a_login_stays_beside_its_priority():
    _, found = both(users={"realm": "x"}, keys={"run_on_preflight": False, "key_names": ["a", "b"]})
    order = priorities(found)
    assert order["basic-auth"] < order["multi-auth"]
    assert found["multi-auth"]["_meta"] == {"filter": [["request_method", "~=", "OPTIONS"]]}


def test_one_login_needs_no_priority():
    emitted = converted(route(prefix("/"), plugins=(use("basic-auth", name="users"),)))
    assert "_meta" not in config(emitted, "users")["basic-auth"]


GUESTS = {"anonymous": "guest"}


def guest(status, **more):
    stop = use(
        "request-termination", {"status_code": status, "message": "no", **more}, name="no", scope="consumer"
    )
    return [consumer("guest", plugins=(stop,))]


def test_a_refused_guest_gets_401_from_the_logins_themselves():
    _, found = both(keys=GUESTS, users=GUESTS, consumers=guest(401))
    assert "anonymous_consumer" not in str(found)
    assert found["multi-auth"]["_meta"]["error_response"] == {"message": "no"}


def test_a_guest_whom_kong_refuses_otherwise_is_refused_as_the_guest():
    emitted, found = both(keys=GUESTS, users=GUESTS, consumers=guest(403))
    assert found["multi-auth"]["auth_plugins"][-1]["basic-auth"]["anonymous_consumer"] == "shop_guest"
    assert "_meta" not in found["multi-auth"]
    (own,) = emitted.named("ApisixConsumer", "guest")["spec"]["plugins"]
    assert own["name"] == "fault-injection" and own["config"]["abort"]["http_status"] == 403
    assert "apisix/guest-status" not in emitted.codes


@pytest.mark.parametrize("controller", ["2.0", "1.8"])
def test_where_consumers_have_no_plugins_the_other_status_is_told(controller):
    emitted, found = both(keys=GUESTS, users=GUESTS, consumers=guest(403), controller=controller)
    assert "anonymous_consumer" not in str(found)
    told = emitted.finding("apisix/guest-status")
    assert "401" in told.message and "403" in told.message and told.level is Level.APPROXIMATE


def test_where_the_route_answers_itself_a_refused_guest_stays_refused():
    stop = use("request-termination", {"status_code": 503, "trigger": "x-stop"}, name="stop")
    emitted, found = both(stop, keys=GUESTS, users=GUESTS, consumers=guest(403))
    assert "anonymous_consumer" not in str(found) and "apisix/guest-status" in emitted.codes


def test_a_guest_who_is_refused_only_with_a_trigger_is_let_in():
    _, found = both(keys=GUESTS, users=GUESTS, consumers=guest(403, trigger="x-stop"))
    assert found["multi-auth"]["auth_plugins"][-1]["basic-auth"]["anonymous_consumer"] == "shop_guest"


def test_a_login_for_guests_still_hides_its_credential_before_a_mandatory_one():
    _, found = both(keys={**GUESTS, "hide_credentials": True}, consumers=[consumer("guest")])
    order = priorities(found)
    assert found["key-auth"]["hide_credentials"] is True
    assert order["basic-auth"] < order["key-auth"]


def test_a_login_for_guests_that_hides_nothing_is_dropped_before_a_mandatory_one():
    _, found = both(keys=GUESTS, consumers=[consumer("guest")])
    assert "key-auth" not in found and "basic-auth" in found


def test_a_login_for_guests_after_a_mandatory_one_never_runs():
    _, found = both(users={**GUESTS, "hide_credentials": True}, consumers=[consumer("guest")])
    assert "basic-auth" not in found and "key-auth" in found


def test_routes_without_logins_are_left_alone():
    assert "ApisixPluginConfig" not in {o["kind"] for o in emit(route(prefix("/"))).objects}
