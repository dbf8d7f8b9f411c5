"""The order of taking back: what holds of every graph, and the one case in which two wishes exclude each other."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.graph import StackGraph
from cloud_core.domain.rollback_graph import rollback_graph, still_needed


def before(graph: StackGraph, first: str, second: str) -> bool:
    return first in graph.dependencies_closure([second])


def test_a_new_stack_between_two_changed_ones_goes_last() -> None:
    """`web` used `cache` and `cache` used `network`; in the manifest before, `web` needs `network`."""
    needs = {"network": [], "cache": ["network"], "web": ["network", "cache"]}
    earlier = StackGraph.build(["network", "web"], {"web": ["network"]})
    graph = rollback_graph(needs, earlier, ["cache"])
    assert graph.order == ["network", "web", "cache"]
    assert graph.hard["cache"] == {"web"}


def test_without_that_need_a_new_stack_goes_before_what_it_uses_is_changed() -> None:
    needs = {"network": [], "cache": ["network"]}
    graph = rollback_graph(needs, StackGraph.build(["network"], {}), ["cache"])
    assert graph.order == ["cache", "network"]
    assert graph.soft["network"] == {"cache"}


def test_a_new_stack_is_needed_by_those_that_stay_and_need_it_afterwards() -> None:
    needs = {"a": [], "b": ["a"], "c": ["b"], "d": ["a"]}
    earlier = StackGraph.build(["d"], {})
    assert still_needed(needs, earlier, ["a", "b"], ["d"]) == {"a": "b", "b": "c"}
    assert still_needed(needs, earlier, ["a", "b", "c"], ["d"]) == {}
    assert still_needed(needs, None, ["a"], []) == {"a": "b"}


@given(st.integers(0, 2**32), st.integers(1, 20))
def test_nothing_goes_while_it_is_used_and_there_is_always_an_order(seed: int, size: int) -> None:
    chance = random.Random(seed)
    names = [f"s{number}" for number in range(size)]
    needs = {name: chance.sample(names[:place], min(place, 2)) for place, name in enumerate(names)}
    gone = {name for name in names if chance.random() < 0.4}
    stay = [name for name in names if name not in gone]
    chance.shuffle(stay)
    then = {name: chance.sample(stay[:place], min(place, 2)) for place, name in enumerate(stay)}
    earlier = StackGraph.build(stay, then)

    graph = rollback_graph(needs, earlier, gone)

    assert set(graph.names) == set(names)
    for name in names:
        assert all(before(graph, user, name) for user in names if name in needs[user] and name in gone)
    for name in stay:
        assert all(before(graph, needed, name) for needed in then[name])
