"""What a comparison or a refresh has found, read from what it told of each stack."""

from __future__ import annotations

from typing import Final

from cloud_core.domain.drift import Findings, StackFindings
from cloud_core.domain.errors import Conflict, InvalidInput
from cloud_core.domain.events import Event
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.domain.steps import Step
from cloud_core.ports.records import Records
from cloud_core.services.looking.watching import checks_of

LOST: Final = "what was found was not recorded: run it again"
TOO_LARGE: Final = "what was found is too large to be recorded: 'changes' counts it"


class FindingsService:
    """Reads only."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def of(self, operation: Operation) -> Findings:
        """As `read`. InvalidInput for an operation that compares nothing, Conflict for one that has not ended."""
        if operation.type not in (Action.DRIFT, Action.REFRESH):
            raise InvalidInput(
                f"operation {operation.operation_id} is a {operation.type.value}: it compares nothing with AWS",
                field="operation_id",
                value=operation.operation_id,
            )
        if not operation.status.is_terminal:
            raise Conflict(
                f"operation {operation.operation_id} has not ended: it is {operation.status.value}",
                operation_id=operation.operation_id,
                status=operation.status.value,
                suggestion="ask again when it has ended",
            )
        return self.read(operation)

    def read(self, operation: Operation) -> Findings:
        """Of an operation that has ended, in the order of its layers."""
        told = checks_of(self._records.events, operation)
        names = [name for layer in operation.layers for name in layer]
        return Findings(
            operation_id=operation.operation_id,
            deployment_id=operation.deployment_id,
            environment=operation.environment.value,
            action=operation.type,
            stacks=tuple(_stack(operation, name, told.get(name)) for name in names),
        )


def _stack(operation: Operation, name: str, event: Event | None) -> StackFindings:
    result = operation.results.get(name)
    data = event.data if event else {}
    status = result.status if result else StackStatus.CANCELLED
    # An event that was lost on the way to the log must not look like a stack without a difference.
    is_lost = status is operation.type.done and event is None
    return StackFindings(
        name=name,
        status=status,
        cause=result.cause if result else None,
        error=result.error if result else None,
        note=LOST if is_lost else TOO_LARGE if event and event.left_out else data.get("note"),
        checked_at=event.timestamp if event else None,
        changes=data.get("changes", {}),
        steps=tuple(Step.from_data(step) for step in data.get("steps", ())),
    )
