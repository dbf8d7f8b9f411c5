"""The environments of a deployment, and switching them on and off in its record."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Response

from api.dependencies import Caller, Calling, DeploymentId, Services, guarded
from api.preconditions import IfMatch, precondition, tag, version_of
from api.routers.manifests import CHANGING
from api.schemas.manifests import Environments, ReplacedManifest
from cloud_core.bootstrap import EdgeServices
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.names import EnvironmentName

router: Final = APIRouter(prefix="/deployments/{deployment_id}/environments", tags=["environments"])


@router.get("", response_model=Environments, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def list_environments(deployment_id: DeploymentId, services: Services) -> dict[str, Any]:
    """All three, in the order of promotion."""
    found = services.environments.list(deployment_id)
    return {"deployment_id": deployment_id, "environments": [one.to_data() for one in found]}


@router.post("/{environment}/enable", response_model=ReplacedManifest, **guarded(Permission.WRITE, *CHANGING))
def enable_environment(
    deployment_id: DeploymentId,
    environment: EnvironmentName,
    caller: Calling,
    services: Services,
    response: Response,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Switch an environment on; nothing is deployed."""
    return _switch(deployment_id, environment, True, (caller, services, response, if_match))


@router.post("/{environment}/disable", response_model=ReplacedManifest, **guarded(Permission.WRITE, *CHANGING))
def disable_environment(
    deployment_id: DeploymentId,
    environment: EnvironmentName,
    caller: Calling,
    services: Services,
    response: Response,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Switch an environment off, unless something is deployed there."""
    return _switch(deployment_id, environment, False, (caller, services, response, if_match))


def _switch(
    deployment_id: str,
    environment: EnvironmentName,
    enabled: bool,
    asked: tuple[Caller, EdgeServices, Response, str | None],
) -> dict[str, Any]:
    caller, services, response, if_match = asked
    caller.require(Permission.WRITE, environment)
    with precondition(if_match):
        done = services.recorded_manifests.switch(deployment_id, environment, enabled, version_of(if_match))
    tag(response, done.deployment.manifest_version)
    return {**done.to_data(), "updated_by": caller.name}
