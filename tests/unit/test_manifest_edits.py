"""Edits of a nested document, and differences as edits."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.manifest import (
    AppendItems,
    Edit,
    RemoveKey,
    RenameKey,
    SetValue,
    apply_edits,
    differences,
)

values = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
documents = st.recursive(
    st.dictionaries(st.sampled_from("abcd"), values, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), values | inner, max_size=3),
    max_leaves=10,
)


@given(documents, documents)
def test_the_edits_of_the_differences_lead_from_one_to_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    changed = copy.deepcopy(before)
    apply_edits(changed, [difference.edit() for difference in differences(before, after)])
    assert differences(changed, after) == []
    assert changed == after


@given(documents)
def test_a_document_does_not_differ_from_itself(document: dict[str, Any]) -> None:
    assert differences(document, copy.deepcopy(document)) == []


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (SetValue(("a", "b"), 2), {"a": {"b": 2, "c": [1]}, "z": 0}),
        (SetValue(("n", "m", "o"), 1), {"a": {"b": 1, "c": [1]}, "z": 0, "n": {"m": {"o": 1}}}),
        (RemoveKey(("a", "b")), {"a": {"c": [1]}, "z": 0}),
        (AppendItems(("a", "c"), ("x", "y")), {"a": {"b": 1, "c": [1, "x", "y"]}, "z": 0}),
    ],
)
def test_each_edit(edit: Edit, expected: dict[str, Any]) -> None:
    document: dict[str, Any] = {"a": {"b": 1, "c": [1]}, "z": 0}
    apply_edits(document, [edit])
    assert document == expected


def test_a_renamed_key_keeps_its_place() -> None:
    document = {"e": {"dev": 1, "staging": 2, "prod": 3}}
    apply_edits(document, [RenameKey(("e", "staging"), "stage")])
    assert list(document["e"].items()) == [("dev", 1), ("stage", 2), ("prod", 3)]


@pytest.mark.parametrize("edit", [RemoveKey(("x",)), RemoveKey(("a", "x")), AppendItems(("x",), ("y",))])
def test_a_path_that_is_not_there_is_a_key_error(edit: Edit) -> None:
    with pytest.raises(KeyError):
        apply_edits({"a": {}}, [edit])


def test_differences_read_well() -> None:
    before = {"a": {"same": 1, "gone": 1, "old": [1]}, "n": 1}
    after = {"a": {"same": 1.0, "old": [1, 2], "new": True}, "n": True}
    lines = [difference.describe() for difference in differences(before, after)]
    assert lines == ["- a.gone: 1", "~ a.old: [1] → [1, 2]", "+ a.new: true", "~ n: 1 → true"]


def test_hidden_differences_do_not_show_values() -> None:
    lines = [difference.describe(hidden=True) for difference in differences({"a": "x1"}, {"a": "x2", "b": "x3"})]
    assert lines == ["~ a: *** → ***", "+ b: ***"]


def test_an_edit_is_not_changed_by_those_that_come_after_it() -> None:
    edits = [SetValue(("a",), {"b": 1}), RenameKey(("a", "b"), "c")]
    first: dict[str, Any] = {}
    second: dict[str, Any] = {}
    apply_edits(first, edits)
    apply_edits(second, edits)
    assert first == second == {"a": {"c": 1}}
