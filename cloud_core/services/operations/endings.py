"""How an operation ended, in a status and a sentence."""

from __future__ import annotations

from cloud_core.domain.statuses import OperationStatus, StackStatus
from cloud_core.services.runs.run import OperationRun
from cloud_core.services.stacks.records import what_waits


def ending_of(run: OperationRun) -> tuple[OperationStatus, str]:
    """By the results that the run holds; the sentence also names what waits for the records, and what is taken back."""
    status, message = _ending(run)
    return status, message + what_waits(run) + (f"; {run.undoing.words}" if run.undoing else "")


def _ending(run: OperationRun) -> tuple[OperationStatus, str]:
    failed = _with(run, StackStatus.FAILED)
    cancelled = _with(run, StackStatus.CANCELLED)
    if run.lease.is_lost:
        return OperationStatus.FAILED, "the lease was lost: another owner has the environment"
    if failed:
        return OperationStatus.FAILED, f"failed: {', '.join(failed)}"
    if cancelled or run.stop.is_set:
        return OperationStatus.CANCELLED, f"cancelled: {', '.join(cancelled) or 'on request'}"
    return OperationStatus.SUCCESS, _done(run)


def _done(run: OperationRun) -> str:
    """`2 stacks deployed, 14 unchanged`; of a rollback `1 stack deployed, 3 stacks destroyed`."""
    done = [run.operation.done(name) for name, one in run.results.items() if one.status is not StackStatus.SKIPPED]
    unchanged = len(run.results) - len(done)
    kinds = dict.fromkeys(done) or [run.operation.type.done]
    said = ", ".join(f"{_stacks(done.count(kind))} {kind.value}" for kind in sorted(kinds))
    return f"{said}, {unchanged} unchanged" if unchanged else said


def _with(run: OperationRun, status: StackStatus) -> list[str]:
    return sorted(name for name, result in run.results.items() if result.status is status)


def _stacks(count: int) -> str:
    return "1 stack" if count == 1 else f"{count} stacks"
