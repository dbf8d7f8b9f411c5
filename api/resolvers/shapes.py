"""Records as GraphQL has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from cloud_core.domain.manifest.outline import outline
from cloud_core.domain.metrics import MetricPoint
from cloud_core.domain.records import Deployment, LogEntry, StackRecord
from cloud_core.domain.statuses import StackStatus
from cloud_core.ports.records import Page
from cloud_core.services.looking.progress_counts import ProgressCounts

T = TypeVar("T")
Shape = dict[str, Any]


def connection(page: Page[T], shape: Callable[[T], Shape]) -> Shape:
    return {"items": [shape(item) for item in page.items], "nextToken": page.next_token}


def deployment(record: Deployment) -> Shape:
    names = ("deployment_id", "organization", "project", "domain", "template", "status", "manifest")
    written = ("created_at", "updated_at", "created_by", "version")
    return {**{name: getattr(record, name) for name in (*names, *written)}, **outline(record.manifest)}


def stack(record: StackRecord) -> Shape:
    data = record.model_dump()
    last = data["last_deployment"]
    if last is not None and last["duration_seconds"] is not None:
        last["duration_seconds"] = int(last["duration_seconds"])
    return data


def line(entry: LogEntry) -> Shape:
    return {**entry.model_dump(), "level": entry.log_level}


def metric(point: MetricPoint) -> Shape:
    return {
        "metric_name": point.metric_name,
        "timestamp": point.timestamp,
        "value": point.value,
        "unit": point.unit.value,
        "dimensions": dict(point.dimensions),
    }


def progress(counts: ProgressCounts) -> Shape:
    return {
        "deployment_id": counts.deployment_id,
        "environment": counts.environment.value,
        "total_stacks": len(counts.stacks),
        "deployed_stacks": counts.count(StackStatus.DEPLOYED),
        "failed_stacks": counts.count(StackStatus.FAILED),
        "changing_stacks": counts.count(StackStatus.DEPLOYING, StackStatus.DESTROYING),
        "resource_count": counts.resource_count,
        "progress_percent": counts.percent,
        "stacks": [stack(one) for one in counts.stacks],
    }
