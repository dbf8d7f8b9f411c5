"""Who follows the log of a deployment is told every line once, whoever's clock it has, and does not read it again and
again for that."""

from __future__ import annotations

from datetime import timedelta

from cloud_core.domain.clock import timestamp
from cloud_core.domain.records import LogEntry
from cloud_core.ports.records import Records
from cloud_core.services.looking.record_following import Following, LineFollower
from cloud_core.testing.builders import DEPLOYMENT_ID, a_log_entry
from cloud_core.testing.calls import counted
from cloud_core.testing.clock import FakeClock

A_SECOND = 10
"""Lines of a busy deployment."""


def a_line(clock: FakeClock, seconds: float, message: str = "x") -> LogEntry:
    """By a clock that differs from ours by so much, or told so much later."""
    return a_log_entry(message, timestamp=timestamp(clock.now() + timedelta(seconds=seconds)))


def following(records: Records, clock: FakeClock) -> LineFollower:
    follower = Following(lambda: records, clock).lines(DEPLOYMENT_ID)
    assert follower.look() == []
    return follower


def test_lines_of_every_clock_are_told_once_and_soon(records: Records, clock: FakeClock) -> None:
    """Writers whose clocks are 100 seconds behind and ahead, and one whose is right, for four minutes."""
    follower = following(records, clock)
    written: dict[str, float] = {}
    told: dict[str, float] = {}
    for number in range(48):
        for differs in (-100, -4, 0, 100) if number < 45 else ():
            line = a_line(clock, differs, f"{number} {differs}")
            records.logs.create(line)
            written[line.message] = clock.monotonic()
        for line in follower.look():
            assert line.message not in told
            told[line.message] = clock.monotonic()
        clock.advance(5)
    assert told.keys() == written.keys()
    late = {message: told[message] - written[message] for message in told}
    assert max(late.values()) <= 15
    # Those whose clocks are nearly right, or ahead, don't wait.
    assert {seconds for message, seconds in late.items() if not message.endswith("-100")} == {0}


def test_what_came_while_nobody_could_look_is_told(records: Records, clock: FakeClock) -> None:
    follower = following(records, clock)
    clock.advance(60)
    records.logs.create_many([a_line(clock, -seconds, str(seconds)) for seconds in (50, 30, 0)])
    assert [line.message for line in follower.look()] == ["50", "30", "0"]
    clock.advance(300)
    records.logs.create_many([a_line(clock, -seconds, str(seconds)) for seconds in (290, 3)])
    assert [line.message for line in follower.look()] == ["290", "3"]
    assert follower.look() == []


def test_a_look_reads_what_is_new_and_not_the_last_two_minutes(dynamo, clock: FakeClock) -> None:
    records = dynamo.records(clock)
    records.logs.create_many([a_line(clock, second) for second in range(120) for _ in range(A_SECOND)])
    clock.advance(120)
    follower = following(records, clock)
    calls: list[int] = []
    for _ in range(16):
        records.logs.create_many([a_line(clock, 0) for _ in range(A_SECOND)])
        with counted(dynamo.client) as made:
            assert len(follower.look()) == A_SECOND
        calls.append(sum(made.values()))
        clock.advance(1)
    assert (calls[0], min(calls)) == (1, 1)
    # One of them looks for lines that come late, through two minutes and more: some 1300 lines, 200 a call.
    assert sum(calls) <= 15 + 7
