"""Carrying an operation out, in the process of its flow: take the lease, run, end truthfully, give it back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError, Conflict, OperationRunning
from cloud_core.domain.events import EventName
from cloud_core.domain.records import Operation, StackResult
from cloud_core.domain.schedule import CANCELLED
from cloud_core.domain.states import advance, environment_status_of
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus, StackStatus
from cloud_core.domain.stopping import CancelLevel
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.services.operations.endings import ending_of
from cloud_core.services.records.event_writer import PATIENCE_SECONDS, EventWriter, Sink
from cloud_core.services.records.graphs import OperationPlans, needs_of
from cloud_core.services.records.operations import require_operation, update_operation
from cloud_core.services.records.statuses import EnvironmentStatuses
from cloud_core.services.runs.cancelling import level_of, obey
from cloud_core.services.runs.holds import Hold
from cloud_core.services.runs.run import OperationRun
from cloud_core.services.stacks.records import tell_recovered
from cloud_core.services.stacks.service import StackService

_logger = logging.getLogger(__name__)

Holds = Callable[[Operation], Hold]
"""What the operation holds while it runs."""

_CHANGING: Final = {
    Action.DEPLOY: DeploymentStatus.DEPLOYING,
    Action.DESTROY: DeploymentStatus.DESTROYING,
    Action.ROLLBACK: DeploymentStatus.ROLLING_BACK,
}


@dataclass(frozen=True)
class Outcome:
    """How an operation ended: its own status, the environment's, and one sentence for people."""

    status: OperationStatus
    environment_status: DeploymentStatus | None
    message: str


