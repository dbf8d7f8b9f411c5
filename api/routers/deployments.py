"""Deployments: their list, new ones, how they stand, deploying them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from api.auth.permissions import Permission
from api.dependencies import (
    AnyEnvironment,
    Calling,
    DeploymentId,
    IdempotencyKey,
    Services,
    guarded,
)
from api.routers.accepting import accepted
from api.schemas.deployments import DeploymentPage, NewDeployment
from api.schemas.operations import Deploy, StartedOperation
from api.schemas.paging import Paging
from cloud_core.answers.deployments import DeploymentStatus, EnvironmentStatus
from cloud_core.answers.deployments import NewDeployment as MadeDeployment
from cloud_core.answers.operations import DeployOutlook
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.domain.validation import Level
from cloud_core.services.deployments import STATUS_WORDS, DeploymentFilter, SortKey, require_organization
from cloud_core.services.manifest_init import InitRequest
from cloud_core.services.operation_guards import StartOperation

router: Final = APIRouter(prefix="/deployments", tags=["deployments"])
StatusWord = StrEnum("StatusWord", {word.upper(): word for word in STATUS_WORDS})  # type: ignore[misc]
_STARTING: Final = ("RESOURCE_NOT_FOUND", "OPERATION_IN_PROGRESS", "RESOURCE_CONFLICT", "VALIDATION_INVALID_MANIFEST")


@router.get("", response_model=DeploymentPage, **guarded(Permission.READ))
def list_deployments(
    caller: Calling,
    services: Services,
    paging: Paging,
    organization: Annotated[str | None, Query(max_length=100)] = None,
    project: Annotated[str | None, Query(max_length=100)] = None,
    template: Annotated[str | None, Query(max_length=100)] = None,
    environment: AnyEnvironment = None,
    status: Annotated[StatusWord | None, Query(description="A status, or `active` or `inactive`.")] = None,
    sort_by: Annotated[SortKey, Query(description="`id` counts up, times count down.")] = SortKey.CREATED,
    include_destroyed: bool = False,
) -> dict[str, Any]:
    """The deployments of the caller's organisations."""
    wanted = DeploymentFilter(
        organization=organization,
        project=project,
        template=template,
        environment=environment,
        statuses=STATUS_WORDS[status.value] if status else None,
        include_destroyed=include_destroyed,
        visible=caller.organizations,
    )
    found = services.deployments.list(wanted, sort_by).items
    return {"deployments": [one.to_data() for one in paging.of(found)], "pagination": paging.told(len(found))}


@router.post(
    "/init",
    status_code=201,
    response_model=MadeDeployment,
    **guarded(Permission.WRITE, "MALFORMED_JSON", "RESOURCE_NOT_FOUND", "RESOURCE_ALREADY_EXISTS", "BODY_TOO_LARGE"),
)
def init_deployment(
    request: Request, response: Response, caller: Calling, services: Services, body: NewDeployment
) -> dict[str, Any]:
    """Make a new deployment from a template. Only dev is on, if nothing is said."""
    require_organization(body.organization, caller.organizations)
    made = services.manifests.init(_init_request(body, caller.name))
    response.headers["Location"] = str(request.app.url_path_for("get_status", deployment_id=made.deployment_id))
    return made.to_data()


@router.get(
    "/{deployment_id}/status",
    response_model=EnvironmentStatus | DeploymentStatus,
    **guarded(Permission.READ, "RESOURCE_NOT_FOUND"),
)
def get_status(
    deployment_id: DeploymentId,
    services: Services,
    environment: AnyEnvironment = None,
    stack: Annotated[str | None, Query(max_length=64, description="Only this stack.")] = None,
) -> dict[str, Any]:
    """How a deployment stands: one environment, or all that are enabled."""
    return services.status.report(deployment_id, environment, stack).to_data(flat=environment is not None)


@router.post(
    "/{deployment_id}/deploy",
    status_code=202,
    response_model=StartedOperation | DeployOutlook,
    **guarded(Permission.DEPLOY, "MALFORMED_JSON", "BODY_TOO_LARGE", *_STARTING),
)
def deploy(
    request: Request,
    response: Response,
    deployment_id: DeploymentId,
    caller: Calling,
    services: Services,
    body: Deploy | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Deploy an environment: every enabled stack, each as soon as its own dependencies are done."""
    wish = body or Deploy()
    caller.require(Permission.DEPLOY, wish.environment)
    level = None if wish.skip_validation else Level.FULL
    start = StartOperation(
        deployment_id,
        wish.environment,
        Action.DEPLOY,
        caller.name,
        parallel=wish.parallel,
        fail_fast=not wish.continue_on_error,
        skip_unchanged=wish.skip_unchanged,
        rollback_on_error=wish.rollback_on_error,
        plan_id=wish.plan_id,
        idempotency_key=idempotency_key,
    )
    if wish.dry_run:
        response.status_code = 200
        return services.record_operations.foresee(start, level, wish.strict).to_data()
    return accepted(request, response, services, services.record_operations.deploy(start, level, wish.strict))


def _init_request(body: NewDeployment, user: str) -> InitRequest:
    dev, prod = body.environments[EnvironmentName.DEV], body.environments.get(EnvironmentName.PROD)
    environments = body.environments.items()
    return InitRequest(
        organization=body.organization,
        project=body.project,
        domain=body.domain,
        template=body.template,
        region=dev.region,
        region_secondary=prod.region if prod else None,
        accounts={name.value: one.account_id for name, one in environments},
        environments_enabled={name.value: one.enabled for name, one in environments if one.enabled is not None},
        user=user,
        deployment_id=body.deployment_id,
        description=body.description,
        contact=body.contact,
        tags=body.tags,
        stacks_enabled=tuple(body.stacks_enabled),
        stacks_disabled=tuple(body.stacks_disabled),
        variables=body.variables,
    )
