"""Random graphs of stacks through the driver of a flow, its threads and the real services, over the fake engine.

They fail for good and in passing, are cancelled at random moments, and are retried until nothing is left; then they are
changed, deployed again and destroyed. After each operation everything that was seen is held against what was asked for.
A failing case prints its seed and size.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, note, settings
from hypothesis import strategies as st

from cloud_core.domain.events import Event, EventName
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.progress import OperationView
from cloud_core.domain.progress_fold import fold
from cloud_core.domain.records import Operation, StackRecord, StackResult
from cloud_core.domain.schedule import CANCELLED, satisfies
from cloud_core.domain.states import is_up
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus, StackStatus
from cloud_core.domain.stopping import CancelLevel
from cloud_core.services.looking.watching import read_events
from cloud_core.services.operations.retries import RetryService, RetryWish
from cloud_core.services.runs.cancelling import obey
from cloud_core.services.runs.run import OperationRun
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.random_graphs import Case, WatchedWorld
from cloud_core.testing.watched_engine import WatchedEngine
from cloud_core.testing.world import World
from flows.testing import threaded_driver
from tasks.stack import Session

DEV = EnvironmentName.DEV
MOST_STACKS = 60
MOST_THREADS = 12
CANCELLED_ROUNDS = 3
Life = Callable[[int, int], None]
_UP = {StackStatus.DEPLOYED}
_GONE = {StackStatus.DESTROYED, StackStatus.PENDING}


@dataclass
class Seen:
    """What there was to see of one operation. `before` are the stacks' records before it, `stopped` whether somebody
    asked it to stop while it ran."""

    operation: Operation
    graph: StackGraph
    before: Mapping[str, StackRecord]
    after: Mapping[str, StackRecord]
    environment: DeploymentStatus
    events: list[Event]
    stopped: bool
    carried_out: Counter[str]
    engine: WatchedEngine = field(repr=False)

    @property
    def results(self) -> Mapping[str, StackResult]:
        return self.operation.results


class CountingSession(Session):
    """Counts how often each stack's work is begun."""

    def __init__(self, world: World, run: OperationRun) -> None:
        super().__init__(run, world.stacks, world.work[run.operation.type])
        self.begun: Counter[str] = Counter()

    def carry_out(self, stack: str, layer: int) -> StackResult:
        self.begun[stack] += 1
        return super().carry_out(stack, layer)


def carry_out(world: WatchedWorld, operation: Operation, cancel: tuple[int, CancelLevel] | None) -> Seen:
    """Run the operation as a flow does; `cancel` asks it to stop at that moment, that hard."""
    world.engine.start_over()
    before, told = records_of(world), world.records.events.last_seq(DEPLOYMENT_ID)
    with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:

        def on_moment(number: int) -> None:
            if cancel is not None and number == cancel[0]:
                world.operations.request_cancel(DEPLOYMENT_ID, operation.operation_id, cancel[1])
                obey(run, world.executions.cancel_level(run))

        world.engine.on_moment = on_moment
        session = CountingSession(world, run)
        with threaded_driver(session, MOST_THREADS) as driver:
            driver.drive()
        world.executions.finish(run)
    deployment = world.records.deployments.get_by_id(DEPLOYMENT_ID)
    assert deployment is not None
    return Seen(
        world.operations.get(DEPLOYMENT_ID, operation.operation_id),
        run.graph,
        before,
        records_of(world),
        deployment.environment_status[DEV.value],
        read_events(world.records.events, DEPLOYMENT_ID, told),
        run.obeyed is not None,
        session.begun,
        world.engine,
    )


def records_of(world: World) -> dict[str, StackRecord]:
    return {one.stack_name: one for one in world.records.stacks.list_by_deployment(DEPLOYMENT_ID, DEV)}


