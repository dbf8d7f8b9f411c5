"""Comparing what is deployed with AWS, and reading AWS anew."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Response

from api.dependencies import DeploymentId, IdempotencyKey, Services, guarded
from api.routers.accepting import CHANGING, READING, AskingNow, FoundOperation, answered
from api.routes import endpoints
from api.schemas.operations import Compare, StartedOperation
from cloud_core.answers.operating import Comparison, NothingToCompare
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.statuses import Action
from cloud_core.services.operations.guards import StartOperation

router: Final = endpoints("/deployments/{deployment_id}", "drift")


@router.post(
    "/drift",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.REFRESH, *READING, instead=NothingToCompare),
)
def detect_drift(
    deployment_id: DeploymentId,
    asking: AskingNow,
    body: Compare | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any] | Response:
    """Tell where AWS differs from what was deployed. What is found is at the operation's address with `/findings`."""
    return _compare(asking, _wish(deployment_id, Action.DRIFT, asking, body, idempotency_key))


@router.post(
    "/refresh",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.REFRESH, *CHANGING, instead=NothingToCompare),
)
def refresh(
    deployment_id: DeploymentId,
    asking: AskingNow,
    body: Compare | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any] | Response:
    """Read AWS into the state of what is deployed. AWS itself is never changed."""
    return _compare(asking, _wish(deployment_id, Action.REFRESH, asking, body, idempotency_key))


@router.get(
    "/operations/{operation_id}/findings",
    response_model=Comparison,
    **guarded(Permission.READ, "RESOURCE_NOT_FOUND", "RESOURCE_CONFLICT"),
)
def get_findings(found: FoundOperation, services: Services) -> dict[str, Any]:
    """What a comparison or a refresh that has ended has found."""
    return {
        **services.findings.of(found).to_data(),
        "status": found.status.value,
        "flow_run_url": services.flow_run_url(found.flow_run_id),
    }


def _wish(
    deployment_id: str, action: Action, asking: AskingNow, body: Compare | None, key: str | None
) -> StartOperation:
    given = body or Compare()
    return StartOperation(
        deployment_id,
        given.environment,
        action,
        asking.caller.name,
        stacks=given.stacks,
        parallel=given.parallel,
        idempotency_key=key,
    )


def _compare(asking: AskingNow, start: StartOperation) -> dict[str, Any] | Response:
    asking.require(Permission.REFRESH, start.environment)
    operation = asking.services.record_operations.compare(start)
    if operation is not None:
        return asking.accepted(operation)
    place = {"deployment_id": start.deployment_id, "environment": start.environment.value}
    return answered(NothingToCompare, {**place, "type": start.action, "drift_detected": False, "stacks": []})
