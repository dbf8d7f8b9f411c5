"""What the log does not tell of open operations is told all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloud_core.domain.events import EventName
from cloud_core.domain.statuses import OperationStatus
from cloud_core.testing.builders import DEPLOYMENT_ID, an_event, an_operation
from cloud_core.testing.edge import FakeEdge
from realtime.limits import Limits
from realtime.platform import DeploymentSource
from realtime.protocol import Message
from realtime.story import Story
from realtime.watch import OperationsWatch


class Watched:
    """An open operation, and whoever watches it."""

    def __init__(self, edge: FakeEdge, **fields: Any) -> None:
        self.edge, self.records = edge, edge.world.records
        operation = an_operation(layers=[["network"]], flow_run_id="run-1", **fields)
        self.operation = self.records.operations.create(operation)
        self.records.events.append(an_event(event=EventName.DEPLOYMENT_STARTED, data={"status": "deploying"}))
        self.source = DeploymentSource(edge, DEPLOYMENT_ID)
        self.story: Story = self.source.present()
        self.watch = OperationsWatch(self.source, Limits(), edge.clock)

    def look(self, after: float = 0.0) -> list[Message]:
        self.edge.clock.advance(after)

        async def call(work: Callable[[], Any], free: bool = False) -> Any:
            return work()

        return asyncio.run(self.watch.look(self.story, call))


@pytest.fixture
def edge(tmp_path: Path) -> FakeEdge:
    return FakeEdge(tmp_path)


def data_of(messages: list[Message]) -> list[dict[str, Any]]:
    return [dict(message.data or {}) for message in messages]


def test_an_end_that_was_never_told_is_told_from_the_record(edge: FakeEdge) -> None:
    watched = Watched(edge, status=OperationStatus.IN_PROGRESS)
    assert watched.look() == []
    found = watched.records.operations.get(DEPLOYMENT_ID, "op-1")
    assert found is not None
    watched.records.operations.update(found.model_copy(update={"status": OperationStatus.FAILED, "message": "why"}))
    told = [message for _ in range(4) for message in watched.look(after=3.0)]
    (data,) = data_of(told)
    assert (told[0].seq, data["event"], data["operation_status"]) == (None, "deployment_failed", "failed")
    assert (data["message"], data["progress_percent"]) == ("why", 100)
    assert watched.story.open_operations == []


def test_an_operation_that_died_is_ended_and_says_so_in_the_log(edge: FakeEdge) -> None:
    watched = Watched(edge, status=OperationStatus.IN_PROGRESS)
    watched.look()
    watched.look(after=16.0)
    last = watched.records.events.read(DEPLOYMENT_ID)[-1]
    assert (last.event, last.data["operation_status"]) == (EventName.DEPLOYMENT_FAILED, "failed")


def test_what_only_the_flow_service_knows_is_told_once(edge: FakeEdge) -> None:
    watched = Watched(edge)
    told = []
    for name in ("scheduled", "late", "late", "paused", "running"):
        edge.world.flows.states["run-1"], edge.world.flows.names["run-1"] = "scheduled", name
        told += data_of(watched.look(after=5.0))
    assert [data["flow_run"]["state"] for data in told] == ["late", "paused", "running"]
    assert {(data["event"], data["environment"]) for data in told} == {("flow_state", "dev")}


def test_a_run_that_the_flow_service_calls_crashed_is_told_and_looked_after_at_once(edge: FakeEdge) -> None:
    """Its word proves nothing; that its processes are gone does."""
    watched = Watched(edge, status=OperationStatus.IN_PROGRESS)
    watched.look()
    edge.world.flows.states["run-1"] = edge.world.flows.names["run-1"] = "crashed"
    (data,) = data_of(watched.look(after=5.0))
    assert (data["event"], data["flow_run"]["state"]) == ("flow_state", "crashed")
    last = watched.records.events.read(DEPLOYMENT_ID)[-1]
    assert (last.event, last.data["operation_status"]) == (EventName.DEPLOYMENT_FAILED, "failed")


def test_nothing_is_asked_while_nothing_is_open(edge: FakeEdge) -> None:
    watched = Watched(edge)
    watched.story = Story(DEPLOYMENT_ID, lambda _: None)
    assert watched.look(after=60.0) == []
