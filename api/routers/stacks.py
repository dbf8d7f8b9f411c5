"""Single stacks: how they stand, what they gave, deploying and destroying them."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from api.dependencies import Calling, IdempotencyKey, OneEnvironment, Services, StackName, guarded
from api.routers.accepting import NotDestroyed, accepted, answered, destroyed
from api.schemas.operations import DeployStack, StartedOperation
from api.schemas.stacks import StackDetails, StackOutputs, StackResources
from cloud_core.answers.operations import DeployOutlook
from cloud_core.answers.stacks import ExportedState
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.names import DEPLOYMENT_ID
from cloud_core.domain.statuses import Action
from cloud_core.domain.validation import Level
from cloud_core.services.operations.guards import StartOperation

router: Final = APIRouter(prefix="/stacks/{stack_name}", tags=["stacks"])
_STARTING: Final = ("RESOURCE_NOT_FOUND", "OPERATION_IN_PROGRESS", "RESOURCE_CONFLICT", "VALIDATION_INVALID_MANIFEST")


def _deployment(
    caller: Calling,
    services: Services,
    deployment_id: Annotated[str, Query(pattern=f"^{DEPLOYMENT_ID.pattern}$", description="Id of the deployment.")],
) -> str:
    services.deployments.require_visible(deployment_id, caller.organizations)
    return deployment_id


OfDeployment = Annotated[str, Depends(_deployment)]


@router.post(
    "/deploy",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.DEPLOY, "MALFORMED_JSON", *_STARTING, instead=DeployOutlook),
)
def deploy_stack(
    request: Request,
    response: Response,
    stack_name: StackName,
    deployment_id: OfDeployment,
    environment: OneEnvironment,
    caller: Calling,
    services: Services,
    body: DeployStack | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any] | Response:
    """Deploy one stack; those that it needs must be deployed already."""
    caller.require(Permission.DEPLOY, environment)
    wish = body or DeployStack()
    start = StartOperation(
        deployment_id,
        environment,
        Action.DEPLOY,
        caller.name,
        stacks=[stack_name],
        skip_dependencies=wish.skip_dependencies,
        skip_unchanged=False,
        idempotency_key=idempotency_key,
    )
    level = None if wish.skip_validation else Level.FULL
    if wish.dry_run:
        return answered(DeployOutlook, services.record_operations.foresee(start, level, wish.strict).to_data())
    return accepted(request, response, services, services.record_operations.deploy(start, level, wish.strict))


@router.get("/status", response_model=StackDetails, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def get_stack_status(
    stack_name: StackName, deployment_id: OfDeployment, environment: OneEnvironment, services: Services
) -> dict[str, Any]:
    """How a stack stands."""
    return services.stack_details.of(deployment_id, stack_name, environment).to_data()


@router.get("/outputs", response_model=StackOutputs, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def get_stack_outputs(
    stack_name: StackName, deployment_id: OfDeployment, environment: OneEnvironment, services: Services
) -> dict[str, Any]:
    """The outputs of a deployed stack; secrets are masked."""
    found = services.outputs.of_stack(deployment_id, stack_name, environment)
    return {**found.to_data(), "stack_name": stack_name, "outputs": found.values[stack_name]}


@router.delete(
    "",
    status_code=202,
    response_model=StartedOperation,
    **guarded(
        Permission.DESTROY, "RESOURCE_NOT_FOUND", "OPERATION_IN_PROGRESS", "DEPENDENTS_EXIST", instead=NotDestroyed
    ),
)
def destroy_stack(
    request: Request,
    response: Response,
    stack_name: StackName,
    deployment_id: OfDeployment,
    environment: OneEnvironment,
    caller: Calling,
    services: Services,
    preview: Annotated[bool, Query(description="Only tell what would go.")] = False,
    force: Annotated[bool, Query(description="Even if deployed stacks still need it.")] = False,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any] | Response:
    """Destroy one stack, unless deployed stacks still need it."""
    caller.require(Permission.DESTROY, environment)
    start = StartOperation(
        deployment_id,
        environment,
        Action.DESTROY,
        caller.name,
        stacks=[stack_name],
        force=force,
        idempotency_key=idempotency_key,
    )
    return destroyed(request, response, services, start, preview)


@router.post(
    "/refresh",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.REFRESH, "RESOURCE_NOT_FOUND", "OPERATION_IN_PROGRESS", "RESOURCE_CONFLICT"),
)
def refresh_stack(
    request: Request,
    response: Response,
    stack_name: StackName,
    deployment_id: OfDeployment,
    environment: OneEnvironment,
    caller: Calling,
    services: Services,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Bring the engine's state to what is in AWS."""
    caller.require(Permission.REFRESH, environment)
    start = StartOperation(
        deployment_id,
        environment,
        Action.REFRESH,
        caller.name,
        stacks=[stack_name],
        idempotency_key=idempotency_key,
    )
    return accepted(request, response, services, services.operations.start(start))


@router.get("/resources", response_model=StackResources, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def get_stack_resources(
    stack_name: StackName, deployment_id: OfDeployment, environment: OneEnvironment, services: Services
) -> dict[str, Any]:
    """What a stack consists of."""
    return services.stack_details.of(deployment_id, stack_name, environment).resources()


@router.get(
    "/export", response_model=ExportedState, **guarded(Permission.EXPORT, "RESOURCE_NOT_FOUND", "PULUMI_STATE_ERROR")
)
def export_stack(
    stack_name: StackName,
    deployment_id: OfDeployment,
    environment: OneEnvironment,
    caller: Calling,
    services: Services,
    format: Annotated[Literal["json"], Query(description="The engine takes JSON only.")] = "json",
) -> dict[str, Any]:
    """The engine's state; secrets stay encrypted."""
    caller.require(Permission.EXPORT, environment)
    return services.stack_exports.state(deployment_id, stack_name, environment).to_data()
