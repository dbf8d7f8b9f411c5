"""Log lines: read, written, followed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from ariadne import MutationType, QueryType, SubscriptionType

from api.graph.asking import Asked, resolver
from api.resolvers import shapes
from api.resolvers.following import Source, followed, told
from api.resolvers.inputs import or_mapping
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.log_filter import LogFilter
from cloud_core.domain.names import parse_environment
from cloud_core.domain.records import LogLevel
from cloud_core.services.records.log_writing import NewLine
from cloud_core.services.records.pages import Slice
from graphql import GraphQLResolveInfo

query: Final = QueryType()
mutation: Final = MutationType()
subscription: Final = SubscriptionType()
BINDABLES: Final = (query, mutation, subscription)


@query.field("listLogs")
@resolver
def list_logs(
    asking: Asked,
    deployment_id: str,
    limit: int = 100,
    nextToken: str | None = None,
    **wanted: Any,
) -> Any:
    part = Slice(limit, nextToken)
    page = asking.services.visible_records.lines(deployment_id, _filter(**wanted), part, asking.visible)
    return shapes.connection(page, shapes.line)


@query.field("listLogsByLevel")
@resolver
def list_by_level(asking: Asked, level: LogLevel, limit: int = 50, nextToken: str | None = None) -> Any:
    page = asking.services.visible_records.lines_of_level(level, Slice(limit, nextToken), asking.visible)
    return shapes.connection(page, shapes.line)


@mutation.field("createLog")
@resolver
def create_log(asking: Asked, input: dict[str, Any]) -> Any:
    return shapes.line(asking.services.log_writing.write(_lines(asking, [input]), asking.caller.name)[0])


@mutation.field("createLogs")
@resolver
def create_logs(asking: Asked, inputs: list[dict[str, Any]]) -> Any:
    return [shapes.line(one) for one in asking.services.log_writing.write(_lines(asking, inputs), asking.caller.name)]


@subscription.source("onLogCreated")
def follow_lines(_: Any, info: GraphQLResolveInfo[Any], deployment_id: str) -> Source:
    return followed(info, deployment_id, lambda following: following.lines(deployment_id), shapes.line)


subscription.set_field("onLogCreated", told)


def _filter(
    level: LogLevel | None = None,
    stack_name: str | None = None,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
) -> LogFilter:
    """Exactly this level; the end is included here, and is not in the store."""
    return LogFilter(
        levels=frozenset({level}) if level else None,
        stack_name=stack_name,
        since=start_time,
        until=end_time + timedelta(milliseconds=1) if end_time else None,
    )


def _lines(asking: Asked, inputs: list[dict[str, Any]]) -> list[NewLine]:
    for deployment_id in sorted(ids := {one["deployment_id"] for one in inputs}):
        asking.may_write(deployment_id)
    if len(ids) > 1:
        raise InvalidInput("all lines must be of one deployment", field="inputs", value=sorted(ids))
    return [
        NewLine(
            deployment_id=one["deployment_id"],
            level=one["level"],
            message=one["message"],
            stack_name=one.get("stack_name"),
            environment=parse_environment(one["environment"]) if one.get("environment") else None,
            details=or_mapping("details", one.get("details")) or {},
        )
        for one in inputs
    ]
