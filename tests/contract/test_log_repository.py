"""What every `LogRepository` promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry, LogLevel
from cloud_core.ports.records import Records
from cloud_core.testing.builders import DEPLOYMENT_ID, a_log_entry
from cloud_core.testing.clock import START, FakeClock

DEV, PROD = EnvironmentName.DEV, EnvironmentName.PROD


def _entries(count: int, **fields: object) -> list[LogEntry]:
    """One per second, newest first."""
    return [
        a_log_entry(f"line {n}", timestamp=timestamp(START + timedelta(seconds=n)), **fields) for n in range(count)
    ][::-1]


def test_a_line_comes_back_as_it_was_written(records: Records) -> None:
    entry = a_log_entry(
        "größer",
        log_level=LogLevel.WARN,
        stack_name="network",
        environment=DEV,
        details={"seconds": 0.5, "list": [None, 1]},
        user_id="ann",
        operation_id="op-1",
    )
    records.logs.create(entry)
    assert records.logs.get_logs(DEPLOYMENT_ID).items == [entry]


def test_lines_come_newest_first_up_to_the_limit_and_go_on_with_the_token(records: Records) -> None:
    entries = _entries(7)
    records.logs.create_many(entries)
    first = records.logs.get_logs(DEPLOYMENT_ID, limit=3)
    second = records.logs.get_logs(DEPLOYMENT_ID, limit=3, next_token=first.next_token)
    third = records.logs.get_logs(DEPLOYMENT_ID, limit=3, next_token=second.next_token)
    assert [first.items, second.items, third.items] == [entries[:3], entries[3:6], entries[6:]]
    assert third.next_token is None


def test_since_is_inclusive(records: Records) -> None:
    entries = _entries(5)
    records.logs.create_many(entries)
    assert records.logs.get_logs(DEPLOYMENT_ID, since=START + timedelta(seconds=3)).items == entries[:2]
    assert records.logs.get_logs(DEPLOYMENT_ID, since=START + timedelta(seconds=9)).items == []


def test_a_token_is_bound_to_its_since(records: Records) -> None:
    records.logs.create_many(_entries(5))
    token = records.logs.get_logs(DEPLOYMENT_ID, limit=1).next_token
    with pytest.raises(InvalidInput, match="next_token"):
        records.logs.get_logs(DEPLOYMENT_ID, limit=1, since=START, next_token=token)


def test_many_lines_at_once_are_all_there(records: Records) -> None:
    entries = _entries(120)
    records.logs.create_many(entries)
    assert records.logs.get_logs(DEPLOYMENT_ID, limit=200).items == entries


def test_lines_of_the_same_moment_are_all_kept_and_a_repeated_one_counts_once(records: Records) -> None:
    same_moment = [a_log_entry(f"line {n}") for n in range(3)]
    records.logs.create_many([*same_moment, same_moment[0]])
    messages = {entry.message for entry in records.logs.get_logs(DEPLOYMENT_ID).items}
    assert messages == {"line 0", "line 1", "line 2"}
    assert len(records.logs.get_logs(DEPLOYMENT_ID).items) == 3


def test_no_lines_are_no_error(records: Records) -> None:
    records.logs.create_many([])
    assert records.logs.get_logs(DEPLOYMENT_ID).items == []


def test_a_level_is_listed_over_all_deployments(records: Records) -> None:
    errors = _entries(4, log_level=LogLevel.ERROR)
    records.logs.create_many([*errors[:2], *_entries(3)])
    elsewhere = [entry.model_copy(update={"deployment_id": "D000000"}) for entry in errors[2:]]
    records.logs.create_many(elsewhere)
    first = records.logs.get_logs_by_level(LogLevel.ERROR, limit=3)
    assert first.items == [*errors[:2], elsewhere[0]]
    assert records.logs.get_logs_by_level(LogLevel.ERROR, limit=3, next_token=first.next_token).items == elsewhere[1:]


def test_a_stack_s_lines_are_found_among_many_others(records: Records) -> None:
    wanted = _entries(5, stack_name="network", environment=DEV)
    records.logs.create_many(wanted)
    records.logs.create_many(_entries(300, stack_name="dns", environment=DEV))
    records.logs.create_many(_entries(3, stack_name="network", environment=PROD))
    records.logs.create_many(_entries(3))
    first = records.logs.get_logs_by_stack(DEPLOYMENT_ID, "network", DEV, limit=3)
    rest = records.logs.get_logs_by_stack(DEPLOYMENT_ID, "network", DEV, limit=3, next_token=first.next_token)
    assert [first.items, rest.items] == [wanted[:3], wanted[3:]]
    assert rest.next_token is None


def test_lines_older_than_90_days_are_not_shown(records: Records, clock: FakeClock) -> None:
    old, young = a_log_entry("old"), a_log_entry("young", timestamp=timestamp(START + timedelta(days=2)))
    records.logs.create_many([old, young])
    clock.advance(timedelta(days=91).total_seconds())
    assert records.logs.get_logs(DEPLOYMENT_ID).items == [young]
    assert records.logs.get_logs_by_level(LogLevel.INFO).items == [young]
