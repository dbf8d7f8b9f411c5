"""The wish to stop an operation: written into its record by whoever asks, obeyed by the flow that reads it there."""

from __future__ import annotations

from typing import Final

from cloud_core.domain.events import EventName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import OperationStatus
from cloud_core.domain.stopping import CancelLevel
from cloud_core.ports.records import OperationRepository
from cloud_core.services.records.operations import update_operation
from cloud_core.services.runs.run import OperationRun

_WORDS: Final = {
    CancelLevel.DRAIN: "nothing more is started; stacks at work may finish",
    CancelLevel.INTERRUPT: "nothing more is started; engines at work are interrupted and waited for",
    CancelLevel.KILL: "nothing more is started; engines at work are killed, what they were doing has to be repaired",
}


def request_cancel(
    operations: OperationRepository, deployment_id: str, operation_id: str, level: CancelLevel
) -> Operation:
    """Ask the operation to stop; it is `cancelling` until its processes are gone.

    An ended one stays as it is. A level can be raised, never lowered. Raises OperationNotFound.
    """

    def change(operation: Operation) -> Operation:
        asked = operation.cancel_level if operation.cancel_requested else 0
        if operation.status.is_terminal or asked >= level:
            return operation
        running = operation.status is OperationStatus.IN_PROGRESS
        status = OperationStatus.CANCELLING if running else operation.status
        return operation.model_copy(update={"cancel_requested": True, "cancel_level": level, "status": status})

    return update_operation(operations, deployment_id, operation_id, change)


def level_of(operation: Operation) -> CancelLevel | None:
    """How hard the operation is to stop; None when nobody asked for it."""
    return operation.cancel_level if operation.cancel_requested else None


def obey(run: OperationRun, level: CancelLevel | None) -> None:
    """Do in the flow what was asked for, and tell; a level that was obeyed already, or is none, changes nothing."""
    if level is None or level <= (run.obeyed or 0):
        return
    run.obeyed = level
    run.events.emit(EventName.DEPLOYMENT_CANCELLING, status="cancelling", level=int(level), message=_WORDS[level])
    if level is CancelLevel.KILL:
        run.stop.kill()
    elif level is CancelLevel.INTERRUPT:
        run.stop.request()
