"""What an item of the records can hold, by the store's own count."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cloud_core.adapters.dynamodb.serializer import item_bytes, to_attributes
from cloud_core.domain.events import LARGEST_TOLD
from cloud_core.domain.stored_sizes import stored_bytes, too_large
from cloud_core.testing.builders import an_event

NUMBERS = st.integers(-(10**37), 10**37) | st.floats(-1e100, 1e100).filter(lambda one: one == 0 or abs(one) > 1e-100)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=20
)


@given(VALUES)
def test_a_size_is_never_less_than_the_store_counts(value: Any) -> None:
    assert stored_bytes({"value": value}) >= item_bytes(to_attributes({"value": value}))


def test_the_largest_go_and_no_more_than_have_to() -> None:
    values = {"a": "x" * 5000, "b": "x" * 3000, "c": "x" * 2000, "d": 1}
    assert too_large(values, 20_000) == []
    assert too_large(values, 9000) == ["a"]
    assert too_large(values, 3000) == ["a", "b"]
    assert too_large(values, 10) == ["a", "b", "c"]


class TestAnEvent:
    def test_that_fits_is_told_as_it_is(self) -> None:
        draft = an_event(data={"outputs": {"text": "x" * 200_000}, "number": 1})
        assert draft.capped() == draft

    def test_leaves_out_the_entries_that_are_too_large(self) -> None:
        draft = an_event(data={"status": "deployed", "outputs": {"id": "vpc-1", "huge": "x" * 500_000, "n": [1] * 9}})
        told = draft.capped()
        assert told.data == {
            "status": "deployed",
            "outputs": {"id": "vpc-1", "n": [1] * 9},
            "left_out": ["outputs.huge"],
        }
        assert told.left_out == ("outputs.huge",)
        assert told.capped() == told

    def test_leaves_out_what_has_no_entries_or_too_many_as_a_whole(self) -> None:
        many = {f"output-{number}": "x" * 2000 for number in range(1000)}
        told = an_event(data={"changes": {"create": 1}, "steps": ["x" * 1000] * 900, "outputs": many}).capped()
        assert told.data["changes"] == {"create": 1}
        assert {*told.left_out} == {"steps", "outputs"}
        assert stored_bytes(told.data) < LARGEST_TOLD

    def test_shortens_texts(self) -> None:
        told = an_event(data={"message": "begin" + "x" * 1_000_000 + "end"}).capped()
        assert told.data["message"].startswith("begin")
        assert len(told.data["message"]) < 17_000
        assert told.left_out == ()
