"""Following an operation: what is seen, how often is asked, and when it is given up. Over fakes, with a clock that
runs the test's script while the follower sleeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError, FlowServiceUnreachable, RecordsUnavailable, TablesMissing
from cloud_core.domain.events import Event, EventName
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import OperationStatus, StackStatus
from cloud_core.ports.flows import FlowRun
from cloud_core.services.looking.doubts import QUIET_SECONDS
from cloud_core.services.looking.watching import PATIENCE_SECONDS, Look, WatchService
from cloud_core.testing.builders import DEPLOYMENT_ID, an_event, an_operation, an_owner
from cloud_core.testing.clock import FakeClock, ScriptedClock
from cloud_core.testing.flows import FakeFlowRunner
from cloud_core.testing.in_memory.events import InMemoryEvents
from cloud_core.testing.in_memory.operations import InMemoryOperations
from cloud_core.testing.records import InMemoryRecords

DEV = EnvironmentName.DEV
LAYERS = [["network"], ["security"]]


class WatchedEvents(InMemoryEvents):
    """A log that counts how often it is read, and fails while it is told to."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.reads = 0
        self.error: CloudError | None = None

    def read(self, deployment_id: str, after: int = 0, limit: int = 500) -> list[Event]:
        self.reads += 1
        if self.error is not None:
            raise self.error
        return super().read(deployment_id, after, limit)


class Scene:
    """One operation, its records, its flow run, and a follower."""

    def __init__(self) -> None:
        self.clock = ScriptedClock()
        self.records = InMemoryRecords(self.clock)
        self.log = self.records.events = WatchedEvents(self.clock)
        self.flows = FakeFlowRunner()
        self.flows.states["run-1"] = "scheduled"
        self.proven_dead = False
        self.operation = self.records.operations.create(
            an_operation(layers=LAYERS, flow_run_id="run-1", status=OperationStatus.IN_PROGRESS)
        )
        self.watching = WatchService(self.records, lambda: self.flows, self.settle, self.clock)

    def after(self, seconds: float, happen: Callable[[], object]) -> None:
        self.clock.after(seconds, happen)

    def tell(self, name: EventName, stack: str | None = None, **data: Any) -> Event:
        now = timestamp(self.clock.now())
        return self.records.events.append(an_event(event=name, stack_name=stack, data=data, timestamp=now))

    def start(self, stack: str) -> None:
        self.tell(EventName.STACK_DEPLOYING, stack, status="deploying", layer=1)

    def change(self, **fields: Any) -> Operation:
        current = self.records.operations.get(DEPLOYMENT_ID, "op-1")
        assert current is not None
        return self.records.operations.update(current.model_copy(update=fields))

    def end(self, status: OperationStatus = OperationStatus.SUCCESS) -> None:
        """As a flow does: the record first, then the event."""
        self.change(status=status, completed_at=timestamp(self.clock.now()), message="over")
        self.tell(EventName.DEPLOYMENT_COMPLETE, operation_status=status.value)

    def settle(self, operation: Operation) -> bool:
        """Stands for the service that ends what is proven dead."""
        if self.proven_dead:
            self.change(status=OperationStatus.FAILED, message="its processes died")
        return self.proven_dead

    def hold_lease(self) -> None:
        self.records.leases.acquire(DEPLOYMENT_ID, DEV, an_owner())

    def beat(self) -> None:
        lease = self.records.leases.get(DEPLOYMENT_ID, DEV)
        assert lease is not None
        self.records.leases.renew(lease)

    def follow(self, **settings: Any) -> list[Look]:
        return list(self.watching.follow(self.operation, **settings))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def notices(looks: list[Look]) -> list[str]:
    return [look.notice for look in looks if look.notice]


