from __future__ import annotations

import pytest

from cloud_core.testing.waiting import wait_for


def test_gives_what_the_condition_finds_at_last() -> None:
    answers = iter([None, "", "found"])
    assert wait_for("an answer", lambda: next(answers), every=0.001) == "found"


def test_tells_what_never_came() -> None:
    with pytest.raises(AssertionError, match="not within 0 s: the run ends"):
        wait_for("the run ends", lambda: False, seconds=0.01, every=0.001)
