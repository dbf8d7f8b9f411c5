"""What happens in a deployment, for those who follow it by asking again and again."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query

from api.dependencies import DeploymentId, OperationId, Services, guarded
from api.routes import endpoints
from cloud_core.answers.events import Events, OperationRun
from cloud_core.domain.access.permissions import Permission

router: Final = endpoints("/deployments/{deployment_id}", "operations")


@router.get("/events", response_model=Events, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def list_events(
    deployment_id: DeploymentId,
    services: Services,
    after: Annotated[int, Query(ge=0, description="Only those with a higher `seq`.")] = 0,
    limit: Annotated[int, Query(ge=0, le=500, description="0 asks for `last_seq` alone.")] = 100,
) -> dict[str, Any]:
    """What happened since an event: every one, in order."""
    return services.events.after(deployment_id, after, limit).to_data()


@router.get(
    "/operations/{operation_id}/run", response_model=OperationRun, **guarded(Permission.READ, "RESOURCE_NOT_FOUND")
)
def get_operation_run(deployment_id: DeploymentId, operation_id: OperationId, services: Services) -> dict[str, Any]:
    """What the flow service says of an operation's run, while it is not over."""
    return services.events.run(deployment_id, operation_id).to_data()
