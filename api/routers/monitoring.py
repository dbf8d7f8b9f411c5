"""Logs and metrics."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from api.dependencies import AnyEnvironment, Calling, DeploymentId, OneEnvironment, Services, guarded
from api.schemas.monitoring import Log, Metrics
from cloud_core.domain.access.permissions import Permission
from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.metrics import Period
from cloud_core.domain.names import DEPLOYMENT_ID
from cloud_core.domain.records import LogLevel
from cloud_core.services.looking.logs import LogQuery, log_data
from cloud_core.services.looking.metrics import MetricsQuery

router: Final = APIRouter(prefix="/monitoring", tags=["monitoring"])
_AGO: Final = re.compile(r"([1-9][0-9]{0,4})(m|h|d)")
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@router.get("/deployments/{deployment_id}/logs", response_model=Log, **guarded(Permission.READ, "RESOURCE_NOT_FOUND"))
def get_logs(
    deployment_id: DeploymentId,
    services: Services,
    environment: OneEnvironment,
    stack: Annotated[str | None, Query(max_length=64, description="Only lines of this stack.")] = None,
    level: Annotated[LogLevel, Query(description="The least level.")] = LogLevel.DEBUG,
    operation_id: Annotated[str | None, Query(max_length=64, description="Only lines of this operation.")] = None,
    since: Annotated[str | None, Query(max_length=40, description="A time, or an age: `30m`, `2h`, `7d`.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Log lines, newest first: of one operation, of all since then, or of the newest operation."""
    begin = _since(since, services.clock.now()) if since else None
    query = LogQuery(deployment_id, environment, stack, level, begin, limit, operation_id=operation_id)
    lines = [log_data(entry) for entry in reversed(services.logs.read(query).entries)]
    return {
        "deployment_id": deployment_id,
        "environment": environment.value,
        "logs": lines,
        "returned": len(lines),
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


def _since(text: str, now: datetime) -> datetime:
    if found := _AGO.fullmatch(text):
        return now - int(found.group(1)) * _UNITS[found.group(2)]
    try:
        return parse_timestamp(text)
    except ValueError:
        raise InvalidInput(
            f"since is a time with its zone, or how long ago, such as 2h; not {text!r}", field="query.since"
        ) from None
