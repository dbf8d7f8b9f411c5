"""Single stacks: how they stand, what they gave, deploying and destroying them."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import Query, Response

from api.dependencies import BODY, Calling, IdempotencyKey, Services, ThatStack, guarded
from api.routers.accepting import STARTING, AskingNow, NotDestroyed, answered
from api.routes import endpoints
from api.schemas.administration import ImportState
from api.schemas.operations import DeployStack, StartedOperation
from api.schemas.stacks import StackDetails, StackOutputs, StackResources
from cloud_core.adapters.local.state_files import state_text
from cloud_core.answers.operations import DeployOutlook
from cloud_core.answers.stacks import ExportedState, Imported
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.statuses import Action
from cloud_core.domain.validation import Level
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.stacks.imports import ImportRequest

router: Final = endpoints("/stacks/{stack_name}", "stacks")
_YAML: Final = "application/yaml"
# The same document, written otherwise.
_MEDIA: Final = {_YAML: {"$ref": f"#/components/schemas/{ExportedState.__name__}"}}
_IMPORTING: Final = ("OPERATION_IN_PROGRESS", "RESOURCE_CONFLICT", "RESOURCE_LOCKED", "PULUMI_STATE_ERROR")


@router.post(
    "/deploy",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.DEPLOY, *STARTING, instead=DeployOutlook),
)
def deploy_stack(
    place: ThatStack,
    asking: AskingNow,
    body: DeployStack | None = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any] | Response:
    """Deploy one stack; those that it needs must be deployed already."""
    asking.require(Permission.DEPLOY, place.environment)
    wish = body or DeployStack()
    start = StartOperation(
        place.deployment_id,
        place.environment,
        Action.DEPLOY,
        asking.caller.name,
        stacks=[place.stack],
        skip_dependencies=wish.skip_dependencies,
        skip_unchanged=False,
        idempotency_key=idempotency_key,
    )
    level = None if wish.skip_validation else Level.FULL
    if wish.dry_run:
        return answered(DeployOutlook, asking.services.record_operations.foresee(start, level, wish.strict).to_data())
    return asking.accepted(asking.services.record_operations.deploy(start, level, wish.strict))


@router.get("/status", response_model=StackDetails, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def get_stack_status(place: ThatStack, services: Services) -> dict[str, Any]:
    """How a stack stands."""
    return services.stack_details.of(place.deployment_id, place.stack, place.environment).to_data()


@router.get("/outputs", response_model=StackOutputs, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def get_stack_outputs(place: ThatStack, services: Services) -> dict[str, Any]:
    """The outputs of a deployed stack; secrets are masked."""
    found = services.outputs.of_stack(place.deployment_id, place.stack, place.environment)
    return {**found.to_data(), "stack_name": place.stack, "outputs": found.values[place.stack]}


@router.delete(
    "",
    status_code=202,
    response_model=StartedOperation,
    **guarded(
        Permission.DESTROY,
        "RESOURCE_NOT_FOUND",
        "RESOURCE_CONFLICT",
        "OPERATION_IN_PROGRESS",
        "DEPENDENTS_EXIST",
        instead=NotDestroyed,
    ),
)
def destroy_stack(
    place: ThatStack,
    asking: AskingNow,
    preview: Annotated[bool, Query(description="Only tell what would go.")] = False,
    force: Annotated[bool, Query(description="Even if deployed stacks still need it.")] = False,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any] | Response:
    """Destroy one stack, unless deployed stacks still need it."""
    asking.require(Permission.DESTROY, place.environment)
    start = StartOperation(
        place.deployment_id,
        place.environment,
        Action.DESTROY,
        asking.caller.name,
        stacks=[place.stack],
        force=force,
        idempotency_key=idempotency_key,
    )
    return asking.destroyed(start, preview)


@router.post(
    "/refresh",
    status_code=202,
    response_model=StartedOperation,
    **guarded(Permission.REFRESH, "RESOURCE_NOT_FOUND", "OPERATION_IN_PROGRESS", "RESOURCE_CONFLICT"),
)
def refresh_stack(
    place: ThatStack,
    asking: AskingNow,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Bring the engine's state to what is in AWS."""
    asking.require(Permission.REFRESH, place.environment)
    start = StartOperation(
        place.deployment_id,
        place.environment,
        Action.REFRESH,
        asking.caller.name,
        stacks=[place.stack],
        idempotency_key=idempotency_key,
    )
    return asking.accepted(asking.services.operations.start(start))


@router.get("/resources", response_model=StackResources, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def get_stack_resources(place: ThatStack, services: Services) -> dict[str, Any]:
    """What a stack consists of."""
    return services.stack_details.of(place.deployment_id, place.stack, place.environment).resources()


@router.get(
    "/export",
    response_model=ExportedState,
    **guarded(Permission.EXPORT, "RESOURCE_NOT_FOUND", "PULUMI_STATE_ERROR", media=_MEDIA),
)
def export_stack(
    place: ThatStack,
    caller: Calling,
    services: Services,
    format: Annotated[Literal["json", "yaml"], Query(description="The engine itself takes JSON only.")] = "json",
) -> dict[str, Any] | Response:
    """The engine's state; secrets stay encrypted."""
    caller.require(Permission.EXPORT, place.environment)
    found = services.stack_exports.state(place.deployment_id, place.stack, place.environment).to_data()
    return found if format == "json" else Response(state_text(found, format), media_type=_YAML)


@router.post(
    "/import",
    response_model=Imported,
    **guarded(Permission.ADMINISTER, *BODY, "RESOURCE_NOT_FOUND", *_IMPORTING),
)
def import_stack(place: ThatStack, caller: Calling, services: Services, body: ImportState) -> dict[str, Any]:
    """Give a stack another state; nothing in AWS is changed. The state before is kept where the API runs."""
    request = ImportRequest(place.deployment_id, place.stack, place.environment, body.state, caller.name, body.force)
    wanted = services.stack_imports.prepare(request)
    if body.dry_run:
        return {**wanted.to_data(), "backup": None, "imported": False}
    backup = services.stack_imports.carry_out(wanted).backup
    return {**wanted.to_data(), "backup": backup.name if backup else None, "imported": True}
