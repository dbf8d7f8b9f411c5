"""Logs and metrics."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import Depends, Query

from api.dependencies import AnyEnvironment, Calling, DeploymentId, Services, guarded
from api.routes import endpoints
from api.schemas.monitoring import Log, Metrics
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.metrics import Period
from cloud_core.domain.names import DEPLOYMENT_ID
from cloud_core.domain.records import LogLevel
from cloud_core.domain.statuses import Action
from cloud_core.services.looking.logs import LogQuery, log_data
from cloud_core.services.looking.metrics import MetricsQuery

router: Final = endpoints("/monitoring", "monitoring")
_AGO: Final = re.compile(r"([1-9][0-9]{0,4})(m|h|d)")
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class LogFilters:
    """Which lines are asked for; times are an age, or ISO 8601 with a zone."""

    def __init__(
        self,
        services: Services,
        stack: Annotated[str | None, Query(max_length=64, description="Only lines of this stack.")] = None,
        level: Annotated[LogLevel, Query(description="The least level.")] = LogLevel.DEBUG,
        operation_id: Annotated[str | None, Query(max_length=64, description="Only lines of this operation.")] = None,
        since: Annotated[str | None, Query(max_length=40, description="A time, or an age: `30m`, `2h`, `7d`.")] = None,
        until: Annotated[str | None, Query(max_length=40, description="As `since`; lines before it.")] = None,
        search: Annotated[str | None, Query(max_length=200, description="Only lines that say this.")] = None,
    ) -> None:
        now = services.clock.now()
        self.stack, self.level, self.operation_id, self.text = stack, level, operation_id, search
        self.since, self.until = _time("since", since, now), _time("until", until, now)


@router.get("/deployments/{deployment_id}/logs", response_model=Log, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def get_logs(
    deployment_id: DeploymentId,
    services: Services,
    wanted: Annotated[LogFilters, Depends()],
    environment: AnyEnvironment = None,
    type: Annotated[Action | None, Query(description="Only lines of the newest operation that does this.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    next_token: Annotated[str | None, Query(max_length=2000, description="Of the page before.")] = None,
) -> dict[str, Any]:
    """Log lines, newest first: of one operation, of all since then, or of the newest operation."""
    query = LogQuery(
        deployment_id,
        environment,
        wanted.stack,
        wanted.level,
        wanted.since,
        limit,
        type,
        wanted.operation_id,
        until=wanted.until,
        text=wanted.text,
    )
    found = services.logs.read(query, next_token)
    lines = [log_data(entry) for entry in reversed(found.entries)]
    return {
        "deployment_id": deployment_id,
        "environment": environment.value if environment else None,
        "operation_id": found.operation.operation_id if found.operation else None,
        "logs": lines,
        "returned": len(lines),
        "next_token": found.next_token,
    }


@router.get("/metrics", response_model=Metrics, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def get_metrics(
    caller: Calling,
    services: Services,
    period: Period = Period.HOUR,
    deployment_id: Annotated[str | None, Query(pattern=f"^{DEPLOYMENT_ID.pattern}$")] = None,
    environment: AnyEnvironment = None,
) -> dict[str, Any]:
    """How the deploys of the last hours or days went, and how often the API was asked."""
    return services.metrics.of(MetricsQuery(period, caller.organizations, deployment_id, environment))


def _time(name: str, text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    try:
        if found := _AGO.fullmatch(text):
            return now - int(found.group(1)) * _UNITS[found.group(2)]
        return parse_timestamp(text)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{name} is a time with its zone, or how long ago, such as 2h; not {text!r}", field=f"query.{name}"
        ) from None
