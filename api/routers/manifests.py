"""The manifest in the record: read, and replaced as a whole."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import Query, Response

from api.dependencies import BODY, AnyEnvironment, Calling, DeploymentId, Services, guarded
from api.preconditions import tag
from api.routers.changing import CHANGING, Changing
from api.routes import endpoints
from api.schemas.manifests import GivenManifest, RecordedManifest, ReplacedManifest
from api.schemas.validation import Validation
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.manifest import flat
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.validation import Level

router: Final = endpoints("/deployments/{deployment_id}", "manifests")


@router.get("/manifest", response_model=RecordedManifest, **guarded(Permission.READ, "RESOURCE_NOT_FOUND", tagged=True))
def get_manifest(
    deployment_id: DeploymentId,
    services: Services,
    response: Response,
    format: Annotated[
        Literal["nested", "flat"], Query(description="Its spelling: the canonical one, or the flat dialect.")
    ] = "nested",
) -> dict[str, Any]:
    """The manifest that runs, in either spelling; `PUT` takes both."""
    record = services.recorded_manifests.read(deployment_id)
    tag(response, record.manifest_version)
    return {
        "deployment_id": deployment_id,
        "version": record.manifest_version,
        "digest": record.digest,
        "updated_at": record.updated_at,
        "manifest": flat(record.manifest) if format == "flat" else record.manifest,
    }


@router.put("/manifest", response_model=ReplacedManifest, **guarded(Permission.WRITE, *BODY, *CHANGING, tagged=True))
def put_manifest(deployment_id: DeploymentId, change: Changing, body: GivenManifest) -> dict[str, Any]:
    """Make a manifest the next version, if it is valid and made from the present one."""
    replace = change.services.recorded_manifests.replace
    return change.made(lambda version: replace(deployment_id, body.manifest, version), body.version)


@router.get("/validation", response_model=Validation, **guarded(Permission.VALIDATE, "RESOURCE_NOT_FOUND"))
def validate_record(
    deployment_id: DeploymentId,
    caller: Calling,
    services: Services,
    level: Annotated[Level, Query(description="How far; `full` asks AWS and the engine.")] = Level.CONFIG,
    environment: AnyEnvironment = None,
    strict: Annotated[bool, Query(description="Warnings count as errors.")] = False,
) -> dict[str, Any]:
    """Every finding in the manifest that runs. Without an environment it is about each that is enabled."""
    if level is Level.FULL:
        for one in [environment] if environment else _enabled(services, deployment_id):
            caller.require(Permission.ASK_AWS, one)
    return services.preparation.validate_record(deployment_id, level, environment, strict).to_data()


def _enabled(services: Services, deployment_id: str) -> list[EnvironmentName]:
    return [one.name for one in services.recorded_environments.list(deployment_id) if one.is_enabled]
