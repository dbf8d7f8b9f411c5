"""Inheritance of configuration through the four tiers."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.manifest import Manifest, TierName, deep_merge, merged_config, origin_of, tiers
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.testing.manifests import TEMPLATES, a_manifest, a_network

leaves = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.none() | st.integers(), max_size=2)
)
maps = st.recursive(
    st.dictionaries(st.sampled_from("abc"), leaves, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), leaves | inner, max_size=3),
    max_leaves=8,
)


def nulls_in_maps(value: Any) -> bool:
    return isinstance(value, dict) and any(item is None or nulls_in_maps(item) for item in value.values())


@given(maps, maps)
def test_merging_changes_neither_side_and_shares_nothing(base: dict[str, Any], over: dict[str, Any]) -> None:
    before = copy.deepcopy((base, over))
    merged = deep_merge(base, over)
    for value in merged.values():
        if isinstance(value, list):
            value.append("changed")
    assert (base, over) == before


@given(maps, maps)
def test_every_leaf_of_the_stronger_side_wins_and_null_removes(base: dict[str, Any], over: dict[str, Any]) -> None:
    merged = deep_merge(base, over)
    for key in {*base, *over}:
        if key not in over:
            assert merged[key] == base[key]
        elif over[key] is None:
            assert key not in merged
        elif not isinstance(over[key], dict):
            assert merged[key] == over[key]
        else:
            below = base.get(key)
            assert merged[key] == deep_merge(below if isinstance(below, dict) else {}, over[key])


@given(maps)
def test_merging_over_nothing_only_drops_nulls(value: dict[str, Any]) -> None:
    merged = deep_merge({}, value)
    assert not nulls_in_maps(merged)
    assert deep_merge(merged, value) == merged


def a_tiered_manifest(**environment: Any) -> Manifest:
    config = {"vpcCidr": "stack", "tags": {"a": 1, "b": 2}, "zones": ["x", "y"], "gone": 1}
    own = {"config": {"tags": {"b": 3, "a": None}, "zones": ["z"], "gone": None, "extra": True}}
    data = a_manifest(network=a_network(config=config, environments={"dev": own}))
    data["environments"]["dev"]["config"] = environment
    return Manifest.model_validate(data)


def test_maps_merge_lists_are_replaced_null_removes() -> None:
    merged = merged_config(a_tiered_manifest(), "network", "dev", TEMPLATES["network"])
    assert merged == {
        "azCount": 2,
        "enableNat": True,
        "vpcCidr": "stack",
        "tags": {"b": 3},
        "zones": ["z"],
        "extra": True,
    }


def test_the_environment_wins_over_the_stack_and_loses_to_the_stack_in_the_environment() -> None:
    manifest = a_tiered_manifest(vpcCidr="environment", extra="environment")
    merged = merged_config(manifest, "network", "dev", None)
    assert merged["vpcCidr"] == "environment"
    assert merged["extra"] is True


@pytest.mark.parametrize(("key", "taken"), [("azCount", True), ("zones", True), ("extra", True), ("dbClass", False)])
def test_only_keys_that_the_stack_declares_come_from_the_environment(key: str, taken: bool) -> None:
    merged = merged_config(a_tiered_manifest(**{key: "environment"}), "network", "dev", TEMPLATES["network"])
    assert (key in merged) is taken


def test_a_null_default_is_no_default() -> None:
    template = StackTemplate.model_validate(
        {"name": "network", "parameters": {"inputs": {"a": {"type": "string", "default": None}}}}
    )
    assert merged_config(Manifest.model_validate(a_manifest()), "network", "dev", template) == {
        "vpcCidr": "10.40.0.0/16"
    }


@pytest.mark.parametrize(
    ("key", "name", "path"),
    [
        ("azCount", TierName.TEMPLATE, ()),
        ("vpcCidr", TierName.STACK, ("stacks", "network", "config")),
        ("enableNat", TierName.ENVIRONMENT, ("environments", "dev", "config")),
        ("zones", TierName.STACK_ENVIRONMENT, ("stacks", "network", "environments", "dev", "config")),
    ],
)
def test_the_origin_of_a_key_is_its_strongest_tier(key: str, name: TierName, path: tuple[str, ...]) -> None:
    layers = tiers(a_tiered_manifest(enableNat=False), "network", "dev", TEMPLATES["network"])
    origin = origin_of(layers, key)
    assert (origin.name, origin.path) == (name, path)


def test_a_key_without_a_value_has_no_origin() -> None:
    with pytest.raises(KeyError, match="nothing"):
        origin_of(tiers(a_tiered_manifest(), "network", "dev", None), "nothing")