class ExecutionService:
    """Begins and ends operations; in between the flow runs the stacks."""

    telling_seconds = PATIENCE_SECONDS
    """How long a store is waited for that does not take what is told."""

    def __init__(
        self,
        records: Records,
        stacks: StackService,
        plans: OperationPlans,
        holds: Holds,
        clock: Clock,
        sinks: Callable[[Operation], tuple[Sink, ...]] = lambda operation: (),
    ) -> None:
        self._records = records
        self._stacks = stacks
        self._plans = plans
        self._holds = holds
        self._clock = clock
        self._sinks = sinks
        self._statuses = EnvironmentStatuses(records.deployments)

    @contextmanager
    def running(self, deployment_id: str, operation_id: str) -> Iterator[OperationRun]:
        """Hold the environment's lease around the block, unless it only reads, and begin the operation.

        The block calls `finish`; when it ends by an exception instead, the operation is ended here with what is
        known. Raises OperationRunning when another operation holds the environment: this one is failed then.
        """
        operation = self._operation(deployment_id, operation_id)
        if operation.status.is_terminal:
            raise Conflict(f"operation {operation_id} has ended already: {operation.status.value}")
        try:
            with self._holds(operation) as hold:
                yield from self._holding(operation, hold)
        except OperationRunning as error:
            # A second flow process of the same operation must not end the one that is at work.
            if error.context.get("operation_id") != operation_id:
                self._refuse(operation, error.message, error.suggestion)
            raise
        except CloudError as error:
            self._refuse(operation, error.message, error.suggestion)
            raise
        except BaseException as error:
            self._refuse(operation, f"the flow broke off: {type(error).__name__}", None)
            raise

    def _refuse(self, operation: Operation, message: str, suggestion: str | None) -> None:
        """End an operation that could not begin, and tell so; one that has ended, is stopping or waits for an
        approval stays as it is."""
        status = self._operation(operation.deployment_id, operation.operation_id).status
        if status.is_terminal or status in (OperationStatus.CANCELLING, OperationStatus.AWAITING_APPROVAL):
            return
        self._close(operation, OperationStatus.FAILED, message)
        with EventWriter(operation, self._records, self._clock, patience_seconds=self.telling_seconds) as events:
            events.emit(
                EventName.DEPLOYMENT_FAILED,
                status=OperationStatus.FAILED.value,
                operation_status=OperationStatus.FAILED.value,
                message=message,
                suggestion=suggestion,
            )

    def _holding(self, operation: Operation, hold: Hold) -> Iterator[OperationRun]:
        # Before the plan, which goes by the stacks' statuses.
        recovered = [] if operation.type.only_reads else self._stacks.records.recover(operation, hold.fence)
        deployment, plan = self._plans.load(operation)
        sinks = self._sinks(operation)
        with EventWriter(operation, self._records, self._clock, sinks, self.telling_seconds) as events:
            run = OperationRun(operation=operation, deployment=deployment, plan=plan, lease=hold, events=events)
            self._stacks.require_destroyable(run)
            try:
                self._begin(run)
                tell_recovered(run, recovered)
                yield run
            except BaseException as error:
                self._abort(run, error)
                raise

    def _begin(self, run: OperationRun) -> None:
        operation = run.operation
        now = timestamp(self._clock.now())
        existing = self._existing(operation) if operation.rollback_on_error else []

        def begin(current: Operation) -> Operation:
            if current.status.is_terminal:
                raise Conflict(f"operation {current.operation_id} has ended already: {current.status.value}")
            status = OperationStatus.CANCELLING if current.cancel_requested else OperationStatus.IN_PROGRESS
            existed = current.existed if current.started_at else existing
            changes = {"status": status, "started_at": now, "reader": run.lease.reader, "existed": existed}
            return current.model_copy(update=changes)

        run.operation = begun = self._update(operation, begin)
        changing = _CHANGING.get(begun.type)
        if changing is not None and begun.decides_environment:
            self._statuses.enter(begun.deployment_id, begun.environment, changing)
        run.events.emit(
            EventName.DEPLOYMENT_STARTED,
            status=(changing or begun.type.running).value,
            operation_type=begun.type.value,
            started_by=begun.started_by,
            total_stacks=len(run.graph.names),
            total_layers=len(run.graph.layers),
        )
        obey(run, level_of(begun))

    def _existing(self, operation: Operation) -> list[str]:
        """Stacks that may have resources already."""
        return sorted(needs_of(self._records.stacks.list_by_deployment(operation.deployment_id, operation.environment)))

    def cancel_level(self, run: OperationRun) -> CancelLevel | None:
        """How hard the record asks the operation to stop; None when it does not, or can't be read now."""
        try:
            return level_of(self._operation(run.operation.deployment_id, run.operation.operation_id))
        except Exception as error:  # noqa: BLE001 - the outermost frame of a thread, which must go on asking
            _logger.warning("can't ask whether %s is to be cancelled: %s", run.operation.operation_id, error)
            return None

    def finish(self, run: OperationRun, decide: Callable[[OperationRun], None] = lambda run: None) -> Outcome:
        """End the operation with the results that the run holds; write first, then tell. `decide` is asked before what
        is to follow."""
        self._stacks.records.settle(run)
        decide(run)
        outcome = self._outcome(run)
        try:
            # Without the lease the environment is somebody else's to tell about.
            if outcome.environment_status is not None and not run.lease.is_lost:
                self._statuses.leave(run.operation, outcome.environment_status, timestamp(self._clock.now()))
        finally:
            run.operation = self._close(run.operation, outcome.status, outcome.message, run)
            self._tell_end(run, outcome)
        return outcome

    def _abort(self, run: OperationRun, error: BaseException) -> None:
        """The flow broke: every stack without a result is told as it is, the operation ends failed or cancelled.

        While an engine is still stopping it stays `cancelling`: the lease goes on naming the engine, and whoever asks
        next ends the operation once that is gone.
        """
        if run.operation.status.is_terminal:
            return
        if run.lease.running_engines:
            self._leave_stopping(run)
            return
        stopped = run.stop.is_set
        for stack in run.graph.names:
            if stack not in run.results:
                status = StackStatus.CANCELLED if stopped else StackStatus.FAILED
                cause = CANCELLED if stopped else "the flow broke off before the stack ended"
                said = None if stopped else cause
                run.results[stack] = StackResult(stack_name=stack, status=status, cause=cause, error=said)
        try:
            self.finish(run)
        except CloudError as problem:
            _logger.error("operation %s could not be ended: %s", run.operation.operation_id, problem)

    def _leave_stopping(self, run: OperationRun) -> None:
        cancelling = {"status": OperationStatus.CANCELLING, "results": dict(run.results)}
        try:
            run.operation = self._update(
                run.operation,
                lambda current: current if current.status.is_terminal else current.model_copy(update=cancelling),
            )
        except CloudError as problem:
            _logger.error("operation %s could not be marked as stopping: %s", run.operation.operation_id, problem)

    def _outcome(self, run: OperationRun) -> Outcome:
        status, message = ending_of(run)
        return Outcome(status, self._environment_status(run), message)

    def _environment_status(self, run: OperationRun) -> DeploymentStatus | None:
        """None for an operation that leaves the environment's status as it is: over single stacks, or without a
        change to AWS."""
        operation = run.operation
        if not operation.decides_environment:
            return None
        records = self._records.stacks.list_by_deployment(operation.deployment_id, operation.environment)
        stored = {record.stack_name: record.status for record in records}
        return environment_status_of(operation.type, run.results, stored, run.whole.names)

    def _tell_end(self, run: OperationRun, outcome: Outcome) -> None:
        names = {
            OperationStatus.SUCCESS: EventName.DEPLOYMENT_COMPLETE,
            OperationStatus.CANCELLED: EventName.DEPLOYMENT_CANCELLED,
        }
        counts = [result.status for result in run.results.values()]
        run.events.emit(
            names.get(outcome.status, EventName.DEPLOYMENT_FAILED),
            status=outcome.environment_status.value if outcome.environment_status else outcome.status.value,
            operation_status=outcome.status.value,
            message=outcome.message,
            total_stacks=len(run.graph.names),
            operation_type=run.operation.type.value,
            deployed_stacks=counts.count(run.operation.type.done),
            failed_stacks=counts.count(StackStatus.FAILED),
            skipped_stacks=counts.count(StackStatus.SKIPPED),
            resources_created=sum(result.changes.get("create", 0) for result in run.results.values()),
        )
        run.events.flush()

    def _close(
        self,
        operation: Operation,
        status: OperationStatus,
        message: str,
        run: OperationRun | None = None,
    ) -> Operation:
        now = timestamp(self._clock.now())
        return self._update(
            operation,
            lambda op: (
                op
                if op.status.is_terminal
                else op.model_copy(
                    update={
                        "status": advance(op.status, status),
                        "message": message,
                        "completed_at": now,
                        "results": dict(run.results if run and run.results else op.results),
                        "rolled_back_by": run.undoing.operation_id if run and run.undoing else None,
                    }
                )
            ),
        )

    def _update(self, operation: Operation, change: Callable[[Operation], Operation]) -> Operation:
        return update_operation(self._records.operations, operation.deployment_id, operation.operation_id, change)

    def _operation(self, deployment_id: str, operation_id: str) -> Operation:
        return require_operation(self._records.operations, deployment_id, operation_id)
