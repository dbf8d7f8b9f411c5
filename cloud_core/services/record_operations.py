"""Operations that are asked for from elsewhere: on the record as it is, whatever a workspace's file says."""

from __future__ import annotations

from cloud_core.domain.errors import Conflict
from cloud_core.domain.records import Operation
from cloud_core.domain.stopping import CancelLevel
from cloud_core.domain.validation import Level
from cloud_core.services.operation_guards import StartOperation
from cloud_core.services.operations import OperationService
from cloud_core.services.preparation import Preparation, PreparationService


class RecordOperations:
    """Validates, then starts; nobody is asked in between."""

    def __init__(self, operations: OperationService, preparation: PreparationService) -> None:
        self._operations = operations
        self._preparation = preparation

    def deploy(self, request: StartOperation, level: Level | None = Level.FULL, strict: bool = False) -> Operation:
        """Start a deploy, or look ahead to one, of a manifest that is valid to that level (None skips it).

        The same idempotency key gives the same operation, valid or not by now. Raises InvalidManifest with every
        finding, and what `OperationService.start` raises.
        """
        known = self._operations.turns.asked_before(request)
        if known is None:
            self._prepare(request, level, strict, rehearse=False)
        return known or self._operations.start(request)

    def foresee(self, request: StartOperation, level: Level | None = Level.FULL, strict: bool = False) -> Preparation:
        """What a deploy would do, from the records alone; nothing is written. Raises as `deploy`."""
        return self._prepare(request, level, strict, rehearse=True)

    def cancel(self, operation: Operation, level: CancelLevel) -> Operation:
        """Ask it to stop. Conflict when it has ended."""
        asked = self._operations.request_cancel(operation.deployment_id, operation.operation_id, level)
        if asked.status.is_terminal and not operation.status.is_terminal:
            return asked  # it had only waited for an approval
        if asked.status.is_terminal:
            raise Conflict(
                f"operation {asked.operation_id} has ended: it is {asked.status.value}",
                operation_id=asked.operation_id,
                status=asked.status.value,
            )
        return asked

    def _prepare(self, request: StartOperation, level: Level | None, strict: bool, rehearse: bool) -> Preparation:
        prepared = self._preparation.of_record(request, level, strict, rehearse)
        if prepared.validation is not None:
            prepared.validation.raise_if_invalid()
        return prepared
