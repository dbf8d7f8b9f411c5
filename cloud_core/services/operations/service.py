"""Starting, finding and cancelling operations: what the edges call."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError, InvalidInput
from cloud_core.domain.events import EventName
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.names import EnvironmentName, command_place
from cloud_core.domain.records import Deployment, Operation
from cloud_core.domain.statuses import Action, OperationStatus
from cloud_core.domain.stopping import CancelLevel
from cloud_core.ports.clock import Clock
from cloud_core.ports.flows import FlowRunner
from cloud_core.ports.processes import Processes
from cloud_core.ports.records import Records
from cloud_core.services.operations.abandoned import AbandonedOperations
from cloud_core.services.operations.former_manifests import FormerManifests
from cloud_core.services.operations.guards import OperationGuards, StartOperation, again, require_same
from cloud_core.services.operations.no_ops import NoOps, Reasons
from cloud_core.services.operations.turns import Turns
from cloud_core.services.records.events import operation_event
from cloud_core.services.records.graphs import OperationPlan
from cloud_core.services.records.operations import require_operation, update_operation
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.runs.cancelling import request_cancel


def new_operation_id() -> str:
    """As unlikely to be taken as not to be looked at."""
    return f"op-{secrets.token_hex(6)}"


FROM_PAGES: Final = "prefect-ui"
"""Who is recorded for a run that began in the flow service's pages: they know no users."""


