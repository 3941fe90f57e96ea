"""Consumers, credentials and groups: what Kong gets, what the controller leaves out, what stays hidden."""

from __future__ import annotations

import base64

import pytest

from kong2x.model.route import Feature
from tests.resolve.plugin_worlds import CLASS, KEY_UUID, consumer, group, run, secret
from tests.resolve.worlds import ingress


def only(found):
    """The only consumer."""
    assert len(found.model.consumers) == 1
    return found.model.consumers[0]


def fields(found):
    """Type and fields of each credential of the only consumer."""
    return [(c.type, {k: v.reveal() for k, v in c.fields.items()}) for c in only(found).credentials]


def refusals(found):
    return sorted(f.code for f in found.model.refusals)


def test_a_consumer_with_a_key():
    found = run(ingress(), consumer("bob", "bob-key", custom_id="42"), secret("bob-key", "key-auth", key="k"))
    bob = only(found)
    assert (bob.username, bob.custom_id, bob.id) == ("bob", "42", KEY_UUID)
    assert fields(found) == [("key-auth", {"key": "k"})]
    assert found.codes == []


def test_the_id_is_derived_from_the_username_only():
    found = run(consumer("x", username=None, custom_id="bob"))
    assert only(found).id == "" and found.codes.count("consumers/no-stable-id") == 1
    assert only(run(consumer("x", username="bob", namespace="far"))).id == KEY_UUID
    assert only(run(consumer("bob"), gates=("-FillIDs",))).id == ""


@pytest.mark.parametrize("annotations", [{}, {"kubernetes.io/ingress.class": "other"}])
def test_a_consumer_of_another_class_is_invisible(annotations):
    obj = consumer("bob", "bob-key")
    obj["metadata"]["annotations"] = annotations
    found = run(obj, secret("bob-key", "key-auth", key="k"))
    assert found.model.consumers == []
    assert found.codes == ["credentials/not-listed", "source/other-class"]


def test_under_the_default_class_no_annotation_is_needed():
    obj = consumer("bob")
    del obj["metadata"]["annotations"]
    assert only(run(obj, default_class=True)).username == "bob"


@pytest.mark.parametrize("username", [None, "", 5])
def test_a_consumer_without_a_name_is_left_out(username):
    found = run(consumer("bob", username=username))
    assert found.model.consumers == [] and found.codes == ["consumers/no-name"]


# --- credentials ----------------------------------------------------------------------------------

COMPLETE = {
    "key-auth": {"key": "k", "ttl": "60"},
    "basic-auth": {"username": "u", "password": "p"},
    "hmac-auth": {"username": "u", "secret": "s"},
    "jwt": {"key": "iss", "algorithm": "HS512", "secret": "s"},
    "oauth2": {
        "client_id": "c",
        "name": "app",
        "client_secret": "s",
        "client_type": "public",
        "hash_secret": "true",
        "redirect_uris": "https://a/x, https://b/y",
    },
    "acl": {"group": "staff"},
    "mtls-auth": {"subject_name": "bob@example"},
}
NEEDED = [
    ("key-auth", "key"),
    ("basic-auth", "username"),
    ("hmac-auth", "username"),
    ("jwt", "key"),
    ("oauth2", "client_id"),
    ("oauth2", "name"),
    ("acl", "group"),
    ("mtls-auth", "subject_name"),
]


@pytest.mark.parametrize("kind", COMPLETE)
def test_every_type_carries_its_fields_and_nothing_else(kind):
    found = run(consumer("bob", "s"), secret("s", kind, colour="blue", **COMPLETE[kind]))
    assert fields(found) == [(kind, COMPLETE[kind])]
    assert refusals(found) == []
    assert found.entry("Secret", "stringData", "colour").level.value == "ignored"


@pytest.mark.parametrize(("kind", "name"), NEEDED)
def test_a_missing_required_field_drops_the_credential_only(kind, name):
    values = {key: value for key, value in COMPLETE[kind].items() if key != name}
    found = run(consumer("bob", "s", "k"), secret("s", kind, **values), secret("k", "key-auth", key="other"))
    assert fields(found) == [("key-auth", {"key": "other"})]
    assert found.codes == ["credentials/incomplete"]