class TestFollowing:
    def test_shows_what_happens_and_ends_with_the_record(self, scene: Scene) -> None:
        scene.after(1, lambda: scene.start("network"))
        scene.after(3, scene.end)
        looks = scene.follow()
        assert [event.event for look in looks for event in look.events] == [
            EventName.STACK_DEPLOYING,
            EventName.DEPLOYMENT_COMPLETE,
        ]
        assert [look.ending is not None for look in looks] == [False] * (len(looks) - 1) + [True]
        ending = looks[-1].ending
        assert ending is not None
        assert ending.is_success
        assert ending.operation.message == "over"

    def test_begins_with_what_was_told_before(self, scene: Scene) -> None:
        scene.start("network")
        scene.after(1, scene.end)
        assert scene.follow()[0].view.stacks["network"].status is StackStatus.DEPLOYING

    def test_shows_only_its_own_operation(self, scene: Scene) -> None:
        scene.records.events.append(an_event(operation_id="op-2", event=EventName.LOG))
        scene.after(1, scene.end)
        assert {event.operation_id for look in scene.follow() for event in look.events} == {"op-1"}

    @pytest.mark.parametrize("status", [OperationStatus.FAILED, OperationStatus.CANCELLED])
    def test_is_no_success_when_the_record_says_something_else(self, scene: Scene, status: OperationStatus) -> None:
        scene.after(1, lambda: scene.end(status))
        ending = scene.follow()[-1].ending
        assert ending is not None
        assert not ending.is_success

    def test_ends_when_the_last_event_is_lost(self, scene: Scene) -> None:
        scene.after(1, lambda: scene.change(status=OperationStatus.SUCCESS))
        looks = scene.follow()
        assert looks[-1].ending is not None
        assert looks[-1].view.status is OperationStatus.SUCCESS
        assert scene.clock.monotonic() < 10

    def test_does_not_end_on_the_word_of_an_event(self, scene: Scene) -> None:
        scene.after(1, lambda: scene.tell(EventName.DEPLOYMENT_COMPLETE, operation_status="success"))
        scene.after(9, lambda: scene.change(status=OperationStatus.FAILED))
        ending = scene.follow()[-1].ending
        assert ending is not None
        assert ending.operation.status is OperationStatus.FAILED
        assert scene.clock.monotonic() >= 9

    def test_waits_a_moment_for_an_event_behind_the_record(self, scene: Scene) -> None:
        scene.after(1, lambda: scene.change(status=OperationStatus.FAILED))
        scene.after(3.7, lambda: scene.tell(EventName.DEPLOYMENT_FAILED, operation_status="failed"))
        told = [event.event for look in scene.follow() for event in look.events]
        assert told == [EventName.DEPLOYMENT_FAILED]

    def test_shows_that_it_is_cancelling(self, scene: Scene) -> None:
        scene.after(1, lambda: scene.change(status=OperationStatus.CANCELLING))
        scene.after(8, lambda: scene.end(OperationStatus.CANCELLED))
        statuses = [look.view.status for look in scene.follow()]
        assert OperationStatus.CANCELLING in statuses

    def test_knows_for_whom_a_stack_waits_when_it_has_the_graph(self, scene: Scene) -> None:
        scene.after(1, scene.end)
        graph = StackGraph.build(["network", "security"], {"security": []})
        assert scene.follow(graph=graph)[0].view.waits_for("security") == []

    def test_estimates_from_the_environments_own_history(self, scene: Scene) -> None:
        results = {"network": {"stack_name": "network", "status": "deployed", "duration_seconds": 7.0}}
        for operation_id, environment in (("op-0", "dev"), ("op-00", "prod")):
            past = an_operation(operation_id, environment=environment, status="success", results=results)
            scene.records.operations.create(past)
        scene.after(1, scene.end)
        assert scene.follow()[0].view.estimates == {"network": 7.0}


