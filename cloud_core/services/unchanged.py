"""Stacks that a deploy may pass over, because nothing that they are made from has changed since they were deployed."""

from __future__ import annotations

import logging

from cloud_core.domain.errors import CloudError
from cloud_core.domain.events import EventName
from cloud_core.domain.fingerprint import changed_parts
from cloud_core.domain.records import Action, StackRecord, StackResult, StackStatus
from cloud_core.domain.states import UNCHANGED
from cloud_core.services.fingerprints import Fingerprints
from cloud_core.services.operation_run import OperationRun
from cloud_core.services.stack_records import StackRecords

_logger = logging.getLogger(__name__)


class UnchangedStacks:
    """Finds and tells of them; safe from many threads. No engine is asked, nothing is written to the stack's record."""

    def __init__(self, records: StackRecords, fingerprints: Fingerprints) -> None:
        self._records = records
        self._fingerprints = fingerprints

    def skip(self, run: OperationRun, stack: str) -> StackResult | None:
        """The result of a stack that need not run; None for one that must, or when that can't be told."""
        if not run.operation.skip_unchanged:
            return None
        try:
            record = self._records.find(run, stack)
            if record is None or self.reasons_to_deploy(run, record):
                return None
        except CloudError as error:
            _logger.info("can't tell whether stack %s changed, so it is deployed: %s", stack, error.message)
            return None
        return self._tell(run, record)

    def reasons_to_deploy(self, run: OperationRun, record: StackRecord) -> list[str]:
        """Why the stack may not be skipped, in a few words each; empty when it may."""
        if record.status is not StackStatus.DEPLOYED:
            return [f"it is {record.status.value}"]
        if not record.fingerprint:
            return ["it is not known what it was deployed from"]
        foreseen = self._fingerprints.foreseen(run, record.stack_name)
        if foreseen is None:
            return ["an input is not known yet"]
        return [f"changed: {part}" for part in changed_parts(record.fingerprint, foreseen)]

    @staticmethod
    def _tell(run: OperationRun, record: StackRecord) -> StackResult:
        result = StackResult(stack_name=record.stack_name, status=StackStatus.SKIPPED, cause=UNCHANGED)
        run.remember(result)
        deployed = record.last_deployment.completed_at if record.last_deployment else None
        run.events.emit(
            EventName.STACK_DEPLOYED if run.operation.type is Action.DEPLOY else EventName.STACK_CHECKED,
            record.stack_name,
            status=StackStatus.SKIPPED.value,
            cause=UNCHANGED,
            last_deployed_at=deployed,
            resource_count=record.resource_count,
            outputs=dict(record.outputs),
        )
        return result
