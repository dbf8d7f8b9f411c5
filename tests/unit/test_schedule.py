"""The ready-queue: order, parallelism, skips with their cause, stopping; examples and random graphs."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.graph import StackGraph
from cloud_core.domain.records import StackResult
from cloud_core.domain.schedule import CANCELLED, Schedule, Step, dependency_failed, satisfies
from cloud_core.domain.states import UNCHANGED
from cloud_core.domain.statuses import StackStatus

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


def graph(hard: dict[str, list[str]], soft: dict[str, list[str]] | None = None) -> StackGraph:
    return StackGraph.build(hard, hard, soft)


def result(stack: str, status: StackStatus = StackStatus.DEPLOYED, cause: str | None = None) -> StackResult:
    return StackResult(stack_name=stack, status=status, cause=cause)


def names(steps: list[Step]) -> list[str]:
    return [step.stack for step in steps]


def run(schedule: Schedule, failing: frozenset[str] = frozenset(), seed: int = 0) -> list[str]:
    """Run to the end, finishing in random order; returns the stacks that really ran, in the order of starting."""
    chance, ran, running = random.Random(seed), [], []
    while schedule.is_active:
        for step in schedule.next():
            if step.verdict is not None:
                schedule.finish(step.verdict)
            else:
                ran.append(step.stack)
                running.append(step.stack)
        if running:
            stack = running.pop(chance.randrange(len(running)))
            schedule.finish(result(stack, StackStatus.FAILED if stack in failing else StackStatus.DEPLOYED))
    return ran


def test_a_stack_starts_as_soon_as_its_own_dependencies_are_done() -> None:
    schedule = Schedule(graph({"a": [], "b": ["a"], "x": [], "y": ["x"]}), parallel=8)
    assert names(schedule.next()) == ["a", "x"]

    schedule.finish(result("a"))

    assert names(schedule.next()) == ["b"]


def test_no_more_than_parallel_run_at_once() -> None:
    schedule = Schedule(graph({name: [] for name in "abcde"}), parallel=2)
    assert names(schedule.next()) == ["a", "b"]
    assert schedule.next() == []

    schedule.finish(result("a"))

    assert names(schedule.next()) == ["c"]


def test_dependents_of_a_failed_stack_are_skipped_with_the_cause_and_other_branches_go_on() -> None:
    schedule = Schedule(graph({"a": [], "b": ["a"], "c": ["b"], "x": [], "y": ["x"]}), parallel=8)

    ran = run(schedule, failing=frozenset({"a"}))

    assert sorted(ran) == ["a", "x", "y"]
    assert schedule.results["c"] == result("c", StackStatus.SKIPPED, dependency_failed("a"))
    assert schedule.results["y"].status is StackStatus.DEPLOYED


def test_a_failed_soft_dependency_only_orders() -> None:
    schedule = Schedule(graph({"a": [], "b": []}, {"b": ["a"]}), parallel=8)
    assert names(schedule.next()) == ["a"]

    schedule.finish(result("a", StackStatus.FAILED))

    assert [(step.stack, step.verdict) for step in schedule.next()] == [("b", None)]


def test_unchanged_satisfies_and_other_skips_do_not() -> None:
    assert satisfies(result("a", StackStatus.SKIPPED, UNCHANGED))
    assert not satisfies(result("a", StackStatus.SKIPPED, dependency_failed("z")))
    assert not satisfies(result("a", StackStatus.CANCELLED, CANCELLED))


def test_stop_cancels_what_has_not_begun_and_waits_for_what_has() -> None:
    schedule = Schedule(graph(DIAMOND), parallel=8)
    schedule.next()
    schedule.stop()
    assert schedule.is_active

    schedule.finish(result("a"))
    run(schedule)

    assert {name: item.status for name, item in schedule.results.items()} == {
        "a": StackStatus.DEPLOYED,
        "b": StackStatus.CANCELLED,
        "c": StackStatus.CANCELLED,
        "d": StackStatus.CANCELLED,
    }


def test_fail_fast_starts_nothing_after_a_failure() -> None:
    schedule = Schedule(graph({"a": [], "b": [], "c": []}), parallel=1, fail_fast=True)
    ran = run(schedule, failing=frozenset({"a"}))
    assert ran == ["a"]
    assert schedule.results["c"].status is StackStatus.CANCELLED


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, list[str]], frozenset[str], int, int]:
    count = draw(st.integers(1, 60))
    order = [f"s{number}" for number in range(count)]
    edges = {
        name: sorted(draw(st.sets(st.sampled_from(order[:place]), max_size=4))) if place else []
        for place, name in enumerate(order)
    }
    failing = draw(st.frozensets(st.sampled_from(order), max_size=5))
    return edges, failing, draw(st.integers(1, 8)), draw(st.integers(0, 2**16))


@given(cases())
def test_every_stack_ends_and_no_dependent_of_a_failed_one_runs(
    case: tuple[dict[str, list[str]], frozenset[str], int, int],
) -> None:
    edges, failing, parallel, seed = case
    schedule = Schedule(graph(edges), parallel)

    ran = run(schedule, failing, seed)

    assert set(schedule.results) == set(edges)
    place = {name: number for number, name in enumerate(ran)}
    for name in ran:
        assert all(place[dependency] < place[name] for dependency in edges[name])
        assert not set(edges[name]) & failing
    for name in set(edges) - set(ran):
        assert schedule.results[name].cause in {dependency_failed(stack) for stack in failing}


@pytest.mark.parametrize("parallel", [1, 3])
def test_reverse_is_the_exact_reverse_of_a_serial_deploy(parallel: int) -> None:
    forward = run(Schedule(graph({"a": [], "b": ["a"], "c": ["b"]}), parallel))
    backward = run(Schedule(graph({"a": [], "b": ["a"], "c": ["b"]}).reverse(), parallel))
    assert backward == forward[::-1]
