"""The graph of stacks: order, layers, cycles, reverse, closures, critical path."""

from __future__ import annotations

import pickle
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.errors import DependencyCycle, InvalidInput
from cloud_core.domain.graph import StackGraph, find_cycle, find_cycles

Edges = dict[str, set[str]]


@st.composite
def any_edges(draw: st.DrawFn) -> Edges:
    """Any directed graph over up to 12 names, cycles and self-edges included."""
    names = [f"s{number:02d}" for number in range(draw(st.integers(0, 12)))]
    return {name: draw(st.sets(st.sampled_from(names), max_size=4)) for name in names}


@st.composite
def acyclic(draw: st.DrawFn) -> tuple[Edges, Edges]:
    """Hard and soft edges; a stack depends only on those before it in a shuffled order."""
    names = draw(st.permutations([f"s{number:02d}" for number in range(draw(st.integers(0, 12)))]))
    before = [st.sets(st.sampled_from(names[:index]), max_size=3) if index else st.just(set()) for index in range(12)]
    hard = {name: draw(before[index]) for index, name in enumerate(names)}
    soft = {name: draw(before[index]) for index, name in enumerate(names)}
    return hard, soft


def build(hard: Edges, soft: Edges | None = None) -> StackGraph:
    return StackGraph.build(hard, hard, soft)


@given(acyclic())
def test_the_order_has_dependencies_first(edges: tuple[Edges, Edges]) -> None:
    graph = build(*edges)
    position = {name: index for index, name in enumerate(graph.order)}
    assert sorted(position) == graph.names == sorted(edges[0])
    assert all(position[other] < position[name] for name in graph.names for other in graph.dependencies(name))


@given(acyclic())
def test_a_layer_is_one_more_than_the_highest_dependency(edges: tuple[Edges, Edges]) -> None:
    graph = build(*edges)
    for name in graph.names:
        assert graph.layer_of(name) == 1 + max((graph.layer_of(other) for other in graph.dependencies(name)), default=0)
        assert name in graph.layers[graph.layer_of(name) - 1]


@given(acyclic())
def test_reverse_turns_every_arrow_round_and_twice_is_the_same(edges: tuple[Edges, Edges]) -> None:
    graph = build(*edges)
    reverse = graph.reverse()
    for name in graph.names:
        assert reverse.dependencies(name) == graph.dependents(name)
        assert all((name in reverse.hard[other]) == (other in graph.hard[name]) for other in graph.names)
    assert reverse.reverse() == graph


@given(any_edges())
def test_a_cycle_is_found_exactly_when_there_is_one_and_is_real(edges: Edges) -> None:
    cycle = find_cycle(edges)
    try:
        TopologicalSorter(edges).prepare()
        has_cycle = False
    except CycleError:
        has_cycle = True
    assert (cycle is not None) is has_cycle
    if cycle is not None:
        assert cycle[0] == cycle[-1]
        assert len(set(cycle)) == len(cycle) - 1
        assert all(needed in edges[name] for name, needed in pairwise(cycle))


@given(any_edges())
def test_building_names_a_real_cycle(edges: Edges) -> None:
    if find_cycle(edges) is None:
        build(edges)
        return
    with pytest.raises(DependencyCycle) as caught:
        build(edges)
    path = caught.value.context["path"]
    assert all(needed in edges[name] for name, needed in pairwise(path))
    assert " → ".join(path) in caught.value.message


@given(any_edges())
def test_cutting_one_edge_of_every_cycle_leaves_none(edges: Edges) -> None:
    left = {name: set(others) for name, others in edges.items()}
    for cycle in find_cycles(edges):
        assert all(needed in edges[name] for name, needed in pairwise(cycle))
        left[cycle[-2]].discard(cycle[-1])
    assert find_cycle(left) is None


def reached(edges: Edges, start: str) -> set[str]:
    """By definition, recursively."""
    return {start} | {name for other in edges[start] for name in reached(edges, other)}


@given(acyclic(), st.data())
def test_closures_hold_what_is_reached(edges: tuple[Edges, Edges], data: st.DataObject) -> None:
    graph = build(*edges)
    chosen = data.draw(st.sets(st.sampled_from(graph.names)) if graph.names else st.just(set()))
    every = {name: set(graph.dependencies(name)) for name in graph.names}
    assert graph.dependencies_closure(chosen) == set().union(*(reached(every, name) for name in chosen))
    needing = {name for name in graph.names if reached(every, name) & chosen}
    assert graph.dependents_closure(chosen) == needing
    hard = {name: set(graph.hard[name]) for name in graph.names}
    assert graph.dependencies_closure(chosen, hard_only=True) == set().union(*(reached(hard, n) for n in chosen))
    assert graph.dependents_closure(chosen, hard_only=True) == {n for n in hard if reached(hard, n) & chosen}


