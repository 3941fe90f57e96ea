"""A setting that decides who may call is a loss of access, also where the whole plugin has no mapping."""

from __future__ import annotations

import pytest

from kong2x.mapping import map_config
from kong2x.model.finding import Protects

FACTS = """
plugin: acme-tenant
edition: oss
class: C
priority: 805
phases: [access]
fields:
  tenant: {type: string}
  only_members: {type: boolean, default: false, class: A}
"""
WHOLE = """
plugin: acme-tenant
target: apisix
checked: {kong: "3.9", apisix: "3.18"}
summary: Nothing of it arrives.
emit: {}
always:
  - {code: none, level: unsupported, note: Nothing of it arrives. Do it in the service.}
"""


@pytest.mark.parametrize("file", ["", WHOLE])
@pytest.mark.parametrize(
    ("config", "lost"),
    [
        ({"tenant": "a"}, Protects.NOTHING),
        ({"tenant": "a", "only_members": False}, Protects.NOTHING),
        ({"tenant": "a", "only_members": True}, Protects.ACCESS),
    ],
)
def test_field_classes_count_when_the_plugin_is_lost(tmp_path, file, config, lost):
    (tmp_path / "kong/plugins").mkdir(parents=True)
    (tmp_path / "kong/plugins/acme-tenant.yaml").write_text(FACTS)
    if file:
        (tmp_path / "apisix/plugins").mkdir(parents=True)
        (tmp_path / "apisix/plugins/acme-tenant.yaml").write_text(file)
    assert map_config("acme-tenant", "apisix", config, folders=[str(tmp_path)]).lost is lost
