"""Freeing an environment whose owner died, over fakes."""

from __future__ import annotations

import pytest

from cloud_core.domain.errors import DeploymentNotFound, OperationRunning
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LeaseOwner, Operation, ProcessIdentity
from cloud_core.domain.statuses import OperationStatus
from cloud_core.services.operations.unlocking import HEARTBEAT_WATCH_SECONDS, UnlockService
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.clock import ScriptedClock
from cloud_core.testing.world import World

DEV = EnvironmentName.DEV


class Scene:
    def __init__(self) -> None:
        self.clock = ScriptedClock()
        self.world = World({"network": {}}, clock=self.clock)
        self.unlocking = UnlockService(
            self.world.records, self.world.processes, self.world.operations.settle, self.clock
        )

    def hold(self, host: str) -> Operation:
        """An operation in progress whose flow is process 1000 of that host."""
        operation = self.world.start()
        stored = self.world.operations.get(DEPLOYMENT_ID, operation.operation_id)
        begun = stored.model_copy(update={"status": OperationStatus.IN_PROGRESS})
        self.world.records.operations.update(begun)
        flow = (
            self.world.processes.current()
            if host == self.world.processes.host()
            else ProcessIdentity(pid=1000, started=7.0)
        )
        owner = LeaseOwner(operation_id=operation.operation_id, host=host, flow_process=flow)
        self.lease = self.world.records.leases.acquire(DEPLOYMENT_ID, DEV, owner)
        return operation

    def unlock(self, force: bool = False) -> None:
        self.unlocking.free(self.unlocking.look(DEPLOYMENT_ID, DEV, force), "ann")

    @property
    def is_free(self) -> bool:
        lease = self.world.records.leases.get(DEPLOYMENT_ID, DEV)
        return lease is None or lease.owner is None


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_nobody_is_there_to_be_removed(scene: Scene) -> None:
    assert scene.unlocking.look(DEPLOYMENT_ID, DEV, force=False).owner is None
    scene.unlock()
    assert scene.is_free


def test_one_that_lives_here_is_named_with_the_command_that_stops_it_there(scene: Scene) -> None:
    scene.hold(scene.world.processes.host())
    with pytest.raises(OperationRunning) as refused:
        scene.unlocking.look(DEPLOYMENT_ID, DEV, force=True)
    assert refused.value.suggestion == f"it is alive: stop it with 'cloud cancel {DEPLOYMENT_ID} --environment dev'"


def test_an_unknown_deployment_is_told(scene: Scene) -> None:
    with pytest.raises(DeploymentNotFound):
        scene.unlocking.look("D000000", DEV, force=False)


def test_one_that_died_here_is_removed_and_written_down(scene: Scene) -> None:
    operation = scene.hold(scene.world.processes.host())
    scene.world.processes.end(scene.world.processes.current())
    scene.world.processes.become(2000)

    scene.unlock()

    assert scene.is_free
    ended = scene.world.operations.get(DEPLOYMENT_ID, operation.operation_id)
    assert ended.status is OperationStatus.FAILED
    (line,) = [one for one in scene.world.records.logs.get_logs(DEPLOYMENT_ID).items if one.user_id == "ann"]
    assert line.message == (
        f"ann freed {DEPLOYMENT_ID} dev from operation {operation.operation_id} (process 1000 on host host-a): "
        "its processes are gone"
    )
    told = [one.data.get("message") for one in scene.world.records.events.read(DEPLOYMENT_ID)]
    assert line.message in told


@pytest.mark.parametrize("force", [False, True])
def test_one_that_lives_here_is_never_removed(scene: Scene, force: bool) -> None:
    operation = scene.hold(scene.world.processes.host())
    with pytest.raises(OperationRunning, match=operation.operation_id) as caught:
        scene.unlock(force)
    assert "cloud cancel" in (caught.value.suggestion or "")
    assert not scene.is_free


def test_one_on_another_host_wants_force(scene: Scene) -> None:
    scene.hold("host-b/boot-9/pids-9")
    with pytest.raises(OperationRunning, match="runs on host host-b") as caught:
        scene.unlock()
    assert "make sure on host host-b that the processes 1000 are gone, then add --force" in str(caught.value.suggestion)


def test_forced_it_is_removed_once_its_heartbeat_has_stopped_for_long_enough(scene: Scene) -> None:
    operation = scene.hold("host-b/boot-9/pids-9")
    scene.unlock(force=True)
    assert scene.is_free
    assert scene.clock.slept == [HEARTBEAT_WATCH_SECONDS]
    assert scene.world.operations.get(DEPLOYMENT_ID, operation.operation_id).status is OperationStatus.FAILED


def test_a_heartbeat_saves_it_even_from_force(scene: Scene) -> None:
    scene.hold("host-b/boot-9/pids-9")
    scene.clock.after(5, lambda: scene.world.records.leases.renew(scene.lease))
    with pytest.raises(OperationRunning, match="it renewed its lease while it was watched"):
        scene.unlock(force=True)
    assert not scene.is_free


def test_one_whose_operation_is_not_recorded_is_removed_all_the_same(scene: Scene) -> None:
    owner = LeaseOwner(
        operation_id="op-none", host="host-b/boot-9/pids-9", flow_process=ProcessIdentity(pid=1000, started=7.0)
    )
    scene.world.records.leases.acquire(DEPLOYMENT_ID, DEV, owner)
    scene.unlock(force=True)
    assert scene.is_free