class OperationService:
    """Works on the records alone; `services.preparation` makes them current before a deploy."""

    def __init__(
        self,
        records: Records,
        guards: OperationGuards,
        flows: Callable[[], FlowRunner],
        processes: Processes,
        clock: Clock,
        no_ops: NoOps | None = None,
    ) -> None:
        """Without `no_ops` every operation gets a flow run."""
        self._no_ops = no_ops
        self._abandoned = AbandonedOperations(records, flows, processes, clock)
        self.turns = Turns(records, self._abandoned)
        self._guards = guards
        self.former_manifests = FormerManifests(records, guards.plans, clock)
        self._gate = guards.gate
        self._records = records
        self._flows = flows
        self._clock = clock

    def plan(self, request: StartOperation, deployment: Deployment | None = None) -> OperationPlan:
        """What the operation would do; nothing is written. Raises what `start` would raise for the request.

        Given a deployment, it is taken for the stored record: a rehearsal with a manifest that was not pushed.
        """
        if deployment is None:
            deployment = require_deployment(self._records.deployments, request.deployment_id)
        return self._guards.plan(deployment, request)

    def start(self, request: StartOperation) -> Operation:
        """Accept the operation and submit its flow run; answers as soon as the run is queued. A deploy that would
        change nothing has ended then, and has no run; what needs an approval waits for it, and has none yet.

        The same idempotency key gives the same operation. Raises OperationRunning while another one holds the
        environment, DependentsExist, InvalidInput, FlowServiceUnreachable (the operation is failed then).
        """
        return self.turns.asked_before(request) or self.start_new(request)

    def start_new(self, request: StartOperation, valid: Deployment | None = None) -> Operation:
        """As `start`, of a request whose idempotency key was just looked for, and stood for nothing.

        `valid` is the record as it was validated: the operation pins that one and no later one. One that moves on
        meanwhile is met by the flow, as at any later moment.
        """
        deployment = valid or require_deployment(self._records.deployments, request.deployment_id)
        deployment = self._target(deployment, request)
        plan = self.plan(request, deployment)
        mine = self._gate.asking(self._new_operation(deployment, request, plan.graph))
        stored = self.turns.accept(mine)
        if stored.operation_id != mine.operation_id:
            return require_same(stored, request)
        self._supersede(stored)
        ended = self._no_ops.end(stored, deployment, plan) if self._no_ops else None
        return ended or self._wait(stored) or self.submit(stored)

    def _target(self, deployment: Deployment, request: StartOperation) -> Deployment:
        """The record as the operation will find it: a preview may look at another manifest, or at sections of one; a
        rollback puts one back."""
        if request.action is Action.PREVIEW:
            plans = self._guards.plans
            if request.manifest_version is not None:
                deployment = plans.at_version(deployment, request.manifest_version)
            return plans.with_sections_of(deployment, request.back_to_version, request.stacks)
        return self.former_manifests.expected(deployment, request.rollback)

    def reasons(self, request: StartOperation, deployment: Deployment, plan: OperationPlan) -> Reasons:
        """Why each stack of a deploy would not be skipped; {} where that is not foreseen."""
        if self._no_ops is None or request.goal is not Action.DEPLOY:
            return {}
        return self._no_ops.reasons(self._new_operation(deployment, request, plan.graph), deployment, plan)

    def adopt(
        self, deployment_id: str, environment: EnvironmentName, action: Action, flow_run_id: str, attempt: int
    ) -> Operation:
        """The operation of a flow run that was started in the flow service's own pages.

        `attempt` counts the run's executions, so that a retry is an operation of its own.
        """
        if action is Action.ROLLBACK:
            raise InvalidInput(
                "a rollback can't be started in the flow service: it takes back a deploy that failed",
                field="action",
                value=action.value,
                suggestion=f"run 'cloud rollback {command_place(deployment_id, environment)}'",
            )
        request = StartOperation(deployment_id, environment, action, started_by=FROM_PAGES)
        return self._adopt(request, flow_run_id, attempt)

    def adopt_scheduled(self, wish: StartOperation, flow_run_id: str) -> Operation:
        """The operation of a flow run that a schedule started."""
        return self._adopt(wish, flow_run_id, attempt=1)

    def repeat(self, ended: Operation, flow_run_id: str, attempt: int) -> Operation:
        """The operation of a flow run that was retried in the pages: what the ended one did, on the same stacks."""
        return self._adopt(again(ended, FROM_PAGES), flow_run_id, attempt)

    def _adopt(self, wish: StartOperation, flow_run_id: str, attempt: int) -> Operation:
        request = replace(wish, idempotency_key=f"{flow_run_id}-{attempt}")
        deployment = require_deployment(self._records.deployments, request.deployment_id)
        self._gate.refuse_unknown(request.deployment_id, request.environment, request.action, request.started_by)
        operation = self._new_operation(deployment, request, self._guards.plan(deployment, request).graph)
        stored = self._records.operations.create(operation.model_copy(update={"flow_run_id": flow_run_id}))
        self._supersede(stored)
        return stored

    def get(self, deployment_id: str, operation_id: str) -> Operation:
        """Raises OperationNotFound."""
        return require_operation(self._records.operations, deployment_id, operation_id)

    def settle(self, operation: Operation) -> bool:
        """Whether the operation is over; one that is proven dead is ended in its record first."""
        return self._abandoned.settle(operation)

    def latest(self, deployment_id: str, environment: EnvironmentName) -> Operation | None:
        """The one operation that the environment is about; see `Turns.current`."""
        return self.turns.current(deployment_id, environment)

    def request_cancel(
        self, deployment_id: str, operation_id: str, level: CancelLevel = CancelLevel.INTERRUPT
    ) -> Operation:
        """Ask the operation to stop; see `services.cancelling`. One that waits for an approval has ended then."""
        found = self.get(deployment_id, operation_id)
        if found.status.is_waiting:
            found = self._gate.waiting.end(found, "cancelled before it was approved")
            if found.status.is_terminal:
                return found
        return request_cancel(self._records.operations, deployment_id, operation_id, level)

    def _new_operation(self, deployment: Deployment, request: StartOperation, graph: StackGraph) -> Operation:
        return Operation(
            operation_id=request.operation_id or new_operation_id(),
            deployment_id=deployment.deployment_id,
            environment=request.environment,
            type=request.action,
            previews=request.previews,
            plan_id=request.plan_id,
            stacks=request.stacks,
            manifest_version=deployment.manifest_version,
            digest=deployment.digest,
            parallel=request.parallel,
            fail_fast=request.fail_fast,
            force=request.force,
            skip_dependencies=request.skip_dependencies,
            skip_unchanged=request.skip_unchanged,
            retry_of=request.retry_of,
            settles_environment=request.settles_environment,
            repair=request.repair,
            rollback_on_error=request.rollback_on_error,
            rollback=request.rollback,
            promoted_from=request.promoted_from,
            back_to_version=request.back_to_version,
            started_by=request.started_by,
            created_at=timestamp(self._clock.now()),
            idempotency_key=request.idempotency_key,
            layers=graph.layers,
        )

    def _supersede(self, operation: Operation) -> None:
        if not operation.type.only_reads:
            self._gate.waiting.supersede(operation)

    def _wait(self, operation: Operation) -> Operation | None:
        """The operation when it has to be approved first, which is told; None for one that may go on."""
        if not operation.status.is_waiting:
            return None
        self._gate.waiting.tell(operation)
        return operation

    def submit(self, operation: Operation, undo: Callable[[Operation], Operation] | None = None) -> Operation:
        """Queue the flow run of an accepted operation; a rollback's manifest is put back first. When that can't be done
        the operation is failed, unless `undo` makes something else of its record."""
        try:
            operation = self.former_manifests.put_back(operation)
            self._tell_accepted(operation)
            run = self._flows().submit(operation)
        except BaseException as error:
            reason = error.message if isinstance(error, CloudError) else f"not submitted: {type(error).__name__}"
            self._give_up(operation, undo or (lambda current: self._failed(current, reason)))
            raise
        return update_operation(
            self._records.operations,
            operation.deployment_id,
            operation.operation_id,
            lambda current: current.model_copy(update={"flow_run_id": run.flow_run_id}),
        )

    def _give_up(self, operation: Operation, undo: Callable[[Operation], Operation]) -> None:
        """A run that was never queued leaves no operation that looks alive; one that has begun all the same goes on."""
        update_operation(
            self._records.operations,
            operation.deployment_id,
            operation.operation_id,
            lambda current: undo(current) if current.status is OperationStatus.PENDING else current,
        )

    def _failed(self, operation: Operation, message: str) -> Operation:
        completed_at = timestamp(self._clock.now())
        failed = {"status": OperationStatus.FAILED, "message": message, "completed_at": completed_at}
        return operation.model_copy(update=failed)

    def _tell_accepted(self, operation: Operation) -> None:
        message = f"{operation.type.value} of {operation.environment.value} accepted as {operation.operation_id}"
        now = timestamp(self._clock.now())
        self._records.events.append(operation_event(operation, EventName.LOG, now, message=message, level="info"))
