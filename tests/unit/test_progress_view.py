"""The view of an operation: its events folded, its percentage, and the time that is left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.clock import timestamp
from cloud_core.domain.events import Event, EventName
from cloud_core.domain.progress import OperationView, usual_seconds
from cloud_core.domain.progress_fold import fold
from cloud_core.domain.records import StackResult
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus
from cloud_core.testing.builders import an_event, an_operation
from cloud_core.testing.clock import START

LAYERS = [["dns", "network"], ["security"], ["secrets"]]
DEPENDENCIES = {
    "network": frozenset[str](),
    "dns": frozenset[str](),
    "security": frozenset({"network"}),
    "secrets": frozenset({"security"}),
}


def at(seconds: float) -> Any:
    return START + timedelta(seconds=seconds)


class Story:
    """Numbers and times the events that a test tells."""

    def __init__(self, operation_id: str = "op-1") -> None:
        self.operation_id = operation_id
        self.events: list[Event] = []

    def tell(self, seconds: float, name: EventName, stack: str | None = None, **data: Any) -> Story:
        draft = an_event(
            operation_id=self.operation_id, event=name, stack_name=stack, data=data, timestamp=timestamp(at(seconds))
        )
        self.events.append(Event(**draft.model_dump(), seq=len(self.events) + 1))
        return self

    def start(self, seconds: float, stack: str) -> Story:
        return self.tell(seconds, EventName.STACK_DEPLOYING, stack, status="deploying", layer=1, dependencies=[])

    def end(self, seconds: float, stack: str, took: float = 1.0) -> Story:
        ending = {"status": "deployed", "duration_seconds": took, "resource_count": 3, "changes": {"create": 3}}
        return self.tell(seconds, EventName.STACK_DEPLOYED, stack, **ending)


def begin(**estimates: float) -> OperationView:
    return OperationView.begin(an_operation(layers=LAYERS), DEPENDENCIES, estimates)


def view_of(story: Story, **estimates: float) -> OperationView:
    return fold(begin(**estimates), story.events)


class TestBeforeAnyEvent:
    def test_every_stack_of_the_plan_waits(self) -> None:
        view = begin()
        assert list(view.stacks) == ["dns", "network", "security", "secrets"]
        assert view.counts.waiting == 4
        assert (view.percent, view.status) == (0, OperationStatus.PENDING)

    def test_a_stack_knows_for_whom_it_waits(self) -> None:
        assert begin().waits_for("security") == ["network"]

    def test_without_a_graph_a_stack_waits_for_the_layer_before(self) -> None:
        view = OperationView.begin(an_operation(layers=LAYERS))
        assert view.waits_for("security") == ["dns", "network"]
        assert view.waits_for("secrets") == ["security"]


class TestAStack:
    def test_runs_from_its_start_to_its_end(self) -> None:
        story = Story().start(2, "network")
        running = view_of(story).stacks["network"]
        assert running.is_running
        assert running.elapsed(at(9)) == 7

        ended = view_of(story.end(10, "network", took=7.5)).stacks["network"]
        assert (ended.status, ended.seconds, ended.done) == (StackStatus.DEPLOYED, 7.5, 3)
        assert ended.elapsed(at(100)) == 7.5

    def test_shows_the_resource_that_was_begun_last(self) -> None:
        story = Story().start(0, "network")
        for name in ("vpc", "subnet"):
            resource = {"urn": name, "type": "aws:ec2/vpc:Vpc", "name": name, "id": None}
            story.tell(1, EventName.RESOURCE_CREATING, "network", resource=resource)
        current = view_of(story).stacks["network"].current
        assert current is not None
        assert (current.name, current.action) == ("subnet", "create")

        done = {"urn": "subnet", "type": "aws:ec2/vpc:Vpc", "name": "subnet", "id": "s-1"}
        after = view_of(story.tell(2, EventName.RESOURCE_CREATED, "network", resource=done)).stacks["network"]
        assert (after.current, after.done) == (None, 1)

    def test_counts_resources_by_what_was_expected(self) -> None:
        story = Story().start(0, "network")
        story.tell(1, EventName.STACK_PROGRESS, "network", resources_processed=3, resources_total=12)
        stack = view_of(story).stacks["network"]
        assert (stack.done, stack.total, stack.percent) == (3, 12, 25)

    def test_has_no_total_when_nothing_was_expected(self) -> None:
        story = Story().start(0, "network")
        story.tell(1, EventName.STACK_PROGRESS, "network", resources_processed=0)
        story.tell(2, EventName.STACK_PROGRESS, "network", resources_processed=5, resources_total=5)
        stack = view_of(story).stacks["network"]
        assert (stack.done, stack.total, stack.percent) == (5, None, 0)

    def test_forgets_a_total_that_was_too_small(self) -> None:
        story = Story().start(0, "network")
        story.tell(1, EventName.STACK_PROGRESS, "network", resources_processed=1, resources_total=2)
        story.tell(2, EventName.STACK_PROGRESS, "network", resources_processed=3, resources_total=3)
        assert view_of(story).stacks["network"].total is None

    def test_tells_why_it_failed_and_why_it_was_skipped(self) -> None:
        story = Story().start(0, "network")
        story.tell(3, EventName.STACK_FAILED, "network", status="failed", error_message="InvalidVpc")
        story.tell(3, EventName.STACK_SKIPPED, "security", status="skipped", cause="dependency_failed:network")
        view = view_of(story)
        assert (view.stacks["network"].error, view.stacks["network"].seconds) == ("InvalidVpc", 3)
        assert view.stacks["security"].cause == "dependency_failed:network"
        assert (view.counts.failed, view.counts.skipped, view.counts.ended) == (1, 1, 2)

    def test_whose_clock_is_ahead_of_ours_has_run_for_no_time(self) -> None:
        assert view_of(Story().start(60, "network")).stacks["network"].elapsed(at(0)) == 0


class TestTheOperation:
    def test_is_done_when_it_says_so(self) -> None:
        story = Story().tell(1, EventName.DEPLOYMENT_STARTED)
        assert view_of(story).status is OperationStatus.IN_PROGRESS
        story.tell(9, EventName.DEPLOYMENT_FAILED, operation_status="failed", message="failed: dns")
        view = view_of(story)
        assert (view.status, view.message, view.percent) == (OperationStatus.FAILED, "failed: dns", 100)
        assert view.elapsed(at(50)) == 9

    def test_is_cancelling_until_it_is_cancelled(self) -> None:
        story = Story().tell(1, EventName.DEPLOYMENT_CANCELLING)
        assert view_of(story).status is OperationStatus.CANCELLING
        story.tell(2, EventName.DEPLOYMENT_CANCELLED, operation_status="cancelled")
        assert view_of(story).status is OperationStatus.CANCELLED

    def test_events_of_another_operation_only_count(self) -> None:
        view = fold(begin(), Story("op-2").start(1, "network").events)
        assert view.counts.waiting == 4
        assert view.seq == 1

    def test_what_the_record_says_wins(self) -> None:
        results = {
            "network": StackResult(stack_name="network", status=StackStatus.DEPLOYED, duration_seconds=4.0),
            "dns": StackResult(stack_name="dns", status=StackStatus.FAILED, error="gone", duration_seconds=2.0),
        }
        ended = an_operation(layers=LAYERS, status=OperationStatus.FAILED, message="failed: dns", results=results)
        view = view_of(Story().start(1, "network")).settle(ended)
        assert view.stacks["network"].status is StackStatus.DEPLOYED
        assert view.stacks["dns"].error == "gone"
        assert (view.status, view.percent) == (OperationStatus.FAILED, 100)

    def test_a_stack_that_the_plan_did_not_name_is_shown_too(self) -> None:
        assert "extra" in view_of(Story().start(1, "extra")).stacks


class TestPercent:
    def test_is_that_of_the_stacks_and_never_100_before_the_end(self) -> None:
        story = Story()
        for stack in ("dns", "network", "security", "secrets"):
            story.end(1, stack)
        assert view_of(story).percent == 99

    @given(st.data())
    def test_never_falls_and_the_counts_add_up(self, data: st.DataObject) -> None:
        names = st.sampled_from(["dns", "network", "security", "secrets"])
        story = Story()
        for _ in range(data.draw(st.integers(1, 30))):
            kind, stack = data.draw(st.sampled_from(["start", "progress", "end", "fail"])), data.draw(names)
            if kind == "start":
                story.start(1, stack)
            elif kind == "end":
                story.end(2, stack)
            elif kind == "fail":
                story.tell(2, EventName.STACK_FAILED, stack, status="failed", error_message="x")
            else:
                numbers = {"resources_processed": data.draw(st.integers(0, 9)), "resources_total": 9}
                story.tell(1, EventName.STACK_PROGRESS, stack, **numbers)
        view, percents = begin(), [0]
        for event in story.events:
            view = fold(view, [event])
            percents.append(view.percent)
            counts = view.counts
            shares = (counts.succeeded, counts.failed, counts.skipped, counts.cancelled, counts.running, counts.waiting)
            assert sum(shares) == counts.total
        assert percents == sorted(percents)
        assert max(percents) < 100


class TestTimeLeft:
    def test_is_the_longest_chain_of_what_is_left(self) -> None:
        view = begin(dns=5, network=10, security=20, secrets=3)
        assert view.remaining(at(0)) == 33

    def test_counts_what_a_running_stack_has_done_already(self) -> None:
        view = view_of(Story().start(0, "network").start(0, "dns"), dns=5, network=10, security=20, secrets=3)
        assert view.remaining(at(4)) == 29
        assert view.remaining(at(60)) == 23

    def test_is_unknown_while_a_stack_without_history_is_open(self) -> None:
        assert begin(dns=5, network=10, security=20).remaining(at(0)) is None

    def test_is_nothing_when_all_have_ended(self) -> None:
        story = Story()
        for stack in LAYERS[0] + LAYERS[1] + LAYERS[2]:
            story.end(1, stack)
        assert view_of(story).remaining(at(0)) == 0

    def test_knows_the_limit_of_stacks_at_once(self) -> None:
        operation = an_operation(layers=[["a", "b", "c"]], parallel=1)
        view = OperationView.begin(operation, dict.fromkeys("abc", frozenset()), {"a": 1, "b": 2, "c": 3})
        assert view.remaining(at(0)) == 6

    @given(st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 100), min_size=1), st.integers(1, 8))
    def test_lies_between_the_longest_stack_and_all_in_a_row(self, seconds: dict[str, float], parallel: int) -> None:
        operation = an_operation(layers=[sorted(seconds)], parallel=parallel)
        left = OperationView.begin(operation, dict.fromkeys(seconds, frozenset()), seconds).remaining(at(0))
        assert left is not None
        assert max(seconds.values()) <= left + 1e-9
        assert left <= sum(seconds.values()) + 1e-9


class TestHistory:
    def run(self, seconds: float, status: StackStatus = StackStatus.DEPLOYED, **fields: Any) -> Any:
        result = StackResult(stack_name="network", status=status, duration_seconds=seconds)
        return an_operation(results={"network": result}, **fields)

    def test_is_the_median_of_the_newest_successes(self) -> None:
        runs = [self.run(seconds) for seconds in (3, 100, 5, 4, 6, 900, 900, 900)]
        assert usual_seconds(runs, Action.DEPLOY) == {"network": 5}

    @pytest.mark.parametrize("status", [StackStatus.FAILED, StackStatus.SKIPPED, StackStatus.CANCELLED])
    def test_leaves_out_what_did_not_succeed(self, status: StackStatus) -> None:
        assert usual_seconds([self.run(3, status)], Action.DEPLOY) == {}

    def test_knows_deploying_from_destroying(self) -> None:
        runs = [self.run(3), self.run(1, StackStatus.DESTROYED, type=Action.DESTROY)]
        assert usual_seconds(runs, Action.DESTROY) == {"network": 1}
