"""Templates: ours and the workspace's own, and manifests made from them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import Path

from api.dependencies import BODY, NO_RECORDS, Calling, Services, guarded
from api.routes import endpoints
from api.schemas.deployments import GenerateManifest, InitDeployment
from api.schemas.templates import DraftedManifest, TemplateText
from cloud_core.answers.templates import TemplateList, TemplateVerdict, TemplateVerdicts
from cloud_core.domain.access.permissions import Permission
from cloud_core.services.looking.visibility import require_organization

router: Final = endpoints("/templates", "templates")
TemplateName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="Its name.", examples=["minimal"])]


@router.get("", response_model=TemplateList, **guarded(Permission.READ, but=NO_RECORDS))
def list_templates(services: Services) -> dict[str, Any]:
    """The deployment templates, by name."""
    found = services.templates.list()
    return {"templates": [one.to_data() for one in found], "total": len(found)}


@router.get(
    "/{template_name}", response_model=TemplateText, **guarded(Permission.READ, "RESOURCE_NOT_FOUND", but=NO_RECORDS)
)
def get_template(template_name: TemplateName, services: Services) -> dict[str, Any]:
    """A template: its stacks, layers and variables."""
    found = services.templates.show(template_name)
    return {
        **found.to_data(),
        "environments": {name: {"enabled": enabled} for name, enabled in found.environments.items()},
        "default_config": {stack.name: stack.config for stack in found.stacks},
        "text": found.text,
    }


@router.post("/validate", response_model=TemplateVerdicts, **guarded(Permission.VALIDATE, but=NO_RECORDS))
def validate_templates(services: Services, strict: bool = False) -> dict[str, Any]:
    """Whether the templates can be used, each of them; what is found is no error of the request."""
    verdicts = services.template_validation.validate_all(strict)
    return {"valid": all(one.valid for one in verdicts), "templates": [one.to_data() for one in verdicts]}


@router.post(
    "/{template_name}/generate",
    response_model=DraftedManifest,
    **guarded(Permission.WRITE, *BODY, "RESOURCE_NOT_FOUND", "VALIDATION_INVALID_MANIFEST", but=NO_RECORDS),
)
def generate_manifest(
    template_name: TemplateName, caller: Calling, services: Services, body: GenerateManifest
) -> dict[str, Any]:
    """The manifest that a new deployment would start with; nothing is stored."""
    require_organization(body.organization, caller.organizations)
    wishes = InitDeployment(**body.model_dump(), template=template_name)
    return services.manifests.draft(replace(wishes.request(caller.name), needs_record=False)).to_data()


@router.post(
    "/{template_name}/validate",
    response_model=TemplateVerdict,
    **guarded(Permission.VALIDATE, "RESOURCE_NOT_FOUND", but=NO_RECORDS),
)
def validate_template(template_name: TemplateName, services: Services, strict: bool = False) -> dict[str, Any]:
    """Whether a template, of deployments or of stacks, can be used; what is found is no error of the request."""
    return services.template_validation.validate(template_name, strict).to_data()
