"""What messages say of how far an operation is. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cloud_core.domain.events import Event, EventType
from cloud_core.domain.progress import OperationView
from cloud_core.services.records.events import log_entry


def figures(view: OperationView | None, now: datetime) -> dict[str, Any]:
    """Counts, percent and times in seconds; zeros for an operation that nobody knows. `estimated_time_remaining` is
    None while a stack is left that has no history."""
    if view is None:
        return {"current_layer": 0, "total_layers": 0}
    counts, left = view.counts, None if view.status.is_terminal else view.remaining(now)
    running = [stack.name for stack in view.stacks.values() if stack.is_running]
    layers = {stack.layer for stack in view.stacks.values() if stack.layer}
    return {
        "current_layer": current_layer(view),
        "total_layers": max(layers, default=0),
        "progress_percent": view.percent,
        "total_stacks": counts.total,
        "deployed_stacks": counts.succeeded,
        "failed_stacks": counts.failed,
        "skipped_stacks": counts.skipped,
        "current_stack": running[0] if running else None,
        "resources_done": view.resources_done,
        "estimated_time_remaining": None if left is None else round(left, 1),
        "duration_seconds": round(view.elapsed(now), 3),
    }


def current_layer(view: OperationView) -> int:
    """The first layer that is not done; the last one when all are, 0 before anything has begun."""
    if not done_layers(view, begun=True):
        return 0
    layers = {stack.layer for stack in view.stacks.values() if stack.layer}
    return min(layers - done_layers(view, begun=False), default=max(layers, default=0))


def done_layers(view: OperationView, *, begun: bool) -> set[int]:
    """Layers of which a stack has begun, or all stacks have ended."""
    stacks = [stack for stack in view.stacks.values() if stack.layer]
    touched = {stack.layer for stack in stacks if (stack.is_running or stack.has_ended) and stack.layer}
    if begun:
        return touched
    return touched - {stack.layer for stack in stacks if not stack.has_ended}


def stack_data(event: Event, view: OperationView | None) -> dict[str, Any]:
    """The event's own data, with what its type always has."""
    data = dict(event.data)
    if event.type is EventType.DEPLOYMENT_STATUS:
        return data
    data = {**data, "event": event.event.value, "stack_name": event.stack_name}
    stack = view.stacks.get(event.stack_name or "") if view else None
    if event.type is EventType.LOG_CREATED:
        entry = log_entry(event)
        return {**data, "level": entry.log_level.value, "message": entry.message, "log_id": entry.log_id}
    told = {"layer": stack.layer if stack else None, "progress_percent": view.percent if view else None}
    if event.type is EventType.STACK_FAILED:
        return {**told, "error_message": "", **data}
    created = (data.get("changes") or {}).get("create", 0)
    return {**told, "duration_seconds": 0.0, "resource_count": 0, "resources_created": created, **data}
