"""From one version or one environment to another, for those who have no workspace: rollbacks and promotions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cloud_core.domain.digest import content_digest
from cloud_core.domain.errors import Conflict, InvalidInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action
from cloud_core.services.looking.plans import PlanService
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.preparation import Preparation, PreparationService
from cloud_core.services.operations.promotions import PromotionService
from cloud_core.services.operations.rollbacks import Rollback, RollbackService
from cloud_core.services.operations.service import OperationService


@dataclass(frozen=True)
class RollbackRequest:
    """Back to a version (None: the last other one that was deployed), of one stack's section or of all. `plan_id` is
    the preview to which it is confined."""

    deployment_id: str
    environment: EnvironmentName
    started_by: str
    to_version: int | None = None
    stack: str | None = None
    parallel: int = 8
    plan_id: str | None = None
    idempotency_key: str | None = None

    def start(self, version: int | None = None) -> StartOperation:
        """The deploy that it comes to."""
        return StartOperation(
            self.deployment_id,
            self.environment,
            Action.DEPLOY,
            self.started_by,
            stacks=[self.stack] if self.stack else [],
            parallel=self.parallel,
            plan_id=self.plan_id,
            back_to_version=version,
            idempotency_key=self.idempotency_key,
        )


class RecordMoves:
    """Looks first; only what was looked at is done."""

    def __init__(
        self,
        operations: OperationService,
        preparation: PreparationService,
        promotions: PromotionService,
        rollbacks: RollbackService,
        plans: PlanService,
    ) -> None:
        self._operations = operations
        self._preparation = preparation
        self._promotions = promotions
        self._rollbacks = rollbacks
        self._plans = plans

    def promote(self, request: StartOperation) -> Operation:
        """Deploy what succeeded in `promoted_from`. Raises as `PromotionService.require_promotable` and
        `OperationService.start`; the same key gives the same operation."""
        known = self._operations.turns.asked_before(request)
        if known is None:
            self.foresee_promotion(request)
        return known or self._operations.start_new(request)

    def foresee_promotion(self, request: StartOperation) -> Preparation:
        """What a promotion would do; nothing is written. Raises as `promote`."""
        assert request.promoted_from is not None
        self._promotions.require_promotable(request.deployment_id, request.promoted_from, request.environment)
        return self._preparation.of_record(request, rehearse=True)

    def foresee_rollback(self, wish: RollbackRequest) -> Rollback:
        """What going back would change in the manifest. Raises as `RollbackService.find`."""
        return self._rollbacks.find(wish.deployment_id, wish.environment, wish.to_version, wish.stack)

    def preview_rollback(self, wish: RollbackRequest) -> Operation:
        """Have the engine look ahead; its operation's id is the `plan_id` to go back with.

        Raises as `foresee_rollback`, and what the deploy that it comes to would be refused for.
        """
        request = replace(wish.start(), action=Action.PREVIEW, previews=Action.DEPLOY, plan_id=None)
        return self._once(request, lambda: self._look_ahead(wish, request))

    def roll_back(self, wish: RollbackRequest) -> Operation:
        """Make the earlier manifest the next version, and deploy what differs.

        Raises, besides what `foresee_rollback` and `OperationService.start` raise: InvalidInput without a preview,
        Conflict for one that shows something else, OperationRunning and ManifestConflict before anything is written.
        """
        return self._once(wish.start(), lambda: self._go_back(wish))

    def _look_ahead(self, wish: RollbackRequest, request: StartOperation) -> Operation:
        found = self.foresee_rollback(wish)
        # As the deploy, which may be refused: before anything is written.
        self._operations.plan(wish.start(found.version), found.expected)
        # Of one stack it is the present manifest with the stack's section of then.
        version = None if wish.stack else found.version
        return self._operations.start_new(replace(request, manifest_version=version, back_to_version=found.version))

    def _go_back(self, wish: RollbackRequest) -> Operation:
        found = self.foresee_rollback(wish)
        self._require_seen(wish, found)
        request = wish.start(found.version)
        self._operations.turns.require_idle(request)
        # What the operation would be refused for is found before the record changes.
        self._operations.plan(request, found.expected)
        self._rollbacks.apply(found)
        return self._operations.start_new(request)

    def _require_seen(self, wish: RollbackRequest, found: Rollback) -> None:
        if wish.plan_id is None:
            raise InvalidInput(
                "a rollback takes the plan_id of its preview",
                field="plan_id",
                suggestion="ask with preview first, look at what it shows, and name its operation as plan_id",
            )
        plan = self._plans.read(wish.deployment_id, wish.plan_id)
        shown = (plan.environment, plan.goal, plan.digest, plan.confined_to, plan.is_complete)
        stacks = tuple(wish.start().stacks)
        if shown != (wish.environment.value, Action.DEPLOY, content_digest(found.manifest), stacks, True):
            raise Conflict(
                f"plan {wish.plan_id} does not show the whole of going back to version {found.version} in "
                f"{wish.environment.value}",
                suggestion="ask for a new preview, and look at it",
            )

    def _once(self, request: StartOperation, begin: Callable[[], Operation]) -> Operation:
        return self._operations.turns.asked_before(request) or begin()
