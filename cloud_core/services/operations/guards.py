"""What may be asked for: the wish for an operation, and what is refused before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field

from cloud_core.domain.errors import Conflict, DependentsExist, InvalidInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment, Operation
from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.domain.wishes import RepairWish, RollbackWish
from cloud_core.ports.records import Records
from cloud_core.services.operations.approval_gate import ApprovalGate
from cloud_core.services.records.graphs import OperationPlan, OperationPlans


@dataclass(frozen=True)
class StartOperation:
    """A wish: an action on an environment, or on single stacks of it.

    `previews` is what a preview looks ahead to, with that `manifest_version` (None: the present one); `plan_id` is the
    preview whose steps a deploy is confined to. `force` destroys below living dependents; `skip_unchanged` leaves
    stacks alone that are deployed as they should be. `rollback_on_error` has a deploy taken back when it fails, by an
    operation with that `rollback`; `operation_id` is the id that was promised for it. `promoted_from` and
    `back_to_version` are kept to be told: a promotion and a rollback by hand are deploys. A preview with such a version
    and `stacks` looks at the manifest with their sections of then.
    """

    deployment_id: str
    environment: EnvironmentName
    action: Action
    started_by: str
    stacks: list[str] = field(default_factory=list)
    parallel: int = 8
    fail_fast: bool = False
    force: bool = False
    skip_dependencies: bool = False
    skip_unchanged: bool = True
    idempotency_key: str | None = None
    previews: Action | None = None
    plan_id: str | None = None
    manifest_version: int | None = None
    retry_of: str | None = None
    settles_environment: bool = False
    repair: RepairWish = field(default_factory=RepairWish)
    rollback_on_error: bool = False
    rollback: RollbackWish | None = None
    promoted_from: EnvironmentName | None = None
    back_to_version: int | None = None
    operation_id: str | None = None

    @property
    def goal(self) -> Action:
        """The action that decides which stacks there are, and their order."""
        return self.previews or self.action


def again(ended: Operation, started_by: str) -> StartOperation:
    """The wish that the ended operation came from, for somebody else; what was to be repaired is not asked again."""
    return StartOperation(
        ended.deployment_id,
        ended.environment,
        ended.type,
        started_by,
        stacks=ended.stacks,
        parallel=ended.parallel,
        fail_fast=ended.fail_fast,
        force=ended.force,
        skip_dependencies=ended.skip_dependencies,
        skip_unchanged=ended.skip_unchanged,
        previews=ended.previews,
        plan_id=ended.plan_id,
        retry_of=ended.operation_id,
        settles_environment=ended.decides_environment,
        rollback=ended.rollback,
    )


def require_same(known: Operation, request: StartOperation) -> Operation:
    """The operation of the request's idempotency key; Conflict when it is another one than is asked for."""
    asked = (request.action, request.environment, request.stacks)
    if (known.type, known.environment, known.stacks) == asked:
        return known
    raise taken_key(known)


def taken_key(known: Operation) -> Conflict:
    """The refusal of a request with the idempotency key of another operation."""
    return Conflict(
        f"the idempotency key stands for another operation: {known.operation_id}, a {known.type.value} of "
        f"{known.environment.value}",
        operation_id=known.operation_id,
        suggestion="choose a new key for every operation",
    )


class OperationGuards:
    """Reads only."""

    def __init__(self, records: Records, plans: OperationPlans, gate: ApprovalGate) -> None:
        self.gate = gate
        self.plans = plans
        self._records = records

    def plan(self, deployment: Deployment, request: StartOperation) -> OperationPlan:
        """What the operation would do. Raises InvalidInput for an environment that is off or for stacks whose
        dependencies are not deployed, DependentsExist, and what the plan raises."""
        if request.goal is Action.DEPLOY:
            require_enabled(deployment, request.environment)
        plan = self.plans.make(deployment, request.environment, request.goal, request.stacks, request.rollback)
        if request.stacks and request.action is Action.DEPLOY and not request.skip_dependencies:
            self._require_dependencies(deployment, request)
        if request.stacks and request.action is Action.DESTROY and not request.force:
            self._refuse_dependents(deployment, request)
        return plan

    def _require_dependencies(self, deployment: Deployment, request: StartOperation) -> None:
        everything = self.plans.make(deployment, request.environment, Action.DEPLOY, []).graph
        needed = frozenset().union(*(everything.hard[name] for name in request.stacks)) - set(request.stacks)
        stored = self._records.stacks.list_by_deployment(deployment.deployment_id, request.environment)
        up = {record.stack_name for record in stored if record.status is StackStatus.DEPLOYED}
        if missing := sorted(needed - up):
            raise InvalidInput(
                f"{', '.join(request.stacks)} needs stacks that are not deployed in {request.environment.value}: "
                f"{', '.join(missing)}",
                missing=missing,
                suggestion=f"deploy {missing[0]} first, or use --skip-dependencies",
            )

    def _refuse_dependents(self, deployment: Deployment, request: StartOperation) -> None:
        everything = self.plans.make(deployment, request.environment, Action.DESTROY, []).graph
        dependents = sorted(everything.dependencies_closure(request.stacks) - set(request.stacks))
        if dependents:
            raise DependentsExist(
                f"stack {', '.join(request.stacks)} is still needed by deployed stacks: {', '.join(dependents)}",
                dependents=dependents,
                suggestion=f"destroy {dependents[0]} first, or use --force",
            )


def require_enabled(deployment: Deployment, environment: EnvironmentName) -> None:
    """Raises InvalidInput for an environment that the manifest switches off."""
    section = deployment.manifest.get("environments", {}).get(environment.value) or {}
    if not section.get("enabled"):
        raise InvalidInput(
            f"environment {environment.value!r} of {deployment.deployment_id} is not enabled",
            field="environment",
            value=environment.value,
            suggestion=f"run 'cloud environment enable {deployment.deployment_id} {environment.value}'",
        )
