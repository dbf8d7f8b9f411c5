"""What every `EventLog` promises: one number for each event, no gaps, nothing lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.events import Event, EventName
from cloud_core.ports.records import Records
from cloud_core.services.records.events import log_entry
from cloud_core.testing.builders import DEPLOYMENT_ID, an_event
from cloud_core.testing.clock import START, FakeClock

THREADS, EACH = 8, 25


def test_events_are_numbered_from_one_and_come_back_as_they_were(records: Records) -> None:
    draft = an_event(
        event=EventName.RESOURCE_CREATED, stack_name="network", data={"seconds": 1.5, "list": [1, None, {"a": ""}]}
    )
    first, second = records.events.append(draft), records.events.append(an_event())
    assert (first.seq, second.seq) == (1, 2)
    assert first.model_dump(exclude={"seq"}) == draft.model_dump()
    assert records.events.read(DEPLOYMENT_ID) == [first, second]


def test_an_event_is_never_lost_for_what_is_too_large_in_it(records: Records) -> None:
    outputs = {"id": "vpc-1", "policy": "x" * 500_000, "notes": "ü" * 250_000}
    draft = an_event(event=EventName.STACK_DEPLOYED, data={"status": "deployed", "outputs": outputs})
    stored = records.events.append(draft)
    assert stored.data == {
        "status": "deployed",
        "outputs": {"id": "vpc-1"},
        "left_out": ["outputs.notes", "outputs.policy"],
    }
    assert records.events.read(DEPLOYMENT_ID) == [stored]
    # So does its line in the log.
    records.logs.create(log_entry(stored))


def test_each_deployment_has_numbers_of_its_own(records: Records) -> None:
    records.events.append(an_event())
    assert records.events.append(an_event(deployment_id="D000000")).seq == 1
    assert records.events.last_seq("D000000") == 1


def test_reading_goes_on_after_a_number(records: Records) -> None:
    events = [records.events.append(an_event(data={"n": n})) for n in range(12)]
    assert records.events.read(DEPLOYMENT_ID, after=9) == events[9:]
    assert records.events.read(DEPLOYMENT_ID, after=2, limit=4) == events[2:6]
    assert records.events.read(DEPLOYMENT_ID, after=12) == []
    assert records.events.read(DEPLOYMENT_ID, after=99) == []


def test_without_events_there_is_nothing(records: Records) -> None:
    assert records.events.read(DEPLOYMENT_ID) == []
    assert records.events.last_seq(DEPLOYMENT_ID) == 0


def test_a_limit_below_one_is_refused(records: Records) -> None:
    with pytest.raises(InvalidInput, match="limit 0"):
        records.events.read(DEPLOYMENT_ID, limit=0)


def test_eight_threads_lose_nothing_and_leave_no_gap(records: Records) -> None:
    barrier = Barrier(THREADS, timeout=60)

    def append_all(thread: int) -> list[Event]:
        barrier.wait()
        return [records.events.append(an_event(data={"thread": thread, "n": n})) for n in range(EACH)]

    with ThreadPoolExecutor(THREADS) as pool:
        appended = [event for events in pool.map(append_all, range(THREADS)) for event in events]
    stored = records.events.read(DEPLOYMENT_ID)
    assert [event.seq for event in stored] == list(range(1, THREADS * EACH + 1))
    assert sorted(appended, key=lambda event: event.seq) == stored
    for thread in range(THREADS):
        assert [event.data["n"] for event in stored if event.data["thread"] == thread] == list(range(EACH))


def test_a_reader_beside_the_writers_never_sees_a_gap(records: Records) -> None:
    def append_all(_: int) -> None:
        for _ in range(EACH):
            records.events.append(an_event())

    seen: list[int] = []
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(append_all, number) for number in range(4)]
        while not all(writer.done() for writer in writers):
            seen += [event.seq for event in records.events.read(DEPLOYMENT_ID, after=len(seen))]
    seen += [event.seq for event in records.events.read(DEPLOYMENT_ID, after=len(seen))]
    assert seen == list(range(1, 4 * EACH + 1))


def test_expired_events_are_not_read_but_their_numbers_stay_taken(records: Records, clock: FakeClock) -> None:
    for _ in range(3):
        records.events.append(an_event())
    clock.advance(timedelta(days=91).total_seconds())
    assert records.events.read(DEPLOYMENT_ID) == []
    assert records.events.last_seq(DEPLOYMENT_ID) >= 3
    later = records.events.append(an_event(timestamp=timestamp(START + timedelta(days=91))))
    assert later.seq > 3
    assert records.events.read(DEPLOYMENT_ID, after=3) == [later]
    assert records.events.append(an_event(timestamp=later.timestamp)).seq == later.seq + 1
