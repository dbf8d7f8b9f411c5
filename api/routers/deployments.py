"""Deployments: their list, new ones, how they stand, deploying them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from fastapi import Query, Request, Response

from api.dependencies import (
    BODY,
    AnyEnvironment,
    Calling,
    DeploymentId,
    IdempotencyKey,
    NamedDeployment,
    OneEnvironment,
    Services,
    caller_of,
    guarded,
    reads_of,
    services_of,
)
from api.routers.accepting import READING, STARTING, Asking, AskingNow, NotDestroyed, answered, json_answer, written
from api.routes import endpoints
from api.schemas.deployments import DeploymentPage, InitDeployment, StatusWish
from api.schemas.operations import Deploy, MakePlan, Purged, StartedOperation
from api.schemas.paging import Paging
from cloud_core.answers.deployments import DeploymentStatus, EnvironmentStatus, NewDeployment, Outputs
from cloud_core.answers.operations import DeployOutlook, DestroyOutlook
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.domain.validation import Level
from cloud_core.services.looking.deployments import STATUS_WORDS, DeploymentFilter, SortKey
from cloud_core.services.looking.visibility import require_organization
from cloud_core.services.operations.guards import StartOperation

router: Final = endpoints("/deployments", "deployments")
StatusWord = StrEnum("StatusWord", {word.upper(): word for word in STATUS_WORDS})  # type: ignore[misc]
Foreseen: Final[Any] = DeployOutlook | DestroyOutlook


class SortWord(StrEnum):
    """By what a list is sorted; the short words are those of the command line."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    DEPLOYMENT_ID = "deployment_id"
    CREATED = "created"
    UPDATED = "updated"
    ID = "id"


_SORT_KEYS: Final = {
    **dict.fromkeys((SortWord.CREATED_AT, SortWord.CREATED), SortKey.CREATED),
    **dict.fromkeys((SortWord.UPDATED_AT, SortWord.UPDATED), SortKey.UPDATED),
    **dict.fromkeys((SortWord.DEPLOYMENT_ID, SortWord.ID), SortKey.ID),
}


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
    sort_by: Annotated[SortWord, Query(description="`id` counts up, times count down.")] = SortWord.CREATED_AT,
    sort_order: Annotated[Literal["asc", "desc"] | None, Query(description="In place of that.")] = None,
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
    descending = None if sort_order is None else sort_order == "desc"
    found = services.deployments.list(wanted, _SORT_KEYS[sort_by], descending).items
    return {"deployments": [one.to_data() for one in paging.of(found)], "pagination": paging.told(len(found))}


@router.post(
    "/init",
    status_code=201,
    response_model=NewDeployment,
    **guarded(
        Permission.WRITE,
        *BODY,
        "RESOURCE_NOT_FOUND",
        "RESOURCE_ALREADY_EXISTS",
        "VALIDATION_INVALID_MANIFEST",
    ),
)
def init_deployment(
    request: Request, response: Response, caller: Calling, services: Services, body: InitDeployment
) -> dict[str, Any]:
    """Make a new deployment from a template. Only dev is on, if nothing is said."""
    require_organization(body.organization, caller.organizations)
    made = services.manifests.init(body.request(caller.name))
    response.headers["Location"] = str(request.app.url_path_for("get_status", deployment_id=made.deployment_id))
    return made.to_data()


@router.get(
    "/{deployment_id}/status",
    response_model=EnvironmentStatus | DeploymentStatus,
    **guarded(Permission.READ, "RESOURCE_NOT_FOUND"),
)
async def get_status(
    request: Request, deployment_id: NamedDeployment, wanted: Annotated[StatusWish, Query()]
) -> Response:
    """How a deployment stands: one environment, or all that are enabled."""
    visible = caller_of(request).organizations
    services = services_of(request)

    def look() -> bytes:
        report = services.status.report(
            deployment_id, wanted.environment, wanted.stack, wanted.all_environments, visible=visible
        )
        flat = wanted.environment is not None and not wanted.with_deployment
        return written(EnvironmentStatus if flat else DeploymentStatus, report.to_data(flat))

    return json_answer(await reads_of(request).read((deployment_id, wanted, visible), look))


