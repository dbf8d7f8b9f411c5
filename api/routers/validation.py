"""Validation of what is not stored: what is found is an answer, not an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from api.dependencies import BODY, NO_RECORDS, Calling, Services, guarded
from api.routes import endpoints
from api.schemas.validation import (
    AccountToCheck,
    AccountVerdict,
    Dependencies,
    DependenciesToCheck,
    ManifestToCheck,
    Validation,
)
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.validation import Level
from cloud_core.ports.aws import AwsScope
from cloud_core.ports.workspace import ManifestFile
from cloud_core.services.validation.dependency_checks import check_dependencies, check_recorded

router: Final = endpoints("/validate", "validation")


@router.post("/manifest", response_model=Validation, **guarded(Permission.VALIDATE, *BODY, but=NO_RECORDS))
def validate_manifest(services: Services, body: ManifestToCheck) -> dict[str, Any]:
    """Every finding in a manifest."""
    environment = body.environment.value if body.environment else None
    file = ManifestFile(Path("manifest"), body.manifest)
    return services.validation.check(None, file, Level(body.level), environment, body.strict).to_data()


@router.post(
    "/dependencies",
    response_model=Dependencies,
    **guarded(Permission.VALIDATE, *BODY, "RESOURCE_NOT_FOUND"),
)
def validate_dependencies(caller: Calling, services: Services, body: DependenciesToCheck) -> dict[str, Any]:
    """Whether stacks can be brought into an order, and which."""
    if body.deployment_id is not None:
        services.deployments.require_visible(body.deployment_id, caller.organizations)
        return check_recorded(services.recorded_manifests.read(body.deployment_id)).to_data()
    given = body.stacks or {}
    return check_dependencies({name: one.dependencies for name, one in given.items() if one.enabled}).to_data()


@router.post("/aws", response_model=AccountVerdict, **guarded(Permission.ASK_AWS, *BODY))
def validate_aws(services: Services, body: AccountToCheck) -> dict[str, Any]:
    """Whether we get into an account, and may make our stacks there."""
    return services.account_checks.check(AwsScope(body.account_id, body.region), body.checks)
