"""The engine's part of the control plane: what a killed run left is put right, and nobody alive is disturbed."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.control_plane import ControlPlane
from cloud_core.domain.errors import EngineLocked, PendingOperations
from cloud_core.domain.stopping import StopSignal
from cloud_core.ports.control_plane import PlaneAction
from cloud_core.ports.engine import EngineResource, EngineResult, Found, PendingChange
from cloud_core.services.control_plane.work import PlaneWork
from cloud_core.testing.processes import FakeProcesses

PLANE = ControlPlane("cloud-", "us-east-1")
URN = "urn:x::users"
MADE = EngineResult({"userPoolId": "p"}, {"create": 1}, [EngineResource(URN, "aws:x:Y", "users")], 1.0)


class Engine:
    """What a control plane asks an engine for, as `StackEngine` has it; `ran` are the calls that write."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.locked_by: list[dict[str, Any]] = []
        self.left: list[PendingChange] = []
        self.found = Found.OURS
        self.held: list[str] = []
        self.is_protecting: list[bool] = []

    def up(self, run: Any, tell: Any) -> EngineResult:
        if self.locked_by:
            raise EngineLocked("locked", owners=self.locked_by, stack="control-plane")
        self.ran.append("up")
        return MADE

    def destroy(self, run: Any, tell: Any) -> EngineResult:
        self.ran.append("destroy")
        return EngineResult({}, {"delete": 1}, [], 1.0)

    def protected(self, target: Any) -> list[str]:
        return self.held

    def pending(self, target: Any) -> list[PendingChange]:
        return self.left

    def repair(self, run: Any, adopt: Any, certain: Any, tell: Any) -> dict[str, Found]:
        self.ran.append(f"repair {dict(adopt)}")
        return dict.fromkeys(adopt, self.found)

    def unlock(self, target: Any) -> None:
        self.ran.append("unlock")
        self.locked_by = []


@pytest.fixture
def engine() -> Engine:
    return Engine()


def carry_out(engine: Engine, action: PlaneAction, processes: FakeProcesses | None = None) -> Any:
    def describe(plane: ControlPlane) -> Any:
        engine.is_protecting.append(plane.protect)
        return lambda: None

    work = PlaneWork(engine, describe, describe, processes or FakeProcesses(), StopSignal())  # type: ignore[arg-type]
    return work.carry_out(action, PLANE, lambda event: None)


def test_a_destroy_takes_the_protection_off_first(engine: Engine) -> None:
    engine.held = [URN]
    carry_out(engine, PlaneAction.DESTROY)
    assert engine.ran == ["up", "destroy"]
    assert engine.is_protecting[0] is False


def test_what_is_not_protected_is_destroyed_at_once(engine: Engine) -> None:
    carry_out(engine, PlaneAction.DESTROY)
    assert engine.ran == ["destroy"]


def test_the_lock_of_a_dead_engine_of_this_host_is_removed(engine: Engine) -> None:
    processes = FakeProcesses()
    engine.locked_by = [{"host": processes.host().partition("/")[0], "pid": 77, "user": "ann", "since": "now"}]
    carry_out(engine, PlaneAction.DEPLOY, processes)
    assert engine.ran == ["unlock", "up"]


def test_the_lock_of_another_host_stays(engine: Engine) -> None:
    engine.locked_by = [{"host": "elsewhere", "pid": 77, "user": "ann", "since": "now"}]
    with pytest.raises(EngineLocked) as refused:
        carry_out(engine, PlaneAction.DEPLOY)
    assert engine.ran == []
    assert refused.value.suggestion == "wait for whoever deploys or destroys it now"


def test_a_creation_that_never_ended_is_looked_up(engine: Engine) -> None:
    engine.left = [PendingChange("creating", URN, "aws:dynamodb/table:Table", "users", identity="cloud-users")]
    carry_out(engine, PlaneAction.DEPLOY)
    assert engine.ran == [f"repair {{'{URN}': 'cloud-users'}}", "up"]


@pytest.mark.parametrize(("identity", "found"), [(None, Found.OURS), ("cloud-users", Found.UNPROVEN)])
def test_one_that_nobody_can_tell_is_for_a_person(engine: Engine, identity: str | None, found: Found) -> None:
    engine.found = found
    engine.left = [PendingChange("creating", URN, "aws:cognito/userPool:UserPool", "users", identity=identity)]
    with pytest.raises(PendingOperations, match="userPool"):
        carry_out(engine, PlaneAction.DEPLOY)
    assert "up" not in engine.ran
