"""Plain data to DynamoDB's attribute values and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.adapters.dynamodb.serializer import from_attributes, require_filled, to_attributes
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.statuses import StackStatus
from cloud_core.domain.stored_sizes import LARGEST_ITEM

NUMBERS = st.integers(1 - 10**38, 10**38 - 1) | st.floats(1e-120, 1e120) | st.floats(-1e120, -1e-120) | st.just(0.0)
PLAIN = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(st.text(min_size=1), PLAIN.filter(lambda value: value is not None)))
def test_plain_data_comes_back_as_it_was(item: dict[str, Any]) -> None:
    assert from_attributes(to_attributes(item)) == item


@given(st.dictionaries(st.text(min_size=1), PLAIN))
def test_only_what_the_wire_can_carry_is_sent(item: dict[str, Any]) -> None:
    assert json.loads(json.dumps(to_attributes(item))) == to_attributes(item)


def test_none_is_left_out_on_the_first_level_only() -> None:
    attributes = to_attributes({"description": None, "outputs": {"zone": None, "list": [None]}})
    assert from_attributes(attributes) == {"outputs": {"zone": None, "list": [None]}}


def test_an_enum_is_stored_as_its_value() -> None:
    assert to_attributes({"status": StackStatus.FAILED}) == {"status": {"S": "failed"}}
    assert type(to_attributes({"status": StackStatus.FAILED})["status"]["S"]) is str


def test_whole_numbers_come_back_as_integers() -> None:
    item = from_attributes(to_attributes({"a": 3.0, "b": 2, "c": 2.5}))
    assert [type(value) for value in item.values()] == [int, int, float]


@pytest.mark.parametrize(
    "value", [float("nan"), float("-inf"), 1e300, 1e-300, 10**38, 10**400, object(), {1, "a"}, "\ud800", {"\ud800": 1}]
)
def test_what_cannot_be_stored_is_refused_by_field(value: Any) -> None:
    with pytest.raises(InvalidInput, match="outputs holds a value") as refusal:
        to_attributes({"outputs": {"deep": [value]}})
    assert refusal.value.context["field"] == "outputs"


def test_lists_and_maps_have_at_most_32_levels() -> None:
    def nested(levels: int) -> Any:
        return [nested(levels - 1)] if levels > 1 else {"a": 1}

    assert to_attributes({"outputs": nested(32)})
    for levels in (33, 600):
        with pytest.raises(InvalidInput, match="at most 32 levels"):
            to_attributes({"outputs": nested(levels)})


def test_an_item_may_have_exactly_400_kb() -> None:
    fitting = {"PK": "p", "SK": "s", "text": "x" * (LARGEST_ITEM - len("PKpSKstext"))}
    assert to_attributes(fitting)
    with pytest.raises(InvalidInput, match=r"p/s is too large .* 'text' with 399 KB"):
        to_attributes({**fitting, "SK": "s!"} | {"SK": "s", "text": fitting["text"] + "x"})


def test_characters_count_with_their_bytes() -> None:
    with pytest.raises(InvalidInput, match="too large"):
        to_attributes({"text": "ü" * (LARGEST_ITEM // 2)})


def test_an_empty_index_key_is_refused_and_a_missing_one_is_not() -> None:
    require_filled({"organization": "Acme"}, ["organization", "status"])
    with pytest.raises(InvalidInput, match="organization is empty"):
        require_filled({"organization": ""}, ["status", "organization"])
