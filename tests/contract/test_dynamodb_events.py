"""Event numbers where the in-memory log has nothing to say: other processes, expired items, blocks of numbers."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

from cloud_core.adapters.local.clock import SystemClock
from cloud_core.domain.clock import timestamp
from cloud_core.testing.builders import DEPLOYMENT_ID, an_event
from cloud_core.testing.clock import START, FakeClock

PROCESSES, THREADS, EACH = 2, 4, 20
WRITER = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
from cloud_core.adapters.dynamodb.client import AccessKey, records_client
from cloud_core.adapters.dynamodb.records import DynamoRecords
from cloud_core.adapters.local.clock import SystemClock
from cloud_core.domain.clock import timestamp
from cloud_core.testing.builders import an_event

endpoint, prefix, name = sys.argv[1:]
clock = SystemClock()
records = DynamoRecords(records_client(endpoint, "us-east-1", AccessKey("test", "test")), prefix, clock)
print("ready", flush=True)
sys.stdin.readline()

def append_all(thread):
    for n in range({EACH}):
        now = timestamp(clock.now())
        records.events.append(an_event(data={{"writer": f"{{name}}-{{thread}}", "n": n}}, timestamp=now))

with ThreadPoolExecutor({THREADS}) as pool:
    list(pool.map(append_all, range({THREADS})))
"""


def test_two_processes_of_four_threads_lose_nothing_and_leave_no_gap(dynamo) -> None:
    commands = [[sys.executable, "-c", WRITER, dynamo.endpoint, dynamo.prefix, str(n)] for n in range(PROCESSES)]
    writers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for command in commands
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    stored = dynamo.records(SystemClock()).events.read(DEPLOYMENT_ID)
    assert [event.seq for event in stored] == list(range(1, PROCESSES * THREADS * EACH + 1))
    by_writer: dict[str, list[int]] = {}
    for event in stored:
        by_writer.setdefault(event.data["writer"], []).append(event.data["n"])
    assert len(by_writer) == PROCESSES * THREADS
    assert all(numbers == list(range(EACH)) for numbers in by_writer.values())


def test_logs_that_know_nothing_of_each_other_take_turns(dynamo, clock: FakeClock) -> None:
    here, there = dynamo.records(clock).events, dynamo.records(clock).events
    numbers = [log.append(an_event()).seq for log in (here, here, there, there, here, there)]
    assert numbers == [1, 2, 3, 4, 5, 6]


def _remove_events(dynamo) -> None:
    for item in dynamo.items("logs"):
        if item["SK"].startswith("EVENT#"):
            dynamo.remove("logs", item)


def test_after_all_events_were_deleted_no_number_is_given_again(dynamo, clock: FakeClock) -> None:
    log = dynamo.records(clock).events
    last = [log.append(an_event()) for _ in range(5)][-1]
    clock.advance(timedelta(days=100).total_seconds())
    _remove_events(dynamo)
    now = timestamp(START + timedelta(days=100))
    for each in (log, dynamo.records(clock).events):
        following = each.append(an_event(timestamp=now))
        assert following.seq > last.seq
        last = following


def test_events_deleted_in_disorder_give_no_number_again(dynamo, clock: FakeClock) -> None:
    log = dynamo.records(clock).events
    for _ in range(5):
        log.append(an_event())
    clock.advance(timedelta(days=90, hours=1).total_seconds())
    for item in dynamo.items("logs"):
        if item["SK"] in ("EVENT#000000000004", "EVENT#000000000005"):
            dynamo.remove("logs", item)
    assert log.append(an_event(timestamp=timestamp(START + timedelta(days=90)))).seq > 5


def test_the_count_goes_on_through_a_thousand(dynamo, clock: FakeClock) -> None:
    log = dynamo.records(clock).events
    log.append(an_event())
    (item,) = [item for item in dynamo.items("logs") if item["SK"].startswith("EVENT#")]
    dynamo.client.put_item(
        TableName=dynamo.prefix + "logs",
        Item={
            "PK": {"S": item["PK"]},
            "SK": {"S": "EVENT#000000000999"},
            "seq": {"N": "999"},
            "ttl": {"N": str(item["ttl"])},
        },
    )
    fresh = dynamo.records(clock).events
    assert [fresh.append(an_event()).seq for _ in range(3)] == [1000, 1001, 1002]
    clock.advance(timedelta(days=100).total_seconds())
    _remove_events(dynamo)
    assert fresh.last_seq(DEPLOYMENT_ID) == 2000


def test_an_old_memory_of_the_last_number_is_not_trusted(dynamo, clock: FakeClock) -> None:
    idle, busy = dynamo.records(clock).events, dynamo.records(clock).events
    idle.append(an_event())
    last = [busy.append(an_event()) for _ in range(4)][-1]
    clock.advance(timedelta(days=100).total_seconds())
    _remove_events(dynamo)
    assert idle.append(an_event(timestamp=timestamp(START + timedelta(days=100)))).seq > last.seq
