"""Stack records: looked at, made, marked as failed, deleted, followed."""

from __future__ import annotations

from typing import Any, Final

from ariadne import MutationType, QueryType, SubscriptionType

from api.graph.asking import Asked, resolver
from api.resolvers import shapes
from api.resolvers.following import Source, followed, told
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.names import parse_environment
from cloud_core.domain.statuses import StackStatus
from cloud_core.services.operations.stack_edits import NewStack, StackEdit, StackPlace
from cloud_core.services.records.pages import Slice
from graphql import GraphQLResolveInfo

query: Final = QueryType()
mutation: Final = MutationType()
subscription: Final = SubscriptionType()
BINDABLES: Final = (query, mutation, subscription)
_FACTS: Final = ("outputs", "resources", "resource_count", "last_deployment")


@query.field("getStack")
@resolver
def get_stack(asking: Asked, deployment_id: str, stack_name: str, environment: str) -> Any:
    wanted = parse_environment(environment)
    found = asking.services.visible_records.stack(deployment_id, stack_name, wanted, asking.visible)
    return shapes.stack(found) if found else None


@query.field("listStacks")
@resolver
def list_stacks(
    asking: Asked, deployment_id: str, limit: int = 50, environment: str | None = None, nextToken: str | None = None
) -> Any:
    wanted = parse_environment(environment) if environment is not None else None
    page = asking.services.visible_records.stacks(deployment_id, wanted, Slice(limit, nextToken), asking.visible)
    return shapes.connection(page, shapes.stack)


@query.field("listStacksByName")
@resolver
def list_by_name(asking: Asked, stack_name: str, limit: int = 50, nextToken: str | None = None) -> Any:
    page = asking.services.visible_records.stacks_called(stack_name, Slice(limit, nextToken), asking.visible)
    return shapes.connection(page, shapes.stack)


@query.field("listStacksByStatus")
@resolver
def list_by_status(asking: Asked, status: StackStatus, limit: int = 50, nextToken: str | None = None) -> Any:
    page = asking.services.visible_records.stacks_with(status, Slice(limit, nextToken), asking.visible)
    return shapes.connection(page, shapes.stack)


@mutation.field("createStack")
@resolver
def create_stack(asking: Asked, input: dict[str, Any]) -> Any:
    place = _writable(asking, input)
    new = NewStack(place, input["pulumi_stack_name"], input["layer"], tuple(input["dependencies"]))
    return shapes.stack(asking.services.stack_edits.create(new))


@mutation.field("updateStack")
@resolver
def update_stack(asking: Asked, input: dict[str, Any]) -> Any:
    place = _writable(asking, input)
    facts = {name: input[name] for name in _FACTS if input.get(name) is not None}
    edit = StackEdit(place, input["version"], input.get("status"), facts)
    return shapes.stack(asking.services.stack_edits.update(edit))


@mutation.field("updateStackStatus")
@resolver
def update_stack_status(asking: Asked, status: StackStatus, version: int, **place: str) -> Any:
    edit = StackEdit(_writable(asking, place), version, status)
    return shapes.stack(asking.services.stack_edits.update(edit))


@mutation.field("deleteStack")
@resolver
def delete_stack(asking: Asked, **place: str) -> bool:
    wanted = _place(place)
    asking.caller.require(Permission.DESTROY, wanted.environment)
    asking.services.deployments.require_visible(wanted.deployment_id, asking.visible)
    return asking.services.stack_edits.delete(wanted)


@subscription.source("onStackUpdated")
def follow_stacks(_: Any, info: GraphQLResolveInfo[Any], deployment_id: str, stack_name: str | None = None) -> Source:
    return followed(info, deployment_id, lambda following: following.stacks(deployment_id, stack_name), shapes.stack)


subscription.set_field("onStackUpdated", told)


def _place(given: dict[str, Any]) -> StackPlace:
    return StackPlace(given["deployment_id"], given["stack_name"], parse_environment(given["environment"]))


def _writable(asking: Asked, given: dict[str, Any]) -> StackPlace:
    place = _place(given)
    asking.may_write(place.deployment_id, place.environment)
    return place