@pytest.mark.parametrize(("kind", "name"), NEEDED)
def test_an_empty_required_field_is_refused_by_kong(kind, name):
    found = run(consumer("bob", "s"), secret("s", kind, **{**COMPLETE[kind], name: ""}))
    assert "credentials/refused" in refusals(found)


@pytest.mark.parametrize(
    ("kind", "values", "refused"),
    [
        ("basic-auth", {"username": "u"}, True),
        ("jwt", {"key": "k", "algorithm": "RS256"}, True),
        ("jwt", {"key": "k", "algorithm": "ES256", "rsa_public_key": "nonsense"}, True),
        ("jwt", {"key": "k", "algorithm": "EdDSA", "rsa_public_key": "-----BEGIN PUBLIC KEY-----\nx"}, False),
        ("jwt", {"key": "k", "algorithm": "MD5"}, True),
        ("jwt", {"key": "k", "secret": "s"}, False),
        ("jwt", {"key": "k", "secret": "s", "algorithm": ""}, False),
        ("hmac-auth", {"username": "u"}, False),
    ],
)
def test_what_kong_refuses(kind, values, refused):
    found = run(consumer("bob", "s"), secret("s", kind, **values))
    assert refusals(found) == (["credentials/refused"] if refused else [])


def test_jwt_defaults_to_hs256():
    found = run(consumer("bob", "s"), secret("s", "jwt", key="k", secret="x"))
    assert fields(found) == [("jwt", {"key": "k", "secret": "x", "algorithm": "HS256"})]


@pytest.mark.parametrize(("kind", "values"), [("jwt", {"key": "k"}), ("hmac-auth", {"username": "u"})])
def test_a_random_secret_is_told(kind, values):
    found = run(consumer("bob", "s"), secret("s", kind, **values))
    assert found.codes == ["credentials/random-secret"]


@pytest.mark.parametrize(
    ("ttl", "kept"), [("60", "60"), ("+5", "5"), ("-1", "-1"), ("60s", None), ("", None), ("1_0", None)]
)
def test_ttl_is_whole_seconds_or_left_out(ttl, kept):
    found = run(consumer("bob", "s"), secret("s", "key-auth", key="k", ttl=ttl))
    assert fields(found) == [("key-auth", {"key": "k", **({"ttl": kept} if kept else {})})]
    assert ("credentials/field" in found.codes) is (kept is None)


@pytest.mark.parametrize(
    ("text", "value", "told"), [("true", "true", 0), ("T", "true", 0), ("0", "false", 0), ("yes", "false", 1)]
)
def test_hash_secret_is_a_truth_value_or_false(text, value, told):
    found = run(consumer("bob", "s"), secret("s", "oauth2", client_id="c", name="n", hash_secret=text))
    assert fields(found)[0][1]["hash_secret"] == value
    assert found.codes.count("credentials/field") == told


@pytest.mark.parametrize(
    ("label", "code"),
    [
        (None, "credentials/no-label"),
        ("keyauth_credential", "credentials/type"),
        ("jwt_secret", "credentials/type"),
        ("Key-Auth", "credentials/type"),
        ("konnect", "credentials/konnect"),
    ],
)
def test_wrong_labels(label, code):
    found = run(consumer("bob", "s"), secret("s", label, key="k"))
    assert only(found).credentials == () and found.codes == [code]


def test_the_old_type_key_counts_before_3_2_only():
    obj = secret("s", key="k", kongCredType="key-auth")
    assert run(consumer("bob", "s"), obj).codes == ["credentials/no-label"]
    assert fields(run(consumer("bob", "s"), obj, kic_version="3.1")) == [("key-auth", {"key": "k"})]


def test_a_secret_that_is_not_in_the_input_may_be_in_the_cluster():
    found = run(consumer("bob", "elsewhere"))
    (credential,) = only(found).credentials
    assert (credential.inline, credential.type, credential.secret.name) == (False, "", "elsewhere")
    assert found.codes == ["credentials/missing"]


def test_a_secret_of_another_namespace_is_not_looked_at():
    found = run(consumer("bob", "s"), secret("s", "key-auth", namespace="far", key="k"))
    assert [c.inline for c in only(found).credentials] == [False]
    assert found.codes == ["credentials/missing", "credentials/not-listed"]


