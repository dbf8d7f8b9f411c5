"""The engine's part: one action on one control plane, in the process that has the engine and the program.

No lease guards it, since the records that would hold one are what it makes: the engine's own lock does. What a killed
run left is put right before the next one, as far as it is certain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from cloud_core.domain.control_plane import STACK, ControlPlane
from cloud_core.domain.errors import EngineLocked, PendingOperations
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stopping import StopSignal
from cloud_core.domain.values import Unknown, contains, mask
from cloud_core.ports.control_plane import PlaneAction, PlaneState
from cloud_core.ports.engine import (
    EngineResult,
    InlineProgram,
    OnResource,
    PendingChange,
    ResourceEvent,
    StackEngine,
    StackRun,
    StackTarget,
)
from cloud_core.ports.processes import Processes
from cloud_core.services.runs.interruptions import Interruption, LockOwners, unlocking

T = TypeVar("T")
Describe = Callable[[ControlPlane], InlineProgram]
_PROJECT: Final = "cloud-platform"
_OF_THE_ENGINE: Final = "pulumi:"
"""Types of what stands in the state besides resources: the stack itself, and its providers."""


def target_of(plane: ControlPlane) -> StackTarget:
    """Its stack in the engine; the account is that of whoever's credentials are used."""
    return StackTarget(plane.name, STACK, EnvironmentName.PROD, "", _PROJECT, plane.region, "")


class PlaneWork:
    """`describe` gives the program of a control plane, `describe_data` of that part alone which holds data."""

    def __init__(
        self,
        engine: StackEngine,
        describe: Describe,
        describe_data: Describe,
        processes: Processes,
        stop: StopSignal,
    ) -> None:
        self._engine = engine
        self._describe = describe
        self._describe_data = describe_data
        self._processes = processes
        self._stop = stop

    def carry_out(self, action: PlaneAction, plane: ControlPlane, tell: OnResource) -> PlaneState:
        """Raises as `ports.engine.StackEngine`, and PendingOperations for what a person has to look at."""
        match action:
            case PlaneAction.LOOK:
                return self._look(plane)
            case PlaneAction.PREVIEW:
                return _state(self._engine.preview(self._run(plane), _nobody))
            case PlaneAction.DEPLOY:
                return self._unlocking(plane, lambda: self._deploy(plane, tell))
            case PlaneAction.DESTROY:
                return self._unlocking(plane, lambda: self._destroy(plane, tell))

    def _look(self, plane: ControlPlane) -> PlaneState:
        target = target_of(plane)
        found = self._engine.export_state(target).get("deployment", {}).get("resources", ())
        own = [one for one in found if not str(one["type"]).startswith(_OF_THE_ENGINE)]
        return PlaneState(mask(self._engine.outputs(target)), len(own))

    def _deploy(self, plane: ControlPlane, tell: OnResource) -> PlaneState:
        self._mend(plane, tell)
        return _state(self._engine.up(self._run(plane), tell))

    def _destroy(self, plane: ControlPlane, tell: OnResource) -> PlaneState:
        """Protected resources would stop a destroy before anything is deleted; whoever comes as far as this has typed
        the name out. So first all goes but them, and they lose their protection, in AWS too; this way one that was only
        half made goes as well."""
        self._mend(plane, tell)
        before = PlaneState()
        if self._engine.protected(target_of(plane)):
            bare = replace(plane, protect=False)
            before = _state(self._engine.up(self._run(bare, self._describe_data), tell))
        gone = _state(self._engine.destroy(self._run(plane, self._describe_data), tell))
        deleted = before.changes.get("delete", 0) + gone.changes.get("delete", 0)
        return replace(gone, changes={"delete": deleted} if deleted else {}, seconds=before.seconds + gone.seconds)

    def _mend(self, plane: ControlPlane, tell: OnResource) -> None:
        pending = self._engine.pending(target_of(plane))
        if not pending:
            return
        left = Interruption(pending)
        if unknown := left.for_a_person:
            raise _needs_a_person(unknown)
        found = self._engine.repair(self._run(plane, self._describe_data), left.adopt, (), tell)
        if foreign := left.foreign(found):
            raise _needs_a_person(foreign)

    def _unlocking(self, plane: ControlPlane, work: Callable[[], T]) -> T:
        """When an engine of this host that is gone holds the lock, it is removed, and the work done."""
        return unlocking(work, lambda error: self._remove_lock(plane, error))

    def _remove_lock(self, plane: ControlPlane, error: EngineLocked) -> None:
        if not LockOwners(error, self._processes).are_gone:
            context = {**error.context, "suggestion": "wait for whoever deploys or destroys it now"}
            raise EngineLocked(error.message, **context) from None
        self._engine.unlock(target_of(plane))

    def _run(self, plane: ControlPlane, describe: Describe | None = None) -> StackRun:
        program = (describe or self._describe)(plane)
        return StackRun(target_of(plane), STACK, program, _unwatched, self._stop)


def _state(result: EngineResult) -> PlaneState:
    """Without outputs that a preview does not know yet."""
    known = {name: value for name, value in result.outputs.items() if not contains(value, Unknown)}
    own = [one for one in result.resources if not one.type.startswith(_OF_THE_ENGINE)]
    return PlaneState(mask(known), len(own), result.changes, result.engine_seconds)


def _needs_a_person(changes: Sequence[PendingChange]) -> PendingOperations:
    named = ", ".join(f"{one.type} {one.name!r}" for one in changes)
    return PendingOperations(
        f"an earlier run was killed while it made {named}: whether AWS has it can't be told from here",
        stack=STACK,
        resource=changes[0].urn,
        diagnostics=[],
        suggestion="look for it in AWS, delete it there, and clear it from the state as docs/control-plane.md tells",
    )


def _nobody(event: ResourceEvent) -> None:
    """Who only looks is told of no resource."""


def _unwatched(processes: object) -> None:
    """Its engine's processes end with this one, and nobody else looks for them."""
