"""A real records endpoint that stops answering in the middle of a real flow run, and answers again.

Its server is halted (SIGSTOP), so that what was sent before arrives late: after the client has given up on it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prefect import flow
from prefect.states import Completed

from cloud_core.adapters.dynamodb.client import AccessKey, records_client
from cloud_core.adapters.dynamodb.records import DynamoRecords
from cloud_core.adapters.dynamodb.tables import create_tables
from cloud_core.adapters.local.result_journal import LocalResultJournal
from cloud_core.domain.errors import CloudError
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.domain.statuses import OperationStatus, StackStatus
from cloud_core.services.runs.run import OperationRun
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.clock import RunningClock
from cloud_core.testing.waiting import wait_for
from cloud_core.testing.world import World
from flows.driver import FlowDriver
from tasks.stack import Session

# With the other files that need a flow service: they share one.
pytestmark = [pytest.mark.usefixtures("flow_service"), pytest.mark.xdist_group("flow-service")]
DEV = EnvironmentName.DEV
CHAIN: dict[str, dict[str, Any]] = {
    "network": {},
    "security": {"dependencies": ["network"], "config": {"vpcId": "${network.vpcId}"}},
}
_SECONDS = 60.0


@dataclass(frozen=True)
class Store:
    """The sandbox's own server of records, in a process of the test."""

    process: subprocess.Popen[str]
    records: DynamoRecords
    clock: RunningClock

    def stop(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def stack(self, name: str) -> StackRecord:
        found = self.records.stacks.get_stack(DEPLOYMENT_ID, name, DEV)
        assert found is not None
        return found


@pytest.fixture
def store() -> Iterator[Store]:
    command = [sys.executable, "-m", "sandbox.moto_server", "--port", "0", "--role", "records"]
    clock = RunningClock()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found
        client = records_client(found.group(), "us-east-1", AccessKey("test", "test"), read_timeout_seconds=0.5)
        create_tables(client, "")
        yield Store(server, DynamoRecords(client, "", clock, patience_seconds=1), clock)
        client.close()
        server.send_signal(signal.SIGCONT)
        server.terminate()


@pytest.fixture
def journal(tmp_path: Path) -> LocalResultJournal:
    return LocalResultJournal(tmp_path / "journal")


@pytest.fixture
def world(store: Store, journal: LocalResultJournal) -> World:
    world = World(CHAIN, clock=store.clock, records=store.records, journal=journal)
    world.heartbeat_seconds = 0.2
    world.engine.outputs_of["network"] = {"vpcId": "vpc-1"}
    return world


@contextmanager
def beside(work: Callable[[], None]) -> Iterator[None]:
    """Have it done in another thread, and done in the end."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join(_SECONDS)
        assert not thread.is_alive()


def in_a_flow(world: World, use: Callable[[FlowDriver, OperationRun], None]) -> str:
    """Run a deploy in a real flow run, whose driver `use` gets; the operation's id."""
    operation = world.start()

    @flow(persist_result=False)
    def rehearsal() -> Any:
        with world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            use(FlowDriver(Session(run, world.stacks, world.work[run.operation.type])), run)
            world.executions.finish(run)
        return Completed(message="-")

    rehearsal()
    return operation.operation_id


def test_a_result_waits_on_disk_and_the_operation_goes_on_when_the_records_are_back(
    world: World, store: Store, journal: LocalResultJournal
) -> None:
    seen: list[StackRecord] = []

    def restart() -> None:
        wait_for("the journal holds it", lambda: journal.kept(DEPLOYMENT_ID, DEV), _SECONDS)
        seen.extend(journal.kept(DEPLOYMENT_ID, DEV))
        assert world.engine.ran == [("up", "network")]
        store.go_on()

    world.engine.during["network"] = store.stop
    with beside(restart):
        operation_id = in_a_flow(world, lambda driver, run: driver.drive())

    assert [(record.stack_name, record.status) for record in seen] == [("network", StackStatus.DEPLOYED)]
    assert world.engine.ran == [("up", "network"), ("up", "security")]
    assert {name: store.stack(name).status for name in CHAIN} == dict.fromkeys(CHAIN, StackStatus.DEPLOYED)
    assert store.stack("network").outputs == {"vpcId": "vpc-1"}
    assert world.operations.get(DEPLOYMENT_ID, operation_id).status is OperationStatus.SUCCESS
    assert journal.kept(DEPLOYMENT_ID, DEV) == []


def test_a_flow_that_ends_without_the_records_leaves_its_result_to_the_next_operation(
    world: World, store: Store, journal: LocalResultJournal
) -> None:
    def break_off(driver: FlowDriver, run: OperationRun) -> None:
        driver.submit_ready()
        wait_for("a result is unwritten", lambda: run.unwritten, _SECONDS)

    world.engine.during["network"] = store.stop
    with suppress(CloudError):
        in_a_flow(world, break_off)
    assert [record.stack_name for record in journal.kept(DEPLOYMENT_ID, DEV)] == ["network"]
    store.go_on()
    assert store.stack("network").status is StackStatus.DEPLOYING
    world.processes.end(world.processes.current())
    world.processes.become(2000)

    in_a_flow(world, lambda driver, run: driver.drive())

    assert "network" not in world.engine.looked_at
    assert {name: store.stack(name).status for name in CHAIN} == dict.fromkeys(CHAIN, StackStatus.DEPLOYED)
    assert journal.kept(DEPLOYMENT_ID, DEV) == []
