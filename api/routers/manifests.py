"""The manifest in the record: read, and replaced as a whole."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Response

from api.dependencies import DeploymentId, Services, guarded
from api.preconditions import tag
from api.routers.changing import CHANGING, Changing
from api.schemas.manifests import GivenManifest, RecordedManifest, ReplacedManifest
from cloud_core.domain.access.permissions import Permission

router: Final = APIRouter(prefix="/deployments/{deployment_id}/manifest", tags=["manifests"])


@router.get("", response_model=RecordedManifest, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def get_manifest(deployment_id: DeploymentId, services: Services, response: Response) -> dict[str, Any]:
    """The manifest that runs."""
    record = services.recorded_manifests.read(deployment_id)
    tag(response, record.manifest_version)
    return {
        "deployment_id": deployment_id,
        "version": record.manifest_version,
        "digest": record.digest,
        "updated_at": record.updated_at,
        "manifest": record.manifest,
    }


@router.put("", response_model=ReplacedManifest, **guarded(Permission.WRITE, *CHANGING))
def put_manifest(deployment_id: DeploymentId, change: Changing, body: GivenManifest) -> dict[str, Any]:
    """Make a manifest the next version, if it is valid and made from the present one."""
    replace = change.services.recorded_manifests.replace
    return change.made(lambda version: replace(deployment_id, body.manifest, version), body.version)
