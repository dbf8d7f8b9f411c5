"""The keeper over the real store and real processes: kill -9, and the next one takes over."""

from __future__ import annotations

import os
import select
import subprocess
import sys

import pytest

from cloud_core.adapters.local.clock import SystemClock
from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.domain.errors import LeaseLost, OperationRunning
from cloud_core.domain.names import EnvironmentName
from cloud_core.services.runs.lease import LeaseKeeper
from cloud_core.testing.builders import DEPLOYMENT_ID, a_stack

DEV = EnvironmentName.DEV
OWNER = """
import subprocess, sys
from cloud_core.adapters.dynamodb.client import AccessKey, records_client
from cloud_core.adapters.dynamodb.records import DynamoRecords
from cloud_core.adapters.local.clock import SystemClock
from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.domain.names import EnvironmentName
from cloud_core.services.runs.lease import LeaseKeeper

endpoint, prefix = sys.argv[1:]
clock, processes = SystemClock(), LocalProcesses()
records = DynamoRecords(records_client(endpoint, "us-east-1", AccessKey("test", "test")), prefix, clock)
with LeaseKeeper(
    records.leases, records.stacks, clock, processes, "D1BRV40", EnvironmentName.DEV, "op-1", heartbeat_seconds=0.05
) as keeper:
    engine = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=sys.stdin)
    keeper.register_engine(processes.identify(engine.pid))
    print(engine.pid, flush=True)
    engine.wait()
"""


def _end_of(pid: int) -> select.poll:
    """Polls true once the process has ended, whoever its parent is."""
    end = select.poll()
    end.register(os.pidfd_open(pid), select.POLLIN)
    return end


def test_a_killed_owner_is_removed_once_its_engine_is_gone_too(dynamo) -> None:
    clock, processes = SystemClock(), LocalProcesses()
    records = dynamo.records(clock)

    def keeper() -> LeaseKeeper:
        return LeaseKeeper(records.leases, records.stacks, clock, processes, DEPLOYMENT_ID, DEV, "op-2")

    command = [sys.executable, "-c", OWNER, dynamo.endpoint, dynamo.prefix]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdin is not None
        assert owner.stdout is not None
        engine = processes.identify(int(owner.stdout.readline()))
        assert engine is not None
        with pytest.raises(OperationRunning, match=f"op-1 .*process {owner.pid}"):
            keeper().__enter__()
        owner.kill()
        owner.wait()
        with pytest.raises(OperationRunning, match="op-1"):
            keeper().__enter__()
        end = _end_of(engine.pid)
        owner.stdin.close()  # the engine reads the same pipe: it ends
        assert end.poll(30_000)
        stale = records.stacks.create(a_stack(fence=1))
        with keeper() as successor:
            assert successor.fence == 2
            assert successor.previous_owner is not None
            assert successor.previous_owner.engine_processes == [engine]
            with pytest.raises(LeaseLost):
                records.stacks.update(stale)
            assert successor.beat()
    lease = records.leases.get(DEPLOYMENT_ID, DEV)
    assert lease is not None
    assert lease.owner is None
