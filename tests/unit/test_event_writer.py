"""Telling: in order, in batches, and never at the cost of the deployment."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidInput, RecordsUnavailable
from cloud_core.domain.events import Event, EventDraft, EventName
from cloud_core.domain.records import LogEntry, LogLevel
from cloud_core.services.records import event_writer
from cloud_core.services.records.event_writer import EventWriter
from cloud_core.services.records.events import describe
from cloud_core.testing.builders import DEPLOYMENT_ID, an_operation
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.records import InMemoryRecords
from cloud_core.testing.waiting import wait_for


class BrokenLog:
    """A store that is away."""

    def append(self, draft: EventDraft) -> Event:
        raise RecordsUnavailable("the records can't be reached")

    def create_many(self, entries: Sequence[LogEntry]) -> None:
        raise RecordsUnavailable("the records can't be reached")


@pytest.fixture
def records() -> InMemoryRecords:
    return InMemoryRecords(FakeClock())


def writer(records: InMemoryRecords, **changes: object) -> EventWriter:
    """`changes` of the store's parts (`events`, `logs`, `metrics`), or of the writer's other arguments."""
    parts = {name: changes.pop(name, getattr(records, name)) for name in ("events", "logs", "metrics")}
    return EventWriter(an_operation(), SimpleNamespace(**parts), **{"clock": FakeClock(), **changes})  # type: ignore[arg-type]


def test_events_are_numbered_in_the_order_of_telling(records: InMemoryRecords) -> None:
    with writer(records) as events:
        for number in range(60):
            events.emit(EventName.LOG, message=f"line {number}", level="info", nothing=None)
    told = records.events.read(DEPLOYMENT_ID)
    assert [event.data["message"] for event in told] == [f"line {number}" for number in range(60)]
    assert [event.seq for event in told] == list(range(1, 61))
    assert "nothing" not in told[0].data


def test_flush_returns_when_all_is_written(records: InMemoryRecords) -> None:
    with writer(records) as events:
        events.emit(EventName.STACK_DEPLOYING, "network")
        events.flush()
        assert records.events.last_seq(DEPLOYMENT_ID) == 1
        assert [line.message for line in records.logs.get_logs(DEPLOYMENT_ID).items] == ["network deploying"]


def test_progress_makes_no_log_line_and_failures_are_errors(records: InMemoryRecords) -> None:
    with writer(records) as events:
        events.emit(EventName.STACK_PROGRESS, "network")
        events.emit(EventName.STACK_FAILED, "network", error_message="no such VPC")
    (line,) = records.logs.get_logs(DEPLOYMENT_ID).items
    assert (line.log_level, line.message) == (LogLevel.ERROR, "network failed: no such VPC")


def test_a_store_that_is_away_is_counted_and_fails_nothing(records: InMemoryRecords) -> None:
    broken = BrokenLog()
    with writer(records, events=broken, logs=broken, patience_seconds=0.05) as events:
        events.emit(EventName.STACK_DEPLOYING, "network")
        events.flush()
    wait_for("both are given up", lambda: events.lost == 2, every=0.02)


class Away:
    """A store that is away for its first calls, each of which has waited for it already."""

    def __init__(self, store: Any, calls: int) -> None:
        self._store = store
        self._calls = iter(range(calls))

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            if next(self._calls, None) is not None:
                raise RecordsUnavailable("the records can't be reached")
            return getattr(self._store, name)(*arguments)

        return call


def test_a_store_that_comes_back_gets_everything_in_order(records: InMemoryRecords, monkeypatch: Any) -> None:
    monkeypatch.setattr(event_writer, "_PAUSE_SECONDS", 0.01)
    with writer(records, events=Away(records.events, 3), logs=Away(records.logs, 3)) as events:
        for number in range(60):
            events.emit(EventName.LOG, message=f"line {number}")
    assert [event.data["message"] for event in records.events.read(DEPLOYMENT_ID)] == [f"line {n}" for n in range(60)]
    assert len(records.logs.get_logs(DEPLOYMENT_ID).items) == 60
    assert events.lost == 0


def test_a_line_that_the_store_can_t_hold_takes_no_other_with_it(records: InMemoryRecords) -> None:
    class Choosy:
        def create_many(self, entries: Sequence[LogEntry]) -> None:
            if any(entry.message == "line 7" for entry in entries):
                raise InvalidInput("too large to be stored")
            records.logs.create_many(entries)

        def create(self, entry: LogEntry) -> None:
            self.create_many([entry])

    with writer(records, logs=Choosy()) as events:
        for number in range(30):
            events.emit(EventName.LOG, message=f"line {number}")
    told = {line.message for line in records.logs.get_logs(DEPLOYMENT_ID).items}
    assert told == {f"line {number}" for number in range(30)} - {"line 7"}
    assert events.lost == 1


def test_a_mistake_in_a_store_is_counted_and_nobody_waits_for_ever(records: InMemoryRecords) -> None:
    class Mistaken:
        def append(self, draft: EventDraft) -> Event:
            raise KeyError("a mistake")

    with writer(records, events=Mistaken()) as events:
        events.emit(EventName.STACK_DEPLOYING, "network")
        events.flush()
    assert events.lost == 1


def test_a_sink_that_fails_loses_its_own_line_only(records: InMemoryRecords) -> None:
    def full_disk(draft: EventDraft, entry: LogEntry) -> None:
        raise OSError("no space left on device")

    with writer(records, sinks=(full_disk,)) as events:
        events.emit(EventName.STACK_DEPLOYING, "network")
    assert events.lost == 1
    assert records.events.last_seq(DEPLOYMENT_ID) == 1


@pytest.mark.parametrize(
    ("name", "stack", "data", "text"),
    [
        (EventName.DEPLOYMENT_STARTED, None, {}, "deployment started"),
        (EventName.STACK_SKIPPED, "dns", {"cause": "unchanged"}, "dns skipped: unchanged"),
        (EventName.STACK_SKIPPED, "dns", {"cause": "dependency_failed:network"}, "dns skipped: network failed"),
        (EventName.STACK_SKIPPED, "dns", {"status": "cancelled", "cause": "cancelled"}, "dns cancelled: never started"),
        (EventName.STACK_DEPLOYING, "dns", {"status": "destroying"}, "dns destroying"),
        (EventName.STACK_DEPLOYED, "dns", {"status": "destroyed"}, "dns destroyed"),
        (
            EventName.STACK_FAILED,
            "dns",
            {"status": "cancelled", "error_message": "on request"},
            "dns cancelled: on request",
        ),
        (EventName.DEPLOYMENT_FAILED, None, {"message": "failed: dns", "status": "failed"}, "deployment failed: dns"),
        (EventName.DEPLOYMENT_FAILED, None, {"message": "the lease was lost"}, "deployment failed: the lease was lost"),
        (
            EventName.RESOURCE_CREATED,
            "network",
            {"resource": {"type": "aws:ec2/vpc:Vpc", "name": "vpc"}},
            "network: aws:ec2/vpc:Vpc vpc created",
        ),
        (EventName.LOG, None, {"message": "as it is"}, "as it is"),
    ],
)
def test_lines_for_people(name: EventName, stack: str | None, data: dict[str, object], text: str) -> None:
    assert describe(name, stack, data) == text


def test_a_store_that_is_slow_but_takes_events_is_waited_for(records: InMemoryRecords) -> None:
    class Slow:
        def append(self, draft: EventDraft) -> Event:
            time.sleep(0.02)
            return records.events.append(draft)

    with writer(records, events=Slow(), patience_seconds=0.2) as events:
        for _ in range(30):
            events.emit(EventName.STACK_DEPLOYING, "network")
        events.flush()
        assert records.events.last_seq(DEPLOYMENT_ID) == 30


def test_a_store_that_hangs_holds_nobody_for_longer_than_the_patience(records: InMemoryRecords) -> None:
    released = threading.Event()

    class Hanging:
        def append(self, draft: EventDraft) -> Event:
            released.wait()
            raise RecordsUnavailable("the records can't be reached")

    try:
        with writer(records, events=Hanging(), patience_seconds=0.05) as events:
            events.emit(EventName.STACK_DEPLOYING, "network")
            events.flush()
    finally:
        released.set()
    assert records.events.last_seq(DEPLOYMENT_ID) == 0


class Counting:
    """Log lines, and how many came together."""

    def __init__(self, records: InMemoryRecords) -> None:
        self.batches: list[int] = []
        self._logs = records.logs

    def create_many(self, entries: Sequence[LogEntry]) -> None:
        self.batches.append(len(entries))
        self._logs.create_many(entries)


def test_lines_go_together_and_events_at_once(records: InMemoryRecords) -> None:
    logs = Counting(records)
    with writer(records, logs=logs) as events:
        for _ in range(60):
            events.emit(EventName.STACK_DEPLOYING, "network")
    assert logs.batches == [25, 25, 10]


def test_a_line_does_not_wait_for_long(records: InMemoryRecords) -> None:
    logs = Counting(records)
    with writer(records, logs=logs) as events:
        events.emit(EventName.STACK_DEPLOYING, "network")
        wait_for("the first line", lambda: logs.batches == [1], every=0.02)
        events.emit(EventName.STACK_DEPLOYING, "dns")
        wait_for("the second line", lambda: logs.batches == [1, 1], every=0.02)


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit, RecordsUnavailable, ValueError])
def test_whatever_ends_a_run_its_lines_are_written(records: InMemoryRecords, ending: type[BaseException]) -> None:
    """SIGTERM ends a flow by an exception, too."""

    def run() -> None:
        with writer(records) as events:
            for number in range(30):
                events.emit(EventName.LOG, message=f"line {number}")
            raise ending("now")

    with pytest.raises(ending):
        run()
    told = [line.message for line in records.logs.get_logs(DEPLOYMENT_ID).items]
    assert told == [f"line {number}" for number in reversed(range(30))]
