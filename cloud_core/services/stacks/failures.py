"""What goes wrong with a stack, as the truthful result that it is."""

from __future__ import annotations

import logging

from cloud_core.domain.errors import CloudError, EngineCancelled
from cloud_core.domain.events import EventName
from cloud_core.domain.long_texts import LONGEST_REASON, shortened
from cloud_core.domain.records import StackResult
from cloud_core.domain.schedule import CANCELLED
from cloud_core.domain.statuses import StackStatus
from cloud_core.services.runs.run import OperationRun

_logger = logging.getLogger(__name__)


def failure(stack: str, error: Exception, seconds: float) -> StackResult:
    """The result of a stack whose work raised this; one that was stopped on request is cancelled. An error that is
    none of ours shows nothing but its type: its text could hold anything."""
    known = error if isinstance(error, CloudError) else None
    reason = known.message if known else f"stack {stack!r} failed: unexpected {type(error).__name__}"
    if known is None:
        _logger.error("stack %s failed with an unexpected error", stack, exc_info=error)
    stopped = isinstance(error, EngineCancelled)
    return StackResult(
        stack_name=stack,
        status=StackStatus.CANCELLED if stopped else StackStatus.FAILED,
        cause=CANCELLED if stopped else None,
        duration_seconds=round(seconds, 3),
        error_code=known.code if known else CloudError.code,
        error=shortened(reason, LONGEST_REASON),
        resource=known.context.get("resource") if known else None,
    )


def tell_failure(run: OperationRun, result: StackResult, error: Exception) -> None:
    """The event of a failure, with the way out that the error names."""
    run.events.emit(
        EventName.STACK_FAILED,
        result.stack_name,
        status=result.status.value,
        cause=result.cause,
        operation_type=run.operation.type.value,
        error_message=result.error,
        error={"code": result.error_code, "resource": result.resource},
        suggestion=error.suggestion if isinstance(error, CloudError) else None,
    )
