"""Operations that are asked for from elsewhere: on the record as it is, whatever a workspace's file says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cloud_core.domain.errors import Conflict, InvalidInput
from cloud_core.domain.plan import Plan
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action
from cloud_core.domain.stopping import CancelLevel
from cloud_core.domain.validation import Level
from cloud_core.services.looking.plans import PlanService
from cloud_core.services.looking.status import StatusService
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.preparation import Preparation, PreparationService
from cloud_core.services.operations.retries import RetryService, RetryWish, require_same_retry
from cloud_core.services.operations.service import OperationService


class RecordOperations:
    """Validates, then starts; nobody is asked in between."""

    def __init__(
        self,
        operations: OperationService,
        preparation: PreparationService,
        retries: Callable[[], RetryService],
        status: StatusService,
        plans: PlanService,
    ) -> None:
        """`retries` is made when it is asked: it looks at the engine."""
        self._operations = operations
        self._preparation = preparation
        self._retries = retries
        self._status = status
        self._plans = plans

    def deploy(self, request: StartOperation, level: Level | None = Level.FULL, strict: bool = False) -> Operation:
        """Start a deploy, or look ahead to one, of a manifest that is valid to that level (None skips it).

        The same idempotency key gives the same operation, whatever holds by now. Raises InvalidManifest with every
        finding, Conflict for a plan that does not hold any more, and what `OperationService.start` raises.
        """
        plan = self._plan(request)
        request = _confined(request, plan)
        if (known := self._operations.turns.asked_before(request)) is not None:
            return known
        if plan is not None:
            self._plans.require_current(plan)
        valid = self._preparation.require_valid_record(request, level, strict) if level is not None else None
        return self._operations.start_new(request, valid)

    def foresee(self, request: StartOperation, level: Level | None = Level.FULL, strict: bool = False) -> Preparation:
        """What a deploy would do, from the records alone; nothing is written. Raises as `deploy`."""
        plan = self._plan(request)
        if plan is not None:
            self._plans.require_current(plan)
        prepared = self._preparation.of_record(_confined(request, plan), level, strict, rehearse=True)
        if prepared.validation is not None:
            prepared.validation.raise_if_invalid()
        return prepared

    def destroy(self, request: StartOperation) -> Operation | None:
        """Start a destroy; None when there is nothing to destroy. Raises what `OperationService.start` raises."""
        if (known := self._operations.turns.asked_before(request)) is not None:
            return known
        return self._operations.start_new(request) if self._exists(request) else None

    def foresee_destroy(self, request: StartOperation) -> dict[str, Any]:
        """What a destroy would take away, in the order of going; nothing is written."""
        report = self._status.report(request.deployment_id, request.environment).environments[0]
        return report.destroy_data(self._operations.plan(request).graph)

    def compare(self, request: StartOperation) -> Operation | None:
        """Start a comparison with AWS, or a refresh; None when nothing is deployed. Raises what
        `OperationService.start` raises."""
        if (known := self._operations.turns.asked_before(request)) is not None:
            return known
        return self._operations.start_new(request) if self._operations.plan(request).graph.names else None

    def foresee_any(
        self, request: StartOperation, level: Level | None = Level.FULL, strict: bool = False
    ) -> dict[str, Any]:
        """What the preview would look at, as `foresee` or `foresee_destroy` tells it."""
        if request.goal is Action.DESTROY:
            return self.foresee_destroy(request)
        return self.foresee(request, level, strict).to_data()

    def foresee_retry(self, wish: RetryWish) -> dict[str, Any]:
        """What a retry would do: no stacks when nothing is left. Raises as `RetryService.prepare`."""
        return self._retries().prepare(wish).to_data()

    def retry(self, wish: RetryWish, idempotency_key: str | None = None) -> Operation:
        """Start what an operation left undone. The same idempotency key gives the same operation, whatever is left by
        now. Conflict when nothing is; raises as `RetryService.prepare`."""
        known = self._operations.turns.of_key(wish.deployment_id, idempotency_key)
        if known is not None:
            return require_same_retry(known, wish)
        found = self._retries().prepare(wish)
        if found.request is None:
            ended = (
                f"{found.ended.operation_id} has ended: {found.ended.status.value}" if found.ended else "it never ran"
            )
            raise Conflict(f"nothing is left to do of it: {ended}", deployment_id=wish.deployment_id)
        return self._operations.start_new(replace(found.request, idempotency_key=idempotency_key))

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

    def _plan(self, request: StartOperation) -> Plan | None:
        """The plan that the request is to be confined to; InvalidInput for one of another environment."""
        if request.plan_id is None:
            return None
        plan = self._plans.read(request.deployment_id, request.plan_id)
        if plan.environment != request.environment.value:
            raise InvalidInput(
                f"the plan is for {plan.environment}, not for {request.environment.value}",
                field="plan_id",
                value=request.plan_id,
            )
        return plan

    def _exists(self, request: StartOperation) -> bool:
        """Whether there is something to destroy."""
        report = self._status.report(request.deployment_id, request.environment).environments[0]
        alive = {stack.name for stack in report.existing}
        return bool(alive & set(request.stacks)) if request.stacks else bool(alive)


def _confined(request: StartOperation, plan: Plan | None) -> StartOperation:
    """The request, over what its plan shows."""
    return request if plan is None else replace(request, stacks=list(plan.confined_to))
