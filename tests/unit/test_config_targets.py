"""Where a dotted key of a configuration stands, who set it, and how it is taken out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.errors import InvalidInput, StackNotFound
from cloud_core.domain.manifest import (
    ABSENT,
    ConfigTarget,
    Manifest,
    RemoveKey,
    Tier,
    TierName,
    apply_edits,
    flattened,
    merge_tiers,
    removal,
    setter_of,
    split_key,
    targets_of,
    value_at,
)
from cloud_core.testing.manifests import TEMPLATES, a_manifest, a_network

leaves = st.none() | st.booleans() | st.integers() | st.text("xy", max_size=2) | st.lists(st.integers(), max_size=2)
maps = st.recursive(
    st.dictionaries(st.sampled_from("abc"), leaves, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), leaves | inner, max_size=3),
    max_leaves=8,
)


class TestATarget:
    @pytest.mark.parametrize(
        ("target", "path", "tier"),
        [
            (ConfigTarget("dns"), ("stacks", "dns", "config"), TierName.STACK),
            (ConfigTarget(environment="dev"), ("environments", "dev", "config"), TierName.ENVIRONMENT),
            (
                ConfigTarget("dns", "dev"),
                ("stacks", "dns", "environments", "dev", "config"),
                TierName.STACK_ENVIRONMENT,
            ),
        ],
    )
    def test_is_a_tier_of_the_manifest(self, target: ConfigTarget, path: tuple[str, ...], tier: TierName) -> None:
        assert (target.path, target.tier) == (path, tier)

    def test_names_something(self) -> None:
        with pytest.raises(ValueError, match="a stack, an environment, or both"):
            ConfigTarget()

    @pytest.mark.parametrize(
        ("target", "tiers"),
        [
            (ConfigTarget("network"), ["template", "stack"]),
            (ConfigTarget(environment="dev"), ["environment"]),
            (ConfigTarget("network", "dev"), ["template", "stack", "environment", "stack-environment"]),
        ],
    )
    def test_sees_its_own_tier_last(self, target: ConfigTarget, tiers: list[str]) -> None:
        manifest = Manifest.model_validate(a_manifest())
        assert [layer.name.value for layer in target.layers(manifest, TEMPLATES["network"])] == tiers

    def test_must_be_in_the_manifest(self) -> None:
        manifest = Manifest.model_validate(a_manifest())
        with pytest.raises(StackNotFound, match="nowhere"):
            ConfigTarget("nowhere").layers(manifest, None)
        with pytest.raises(InvalidInput, match="prod"):
            ConfigTarget("network", "prod").layers(manifest, None)

    def test_of_all_are_those_that_can_hold_values(self) -> None:
        data = a_manifest(network=a_network(environments={"dev": {"config": {"azCount": 3}}}))
        assert targets_of(Manifest.model_validate(data)) == [
            ConfigTarget(environment="dev"),
            ConfigTarget("network"),
            ConfigTarget("network", "dev"),
        ]


class TestADottedKey:
    @pytest.mark.parametrize(
        ("key", "path"),
        [
            ("size", ("size",)),
            ("tags.team", ("tags", "team")),
            ("tags.example.com/team", ("tags", "example.com/team")),
            ("tags.other.com", ("tags", "other", "com")),
            ("a.b", ("a.b",)),
            ("size.x", ("size", "x")),
        ],
    )
    def test_nests_unless_there_is_a_key_with_dots(self, key: str, path: tuple[str, ...]) -> None:
        config = {"size": 1, "tags": {"example.com/team": "x"}, "a.b": 2}
        assert split_key(config, key) == path

    @given(maps)
    def test_of_the_flat_list_finds_its_value(self, config: dict[str, Any]) -> None:
        for path, value in flattened(config):
            assert split_key(config, ".".join(path)) == path
            assert value_at(config, path) == value

    def test_that_is_not_there_has_no_value(self) -> None:
        assert value_at({"a": {"b": 1}}, ("a", "c")) is ABSENT
        assert value_at({"a": 1}, ("a", "c")) is ABSENT


@given(st.lists(maps, min_size=1, max_size=4))
def test_every_value_of_a_merge_comes_from_the_tier_that_is_named(configs: list[dict[str, Any]]) -> None:
    layers = [Tier(name, (), config) for name, config in zip(TierName, configs, strict=False)]
    for path, value in flattened(merge_tiers(layers)):
        found = value_at(setter_of(layers, path).config, path)
        assert found == value or value == {}


def test_what_no_tier_sets_has_no_setter() -> None:
    with pytest.raises(KeyError, match=r"a\.b"):
        setter_of([Tier(TierName.STACK, (), {"a": {"b": None}})], ("a", "b"))


@pytest.mark.parametrize(
    ("section", "key", "left"),
    [
        ({"enabled": True, "config": {"a": 1, "b": 2}}, ("config", "a"), {"enabled": True, "config": {"b": 2}}),
        ({"enabled": True, "config": {"a": {"x": 1}}}, ("config", "a", "x"), {"enabled": True}),
        (
            {"enabled": True, "environments": {"dev": {"config": {"a": 1}}}},
            ("environments", "dev", "config", "a"),
            {"enabled": True},
        ),
        (
            {"environments": {"dev": {"enabled": False, "config": {"a": 1}}}},
            ("environments", "dev", "config", "a"),
            {"environments": {"dev": {"enabled": False}}},
        ),
        ({"config": {"a": 1}}, ("config", "a"), {}),
    ],
)
def test_taking_a_key_out_leaves_no_empty_map_behind(section: Any, key: tuple[str, ...], left: Any) -> None:
    document = {"stacks": {"dns": section}}
    edit = removal(document, ("stacks", "dns", *key))
    assert isinstance(edit, RemoveKey)
    apply_edits(document, [edit])
    assert document == {"stacks": {"dns": left}}
