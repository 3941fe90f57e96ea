"""How the outcome of a verification reads."""

from __future__ import annotations

from kong2x.verify.comparison import Verification
from kong2x.verify.rendering import as_data, as_text


def test_unreached_routes_stand_one_a_line_and_end_at_the_limit() -> None:
    outcome = Verification(uncovered=["a", "b", "c"])
    assert as_text(outcome).splitlines()[2:] == ["No request reached:", "  a", "  b", "  c"]
    cut = as_text(outcome, most=1).splitlines()[2:]
    assert cut == ["No request reached:", "  a", "  and 2 more (-o json has all)"]
    assert as_data(outcome)["uncovered"] == ["a", "b", "c"]