def test_base64_data_and_string_data_that_wins():
    obj = secret("s", "key-auth")
    obj["data"] = {"key": base64.b64encode(b"from-data").decode(), "ttl": base64.b64encode(b"9").decode()}
    obj["stringData"] = {"key": "from-text"}
    found = run(consumer("bob", "s"), obj)
    assert fields(found) == [("key-auth", {"key": "from-text", "ttl": "9"})]
    assert found.entry("Secret", "data", "key").level.value == "ignored"
    assert found.entry("Secret", "stringData", "key").level is None
    del obj["stringData"]
    assert fields(run(consumer("bob", "s"), obj)) == [("key-auth", {"key": "from-data", "ttl": "9"})]


def test_a_trailing_newline_is_part_of_the_key():
    assert fields(run(consumer("bob", "s"), secret("s", "key-auth", key="k\n"))) == [
        ("key-auth", {"key": "k\n"})
    ]


@pytest.mark.parametrize("value", ["not base64!", 5, ["a"]])
def test_values_that_the_cluster_refuses_are_told(value):
    obj = secret("s", "key-auth")
    obj["data"] = {"key": value}
    found = run(consumer("bob", "s"), obj)
    assert only(found).credentials == ()
    assert found.codes == ["credentials/encoding", "credentials/incomplete"]


# --- conflicts and names --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("key-auth", "key"),
        ("basic-auth", "username"),
        ("hmac-auth", "username"),
        ("jwt", "key"),
        ("oauth2", "client_id"),
    ],
)
def test_a_shared_unique_value_drops_everybody_who_has_it(kind, name):
    other = {**COMPLETE[kind], **{key: f"{value}x" for key, value in COMPLETE[kind].items() if key != name}}
    other.pop("ttl", None)
    other["algorithm"] = "HS256"
    found = run(
        consumer("ann", "one"),
        consumer("bob", "two"),
        secret("one", kind, **COMPLETE[kind]),
        secret("two", kind, **other),
    )
    assert found.model.consumers == []
    assert found.codes.count("consumers/conflict") == 2


def test_acl_groups_and_values_of_different_types_may_be_shared():
    found = run(
        consumer("ann", "staff", "a"),
        consumer("bob", "staff", "b"),
        secret("staff", "acl", group="staff"),
        secret("a", "key-auth", key="same"),
        secret("b", "jwt", key="same", secret="s"),
    )
    assert [c.acl_groups for c in found.model.consumers] == [("staff",), ("staff",)]
    assert found.codes == []


@pytest.mark.parametrize("listing", [("s", "s"), ("s", "t")])
def test_one_consumer_can_conflict_with_itself(listing):
    found = run(consumer("ann", *listing), secret("s", "key-auth", key="k"), secret("t", "key-auth", key="k"))
    assert found.model.consumers == []
    assert found.codes.count("consumers/conflict") == 1


def test_an_invisible_consumer_conflicts_with_nobody():
    other = consumer("far", "s")
    other["metadata"]["annotations"] = {"kubernetes.io/ingress.class": "other"}
    found = run(
        other, consumer("ann", "t"), secret("s", "key-auth", key="k"), secret("t", "key-auth", key="k")
    )
    assert only(found).username == "ann"


@pytest.mark.parametrize("name", ["username", "custom_id"])
def test_names_count_across_namespaces(name):
    values = {"username": None, "custom_id": None, name: "same"}
    found = run(consumer("ann", namespace="a", **values), consumer("bob", namespace="b", **values))
    assert refusals(found) == ["consumers/duplicate"]
    assert len(found.model.consumers) == 2


# --- groups ---------------------------------------------------------------------------------------


def test_groups_by_object_name_in_the_same_namespace():
    found = run(
        consumer("bob", consumerGroups=["gold", "nope", "far"]),
        group("gold"),
        group("far", namespace="far"),
        edition="enterprise",
    )
    assert only(found).groups == ("gold",)
    assert found.codes.count("consumers/missing-group") == 2
    assert only(found).provenance[Feature.CONSUMER_GROUPS][0].path == ("consumerGroups", 0)


