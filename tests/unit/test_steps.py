"""Whether a second look ahead says what the first one said."""

from __future__ import annotations

import pytest

from cloud_core.domain.steps import UNKNOWN_TEXT, PropertyChange, Step, departures


def a_step(action: str = "update", name: str = "a", **properties: str | None) -> Step:
    changes = tuple(PropertyChange(path, "old", after) for path, after in properties.items())
    return Step(action, f"urn:x::y::aws:t:T::{name}", "aws:t:T", name, changes)


def test_the_same_steps_are_no_departure() -> None:
    steps = [a_step(size="1"), a_step("create", "b")]
    assert departures(steps, reversed(steps)) == []


@pytest.mark.parametrize(
    ("planned", "now", "told"),
    [
        ([], [a_step("create")], "aws:t:T a: create was not planned"),
        ([a_step("create")], [], "aws:t:T a: create was planned, now nothing"),
        ([a_step("update")], [a_step("replace")], "aws:t:T a: update was planned, now it is replace"),
        ([a_step(size="1")], [a_step(size="2")], "aws:t:T a: size would become 2, planned was 1"),
        ([a_step()], [a_step(size="2")], "aws:t:T a: size would become 2, planned was no change"),
        ([a_step(size="1")], [a_step(size=None)], "aws:t:T a: size would become None, planned was 1"),
    ],
)
def test_what_was_not_agreed_to_is_told(planned: list[Step], now: list[Step], told: str) -> None:
    assert departures(planned, now) == [told]


def test_what_was_not_known_may_be_anything() -> None:
    assert departures([a_step(size=UNKNOWN_TEXT)], [a_step(size="7")]) == []


def test_an_update_that_is_not_needed_any_more_is_no_departure() -> None:
    assert departures([a_step(size="1", name2="x"), a_step("read", "b")], []) == []
    assert departures([a_step(size="1", colour="red")], [a_step(size="1")]) == []


def test_a_step_survives_the_way_through_the_records() -> None:
    step = a_step(size="1", colour=None)
    assert Step.from_data(step.to_data()) == step
