"""What AppSync's subscribers are told: of deployments at work, in order, and nothing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cloud_core.domain.errors import AwsAccessFailed, CloudError, Unavailable
from cloud_core.domain.records import Deployment, LogEntry, StackRecord
from cloud_core.domain.statuses import DeploymentStatus, StackStatus
from cloud_core.testing.builders import DEPLOYMENT_ID, a_log_entry, a_stack
from cloud_core.testing.edge import FakeEdge
from realtime.publishing import Publishing


class Heard:
    """`ports.publishing.Publisher`; `error` is raised by each call while it is set."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.error: CloudError | None = None

    def deployment(self, record: Deployment) -> None:
        self._hear(f"deployment {record.status.value}")

    def stack(self, record: StackRecord) -> None:
        self._hear(f"stack {record.stack_name} {record.status.value}")

    def line(self, entry: LogEntry) -> None:
        self._hear(f"line {entry.message}")

    def _hear(self, what: str) -> None:
        if self.error is not None:
            raise self.error
        self.told.append(what)


class World:
    def __init__(self, root: Path) -> None:
        self.edge, self.heard = FakeEdge(root), Heard()
        self.records = self.edge.world.records
        self.publishing = Publishing(self.edge, self.heard, 1.0)

    def status(self, status: DeploymentStatus) -> None:
        known = self.records.deployments.get_by_id(DEPLOYMENT_ID)
        assert known is not None
        self.records.deployments.update(known.model_copy(update={"status": status}))

    def stack(self, status: StackStatus) -> None:
        known = self.records.stacks.get_stack(DEPLOYMENT_ID, "network", a_stack("network").environment)
        if known is None:
            self.records.stacks.create(a_stack("network", status=status))
        else:
            self.records.stacks.update(known.model_copy(update={"status": status}))

    def line(self, message: str) -> None:
        self.edge.clock.advance(0.01)
        now = self.edge.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.records.logs.create(a_log_entry(message, timestamp=now))

    def look(self) -> list[str]:
        """What was told in this look."""
        self.heard.told.clear()
        self.publishing.look()
        return list(self.heard.told)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.stack(StackStatus.PENDING)
    made.status(DeploymentStatus.DEPLOYING)
    assert made.look() == []
    return made


def test_what_changes_while_an_operation_runs_is_told_once(world: World) -> None:
    world.stack(StackStatus.DEPLOYING)
    world.line("it begins")
    assert world.look() == ["stack network deploying", "line it begins"]
    assert world.look() == []


def test_how_it_ended_is_told_after_the_operation(world: World) -> None:
    world.stack(StackStatus.DEPLOYED)
    world.status(DeploymentStatus.DEPLOYED)
    assert world.look() == ["deployment deployed", "stack network deployed"]
    world.line("afterwards")
    assert world.look() == ["line afterwards"]


def test_a_deployment_at_rest_is_left_alone_in_the_end(world: World) -> None:
    world.status(DeploymentStatus.DEPLOYED)
    for _ in range(40):
        world.look()
    world.stack(StackStatus.FAILED)
    assert world.look() == []


def test_what_could_not_be_told_is_told_first_next_time(world: World) -> None:
    world.stack(StackStatus.DEPLOYING)
    world.heard.error = Unavailable("away")
    with pytest.raises(Unavailable):
        world.look()
    world.heard.error = None
    world.line("later")
    assert world.look() == ["stack network deploying", "line later"]


def test_what_is_refused_for_good_holds_nothing_up(world: World, caplog: Any) -> None:
    world.stack(StackStatus.DEPLOYING)
    world.heard.error = AwsAccessFailed("no")
    assert world.look() == []
    assert "are not told: no" in caplog.text
    world.heard.error = None
    assert world.look() == []


def test_of_too_much_the_oldest_is_dropped_and_said_so(world: World, caplog: Any) -> None:
    world.heard.error = Unavailable("away")
    for number in range(1005):
        world.line(f"line {number}")
    with pytest.raises(Unavailable):
        world.look()
    world.heard.error = None
    told = world.look()
    assert (len(told), told[-1]) == (1000, "line line 1004")
    assert "5 messages to AppSync are dropped" in caplog.text
