"""Diff mode in a real git repository: what a reviewer reads, and what is no change."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

NOTHING = "Nothing changes: the same requests, findings and objects.\n"


def diff(run, *args):
    code, out, err = run("diff", "manifests", "--to", "apisix", *args)
    assert err == ""
    return code, out


def kinds(run, *args):
    """The kinds of request changes with the hosts they concern, and the changed objects."""
    _, out = diff(run, "-o", "json", *args)
    data = json.loads(out)
    requests = [
        (one["kind"], tuple(sorted({request["host"] for request in one["requests"]})))
        for one in data["requests"]
    ]
    return requests, [(one["kind"], one["object"]["kind"], one["object"]["name"]) for one in data["objects"]]


def test_nothing_changed_is_one_line(repository, run):
    assert diff(run, "--base", "HEAD") == (0, NOTHING)
    assert diff(run, "--base", "HEAD", "--fail-on", "changes") == (0, NOTHING)
    assert len(diff(run, "--base", "HEAD", "-o", "markdown")[1].splitlines()) == 2


def test_the_comment_of_a_pull_request(repository, run):
    """One annotation, one plugin and one deleted Ingress, as the reviewer reads it."""
    repository.edit("manifests/shop/web.yaml", 'strip-path: "true"', 'strip-path: "false"')
    repository.edit("manifests/plugins.yaml", "minute: 5", "minute: 50")
    (repository.top / "manifests/old/old.yaml").unlink()
    repository.commit("two")
    code, out = diff(run, "--base", "HEAD~1", "-o", "markdown")
    lines = [line for line in out.splitlines() if line]
    assert code == 0
    assert lines[0] == "<!-- kong2x diff -->"
    assert "are no longer answered" in lines[1] and "1 removed, 2 changed" in lines[1]
    # The Ingress took every path of its host, and there is no other route: 404.
    assert lines[3] == (
        "- `GET old.example/`, `GET old.example/y`, `GET old.example/y/z?q=1` "
        "**are no longer answered**: shop/web:80 → 404"
    )
    # Without strip-path Kong sends the whole path on; /api was cut to / before.
    assert lines[4].startswith("- `GET shop.example/api`, ") and lines[4].endswith(
        "**are answered differently**: rate-limiting is configured differently; "
        "for /api the backend receives /api, before /"
    )
    assert "`~ spec.plugins[1].config.count: 5 -> 50`" in out
    assert "`- ApisixRoute shop/old`" in out
    assert len(lines) < 20


def test_a_removed_plugin_opens(repository, run):
    repository.edit("manifests/shop/web.yaml", "limit, auth", "limit")
    requests, _ = kinds(run, "--base", "HEAD")
    assert requests == [("opens", ("shop.example",))]
    assert "lose a check: without key-auth" in diff(run, "--base", "HEAD")[1]


def test_a_setting_of_a_plugin_is_seen_and_other_routes_are_not_named(repository, run):
    repository.edit("manifests/plugins.yaml", "minute: 5", "minute: 50")
    requests, objects = kinds(run, "--base", "HEAD")
    assert requests == [("adjusts", ("shop.example",))]
    assert objects == [("changed", "ApisixPluginConfig", "auth-limit")]


def test_ordinary_changes_are_0_and_1_when_asked_for(repository, run):
    repository.edit("manifests/plugins.yaml", "minute: 5", "minute: 50")
    assert diff(run, "--base", "HEAD")[0] == 0
    assert diff(run, "--base", "HEAD", "--fail-on", "changes")[0] == 1


def test_a_new_loss_is_1_and_an_old_one_is_0(repository, run):
    repository.edit("manifests/plugins.yaml", "plugin: rate-limiting", "plugin: my-own")
    code, out = diff(run, "--base", "HEAD")
    assert code == 1 and "plugins/no-mapping" in out
    repository.commit("two")
    repository.edit("manifests/shop/web.yaml", "shop.example", "store.example")
    code, out = diff(run, "--base", "HEAD")
    assert code == 0 and "plugins/no-mapping" not in out


def test_a_renamed_file_is_no_change(repository, run):
    repository.git("mv", "manifests/shop/web.yaml", "manifests/renamed.yaml")
    assert diff(run, "--base", "HEAD") == (0, NOTHING)
    repository.commit("two")
    assert diff(run, "--base", "HEAD~1") == (0, NOTHING)


def test_a_deleted_folder(repository, run):
    repository.git("rm", "-r", "--quiet", "manifests/old")
    requests, objects = kinds(run, "--base", "HEAD")
    assert requests == [("disappears", ("old.example",))]
    assert objects == [("removed", "ApisixRoute", "old")]


def test_all_manifests_deleted(repository, run):
    repository.git("rm", "-r", "--quiet", "manifests")
    requests, _ = kinds(run, "--base", "HEAD")
    assert requests and {kind for kind, _ in requests} == {"disappears"}


def test_a_new_folder(repository, run):
    repository.write("extra/web.yaml", (repository.top / "manifests/old/old.yaml").read_text())
    code, out, _ = run("diff", "extra", "--to", "apisix", "--base", "HEAD", "-o", "json")
    assert code == 0
    assert {one["kind"] for one in json.loads(out)["requests"]} == {"appears"}


def test_a_path_that_never_was(repository, run):
    code, out, err = run("diff", "manifests", "nowhere", "--to", "apisix", "--base", "HEAD")
    assert (code, out) == (2, "") and "nowhere: neither here nor at HEAD" in err


def test_the_merge_base_leaves_out_what_others_did(repository, run):
    repository.git("checkout", "--quiet", "-b", "change")
    repository.edit("manifests/shop/web.yaml", "shop.example", "store.example")
    repository.commit("mine")
    repository.git("checkout", "--quiet", "main")
    repository.edit("manifests/old/old.yaml", "old.example", "elder.example")
    repository.commit("theirs")
    repository.git("checkout", "--quiet", "change")
    mine, _ = kinds(run, "--base", "main...")
    both, _ = kinds(run, "--base", "main")
    assert {host for _, hosts in mine for host in hosts} == {"shop.example", "store.example"}
    assert {host for _, hosts in both for host in hosts} > {"old.example", "elder.example"}


def test_an_unknown_revision_says_what_to_type(repository, run):
    code, out, err = run("diff", "manifests", "--to", "apisix", "--base", "origin/main")
    assert (code, out) == (2, "")
    assert "git fetch origin main" in err


def test_a_shallow_clone_says_what_to_type(repository, run, tmp_path, monkeypatch):
    first = repository.git("rev-parse", "HEAD")
    repository.edit("manifests/old/old.yaml", "old.example", "elder.example")
    repository.commit("two")
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.top}", str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    code, out, err = run("diff", "manifests", "--to", "apisix", "--base", first)
    assert (code, out) == (2, "")
    assert "This is a shallow clone: run `git fetch --unshallow origin` first." in err


def test_a_broken_file_at_the_base_is_named_with_its_revision(repository, run):
    repository.write("manifests/broken.yaml", "a: [1,\n")
    repository.commit("broken")
    repository.git("rm", "--quiet", "manifests/broken.yaml")
    code, out, err = run("diff", "manifests", "--to", "apisix", "--base", "HEAD")
    assert (code, out) == (2, "") and err.startswith("HEAD:manifests/broken.yaml:")


def test_both_sides_are_read_by_the_same_rules(repository, run):
    """Written objects, kustomizations, patches and hidden files count on no side."""
    run("convert", "manifests", "--to", "apisix", "-q", "-d", "manifests/target")
    repository.write(
        "manifests/kustomization.yaml", "resources: [services.yaml]\npatches: [{path: p.yaml}]\n"
    )
    repository.write("manifests/p.yaml", "kind: Service\n")
    repository.write("manifests/.hidden.yaml", "a: [1,\n")
    (repository.top / "manifests/p.yaml").unlink()
    repository.commit("two")
    assert diff(run, "--base", "HEAD") == (0, NOTHING)


def test_references_are_resolved_on_both_sides(repository, run):
    repository.git("mv", "manifests/plugins.yaml", "shared.yaml")
    repository.commit("two")
    assert diff(run, "--base", "HEAD", "--also-read", "shared.yaml") == (0, NOTHING)
    repository.edit("shared.yaml", "minute: 5", "minute: 50")
    requests, _ = kinds(run, "--base", "HEAD", "--also-read", "shared.yaml")
    assert requests == [("adjusts", ("shop.example",))]


def test_a_submodule_counts_with_its_own_commits(repository, run, tmp_path):
    inner = type(repository)(make(tmp_path / "inner"))
    repository.git("submodule", "--quiet", "add", str(inner.top), "manifests/inner")
    repository.git("rm", "-r", "--quiet", "manifests/shop", "manifests/old", "manifests/plugins.yaml")
    repository.git("rm", "--quiet", "manifests/services.yaml")
    repository.commit("two")
    assert diff(run, "--base", "HEAD") == (0, NOTHING)
    repository.edit("manifests/inner/manifests/old/old.yaml", "old.example", "elder.example")
    requests, _ = kinds(run, "--base", "HEAD")
    assert requests == [("disappears", ("old.example",)), ("appears", ("elder.example",))]


def make(folder):
    folder.mkdir()
    return folder


def test_the_work_tree_and_the_index_stay_as_they_are(repository, run):
    repository.edit("manifests/plugins.yaml", "minute: 5", "minute: 50")
    repository.git("add", "manifests/plugins.yaml")
    repository.edit("manifests/plugins.yaml", "minute: 50", "minute: 51")
    before = repository.git("status", "--porcelain=v2", "--branch"), repository.git("stash", "list")
    diff(run, "--base", "HEAD")
    assert (repository.git("status", "--porcelain=v2", "--branch"), repository.git("stash", "list")) == before


def test_old_and_new_folders(repository, run, tmp_path):
    repository.git("worktree", "add", "--quiet", str(tmp_path / "before"), "HEAD")
    repository.edit("manifests/old/old.yaml", "old.example", "elder.example")
    code, out, _ = run("diff", tmp_path / "before" / "manifests", "manifests", "--to", "apisix")
    assert code == 0 and "old.example/" in out and "elder.example/" in out


@pytest.mark.parametrize("form", ["text", "markdown", "json", "unified"])
def test_secret_values_never_show(repository, run, form):
    consumer = """
