"""Runs as they lie in the tables, recorded with a release: what is written today has to be read by what comes later.

Workers, the people's machines and what the tables hold are never upgraded at one moment. Each line of a recording is an
item of a table, with the values that DynamoDB gives back. A recording is never changed; a release adds one when it
writes something that none has.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud_core.adapters.dynamodb.models import from_item, lease_from_item
from cloud_core.domain.events import Event
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.progress import OperationView
from cloud_core.domain.progress_fold import fold
from cloud_core.domain.records import LogEntry, Operation
from cloud_core.testing.recordings import Recording

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.jsonl"))


@pytest.fixture(params=RECORDINGS, ids=lambda path: path.stem)
def recording(request: pytest.FixtureRequest) -> Recording:
    return Recording.read(request.param)


def test_there_is_one() -> None:
    assert RECORDINGS


def test_its_events_are_read_without_a_gap(recording: Recording) -> None:
    assert [event.seq for event in recording.events] == list(range(1, len(recording.events) + 1))


def test_a_follower_sees_each_operation_end_as_its_record_says(recording: Recording) -> None:
    for operation in recording.operations:
        view = fold(OperationView.begin(operation), recording.events)
        assert (view.status, view.percent) == (operation.status, 100)
        told = {name: stack.status for name, stack in view.stacks.items()}
        assert told == {name: result.status for name, result in operation.results.items()}


def test_who_comes_in_the_middle_sees_the_same_end(recording: Recording) -> None:
    for operation in recording.operations:
        whole = fold(OperationView.begin(operation), recording.events)
        assert all(view == whole for view in _in_two_parts(operation, recording.events))


def _in_two_parts(operation: Operation, events: list[Event]) -> Iterator[OperationView]:
    for cut in range(0, len(events), max(1, len(events) // 60)):
        before = fold(OperationView.begin(operation), events[:cut])
        yield fold(before, events[cut:])


def test_its_records_are_read(recording: Recording) -> None:
    assert set(Manifest.model_validate(recording.deployment.manifest).stacks) == set(recording.stacks)
    (lease,) = (lease_from_item(item) for item in recording.under("LOCK#"))
    assert (lease.owner, {one.fence for one in recording.stacks.values()}) == (None, {lease.fence})
    last = max(recording.operations, key=lambda one: one.created_at)
    for name, result in last.results.items():
        assert recording.stacks[name].last_operation_id in {one.operation_id for one in recording.operations}
        assert recording.stacks[name].resource_count == len(recording.stacks[name].resources)
        assert result.stack_name == name
    lines = [from_item(LogEntry, item) for item in recording.under("TIMESTAMP#")]
    assert {line.operation_id for line in lines} == {one.operation_id for one in recording.operations}