class TestTheBudget:
    def test_is_a_look_a_second_when_it_is_quiet(self, scene: Scene) -> None:
        scene.after(60, scene.end)
        scene.follow()
        assert scene.clock.slept[0] < 0.5
        assert scene.clock.slept[10:20] == [1.0] * 10

    def test_is_four_looks_a_second_when_something_happens(self, scene: Scene) -> None:
        scene.after(20, lambda: scene.start("network"))
        scene.after(40, scene.end)
        looks = scene.follow()
        busy = next(number for number, look in enumerate(looks) if look.events)
        assert scene.clock.slept[busy] == 0.25

    def test_finds_the_first_event_in_a_long_log_with_few_reads(self, scene: Scene) -> None:
        for _ in range(5000):
            scene.tell(EventName.LOG)
        scene.clock.advance(3600)
        late = an_operation("op-9", layers=LAYERS, status="success", created_at=timestamp(scene.clock.now()))
        assert scene.watching.catch_up(scene.records.operations.create(late)).seq == 5000
        assert scene.log.reads < 12

    def test_finds_it_in_the_middle_of_a_long_log_too(self, scene: Scene) -> None:
        for _ in range(1200):
            scene.tell(EventName.LOG)
        scene.clock.advance(3600)
        late = an_operation("op-9", layers=LAYERS, status="success", created_at=timestamp(scene.clock.now()))
        scene.operation = scene.records.operations.create(late)
        for _ in range(1200):
            scene.records.events.append(an_event(operation_id="op-9", timestamp=timestamp(scene.clock.now())))
        assert scene.watching.catch_up(scene.operation).seq == 2400
        assert len(scene.follow()[0].events) == 1200


class TestDoubts:
    @pytest.fixture
    def queued(self, scene: Scene) -> Scene:
        scene.operation = scene.change(status=OperationStatus.PENDING)
        return scene

    def test_a_run_that_nobody_takes_is_told_once_with_what_to_check(self, queued: Scene) -> None:
        queued.after(200, queued.end)
        told = notices(queued.follow())
        assert len(told) == 1
        assert "no runner has taken it" in told[0]
        assert "cloud sandbox status" in told[0]

    def test_one_that_was_taken_is_not_told_as_if_it_was_not(self, queued: Scene) -> None:
        queued.flows.states[queued.operation.flow_run_id or ""] = "running"
        queued.after(200, queued.end)
        (told,) = notices(queued.follow())
        assert told.startswith("a runner has taken its flow run, whose process has not begun after 30 s")

    def test_a_run_that_starts_soon_is_no_reason_to_speak(self, queued: Scene) -> None:
        queued.after(20, lambda: queued.start("network"))
        queued.after(25, queued.end)
        assert notices(queued.follow()) == []

    def test_a_run_that_was_never_submitted_is_not_asked_for(self, queued: Scene) -> None:
        queued.operation = queued.change(flow_run_id=None)
        queued.flows.is_down = True
        queued.after(60, queued.end)
        assert notices(queued.follow()) == []

    def test_a_run_that_was_never_submitted_is_ended_once_that_is_proven(self, queued: Scene) -> None:
        queued.operation = queued.change(flow_run_id=None)
        queued.after(30, lambda: setattr(queued, "proven_dead", True))
        queued.after(600, queued.end)
        ending = queued.follow()[-1].ending
        assert ending is not None
        assert ending.operation.message == "its processes died"

    def test_what_is_proven_dead_ends_in_its_record(self, scene: Scene) -> None:
        scene.after(5, lambda: setattr(scene, "proven_dead", True))
        ending = scene.follow()[-1].ending
        assert ending is not None
        assert (ending.broken, ending.operation.message) == (None, "its processes died")

    @pytest.mark.parametrize("state", ["crashed", "cancelled", "completed", "failed"])
    def test_an_ended_run_with_a_silent_lease_is_given_up(self, scene: Scene, state: str) -> None:
        scene.hold_lease()
        scene.after(10, lambda: scene.flows.states.update({"run-1": state}))
        ending = scene.follow()[-1].ending
        assert ending is not None
        assert not ending.is_success
        assert state in (ending.broken or "")
        assert 25 < scene.clock.monotonic() < 90

    def test_an_ended_run_whose_lease_beats_is_followed_on(self, scene: Scene) -> None:
        scene.hold_lease()
        scene.flows.states["run-1"] = "crashed"
        for second in range(5, 200, 10):
            scene.after(second, scene.beat)
        scene.after(200, scene.end)
        looks = scene.follow()
        assert looks[-1].ending is not None
        assert looks[-1].ending.is_success
        assert any("its process is alive" in text for text in notices(looks))

    def test_a_run_that_was_deleted_has_ended(self, scene: Scene) -> None:
        scene.flows = ForgetfulFlows()
        ending = scene.follow()[-1].ending
        assert ending is not None
        assert "deleted" in (ending.broken or "")

    def test_a_flow_service_that_is_away_is_told_once(self, scene: Scene) -> None:
        scene.flows.is_down = True
        scene.after(100, scene.end)
        assert len(notices(scene.follow())) == 1

    def test_an_ending_that_comes_within_the_grace_is_the_ending(self, scene: Scene) -> None:
        scene.flows.states["run-1"] = "completed"
        scene.after(22, scene.end)
        ending = scene.follow()[-1].ending
        assert ending is not None
        assert ending.is_success


