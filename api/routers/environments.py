"""The environments of a deployment, and switching them on and off in its record."""

from __future__ import annotations

from typing import Any, Final

from api.dependencies import BODY, Calling, DeploymentId, EnvironmentPlace, Services, ThatEnvironment, guarded
from api.routers.changing import CHANGING, Change, Changing
from api.routes import endpoints
from api.schemas.administration import Unlock
from api.schemas.manifests import Environments, ReplacedManifest
from cloud_core.answers.operating import FreedEnvironment
from cloud_core.domain.access.permissions import Permission

router: Final = endpoints("/deployments/{deployment_id}/environments", "environments")
_UNLOCKING: Final = ("OPERATION_IN_PROGRESS", "VERSION_CONFLICT")


@router.get("", response_model=Environments, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def list_environments(deployment_id: DeploymentId, services: Services) -> dict[str, Any]:
    """All three, in the order of promotion."""
    found = services.recorded_environments.list(deployment_id)
    return {"deployment_id": deployment_id, "environments": [one.to_data() for one in found]}


@router.post(
    "/{environment}/enable", response_model=ReplacedManifest, **guarded(Permission.WRITE, *CHANGING, tagged=True)
)
def enable_environment(place: ThatEnvironment, change: Changing) -> dict[str, Any]:
    """Switch an environment on; nothing is deployed."""
    return _switch(place, change, enabled=True)


@router.post(
    "/{environment}/disable",
    response_model=ReplacedManifest,
    **guarded(Permission.WRITE, *CHANGING, "RESOURCE_CONFLICT", tagged=True),
)
def disable_environment(place: ThatEnvironment, change: Changing) -> dict[str, Any]:
    """Switch an environment off, unless something is deployed there."""
    return _switch(place, change, enabled=False)


@router.post(
    "/{environment}/unlock",
    response_model=FreedEnvironment,
    **guarded(Permission.ADMINISTER, *BODY, "RESOURCE_NOT_FOUND", *_UNLOCKING),
)
def unlock_environment(
    place: ThatEnvironment, caller: Calling, services: Services, body: Unlock | None = None
) -> dict[str, Any]:
    """Free an environment from an operation that died. Refused while it lives; who freed it is written down."""
    wish = body or Unlock()
    found = services.unlocking.look(place.deployment_id, place.environment, wish.force)
    freed = found.owner is not None and not wish.dry_run
    if freed:
        services.unlocking.free(found, caller.name)
    return found.to_data(place.deployment_id, place.environment, freed)


def _switch(place: EnvironmentPlace, change: Change, enabled: bool) -> dict[str, Any]:
    change.caller.require(Permission.WRITE, place.environment)
    switch = change.services.recorded_manifests.switch
    return change.made(lambda version: switch(place.deployment_id, place.environment, enabled, version))
