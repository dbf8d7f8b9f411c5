"""A deployment's events as messages: each event becomes one message that carries its number, with how far the operation
is by then. Pure but for the two readers that it is given.

Beside it go messages that only follow from events, without a number: a layer that begins or is done, and progress
after an event whose own message has no place for it. Times are those of the events, so that a replay says the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from cloud_core.domain.clock import parse_timestamp, timestamp
from cloud_core.domain.events import Event, EventName, EventType
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.progress import OperationView
from cloud_core.domain.progress_fold import fold
from cloud_core.domain.records import Deployment
from cloud_core.domain.statuses import Action, OperationStatus
from realtime.figures import done_layers, figures, stack_data
from realtime.protocol import Message, MessageType

Begin = Callable[[str], OperationView | None]
"""The view of the operation with this id before its first event; None when there is no such operation."""

_KEPT_OPERATIONS: Final = 12
_PROGRESS_SECONDS: Final = 1.0
_OF_A_ROLLBACK: Final = {
    EventName.DEPLOYMENT_STARTED: "rollback_started",
    EventName.DEPLOYMENT_COMPLETE: "rollback_complete",
}


class Story:
    """One deployment. Events come in order; `seq` is the number of the last one."""

    def __init__(self, deployment_id: str, begin: Begin, seq: int = 0) -> None:
        self.seq = seq
        self._deployment_id = deployment_id
        self._begin = begin
        self._views: OrderedDict[str, OperationView] = OrderedDict()
        self._told_at: dict[str, datetime] = {}

    def copy(self) -> Story:
        """One that goes on by itself from here."""
        other = Story(self._deployment_id, self._begin, self.seq)
        other._views, other._told_at = self._views.copy(), self._told_at.copy()
        return other

    @property
    def open_operations(self) -> list[str]:
        """Operations that have not ended as far as events tell."""
        return [name for name, view in self._views.items() if not view.status.is_terminal]

    def skip(self, event: Event) -> None:
        """Take the event in without a message."""
        self._fold(event)

    def tell(self, event: Event) -> list[Message]:
        """The event's messages, that with its number before those that follow from it but for a layer's beginning."""
        before, after = self._fold(event)
        begun = _layers(event, before, after, begun=True)
        main = self._message(event, after)
        follows = [*_layers(event, before, after, begun=False), *self._progress(event, before, after)]
        return [*begun, main, *follows]

    def snapshot(self, deployment: Deployment, now: datetime, only: EnvironmentName | None = None) -> Message:
        """How everything stands as of `seq`: the newest operation, and each environment with its stacks, or the one
        that is asked for."""
        newest: dict[str, OperationView] = {}
        for view in self._views.values():
            if only is not None and view.environment != only:
                continue
            known = newest.get(view.environment)
            if known is None or view.created_at >= known.created_at:
                newest[view.environment] = view
        environments = {name: _stand(deployment, view, now) for name, view in newest.items()}
        leading = max(newest.values(), key=lambda view: (not view.status.is_terminal, view.created_at), default=None)
        top = (
            environments[leading.environment] if leading else {"status": deployment.status.value, **figures(None, now)}
        )
        told = {key: value for key, value in top.items() if key != "stacks"}
        data = {**told, "event": "snapshot", "environments": environments}
        place = (leading.operation_id, leading.environment) if leading else (None, None)
        return Message(
            MessageType.DEPLOYMENT_STATUS, timestamp(now), self._deployment_id, data, self.seq, place[0], place[1]
        )

    def beside(self, operation_id: str, event: str, now: datetime, **data: Any) -> Message | None:
        """A status that no event tells: what the flow service says, or an end that was never told. None for an
        operation that is not known here."""
        view = self._views.get(operation_id)
        if view is None:
            return None
        told = {"environment": view.environment, **figures(view, now), "status": _environment_status(view)}
        told |= {"event": event, **data}
        place = (self._deployment_id, told, None, operation_id, view.environment)
        return Message(MessageType.DEPLOYMENT_STATUS, timestamp(now), *place)

    def settle(self, view: OperationView) -> None:
        """Take over what the operation's record says, when its events end before it."""
        self._views[view.operation_id] = view

    def view(self, operation_id: str) -> OperationView | None:
        return self._views.get(operation_id)

    def _fold(self, event: Event) -> tuple[OperationView | None, OperationView | None]:
        self.seq = event.seq
        before = self._views.pop(event.operation_id, None) or self._begin(event.operation_id)
        if before is None:
            return None, None
        after = self._views[event.operation_id] = fold(before, [event])
        while len(self._views) > _KEPT_OPERATIONS:
            oldest, _ = self._views.popitem(last=False)
            self._told_at.pop(oldest, None)
        return before, after

    def _message(self, event: Event, view: OperationView | None) -> Message:
        kind = MessageType(event.type.value)
        data = stack_data(event, view)
        if kind is MessageType.DEPLOYMENT_STATUS:
            self._told_at[event.operation_id] = parse_timestamp(event.timestamp)
            data = _status_data(event, view, data)
        return replace(_about(event, data), type=kind, seq=event.seq)

    def _progress(self, event: Event, before: OperationView | None, after: OperationView | None) -> Iterator[Message]:
        """At most one a second."""
        if before is None or after is None or event.type is EventType.DEPLOYMENT_STATUS:
            return
        now, last = parse_timestamp(event.timestamp), self._told_at.get(event.operation_id)
        recent = last is not None and (now - last).total_seconds() < _PROGRESS_SECONDS
        if after.percent > before.percent and not recent:
            self._told_at[event.operation_id] = now
            data = {**figures(after, now), "status": _environment_status(after), "event": "deployment_progress"}
            yield _about(event, data)


