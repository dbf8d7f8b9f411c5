"""Plans: read from what a preview told, and compared with what is to be deployed by them."""

from __future__ import annotations

from collections.abc import Mapping

from cloud_core.domain.errors import Conflict, InvalidInput
from cloud_core.domain.events import Event
from cloud_core.domain.plan import Plan, StackPlan
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.domain.steps import Step
from cloud_core.ports.records import Records
from cloud_core.services.looking.watching import checks_of
from cloud_core.services.records.once import Once
from cloud_core.services.records.operations import require_operation
from cloud_core.services.records.statuses import require_deployment


class PlanService:
    """Reads only."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def read(self, deployment_id: str, operation_id: str) -> Plan:
        """The plan that a preview has made. Raises OperationNotFound; InvalidInput for an operation of another kind."""
        operation = require_operation(self._records.operations, deployment_id, operation_id)
        if operation.type is not Action.PREVIEW:
            raise InvalidInput(
                f"operation {operation_id} is a {operation.type.value}, not a preview",
                field="plan",
                value=operation_id,
                suggestion=f"make a plan with 'cloud plan {operation.place}'",
            )
        return plan_of(operation, checks_of(self._records.events, operation))

    def require_current(self, plan: Plan) -> None:
        """Raises Conflict when the plan can't be deployed as it stands, saying why; InvalidInput for another's."""
        recorded = self.read(plan.deployment_id, plan.operation_id)
        if recorded != plan:
            raise InvalidInput(
                f"the plan is not the one that operation {plan.operation_id} has made",
                field="plan",
                suggestion=f"make it anew with 'cloud plan {plan.place} --out FILE'",
            )
        if reason := self._why_not(plan):
            raise Conflict(f"the plan can't be deployed: {reason}", suggestion="make a new plan, and look at it")

    def _why_not(self, plan: Plan) -> str | None:
        deployment = require_deployment(self._records.deployments, plan.deployment_id)
        if plan.goal is not Action.DEPLOY:
            return f"it looks ahead to a {plan.goal.value}"
        if not plan.is_complete:
            return "not every stack could be looked at"
        if deployment.digest != plan.digest:
            return (
                f"the manifest moved on from version {plan.manifest_version} to {deployment.manifest_version} since it "
                "was made"
            )
        return None


def plan_of(operation: Operation, told: Mapping[str, Event]) -> Plan:
    """The plan of a preview from its results and its events by stack."""
    stacks = [
        _stack_plan(operation, name, layer, told.get(name))
        for layer, names in enumerate(operation.layers, 1)
        for name in names
    ]
    return Plan(
        operation_id=operation.operation_id,
        deployment_id=operation.deployment_id,
        environment=operation.environment.value,
        goal=operation.goal,
        manifest_version=operation.manifest_version,
        digest=operation.digest,
        created_at=operation.created_at,
        stacks=tuple(stacks),
        confined_to=tuple(operation.stacks),
    )


def _stack_plan(operation: Operation, name: str, layer: int, event: Event | None) -> StackPlan:
    result = operation.results.get(name)
    data = event.data if event else {}
    status = result.status if result else StackStatus.CANCELLED
    error = result.error if result else f"the preview ended before: {operation.message or operation.status.value}"
    if status is StackStatus.PREVIEWED and event is None:
        # Its steps were lost on the way to the log: nobody may agree to what can't be seen.
        status, error = StackStatus.FAILED, "what would be done was not recorded: make the plan again"
    elif event is not None and event.left_out:
        status, error = StackStatus.FAILED, "what would be done is too large to be recorded: deploy it without a plan"
    return StackPlan(
        name=name,
        layer=layer,
        status=status,
        cause=result.cause if result else None,
        error=error,
        last_deployed_at=data.get("last_deployed_at"),
        reasons=tuple(data.get("reasons", ())),
        waits_for=tuple(data.get("waits_for", ())),
        protected=tuple(data.get("protected", ())),
        changes=dict(result.changes) if result else {},
        steps=tuple(Step.from_data(step) for step in data.get("steps", ())),
    )


class PlannedSteps:
    """The steps that a deploy is confined to, read once for an operation; safe from many threads."""

    def __init__(self, plans: PlanService) -> None:
        self._plans = plans
        self._once = Once()

    def of(self, operation: Operation, stack: str) -> tuple[Step, ...] | None:
        """Steps of the stack in the operation's plan, () when it was to be skipped; None without a plan.

        Raises Conflict when the plan has no such stack.
        """
        deployment_id, plan_id = operation.deployment_id, operation.plan_id
        if plan_id is None:
            return None
        plan = self._once.ask((deployment_id, plan_id), lambda: self._plans.read(deployment_id, plan_id))
        for planned in plan.stacks:
            if planned.name == stack and planned.status in (StackStatus.PREVIEWED, StackStatus.SKIPPED):
                return planned.steps
        raise Conflict(f"stack {stack!r} is no part of plan {plan_id}", stack=stack)
