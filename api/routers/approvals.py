"""Approving: an operation runs that somebody else asked for, or never does."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Response

from api.dependencies import BODY, guarded
from api.routers.accepting import AskingNow, FoundOperation, answered
from api.routes import endpoints
from api.schemas.administration import Approve, Reject
from api.schemas.operations import JudgedOperation, StartedOperation
from cloud_core.domain.access.permissions import Permission

router: Final = endpoints("/deployments/{deployment_id}/operations/{operation_id}", "operations")
_APPROVING: Final = (*BODY, "RESOURCE_NOT_FOUND", "RESOURCE_CONFLICT")


@router.post(
    "/approve",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.ADMINISTER, *_APPROVING, instead=JudgedOperation),
)
def approve_operation(
    found: FoundOperation, asking: AskingNow, body: Approve | None = None
) -> dict[str, Any] | Response:
    """Let an operation run that waits for an approval; never one's own."""
    wish, approvals, by = body or Approve(), asking.services.approvals, asking.caller.name
    if wish.dry_run:
        verdict = approvals.judge(found, by)
        return answered(JudgedOperation, {**asking.told(found), "lapsed": list(verdict.reasons)})
    return asking.accepted(approvals.approve(found, by, wish.comment))


@router.post(
    "/reject",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.ADMINISTER, *_APPROVING),
)
def reject_operation(found: FoundOperation, asking: AskingNow, body: Reject | None = None) -> dict[str, Any]:
    """End an operation that waits for an approval."""
    comment = (body or Reject()).comment
    return asking.accepted(asking.services.approvals.reject(found, asking.caller.name, comment))