@router.post(
    "/{deployment_id}/deploy",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.DEPLOY, *STARTING, instead=DeployOutlook),
)
def deploy(
    deployment_id: DeploymentId,
    asking: AskingNow,
    body: Deploy | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any] | Response:
    """Deploy an environment: every enabled stack, each as soon as its own dependencies are done."""
    wish = body or Deploy()
    asking.require(Permission.DEPLOY, wish.environment)
    level = None if wish.skip_validation else Level.FULL
    start = StartOperation(
        deployment_id,
        wish.environment,
        Action.DEPLOY,
        asking.caller.name,
        parallel=wish.parallel,
        fail_fast=not wish.continue_on_error,
        skip_unchanged=wish.skip_unchanged,
        rollback_on_error=wish.rollback_on_error,
        plan_id=wish.plan_id,
        idempotency_key=idempotency_key,
    )
    if wish.dry_run:
        return answered(DeployOutlook, asking.services.record_operations.foresee(start, level, wish.strict).to_data())
    return asking.accepted(asking.services.record_operations.deploy(start, level, wish.strict))


@router.post(
    "/{deployment_id}/plan",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.PLAN, *READING, "VALIDATION_INVALID_MANIFEST", instead=Foreseen),
)
def plan(
    deployment_id: DeploymentId,
    asking: AskingNow,
    body: MakePlan | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any] | Response:
    """Have the engine preview what a deploy would do. The plan is at the operation's address with `/plan` behind."""
    wish = body or MakePlan()
    asking.require(Permission.PLAN, wish.environment)
    start = StartOperation(
        deployment_id,
        wish.environment,
        Action.PREVIEW,
        asking.caller.name,
        previews=Action.DESTROY if wish.destroy else Action.DEPLOY,
        stacks=wish.stacks,
        parallel=wish.parallel,
        skip_unchanged=wish.skip_unchanged,
        idempotency_key=idempotency_key,
    )
    level = None if wish.skip_validation or wish.destroy else Level.FULL
    if wish.dry_run:
        return answered(Foreseen, asking.services.record_operations.foresee_any(start, level, wish.strict))
    return asking.accepted(asking.services.record_operations.deploy(start, level, wish.strict))


@router.delete(
    "/{deployment_id}",
    status_code=202,
    response_model=StartedOperation,
    **guarded(
        Permission.DESTROY,
        "RESOURCE_NOT_FOUND",
        "OPERATION_IN_PROGRESS",
        "RESOURCE_CONFLICT",
        "DEPLOYMENT_HAS_ACTIVE_STACKS",
        instead=NotDestroyed | Purged,
    ),
)
def destroy(
    deployment_id: DeploymentId,
    asking: AskingNow,
    environment: Annotated[
        EnvironmentName | None, Query(description="The environment; only `purge` goes without.", examples=["dev"])
    ] = None,
    preview: Annotated[bool, Query(description="Only tell what would go.")] = False,
    parallel: Annotated[int, Query(ge=1, le=100)] = 8,
    purge: Annotated[
        bool, Query(description="Delete the record, once nothing of it is left in any environment. Destroys nothing.")
    ] = False,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any] | Response:
    """Destroy every stack of an environment. The record, its manifest, logs and history remain, unless it is purged."""
    if purge:
        return _purged(deployment_id, asking, environment, preview)
    if environment is None:
        raise InvalidInput(
            "which environment is to be destroyed? they go one by one, the last one first", field="query.environment"
        )
    asking.require(Permission.DESTROY, environment)
    start = StartOperation(
        deployment_id,
        environment,
        Action.DESTROY,
        asking.caller.name,
        parallel=parallel,
        idempotency_key=idempotency_key,
    )
    return asking.destroyed(start, preview)


def _purged(deployment_id: str, asking: Asking, environment: EnvironmentName | None, preview: bool) -> Response:
    """It takes the right to destroy everywhere, prod included."""
    if environment is not None or preview:
        raise InvalidInput("purge is about the whole deployment, and has no preview", field="query.purge")
    asking.require(Permission.DESTROY, EnvironmentName.PROD)
    asking.services.deployment_edits.delete(deployment_id)
    return answered(Purged, {"deployment_id": deployment_id})


@router.get("/{deployment_id}/outputs", response_model=Outputs, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def get_outputs(deployment_id: DeploymentId, services: Services, environment: OneEnvironment) -> dict[str, Any]:
    """The outputs of every deployed stack; secrets are masked."""
    return services.outputs.of_deployment(deployment_id, environment).to_data()
