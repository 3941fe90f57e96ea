"""What AIC merges from a Secret is not missing, also where APISIX checks it in code."""

from __future__ import annotations

import pytest

from kong2x.validate import validate_objects


def consumer(entry):
    return {
        "apiVersion": "apisix.apache.org/v2",
        "kind": "ApisixConsumer",
        "metadata": {"name": "alice", "namespace": "shop"},
        "spec": {
            "ingressClassName": "apisix",
            "authParameter": {"keyAuth": {"value": {"key": "k"}}},
            "plugins": [{"name": "jwt-auth", "enable": True, **entry}],
        },
    }


@pytest.mark.parametrize(
    ("entry", "refused"),
    [
        ({"config": {"key": "iss"}, "secretRef": "alice-jwt"}, False),
        ({"config": {"key": "iss"}}, True),
        ({"config": {"key": "iss", "secret": "not base64!", "base64_secret": True}, "secretRef": "s"}, True),
    ],
)
def test_a_secret_may_bring_what_the_code_asks_for(entry, refused):
    problems = validate_objects([consumer(entry)], target="apisix", version="2.2")
    assert any(problem.code.startswith("schema/") for problem in problems) is refused, problems