def check(seen: Seen) -> None:
    """Everything that holds of every operation, however it went."""
    assert seen.results.keys() == set(seen.graph.names)
    assert not seen.engine.doubled
    assert seen.engine.busiest <= seen.operation.parallel
    assert set(seen.carried_out.values()) <= {1}
    check_order(seen)
    for stack, result in seen.results.items():
        check_result(seen, stack, result)
    check_statuses(seen)
    check_story(seen)


def check_order(seen: Seen) -> None:
    """A stack's engine begins after those of its dependencies have ended, hard and soft, and only if the hard ones
    are as they should be."""
    at_work = {moment.stack for moment in seen.engine.moments}
    for stack in at_work:
        began, _ = seen.engine.first_and_last(stack)
        for needed in seen.graph.dependencies(stack) & at_work:
            assert seen.engine.first_and_last(needed)[1] < began, f"{stack} began before {needed} had ended"
        for needed in seen.graph.hard[stack]:
            assert satisfies(seen.results[needed]), f"{stack} ran although {needed} is {seen.results[needed].status}"


def check_result(seen: Seen, stack: str, result: StackResult) -> None:
    """What did not run says truly why, and what could run did."""
    failed = [name for name, one in seen.results.items() if one.status is StackStatus.FAILED]
    if satisfies(result) or result.status is StackStatus.FAILED:
        assert seen.carried_out[stack] == 1
    elif result.status is StackStatus.SKIPPED:
        kind, _, culprit = (result.cause or "").partition(":")
        assert (kind, seen.carried_out[stack]) == ("dependency_failed", 0)
        assert culprit in failed
        assert culprit in seen.graph.dependencies_closure([stack], hard_only=True)
    else:
        assert (result.status, result.cause) == (StackStatus.CANCELLED, CANCELLED)
        assert seen.stopped or (seen.operation.fail_fast and failed)


def check_statuses(seen: Seen) -> None:
    statuses = {result.status for result in seen.results.values()}
    if StackStatus.FAILED in statuses:
        expected = {OperationStatus.FAILED}
    elif StackStatus.CANCELLED in statuses:
        expected = {OperationStatus.CANCELLED}
    else:
        # Whoever asks at the very end may be too late.
        expected = {OperationStatus.SUCCESS, *([OperationStatus.CANCELLED] if seen.stopped else [])}
    assert seen.operation.status in expected
    standing = [record.status for record in seen.after.values()]
    if seen.operation.type is Action.DESTROY:
        gone = all(status in _GONE for status in standing)
        assert seen.environment is (DeploymentStatus.DESTROYED if gone else DeploymentStatus.FAILED)
    elif all(map(is_up, seen.results.values())):
        assert set(standing) == _UP
        assert seen.environment is DeploymentStatus.DEPLOYED
    else:
        assert seen.environment is (DeploymentStatus.PARTIAL if _UP & set(standing) else DeploymentStatus.FAILED)


def check_story(seen: Seen) -> None:
    """The events are numbered without a gap, and tell what the records say."""
    operation, events = seen.operation, seen.events
    assert [event.seq for event in events] == list(range(events[0].seq, events[0].seq + len(events)))
    begun = Counter(event.stack_name for event in events if event.event is EventName.STACK_DEPLOYING)
    ended = Counter(event.stack_name for event in events if event.event in _ENDS)
    assert set(begun.values()) | set(ended.values()) <= {1}
    assert ended.keys() == set(seen.graph.names)
    view = fold(OperationView.begin(operation), events)
    assert view.status is operation.status
    assert {name: (one.status, one.cause) for name, one in view.stacks.items()} == {
        name: (result.status, result.cause) for name, result in seen.results.items()
    }
    for stack, result in seen.results.items():
        if stack in begun:
            # What was interrupted may have been changed half-way.
            stored = StackStatus.FAILED if result.status is StackStatus.CANCELLED else result.status
            assert (seen.after[stack].status, seen.after[stack].last_operation_id) == (stored, operation.operation_id)
        elif stack in seen.after:
            assert seen.after[stack].status is (seen.before[stack].status if stack in seen.before else _NEW)
        assert seen.after.keys() >= begun.keys()


