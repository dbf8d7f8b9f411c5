"""Deployments: looked at, made, changed, deleted, followed."""

from __future__ import annotations

from typing import Any, Final

from ariadne import MutationType, QueryType, SubscriptionType

from api.graph.asking import Asked, resolver
from api.resolvers import shapes
from api.resolvers.following import Source, followed, told
from api.resolvers.inputs import a_mapping, or_mapping
from cloud_core.domain.names import parse_deployment_id, parse_environment
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.services.looking.visibility import require_organization
from cloud_core.services.operations.deployment_edits import DeploymentEdit, NewDeploymentRecord, Outline
from cloud_core.services.records.pages import Slice
from graphql import GraphQLResolveInfo

query: Final = QueryType()
mutation: Final = MutationType()
subscription: Final = SubscriptionType()
BINDABLES: Final = (query, mutation, subscription)
_NAMES: Final = ("organization", "project", "domain", "template")


@query.field("getDeployment")
@resolver
def get_deployment(asking: Asked, deployment_id: str) -> Any:
    found = asking.services.visible_records.deployment(parse_deployment_id(deployment_id), asking.visible)
    return shapes.deployment(found) if found else None


@query.field("listDeployments")
@resolver
def list_deployments(
    asking: Asked,
    limit: int = 50,
    organization: str | None = None,
    status: DeploymentStatus | None = None,
    nextToken: str | None = None,
) -> Any:
    part = Slice(limit, nextToken)
    page = asking.services.visible_records.deployments(organization, status, part, asking.visible)
    return shapes.connection(page, shapes.deployment)


@query.field("listDeploymentsByStatus")
@resolver
def list_by_status(asking: Asked, status: DeploymentStatus, limit: int = 50, nextToken: str | None = None) -> Any:
    page = asking.services.visible_records.deployments_with(status, Slice(limit, nextToken), asking.visible)
    return shapes.connection(page, shapes.deployment)


@query.field("getDeploymentOutputs")
@resolver
def get_outputs(asking: Asked, deployment_id: str, environment: str) -> Any:
    wanted = parse_environment(environment)
    asking.services.deployments.require_visible(deployment_id, asking.visible)
    return asking.services.outputs.of_deployment(deployment_id, wanted).values


@query.field("getDeploymentProgress")
@resolver
def get_progress(asking: Asked, deployment_id: str, environment: str) -> Any:
    wanted = parse_environment(environment)
    return shapes.progress(asking.services.visible_records.progress(deployment_id, wanted, asking.visible))


@mutation.field("createDeployment")
@resolver
def create_deployment(asking: Asked, input: dict[str, Any]) -> Any:
    require_organization(input["organization"], asking.visible)
    new = NewDeploymentRecord(
        deployment_id=input.get("deployment_id"),
        names={name: input[name] for name in _NAMES},
        manifest=a_mapping("manifest", input["manifest"]),
        outline=_outline(input),
        user=asking.caller.name,
    )
    return shapes.deployment(asking.services.deployment_edits.create(new))


@mutation.field("updateDeployment")
@resolver
def update_deployment(asking: Asked, input: dict[str, Any]) -> Any:
    asking.may_write(input["deployment_id"])
    manifest = or_mapping("manifest", input.get("manifest"))
    edit = DeploymentEdit(input["deployment_id"], input["version"], input.get("status"), manifest, _outline(input))
    return shapes.deployment(asking.services.deployment_edits.update(edit))


@mutation.field("updateDeploymentStatus")
@resolver
def update_status(asking: Asked, deployment_id: str, status: DeploymentStatus, version: int) -> Any:
    asking.may_write(deployment_id)
    return shapes.deployment(asking.services.deployment_edits.update(DeploymentEdit(deployment_id, version, status)))


@mutation.field("updateManifest")
@resolver
def update_manifest(asking: Asked, deployment_id: str, manifest: Any, version: int) -> Any:
    asking.may_write(deployment_id)
    edit = DeploymentEdit(deployment_id, version, manifest=a_mapping("manifest", manifest))
    return shapes.deployment(asking.services.deployment_edits.update(edit))


@mutation.field("deleteDeployment")
@resolver
def delete_deployment(asking: Asked, deployment_id: str) -> bool:
    asking.may_delete(parse_deployment_id(deployment_id))
    return asking.services.deployment_edits.delete(deployment_id)


@subscription.source("onDeploymentUpdated")
def follow_deployment(_: Any, info: GraphQLResolveInfo[Any], deployment_id: str) -> Source:
    return followed(info, deployment_id, lambda following: following.deployment(deployment_id), shapes.deployment)


subscription.set_field("onDeploymentUpdated", told)


def _outline(given: dict[str, Any]) -> Outline:
    parts = {name: or_mapping(name, given.get(name)) for name in ("environments", "stacks")}
    return Outline(**parts)
