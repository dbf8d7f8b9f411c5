"""Stacks that a deploy may pass over, because nothing that they are made from has changed since they were deployed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from cloud_core.domain.errors import CloudError, Unavailable
from cloud_core.domain.events import EventName
from cloud_core.domain.fingerprint import changed_parts
from cloud_core.domain.records import StackRecord, StackResult
from cloud_core.domain.states import UNCHANGED
from cloud_core.domain.statuses import StackStatus
from cloud_core.services.runs.run import OperationRun, OperationScope
from cloud_core.services.stacks.fingerprints import Fingerprints

_logger = logging.getLogger(__name__)


class UnchangedStacks:
    """Finds and tells of them; safe from many threads. No engine is asked, nothing is written to the stack's record."""

    def __init__(self, fingerprints: Fingerprints) -> None:
        self._fingerprints = fingerprints

    def skip(self, run: OperationRun, find: Callable[[], StackRecord | None]) -> StackResult | None:
        """The result of a stack that need not run; None for one that must, or when that can't be told.

        Records that are away are met again, and told of, when the stack is entered.
        """
        try:
            record = find()
        except Unavailable as error:
            _logger.info("can't tell whether a stack changed: %s", error)
            return None
        if record is None or self.reasons_to_deploy(run, record):
            return None
        return self._tell(run, record)

    def reasons_to_deploy(self, scope: OperationScope, record: StackRecord | None) -> list[str]:
        """Why the stack may not be skipped, in a few words each; empty when it may."""
        if record is None:
            return ["it was never deployed"]
        if not scope.operation.skip_unchanged:
            return ["asked for, changed or not"]
        if record.status is StackStatus.FAILED:
            return ["its last run did not succeed"]
        if record.status is not StackStatus.DEPLOYED:
            return [f"it is {record.status.value}"]
        if record.drift is not None:
            count = record.drift.count
            return [f"AWS differs from its state in {count} {'resource' if count == 1 else 'resources'}"]
        if not record.fingerprint:
            return ["its state is not the one that a deploy has left"]
        try:
            foreseen = self._fingerprints.foreseen(scope, record.stack_name)
        except CloudError as error:
            return [f"it can't be told whether it changed: {error.message}"]
        if foreseen is None:
            return ["an input is not known yet"]
        return [f"changed: {part}" for part in changed_parts(record.fingerprint, foreseen)]

    @staticmethod
    def _tell(run: OperationRun, record: StackRecord) -> StackResult:
        result = unchanged_result(record)
        run.remember(result)
        name = EventName.STACK_DEPLOYED if run.operation.type.changes_aws else EventName.STACK_CHECKED
        run.events.emit(name, record.stack_name, **skip_data(record))
        return result


def unchanged_result(record: StackRecord) -> StackResult:
    """How a stack fared that is left as it was."""
    last = record.last_deployment
    return StackResult(
        stack_name=record.stack_name,
        status=StackStatus.SKIPPED,
        cause=UNCHANGED,
        last_deployed_at=last.completed_at if last else None,
    )


def skip_data(record: StackRecord) -> dict[str, Any]:
    """What is told of an unchanged stack: that it is as it was, and since when."""
    return {
        "status": StackStatus.SKIPPED.value,
        "cause": UNCHANGED,
        "last_deployed_at": record.last_deployment.completed_at if record.last_deployment else None,
        "resource_count": record.resource_count,
        "outputs": dict(record.outputs),
    }
