"""Operations: what was asked for, and how far it is."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query, Response

from api.dependencies import (
    BODY,
    AnyEnvironment,
    DeploymentId,
    IdempotencyKey,
    OperationId,
    Services,
    guarded,
)
from api.routers.accepting import AskingNow, OwnOperation, answered
from api.routes import endpoints
from api.schemas.operations import Cancel, OperationPage, Retry, StartedOperation
from cloud_core.answers.operating import RetryOutlook
from cloud_core.answers.operations import Plan
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.page_tokens import token_called
from cloud_core.domain.statuses import Action
from cloud_core.domain.stopping import CancelLevel
from cloud_core.domain.wishes import RepairWish
from cloud_core.services.looking.history import OperationFilter
from cloud_core.services.operations.retries import RetryWish

_RETRYING: Final = ("RESOURCE_NOT_FOUND", "OPERATION_IN_PROGRESS", "RESOURCE_CONFLICT", "VERSION_CONFLICT")

router: Final = endpoints("/deployments/{deployment_id}/operations", "operations")


@router.get("", response_model=OperationPage, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def list_operations(
    deployment_id: DeploymentId,
    asking: AskingNow,
    environment: AnyEnvironment = None,
    stack: Annotated[str | None, Query(max_length=64, description="Only those about this stack.")] = None,
    type: Annotated[Action | None, Query(description="Only those that do this.")] = None,
    idempotency_key: Annotated[str | None, Query(max_length=128, description="The one that it stands for.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    page_token: Annotated[str | None, Query(max_length=500, description="Of the page before.")] = None,
) -> dict[str, Any]:
    """The operations of a deployment, newest first."""
    wanted = OperationFilter(environment, stack, type, idempotency_key)
    with token_called("page_token"):
        found = asking.services.history.operations(deployment_id, wanted, limit, page_token)
    operations = [asking.told(one) for one in found.operations]
    return {
        "deployment_id": deployment_id,
        "operations": operations,
        "has_more": found.has_more,
        "next_page_token": found.next_token,
    }


@router.get("/{operation_id}", response_model=StartedOperation, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def get_operation(deployment_id: DeploymentId, operation_id: OperationId, asking: AskingNow) -> dict[str, Any]:
    """An operation, with the results of the stacks that have ended. One that is proven dead is ended first, so that who
    polls it comes to an end."""
    found = asking.services.history.operation(deployment_id, operation_id)
    return asking.told(asking.services.watching.polled(found))


@router.get(
    "/{operation_id}/plan",
    response_model=Plan,
    **guarded(Permission.READ, "RESOURCE_NOT_FOUND"),
)
def get_plan(deployment_id: DeploymentId, operation_id: OperationId, services: Services) -> dict[str, Any]:
    """What a preview foresees, as far as it has come."""
    return services.plans.read(deployment_id, operation_id).to_data()


@router.post(
    "/{operation_id}/retry",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.READ, *BODY, *_RETRYING, instead=RetryOutlook),
)
def retry_operation(
    found: OwnOperation,
    asking: AskingNow,
    body: Retry | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any] | Response:
    """Do what an operation left undone, by a new one. It takes the right that starting it takes."""
    wish = body or Retry()
    retry = RetryWish(
        found.deployment_id,
        found.environment,
        asking.caller.name,
        found.operation_id,
        stacks=tuple(wish.stacks),
        everything=wish.everything,
        latest=wish.latest,
        repair=RepairWish(
            allowed=wish.repair, adopt=wish.adopt, forget=wish.forget, break_locks=list(wish.break_locks)
        ),
    )
    if wish.dry_run:
        return answered(RetryOutlook, asking.services.record_operations.foresee_retry(retry))
    return asking.accepted(asking.services.record_operations.retry(retry, idempotency_key))


@router.post(
    "/{operation_id}/cancel",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.READ, *BODY, "RESOURCE_NOT_FOUND", "RESOURCE_CONFLICT"),
)
def cancel_operation(
    found: OwnOperation,
    asking: AskingNow,
    body: Cancel | None = None,
) -> dict[str, Any]:
    """Stop an operation. It takes the right that starting it takes, and is over when its status says so."""
    level = CancelLevel[(body or Cancel()).level.upper()]
    return asking.accepted(asking.services.record_operations.cancel(found, level))
