"""From one environment to the next, and back to an earlier version of the manifest."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Response

from api.dependencies import DeploymentId, IdempotencyKey, guarded
from api.routers.accepting import CHANGING, AskingNow, answered
from api.routes import endpoints
from api.schemas.operations import Promote, RollBack, StartedOperation
from cloud_core.answers.operations import DeployOutlook, RollbackOutlook
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.statuses import Action
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.record_moves import RollbackRequest

router: Final = endpoints("/deployments/{deployment_id}", "deployments")


@router.post(
    "/promote",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.ADMINISTER, *CHANGING, instead=DeployOutlook),
)
def promote(
    deployment_id: DeploymentId, asking: AskingNow, body: Promote, idempotency_key: IdempotencyKey = None
) -> dict[str, Any] | Response:
    """Deploy in one environment what succeeded in an earlier one: the same manifest, and the same programs."""
    start = StartOperation(
        deployment_id,
        body.target,
        Action.DEPLOY,
        asking.caller.name,
        parallel=body.parallel,
        promoted_from=body.source,
        idempotency_key=idempotency_key,
    )
    moves = asking.services.record_moves
    if body.dry_run:
        return answered(DeployOutlook, moves.foresee_promotion(start).to_data())
    return asking.accepted(moves.promote(start))


@router.post(
    "/rollback",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.ADMINISTER, *CHANGING, "VERSION_CONFLICT", instead=RollbackOutlook),
)
def roll_back(
    deployment_id: DeploymentId,
    asking: AskingNow,
    body: RollBack | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any] | Response:
    """Make an earlier version of the manifest the next one, and deploy what differs. It is previewed first."""
    given = body or RollBack()
    wish = RollbackRequest(
        deployment_id,
        given.environment,
        asking.caller.name,
        to_version=given.to_version,
        stack=given.stack,
        parallel=given.parallel,
        plan_id=given.plan_id,
        idempotency_key=idempotency_key,
    )
    moves = asking.services.record_moves
    if given.dry_run:
        return answered(RollbackOutlook, moves.foresee_rollback(wish).to_data())
    return asking.accepted(moves.preview_rollback(wish) if given.preview else moves.roll_back(wish))