def _about(event: Event, data: dict[str, Any]) -> Message:
    """Without a number."""
    return Message(
        type=MessageType.DEPLOYMENT_STATUS,
        timestamp=event.timestamp,
        deployment_id=event.deployment_id,
        data={"environment": event.environment.value, **data},
        operation_id=event.operation_id,
        environment=event.environment.value,
    )


def _status_data(event: Event, view: OperationView | None, data: dict[str, Any]) -> dict[str, Any]:
    """The status is that of the environment; a stack's own stands beside it."""
    name = _OF_A_ROLLBACK.get(event.event) if view and view.action is Action.ROLLBACK else None
    told = dict(data)
    if event.stack_name:
        told |= {"stack_name": event.stack_name, "stack_status": told.pop("status", None)}
    status = told.pop("status", None) or (_environment_status(view) if view else "")
    return {**figures(view, parse_timestamp(event.timestamp)), **told, "status": status, "event": name or event.event}


_CHANGING: Final = {Action.DEPLOY: "deploying", Action.DESTROY: "destroying", Action.ROLLBACK: "rolling_back"}
_IN_ITS_OWN_WORDS: Final = (OperationStatus.IN_PROGRESS, OperationStatus.CANCELLING)


def _environment_status(view: OperationView) -> str:
    """What the environment is called while the operation runs, else how the operation stands."""
    if view.status in _IN_ITS_OWN_WORDS:
        return _CHANGING.get(view.action, view.action.running.value)
    return view.status.value


def _stand(deployment: Deployment, view: OperationView, now: datetime) -> dict[str, Any]:
    """Of one environment: its stored status once its operation has ended."""
    stored = deployment.environment_status.get(view.environment)
    ended = view.status.is_terminal and stored is not None
    return {
        **figures(view, now),
        "environment": view.environment,
        "status": stored.value if ended and stored else _environment_status(view),
        "operation_id": view.operation_id,
        "operation_type": view.action.value,
        "operation_status": view.status.value,
        "message": view.message,
        "stacks": {
            stack.name: {
                "status": stack.status.value,
                "layer": stack.layer,
                "progress_percent": stack.percent,
                "duration_seconds": stack.elapsed(now),
                "error_message": stack.error,
                "cause": stack.cause,
            }
            for stack in view.stacks.values()
        },
    }


def _layers(
    event: Event, before: OperationView | None, after: OperationView | None, *, begun: bool
) -> Iterator[Message]:
    """Layers that begin with the event, or are done by it. They are no barriers: several may be open."""
    if before is None or after is None:
        return
    then, now = done_layers(before, begun=begun), done_layers(after, begun=begun)
    moment = parse_timestamp(event.timestamp)
    for layer in sorted(now - then):
        stacks = [stack for stack in after.stacks.values() if stack.layer == layer]
        data = {
            **figures(after, moment),
            "status": _environment_status(after),
            "event": "layer_started" if begun else "layer_complete",
            "layer": layer,
            "stacks": [stack.name for stack in stacks],
        }
        yield _about(event, data)