---
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: shop, labels: {konghq.com/credential: key-auth}}
stringData: {key: hunter2}
---
apiVersion: configuration.konghq.com/v1
kind: KongConsumer
metadata: {name: ann, namespace: shop, annotations: {kubernetes.io/ingress.class: kong}}
username: ann
credentials: [key]
---
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {name: oidc, namespace: shop}
plugin: rate-limiting
config: {minute: 5, policy: redis, redis: {host: cache, password: hunter2}}
"""
    repository.write("manifests/secret.yaml", consumer)
    repository.edit("manifests/shop/web.yaml", "limit, auth", "oidc, auth")
    repository.commit("two")
    repository.edit("manifests/secret.yaml", "hunter2", "hunter3")
    code, out = diff(run, "--base", "HEAD", "-o", form)
    assert code == 0 and "hunter" not in out
    assert "hidden" in out, "the change itself is told"


def test_a_comment_keeps_to_its_size(repository, run):
    for number in range(60):
        text = (repository.top / "manifests/old/old.yaml").read_text()
        repository.write(f"manifests/n{number}.yaml", text.replace("name: old,", f"name: n{number},").replace(
            "old.example", f"n{number}.example"))  # fmt: skip
    code, out = diff(run, "--base", "HEAD", "-o", "markdown", "--max-chars", "3000")
    assert code == 0 and len(out) <= 3000 and "more" in out
    assert len(diff(run, "--base", "HEAD", "-o", "markdown")[1]) > 3000
    assert run("diff", "manifests", "--to", "apisix", "--base", "HEAD", "--max-chars", "10")[0] == 2


def test_colours_mark_what_must_be_seen(repository, run):
    from kong2x.cli import group

    repository.edit("manifests/shop/web.yaml", "limit, auth", "limit")
    args = ["diff", "manifests", "--to", "apisix", "--base", "HEAD"]
    shown = CliRunner().invoke(group, [*args, "--color", "always"], color=True, standalone_mode=False).output
    assert "\x1b[31;1mlose a check\x1b[0m" in shown
    assert "\x1b" not in diff(run, "--base", "HEAD")[1]
