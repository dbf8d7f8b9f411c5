"""Folds the events of an operation into the view of its stacks. Pure.

Events may be missing (a store that was away) but are never out of order. Those of other operations only move the
view's `seq` on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.events import Event, EventName
from cloud_core.domain.progress import CurrentResource, OperationView, StackView
from cloud_core.domain.statuses import OperationStatus, StackStatus


def fold(view: OperationView, events: Iterable[Event]) -> OperationView:
    """The view after these events."""
    for event in events:
        step = _STEPS.get(event.event)
        if step is not None and event.operation_id == view.operation_id:
            view = step(view, event)
        view = replace(view, seq=event.seq)
    return view.counted()


def _operation_started(view: OperationView, event: Event) -> OperationView:
    return replace(view, status=OperationStatus.IN_PROGRESS, started_at=parse_timestamp(event.timestamp))


def _operation_waiting(view: OperationView, event: Event) -> OperationView:
    return replace(view, status=OperationStatus.AWAITING_APPROVAL)


def _operation_approved(view: OperationView, event: Event) -> OperationView:
    return replace(view, status=OperationStatus.PENDING, created_at=parse_timestamp(event.timestamp))


def _operation_cancelling(view: OperationView, event: Event) -> OperationView:
    return replace(view, status=OperationStatus.CANCELLING)


def _operation_ended(view: OperationView, event: Event) -> OperationView:
    return replace(
        view,
        status=OperationStatus(event.data["operation_status"]),
        message=event.data.get("message"),
        ended_at=parse_timestamp(event.timestamp),
    )


def _stack_started(view: OperationView, event: Event) -> OperationView:
    return _change(
        view,
        event,
        status=StackStatus(event.data["status"]),
        layer=event.data.get("layer"),
        started_at=parse_timestamp(event.timestamp),
    )


def _stack_progress(view: OperationView, event: Event) -> OperationView:
    before = _stack(view, event)
    done = max(before.done, int(event.data.get("resources_processed", 0)))
    told = event.data.get("resources_total")
    # Without an expectation the engine's total is what is done so far, which tells nothing.
    known = int(told) if told is not None and int(told) > done else before.total
    total = known if known is not None and known >= done else None
    return _change(view, event, done=done, total=total, current=_current(event.data.get("current_resource")))


def _resource_started(view: OperationView, event: Event) -> OperationView:
    resource = {**event.data["resource"], "action": _ACTIONS[event.event]}
    return _change(view, event, current=_current(resource))


def _resource_done(view: OperationView, event: Event) -> OperationView:
    before = _stack(view, event)
    ours = before.current is not None and before.current.name == event.data["resource"].get("name")
    current = None if ours else before.current
    return _change(view, event, done=before.done + 1, current=current)


def _stack_ended(view: OperationView, event: Event) -> OperationView:
    data = event.data
    before = _stack(view, event)
    return _change(
        view,
        event,
        status=StackStatus(data["status"]),
        seconds=data.get("duration_seconds", before.elapsed(parse_timestamp(event.timestamp))),
        current=None,
        error=data.get("error_message"),
        cause=data.get("cause"),
        changes=data.get("changes", {}),
        done=max(before.done, data.get("resource_count", 0)),
        total=None,
    )


def _stack_passed_over(view: OperationView, event: Event) -> OperationView:
    return _change(view, event, status=StackStatus(event.data["status"]), cause=event.data.get("cause"))


def _change(view: OperationView, event: Event, **changes: Any) -> OperationView:
    return view.with_stack(event.stack_name, **changes) if event.stack_name else view


def _stack(view: OperationView, event: Event) -> StackView:
    return view.stacks.get(event.stack_name or "") or StackView(event.stack_name or "")


def _current(resource: Mapping[str, Any] | None) -> CurrentResource | None:
    if not resource:
        return None
    return CurrentResource(*(str(resource.get(key, "")) for key in ("type", "name", "action")))


_ACTIONS: Final = {
    EventName.RESOURCE_CREATING: "create",
    EventName.RESOURCE_UPDATING: "update",
    EventName.RESOURCE_DELETING: "delete",
}
_STEPS: Final[Mapping[EventName, Callable[[OperationView, Event], OperationView]]] = {
    EventName.DEPLOYMENT_STARTED: _operation_started,
    EventName.DEPLOYMENT_AWAITING_APPROVAL: _operation_waiting,
    EventName.DEPLOYMENT_APPROVED: _operation_approved,
    EventName.DEPLOYMENT_CANCELLING: _operation_cancelling,
    EventName.DEPLOYMENT_COMPLETE: _operation_ended,
    EventName.DEPLOYMENT_FAILED: _operation_ended,
    EventName.DEPLOYMENT_CANCELLED: _operation_ended,
    EventName.STACK_DEPLOYING: _stack_started,
    EventName.STACK_PROGRESS: _stack_progress,
    EventName.STACK_DEPLOYED: _stack_ended,
    EventName.STACK_FAILED: _stack_ended,
    EventName.STACK_SKIPPED: _stack_passed_over,
    EventName.STACK_CHECKING: _stack_started,
    EventName.STACK_CHECKED: _stack_ended,
    EventName.RESOURCE_CREATING: _resource_started,
    EventName.RESOURCE_UPDATING: _resource_started,
    EventName.RESOURCE_DELETING: _resource_started,
    EventName.RESOURCE_CREATED: _resource_done,
    EventName.RESOURCE_UPDATED: _resource_done,
    EventName.RESOURCE_DELETED: _resource_done,
}
