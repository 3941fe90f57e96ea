"""Policies for finished routes: one for the whole route where all rules want the same, else one a rule."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import Draft
from kong2x.emit.gateway_api.hosts import digest
from kong2x.emit.gateway_api.pack import DENIED, Packed
from kong2x.emit.gateway_api.plugins import settle_lost
from kong2x.emit.gateway_api.profiles.envoy_gateway import codes
from kong2x.emit.gateway_api.rule_names import rule_name
from kong2x.emit.gateway_api.versions import GROUP
from kong2x.model.target import Manifest

API_VERSION = "gateway.envoyproxy.io/v1alpha1"


def policies(
    desk: Desk, packed: Sequence[Packed], kind: str, wanted: dict[int, dict[str, Any]]
) -> list[Manifest]:
    """Policies of one kind. `wanted` maps the identity of a rule to what it wants; the others want nothing."""
    out: list[Manifest] = []
    for one in packed:
        specs = [wanted.get(id(draft), {}) for draft in one.drafts]
        if not any(specs):
            continue
        if all(spec == specs[0] for spec in specs):
            out.append(_policy(one, kind, specs[0], ""))
        elif desk.schema.supports("rule-name"):
            out += _by_rule(one, kind, specs)
        else:
            _refuse(desk, one, kind, specs)
    return list(_named_apart(out))


def _named_apart(manifests: Sequence[Manifest]) -> Iterator[Manifest]:
    """Two routes of other kinds may share a name, and a rule's name may make that of another route."""
    taken = set()
    for manifest in manifests:
        metadata = manifest.value["metadata"]
        if (metadata["namespace"], metadata["name"]) in taken:
            metadata["name"] += f"-{digest(json.dumps(manifest.value['spec']['targetRefs']))}"
        taken.add((metadata["namespace"], metadata["name"]))
        yield manifest


def _by_rule(one: Packed, kind: str, specs: list[dict[str, Any]]) -> list[Manifest]:
    """One policy for each different wish, attached to the names of its rules."""
    groups: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for index, spec in enumerate(specs):
        if spec:
            name = rule_name(one, index)
            groups.setdefault(json.dumps(spec, sort_keys=True), (spec, []))[1].append(name)
    return [_policy(one, kind, spec, names[0], names) for spec, names in groups.values()]


def _policy(
    one: Packed, kind: str, spec: dict[str, Any], suffix: str, rules: Sequence[str] = ("",)
) -> Manifest:
    route = one.manifest.value
    targets = []
    for rule in rules:
        target = {"group": GROUP, "kind": route["kind"], "name": route["metadata"]["name"]}
        targets.append({**target, "sectionName": rule} if rule else target)
    name = "-".join(part for part in (route["metadata"]["name"], suffix) if part)
    value = {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "namespace": route["metadata"]["namespace"]},
        "spec": {"targetRefs": targets, **spec},
    }
    return Manifest(value, one.manifest.sources)


def _refuse(desk: Desk, one: Packed, kind: str, specs: list[dict[str, Any]]) -> None:
    """Without rule names a policy would act on all rules: those that need one for security are denied."""
    for index, (draft, spec) in enumerate(zip(one.drafts, specs, strict=True)):
        if not spec:
            continue
        desk.say(
            codes.RULE_NAME,
            f"The {kind} of the route cannot be attached to its rules alone; {desk.schema.label} has no rule names.",
            route=draft.route,
        )
        for mapped in draft.own:
            if kind in mapped.fragments:
                settle_lost(desk, mapped.use, codes.RULE_NAME.id)
        limited = "rateLimit" in spec or "requestBuffer" in spec
        if kind == "SecurityPolicy" or (limited and desk.options.on_security_loss == "deny-all"):
            _deny(one, draft, index, kind)


def _deny(one: Packed, draft: Draft, index: int, kind: str) -> None:
    rule = one.manifest.value["spec"]["rules"][index]
    for key in ("filters", "backendRefs", "timeouts", "retry"):
        rule.pop(key, None)
    draft.denied = f"its {kind} cannot be attached to one rule"
    one.manifest.value["metadata"].setdefault("annotations", {})[DENIED] = draft.denied