def test_groups_by_edition():
    assert refusals(run(group("gold"), stated=("kong.edition",))) == ["consumers/group-on-oss"]
    assert "consumers/group-enterprise" in run(group("gold")).codes
    assert run(group("gold"), edition="enterprise").codes == ["consumers/group-without-members"]


def test_two_groups_of_one_name_are_refused():
    found = run(group("gold"), group("gold", namespace="far"), edition="enterprise")
    assert refusals(found) == ["consumers/group-duplicate"]


# --- nothing secret is told -----------------------------------------------------------------------


def test_no_secret_value_is_ever_told_or_shown():
    words = ["hunter2-a", "hunter2-b", "hunter2-c", "hunter2-d", "hunter2-e"]
    found = run(
        consumer("ann", "a", "b", "c", "d"),
        consumer("bob", "a", "e"),
        secret("a", "key-auth", key=words[0], ttl=words[1]),
        secret("b", "oauth2", client_id=words[2], name="n", hash_secret=words[3]),
        secret("c", "jwt", key=words[4], algorithm=words[0]),
        secret("d", words[0] and None, kongCredType=words[1]),
        secret("e", "hmac-auth", username=words[2]),
        secret("unlisted", "basic-auth", username=words[3], password=words[4]),
    )
    shown = repr(found.model.findings) + repr(found.model.refusals) + repr(found.model.consumers)
    shown += repr({ref: dict(book) for ref, book in found.ledger.entries.items()})
    assert not [word for word in words if word in shown]


def test_provenance_names_every_leaf_that_makes_a_credential():
    found = run(consumer("bob", "s"), secret("s", "basic-auth", username="u", password="p", extra="x"))
    leaves = {(leaf.object.kind, leaf.path) for leaf in only(found).provenance[Feature.CREDENTIALS]}
    assert leaves == {
        ("KongConsumer", ("credentials", 0)),
        ("Secret", ("stringData", "username")),
        ("Secret", ("stringData", "password")),
        ("Secret", ("metadata", "labels", "konghq.com/credential")),
    }


# --- objects beside them --------------------------------------------------------------------------


def vault(name, prefix, **metadata):
    return {
        "apiVersion": "configuration.konghq.com/v1alpha1",
        "kind": "KongVault",
        "metadata": {"name": name, "annotations": CLASS, **metadata},
        "spec": {"backend": "env", "prefix": prefix, "config": {"prefix": "KONG_"}},
    }


def test_a_vault_counts_when_something_refers_to_it():
    assert run(vault("v", "mine")).codes == ["entities/vault-not-referenced"]
    found = run(vault("v", "mine"), secret("s", "key-auth", key="{vault://mine/key}"), consumer("bob", "s"))
    assert found.codes == ["entities/vault"]
    assert found.entry("KongVault", "spec", "prefix").level.value == "unsupported"


def test_of_two_vaults_with_one_prefix_the_older_counts():
    found = run(
        vault("a", "mine", creationTimestamp="2026-02-01T00:00:00Z"),
        vault("b", "mine", creationTimestamp="2026-01-01T00:00:00Z"),
    )
    assert [f.object.name for f in found.model.findings if f.code == "entities/vault-prefix"] == ["a"]


def test_a_licence_is_told_and_never_shown():
    licence = {
        "apiVersion": "configuration.konghq.com/v1alpha1",
        "kind": "KongLicense",
        "metadata": {"name": "l"},
        "rawLicenseString": "hunter2",
        "enabled": True,
    }
    found = run(licence)
    assert found.codes == ["entities/license"] and "hunter2" not in repr(found.model.findings)


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"type": "degraphql_routes", "controllerName": "kong", "fields": {"uri": "/x"}}, "entities/custom"),
        ({"type": "degraphql_routes", "controllerName": "other", "fields": {}}, "entities/custom-ignored"),
        ({"type": "routes", "controllerName": "kong", "fields": {}}, "entities/custom-ignored"),
    ],
)
def test_custom_entities(spec, code):
    entity = {
        "apiVersion": "configuration.konghq.com/v1alpha1",
        "kind": "KongCustomEntity",
        "metadata": {"name": "e", "namespace": "default"},
        "spec": spec,
    }
    found = run(entity)
    assert found.codes == [code]
    assert found.entry("KongCustomEntity", "spec", "type").why == code
