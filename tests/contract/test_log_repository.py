"""What every `LogRepository` promises."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.log_filter import LogFilter, at_least
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry, LogLevel
from cloud_core.ports.records import Records
from cloud_core.testing.builders import DEPLOYMENT_ID, a_log_entry
from cloud_core.testing.calls import counted
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


def _at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [(3, None, [4, 3]), (9, None, []), (None, 2, [1, 0]), (1, 3, [2, 1]), (3, 3, []), (3, 1, []), (-5, 0.0001, [])],
)
def test_since_is_inclusive_and_until_is_not(
    records: Records, since: float | None, until: float | None, found: list[int]
) -> None:
    records.logs.create_many(_entries(5))
    window = LogFilter(since=None if since is None else _at(since), until=None if until is None else _at(until))
    messages = [entry.message for entry in records.logs.get_logs(DEPLOYMENT_ID, wanted=window).items]
    assert messages == [f"line {n}" for n in found]


def _mixed() -> list[LogEntry]:
    """One per second, newest first; each differs from the one before it in everything that can be asked for."""
    levels = list(LogLevel)
    return [
        a_log_entry(
            f"line {n} of {'red' if n % 2 else 'blue'}",
            log_id=f"{n:012d}",
            timestamp=timestamp(_at(n)),
            log_level=levels[n % 4],
            stack_name=("network", "dns", None)[n % 3],
            environment=(DEV, PROD, None)[n % 3],
            operation_id=("op-1", "op-2")[n // 6],
        )
        for n in range(12)
    ][::-1]


FILTERS = {
    "a level": LogFilter(levels=frozenset({LogLevel.WARN})),
    "a level and worse": LogFilter(levels=at_least(LogLevel.WARN)),
    "the least level": LogFilter(levels=at_least(LogLevel.DEBUG)),
    "no level": LogFilter(levels=frozenset()),
    "a stack": LogFilter(stack_name="network"),
    "an environment": LogFilter(environment=PROD),
    "an operation": LogFilter(operation_id="op-2"),
    "a text": LogFilter(text="of red"),
    "a text in another case": LogFilter(text="OF RED"),
    "a text that is a pattern elsewhere": LogFilter(text=".*"),
    "all of it": LogFilter(at_least(LogLevel.INFO), "network", DEV, "op-2", "line", _at(7), _at(12)),
}


@pytest.mark.parametrize("name", FILTERS)
def test_what_is_not_wanted_is_left_out(records: Records, name: str) -> None:
    records.logs.create_many(_mixed())
    found = records.logs.get_logs(DEPLOYMENT_ID, wanted=FILTERS[name]).items
    assert found == [entry for entry in _mixed() if FILTERS[name].matches(entry)]


@pytest.mark.parametrize("limit", [1, 3])
@pytest.mark.parametrize("name", FILTERS)
def test_filtered_pages_cover_the_list_once_and_in_order(records: Records, name: str, limit: int) -> None:
    entries = _mixed()
    records.logs.create_many(entries)
    found: list[LogEntry] = []
    token = None
    while True:
        page = records.logs.get_logs(DEPLOYMENT_ID, limit, token, FILTERS[name])
        found += page.items
        token = page.next_token
        if token is None:
            break
        assert len(page.items) == limit
    assert found == [entry for entry in entries if FILTERS[name].matches(entry)]


@pytest.mark.parametrize("name", [name for name in FILTERS if name not in ("no level", "the least level")])
def test_a_token_is_bound_to_its_filter(records: Records, name: str) -> None:
    records.logs.create_many(_mixed())
    token = records.logs.get_logs(DEPLOYMENT_ID, 1).next_token
    with pytest.raises(InvalidInput, match="next_token"):
        records.logs.get_logs(DEPLOYMENT_ID, 1, token, FILTERS[name])


def test_a_window_that_moves_on_with_the_clock_goes_on_where_it_was(records: Records) -> None:
    """The last minute, asked for again a moment later."""
    entries = _entries(8)
    records.logs.create_many(entries)
    first = records.logs.get_logs(DEPLOYMENT_ID, 3, wanted=LogFilter(since=_at(1)))
    second = records.logs.get_logs(DEPLOYMENT_ID, 3, first.next_token, LogFilter(since=_at(3)))
    assert [first.items, second.items, second.next_token] == [entries[:3], entries[3:5], None]
    gone = records.logs.get_logs(DEPLOYMENT_ID, 3, first.next_token, LogFilter(since=_at(7)))
    assert (gone.items, gone.next_token) == ([], None)
    earlier = records.logs.get_logs(DEPLOYMENT_ID, 3, first.next_token, LogFilter(until=_at(2)))
    assert earlier.items == entries[6:]


def test_many_lines_that_a_filter_leaves_out_cost_few_calls(dynamo, clock: FakeClock) -> None:
    """Each page is twice as long as the one before it."""
    records = dynamo.records(clock)
    records.logs.create_many(_entries(2500))
    with counted(dynamo.client) as calls:
        assert records.logs.get_logs(DEPLOYMENT_ID, 10, wanted=LogFilter(text="nothing")).items == []
    assert calls == {"Query": 4}


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
