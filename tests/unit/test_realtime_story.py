"""Recorded runs as messages: every event becomes one, and everything that clients draw stands in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud_core.domain.events import Event, EventName
from cloud_core.domain.progress import OperationView
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action
from cloud_core.testing.builders import NOW, a_deployment, an_operation
from cloud_core.testing.clock import START
from cloud_core.testing.recordings import Recording
from realtime.protocol import LARGEST_BYTES, Message, MessageType
from realtime.story import Story

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.jsonl"))
REQUIRED = {
    MessageType.DEPLOYMENT_STATUS: {"status", "current_layer", "total_layers", "event", "environment"},
    MessageType.STACK_DEPLOYED: {"stack_name", "environment", "duration_seconds", "resource_count", "status", "layer"},
    MessageType.STACK_FAILED: {"stack_name", "environment", "error_message", "layer"},
    MessageType.LOG_CREATED: {"level", "message", "stack_name", "environment", "log_id"},
}


@pytest.fixture(params=RECORDINGS, ids=lambda path: path.stem)
def recording(request: pytest.FixtureRequest) -> Recording:
    return Recording.read(request.param)


def story_of(recording: Recording, estimates: dict[str, float] | None = None) -> Story:
    known = {one.operation_id: one for one in recording.begun}

    def begin(operation_id: str) -> OperationView | None:
        return OperationView.begin(known[operation_id], None, estimates) if operation_id in known else None

    return Story(recording.deployment.deployment_id, begin)


def told(recording: Recording, estimates: dict[str, float] | None = None) -> list[Message]:
    story = story_of(recording, estimates)
    return [message for event in recording.events for message in story.tell(event)]


def data_of(message: Message) -> dict[str, Any]:
    return dict(message.data or {})


def test_every_event_is_one_numbered_message_in_order(recording: Recording) -> None:
    numbered = [message for message in told(recording) if message.seq is not None]
    assert [message.seq for message in numbered] == [event.seq for event in recording.events]
    assert [message.type.value for message in numbered] == [event.type.value for event in recording.events]
    assert [message.operation_id for message in numbered] == [event.operation_id for event in recording.events]


def test_each_message_has_what_its_type_needs(recording: Recording) -> None:
    for message in told(recording):
        assert REQUIRED[message.type] <= data_of(message).keys(), message
        document = json.loads(message.text)
        assert len(message.text) <= LARGEST_BYTES
        assert (document["type"], document["environment"]) == (message.type.value, data_of(message)["environment"])


def test_each_operation_has_one_end_and_its_percent_never_falls(recording: Recording) -> None:
    messages = told(recording)
    for operation in recording.operations:
        mine = [data_of(message) for message in messages if message.operation_id == operation.operation_id]
        ends = [data for data in mine if "operation_status" in data]
        assert [data["operation_status"] for data in ends] == [operation.status.value]
        assert (ends[0]["progress_percent"], ends[0]["estimated_time_remaining"]) == (100, None)
        percents = [data["progress_percent"] for data in mine if data.get("progress_percent") is not None]
        assert percents == sorted(percents)
        assert 100 not in [data["progress_percent"] for data in mine if data.get("event") == "stack_progress"]


def test_layers_begin_and_are_done_once(recording: Recording) -> None:
    messages = told(recording)
    for operation in recording.operations:
        mine = [data_of(one) for one in messages if one.operation_id == operation.operation_id and one.seq is None]
        for event in ("layer_started", "layer_complete"):
            layers = [data["layer"] for data in mine if data["event"] == event]
            assert sorted(layers) == list(range(1, len(operation.layers) + 1))
            assert all(data["stacks"] for data in mine if data["event"] == event)


def test_the_remaining_time_comes_from_history(recording: Recording) -> None:
    names = {name for operation in recording.operations for layer in operation.layers for name in layer}
    assert {data_of(one).get("estimated_time_remaining") for one in told(recording)} <= {None, 0.0}
    guessed = [data_of(one).get("estimated_time_remaining") for one in told(recording, dict.fromkeys(names, 10.0))]
    assert any(guess for guess in guessed)


def test_a_story_that_begins_in_the_middle_tells_the_same(recording: Recording) -> None:
    whole = told(recording)
    number = len(recording.events)
    for cut in range(0, number, max(7, number // 9)):
        story = story_of(recording)
        for event in recording.events[:cut]:
            story.skip(event)
        rest = [message for event in recording.events[cut:] for message in story.tell(event)]
        numbered = [message.text for message in rest if message.seq is not None]
        assert numbered == [message.text for message in whole if message.seq is not None and message.seq > cut]


def test_a_snapshot_shows_the_newest_operation_and_its_stacks(recording: Recording) -> None:
    story = story_of(recording)
    for event in recording.events:
        story.skip(event)
    snapshot = story.snapshot(recording.deployment, START)
    last = max(recording.operations, key=lambda one: one.created_at)
    data = data_of(snapshot)
    assert (snapshot.seq, snapshot.operation_id) == (recording.events[-1].seq, last.operation_id)
    assert (data["event"], data["operation_status"]) == ("snapshot", last.status.value)
    stacks = data["environments"][last.environment.value]["stacks"]
    assert {name: one["status"] for name, one in stacks.items()} == {
        name: result.status.value for name, result in last.results.items()
    }


def events_of(operation: Operation, *told: tuple[EventName, str | None, dict[str, Any]]) -> Iterator[Event]:
    for seq, (name, stack, data) in enumerate(told, 1):
        yield Event(
            seq=seq,
            deployment_id=operation.deployment_id,
            operation_id=operation.operation_id,
            environment=operation.environment,
            event=name,
            stack_name=stack,
            data=data,
            timestamp=NOW,
        )


def one_story(operation: Operation) -> Story:
    return Story(operation.deployment_id, lambda _: OperationView.begin(operation))


def test_a_rollback_is_called_so() -> None:
    operation = an_operation(type=Action.ROLLBACK, layers=[["network"]])
    events = events_of(
        operation,
        (EventName.DEPLOYMENT_STARTED, None, {"status": "rolling_back"}),
        (EventName.DEPLOYMENT_COMPLETE, None, {"status": "rolled_back", "operation_status": "success"}),
    )
    story = one_story(operation)
    names = [data_of(message)["event"] for event in events for message in story.tell(event)]
    assert names == ["rollback_started", "rollback_complete"]


def test_a_stack_that_is_passed_over_is_a_status_with_its_cause() -> None:
    operation = an_operation(layers=[["network"], ["security"]])
    skipped = {"status": "skipped", "cause": "dependency_failed:network"}
    (event,) = events_of(operation, (EventName.STACK_SKIPPED, "security", skipped))
    main = next(message for message in one_story(operation).tell(event) if message.seq)
    data = data_of(main)
    assert main.type is MessageType.DEPLOYMENT_STATUS
    assert (data["event"], data["stack_name"], data["stack_status"]) == ("stack_skipped", "security", "skipped")
    assert (data["cause"], data["status"]) == ("dependency_failed:network", "pending")


def test_an_unchanged_stack_goes_out_as_deployed() -> None:
    operation = an_operation(layers=[["network"]])
    (event,) = events_of(operation, (EventName.STACK_DEPLOYED, "network", {"status": "skipped", "cause": "unchanged"}))
    main = next(message for message in one_story(operation).tell(event) if message.seq)
    assert (main.type, data_of(main)["status"]) == (MessageType.STACK_DEPLOYED, "skipped")


def test_an_event_of_an_unknown_operation_is_told_all_the_same() -> None:
    operation = an_operation()
    (event,) = events_of(operation, (EventName.STACK_PROGRESS, "network", {}))
    (message,) = Story(operation.deployment_id, lambda _: None).tell(event)
    assert (message.seq, data_of(message)["current_layer"]) == (1, 0)


def test_a_snapshot_before_any_operation_has_the_stored_status() -> None:
    deployment = a_deployment()
    snapshot = Story(deployment.deployment_id, lambda _: None).snapshot(deployment, START)
    assert (snapshot.seq, data_of(snapshot)["status"]) == (0, deployment.status.value)
    assert data_of(snapshot)["environments"] == {}


def test_what_is_too_long_is_cut_and_named() -> None:
    data = {"outputs": {str(number): "x" * 1000 for number in range(100)}, "message": "y" * 9000, "stack_name": "net"}
    document = json.loads(Message(MessageType.STACK_DEPLOYED, NOW, "D1BRV40", data, 3).text)
    assert (document["data"]["trimmed"], document["data"]["stack_name"]) == (["message", "outputs"], "net")
    assert "outputs" not in document["data"]
    assert document["data"]["message"].endswith("…")