_NEW = StackStatus.PENDING
_ENDS = {EventName.STACK_DEPLOYED, EventName.STACK_FAILED, EventName.STACK_SKIPPED}


def some_cancel(chance: random.Random, size: int) -> tuple[int, CancelLevel] | None:
    return (chance.randint(1, 2 * size), chance.choice(list(CancelLevel))) if chance.random() < 0.4 else None


def until_nothing_is_left(world: WatchedWorld, seen: Seen, chance: random.Random, troubles: int) -> Seen:
    """Retry as `cloud retry` does: only what is left, each once more, until all of it is done.

    A round that nobody cancels meets one of the `troubles` at least; with `fail_fast` that may be the only one.
    """
    retries = RetryService(world.records, world.operations, world.operation_plans, world.engine)
    rounds = 0
    while (retry := retries.prepare(RetryWish(DEPLOYMENT_ID, DEV, "ann"))).request is not None:
        assert retry.plan is not None
        left = {name for name, result in seen.results.items() if not satisfies(result)}
        assert left <= set(retry.request.stacks) <= retry.plan.whole.dependents_closure(left)
        world.clock.advance(1)
        rounds += 1
        cancel = some_cancel(chance, len(left)) if rounds <= CANCELLED_ROUNDS else None
        seen = carry_out(world, world.operations.start(retry.request), cancel)
        note(f"retry {rounds}: {sorted(retry.request.stacks)} → {seen.operation.status}, cancel {cancel}")
        check(seen)
        assert rounds <= CANCELLED_ROUNDS + troubles + 1, "it does not come to an end"
    return seen


def live(seed: int, size: int) -> None:
    """A life of a deployment: up, changed, and down."""
    note(f"seed {seed}, {size} stacks")
    case, chance = Case.of(seed, size), random.Random(seed + 1)
    world = WatchedWorld(case)
    for action in (Action.DEPLOY, Action.DEPLOY, Action.DESTROY):
        trouble = case.troubles if not world.engine.ran or action is Action.DESTROY else {}
        world.engine.outputs_of = {name: list(outcomes) for name, outcomes in trouble.items()}
        changed = set(chance.sample(sorted(case.hard), size // 3)) if world.engine.ran else set(case.hard)
        world.programs.digests = {name: f"changed {name}" for name in changed}
        operation = world.start(action, parallel=case.parallel, fail_fast=case.fail_fast)
        seen = carry_out(world, operation, some_cancel(chance, size))
        check(seen)
        check_edges(case, seen)
        until_nothing_is_left(world, seen, chance, sum(map(len, trouble.values())))
        world.clock.advance(1)
    assert {record.status for record in records_of(world).values()} == {StackStatus.DESTROYED}


def check_edges(case: Case, seen: Seen) -> None:
    """The operation's graph is that of the manifest; a destroy's is its exact reverse."""
    if seen.operation.type is Action.DEPLOY:
        assert (seen.graph.hard, seen.graph.soft) == (case.graph.hard, case.graph.soft)
        return
    for stack in case.hard:
        assert seen.graph.dependencies(stack) == case.graph.dependents(stack)


def some_graphs(examples: int) -> Callable[[Life], Life]:
    chosen = settings(max_examples=examples, print_blob=True)
    # The example needs twelve retries, as each of them stops at the next trouble.
    chain = example(seed=40, size=38)
    return lambda test: chosen(chain(given(st.integers(0, 2**32), st.integers(1, MOST_STACKS))(test)))


@some_graphs(20)
def test_any_graph_is_deployed_changed_and_destroyed_whatever_happens_on_the_way(seed: int, size: int) -> None:
    live(seed, size)


@pytest.mark.extended
@some_graphs(80)
def test_any_of_many_graphs_is_too(seed: int, size: int) -> None:
    live(seed, size)