class TestPolling:
    """Whoever polls an operation has no patience of their own: they come again until it is over."""

    def test_of_one_that_does_not_begin_the_flow_service_is_asked_after_a_while(self, scene: Scene) -> None:
        scene.proven_dead = True
        waiting = scene.change(status=OperationStatus.PENDING)
        assert scene.watching.polled(waiting).status is OperationStatus.PENDING
        scene.clock.advance(QUIET_SECONDS + 1)
        assert scene.watching.polled(waiting).status is OperationStatus.FAILED

    def test_one_that_has_begun_is_settled_at_once(self, scene: Scene) -> None:
        scene.proven_dead = True
        assert scene.watching.polled(scene.operation).message == "its processes died"


class ForgetfulFlows(FakeFlowRunner):
    def get(self, flow_run_id: str) -> FlowRun | None:
        return None


class FailingOnce(InMemoryOperations):
    """Other operations' records, whose first reading fails."""

    def __init__(self, inner: InMemoryOperations) -> None:
        self.__dict__.update(inner.__dict__)
        self._failed = False

    def get(self, deployment_id: str, operation_id: str) -> Operation | None:
        if not self._failed:
            self._failed = True
            raise RecordsUnavailable("connection refused")
        return super().get(deployment_id, operation_id)


class TestRecordsThatAreAway:
    def test_are_waited_for_and_told_once(self, scene: Scene) -> None:
        scene.after(2, lambda: setattr(scene.log, "error", RecordsUnavailable("connection refused")))
        scene.after(20, lambda: setattr(scene.log, "error", None))
        scene.after(25, scene.end)
        looks = scene.follow()
        assert notices(looks) == ["connection refused; still trying"]
        assert looks[-1].ending is not None

    def test_end_the_following_after_a_minute(self, scene: Scene) -> None:
        scene.after(2, lambda: setattr(scene.log, "error", RecordsUnavailable("connection refused")))
        with pytest.raises(RecordsUnavailable):
            scene.follow()
        assert scene.clock.monotonic() >= PATIENCE_SECONDS

    def test_that_will_not_come_back_end_it_at_once(self, scene: Scene) -> None:
        scene.after(2, lambda: setattr(scene.log, "error", TablesMissing("no tables")))
        with pytest.raises(TablesMissing):
            scene.follow()
        assert scene.clock.monotonic() < 10

    def test_lose_no_event_that_was_read_before_they_went(self, scene: Scene) -> None:
        scene.records.operations = FailingOnce(scene.records.operations)
        scene.start("network")
        scene.after(10, scene.end)
        told = [event.event for look in scene.follow() for event in look.events]
        assert told == [EventName.STACK_DEPLOYING, EventName.DEPLOYMENT_COMPLETE]


def test_a_follower_of_the_flow_service_alone_survives_its_errors(scene: Scene) -> None:
    def refuse(operation: Operation) -> bool:
        raise FlowServiceUnreachable("refused")

    scene.watching = WatchService(scene.records, lambda: scene.flows, refuse, scene.clock)
    scene.after(40, scene.end)
    assert notices(scene.follow()) == ["refused; the operation goes on as far as its record tells"]
