"""Diff mode: what counts as a change, what does not, and how it reads."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kong2x.compare import Change, compare_findings, compare_objects, compare_requests
from kong2x.compare.data import as_data
from kong2x.compare.markdown import LIMIT, MARKER, as_markdown
from kong2x.compare.text import as_text
from kong2x.compare.unified import as_unified
from kong2x.model.finding import Code, Level, Protects
from kong2x.model.source import Location, ObjectRef
from kong2x.model.traffic import Answer, Request

ROUTE = {
    "apiVersion": "apisix.apache.org/v2",
    "kind": "ApisixRoute",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"http": [{"name": "a", "match": {"hosts": ["b.example", "a.example"], "paths": ["/"]}}]},
}
LOSS = Code("acl/lost", Level.UNSUPPORTED, "s", "m", "Keep it.", Protects.ACCESS)
REF = ObjectRef("", "Ingress", "shop", "web")


class Fixed:
    """A router with given answers by path."""

    def __init__(self, **answers):
        self.answers = answers

    def answer(self, request):
        return self.answers.get(request.path.strip("/"), Answer(None, status=404))


def changed(value, *path, to):
    copy = json.loads(json.dumps(value))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return copy


def test_equal_objects_are_no_change():
    assert compare_objects([ROUTE], [json.loads(json.dumps(ROUTE))]) == []


def test_order_means_nothing_where_the_api_gives_it_no_meaning():
    other = changed(ROUTE, "spec", "http", 0, "match", "hosts", to=["a.example", "b.example"])
    assert compare_objects([ROUTE], [other]) == []


def test_order_of_rules_means_something():
    two = changed(ROUTE, "spec", "http", to=[{"name": "a"}, {"name": "b"}])
    swapped = changed(ROUTE, "spec", "http", to=[{"name": "b"}, {"name": "a"}])
    assert [change.kind for change in compare_objects([two], [swapped])] == ["changed"]


def test_field_paths_and_values():
    [change] = compare_objects([ROUTE], [changed(ROUTE, "spec", "http", 0, "match", "paths", to=["/x"])])
    [field] = change.fields
    assert (field.path, field.old, field.new) == (("spec", "http", 0, "match", "paths", 0), "/", "/x")


def test_a_new_name_alone_is_a_rename():
    [change] = compare_objects([ROUTE], [changed(ROUTE, "metadata", "name", to="shop-web")])
    assert change.kind == "renamed" and change.old_object.name == "web"


def test_added_and_removed():
    other = changed(changed(ROUTE, "metadata", "name", to="x"), "spec", to={})
    assert sorted(change.kind for change in compare_objects([ROUTE], [other])) == ["added", "removed"]


def test_values_of_secrets_never_show():
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "stringData": {"key": "hunter2"},
    }
    other = changed(secret, "stringData", "key", to="hunter3")
    change = Change(objects=compare_objects([secret], [other]))
    shown = as_text(change) + as_markdown(change) + json.dumps(as_data(change))
    shown += as_unified([secret], [other], json.dumps)
    assert "hunter" not in shown and "stringData.key" in shown


def test_findings_move_with_lines_without_being_new():
    old = LOSS.finding("Gone.", object=REF).located(Location("a.yaml", 3))
    changes = compare_findings([old], [replace(old, source=Location("b.yaml", 99))])
    assert (changes.new, changes.fixed, changes.unchanged) == ([], [], 1)


def test_new_fixed_and_accepted_findings():
    one, two = LOSS.finding("One.", object=REF), LOSS.finding("Two.", object=REF)
    assert compare_findings([one], [two]).new == [two]
    assert compare_findings([one], [two]).fixed == [one]
    assert compare_findings([one], [replace(one, accepted="fine")]).fixed == [one]
    assert len(compare_findings([one], [one, one]).new) == 1


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (Answer("r", service="s/a:80"), Answer(None, status=404), "disappears"),
        (Answer(None, status=404), Answer("r", service="s/a:80"), "appears"),
        (Answer("r", service="s/a:80"), Answer("r", service="s/b:80"), "moves"),
        (Answer("r", service="s", plugins=("key-auth",)), Answer("r", service="s"), "opens"),
        (Answer("r", service="s"), Answer("r", service="s", plugins=("key-auth",)), "closes"),
        (Answer("r", service="s", path="/a"), Answer("r", service="s", path="/b"), "changes"),
        (Answer("r", status=426), Answer("r", status=301, location="https://x/"), "changes"),
    ],
)
def test_what_happens_to_requests(old, new, kind):
    [change] = compare_requests([Request(path="/p")], Fixed(p=old), Fixed(p=new))
    assert change.kind == kind


def test_another_route_name_alone_is_no_change():
    old, new = Answer("old", service="s", path="/"), Answer("new", service="s", path="/")
    assert compare_requests([Request(path="/p")], Fixed(p=old), Fixed(p=new)) == []


def test_lost_checks_come_first():
    opens = Answer("a", service="s", plugins=("acl",)), Answer("a", service="s")
    moves = Answer("b", service="s"), Answer("b", service="t")
    requests = [Request(path="/m"), Request(path="/o")]
    changes = compare_requests(requests, Fixed(m=moves[0], o=opens[0]), Fixed(m=moves[1], o=opens[1]))
    assert [change.kind for change in changes] == ["opens", "moves"]


def test_nothing_changed_is_one_line():
    assert as_text(Change()).count("\n") == 1
    assert as_markdown(Change()).startswith(MARKER) and as_markdown(Change()).count("\n") == 2


def test_the_comment_keeps_within_its_size_and_counts_what_is_left_out():
    requests = [Request(host=f"h{n}.example", path="/p" + "x" * 200) for n in range(2000)]
    old = {request.path.strip("/"): Answer("a", service="s") for request in requests}
    changes = []
    for n, request in enumerate(requests):
        changes += compare_requests(
            [request], Fixed(**old), Fixed(**{request.path.strip("/"): Answer(f"r{n}", service=f"t{n}")})
        )
    text = as_markdown(Change(requests=changes))
    assert len(text) <= LIMIT and "more" in text
    assert len(as_markdown(Change(requests=changes), max_chars=3000)) <= 3000


@pytest.mark.parametrize(("fail_on", "code"), [("unsupported", 1), ("never", 0), ("changes", 1)])
def test_exit_code_of_new_losses(fail_on, code):
    change = Change(findings=compare_findings([], [LOSS.finding("Gone.", object=REF)]))
    assert change.exit_code(fail_on) == code


def test_ordinary_changes_are_fine_unless_asked_for():
    change = Change(objects=compare_objects([], [ROUTE]))
    assert change.exit_code() == 0 and change.exit_code("changes") == 1