@given(acyclic(), st.data())
def test_a_subset_keeps_the_order_through_what_is_left_out(edges: tuple[Edges, Edges], data: st.DataObject) -> None:
    graph = build(*edges)
    chosen = data.draw(st.sets(st.sampled_from(graph.names)) if graph.names else st.just(set()))
    subset = graph.subset(chosen)
    assert set(subset.names) == chosen
    every = {name: set(graph.dependencies(name)) for name in graph.names}
    for name in chosen:
        assert subset.dependencies_closure([name]) == reached(every, name) & chosen
    hard = {name: set(graph.hard[name]) for name in graph.names}
    for name in chosen:
        assert subset.dependencies_closure([name], hard_only=True) == reached(hard, name) & chosen


@given(acyclic(), st.data())
def test_the_critical_path_is_a_chain_and_none_is_longer(edges: tuple[Edges, Edges], data: st.DataObject) -> None:
    graph = build(*edges)
    seconds = {name: data.draw(st.integers(0, 50)) for name in graph.names}

    def longest(name: str) -> int:
        return seconds[name] + max((longest(other) for other in graph.dependencies(name)), default=0)

    path = graph.critical_path(seconds)
    assert path.seconds == max((longest(name) for name in graph.names), default=0)
    assert sum(seconds[name] for name in path.stacks) == path.seconds
    assert all(first in graph.dependencies(then) for first, then in pairwise(path.stacks))


def test_a_chain_of_three_has_three_layers() -> None:
    graph = build({"a": set(), "b": {"a"}, "c": {"b"}})
    assert graph.layers == [["a"], ["b"], ["c"]]


def test_a_diamond_has_two_in_the_middle() -> None:
    graph = build({"top": set(), "left": {"top"}, "right": {"top"}, "bottom": {"left", "right"}})
    assert graph.layers == [["top"], ["left", "right"], ["bottom"]]


def test_inside_a_layer_the_higher_priority_comes_first_then_the_name() -> None:
    names: Edges = {name: set() for name in "dcba"}
    graph = StackGraph.build(names, names, priorities={"c": 50, "d": 90})
    assert graph.layers == [["d", "c", "a", "b"]]
    assert graph.reverse().layers == [["a", "b", "c", "d"]]


def test_a_cycle_of_three_is_named_with_its_path() -> None:
    with pytest.raises(DependencyCycle, match="Circular dependency detected: a → c → b → a"):
        build({"a": {"c"}, "b": {"a"}, "c": {"b"}})


def test_a_stack_that_needs_itself_is_a_cycle() -> None:
    with pytest.raises(DependencyCycle, match="a → a"):
        build({"a": {"a"}})


def test_soft_edges_count_in_a_cycle() -> None:
    with pytest.raises(DependencyCycle):
        build({"a": {"b"}, "b": set()}, {"b": {"a"}})


def test_a_missing_hard_dependency_is_named() -> None:
    with pytest.raises(InvalidInput, match="Missing dependency: network") as caught:
        build({"security": {"network"}})
    assert caught.value.context["stack"] == "security"
    assert caught.value.context["dependency"] == "network"


def test_a_missing_soft_dependency_is_no_dependency() -> None:
    assert build({"monitoring": set()}, {"monitoring": {"eks"}}).dependencies("monitoring") == frozenset()


def test_what_is_hard_and_soft_is_hard() -> None:
    graph = build({"a": set(), "b": {"a"}}, {"b": {"a"}})
    assert graph.hard["b"] == {"a"}
    assert graph.soft["b"] == frozenset()


def test_an_edge_through_a_left_out_stack_is_hard_only_if_all_of_it_is() -> None:
    graph = build({"a": set(), "b": set(), "c": {"b"}}, {"b": {"a"}})
    subset = graph.subset(["a", "c"])
    assert subset.hard["c"] == frozenset()
    assert subset.soft["c"] == {"a"}


@pytest.mark.parametrize("ask", [StackGraph.dependencies, StackGraph.dependents, StackGraph.layer_of])
def test_a_stack_that_is_not_in_the_graph_is_a_key_error(ask: Any) -> None:
    with pytest.raises(KeyError):
        ask(build({"a": set()}), "b")


def test_the_empty_graph() -> None:
    graph = build({})
    assert graph.layers == []
    assert graph.order == []
    assert graph.critical_path({}).stacks == ()


def test_a_graph_can_be_pickled() -> None:
    graph = build({"a": set(), "b": {"a"}})
    assert pickle.loads(pickle.dumps(graph)) == graph


class CountedName(str):
    """Counts how often names are hashed: a measure of work that no slow machine can change."""

    __slots__ = ()
    hashed = 0

    def __hash__(self) -> int:
        CountedName.hashed += 1
        return super().__hash__()


def test_ten_thousand_stacks_take_work_in_proportion_to_their_edges() -> None:
    count = 10_000
    names = [CountedName(f"s{number:05d}") for number in range(count)]
    chain = {name: {names[index - 1]} if index else set() for index, name in enumerate(names)}
    CountedName.hashed = 0
    graph = StackGraph.build(names, chain, {names[-1]: names[:-1]})
    assert len(graph.layers) == count
    assert graph.critical_path(dict.fromkeys(names, 1.0)).seconds == count
    assert len(graph.dependents_closure([names[0]])) == count
    assert CountedName.hashed < 100 * count
