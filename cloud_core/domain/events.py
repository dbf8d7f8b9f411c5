"""Events of a deployment: what happened, in order, for everybody who watches.

An event is written before anybody is told. `seq` counts from 1 without gaps per deployment and is given by the
event log. `type` is one of the wire types; the fine name travels in `event`. Nothing in `data` is secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from cloud_core.domain.long_texts import LONGEST_TOLD, shortened
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stored_sizes import stored_bytes, too_large

LEFT_OUT: Final = "left_out"
"""The field of an event's data that names what was too large for it: `outputs.policy` is one entry of a field."""
LARGEST_TOLD: Final = 300_000
"""Bytes of an event's data: it is told in a line of the log as well, which has a text besides."""
_MOST_NAMED: Final = 20


class EventType(StrEnum):
    DEPLOYMENT_STATUS = "deployment.status"
    STACK_DEPLOYED = "stack.deployed"
    STACK_FAILED = "stack.failed"
    LOG_CREATED = "log.created"


class EventName(StrEnum):
    """The fine names; `type_of` says which wire type carries each.

    `stack_checking` and `stack_checked` are for work that changes nothing in AWS: a preview, a refresh, a comparison.
    `stack_repaired` tells of one thing that an interrupted run had left, `stack_retrying` of a failure that passes.
    """

    DEPLOYMENT_STARTED = "deployment_started"
    DEPLOYMENT_COMPLETE = "deployment_complete"
    DEPLOYMENT_FAILED = "deployment_failed"
    DEPLOYMENT_CANCELLED = "deployment_cancelled"
    DEPLOYMENT_CANCELLING = "deployment_cancelling"
    DEPLOYMENT_AWAITING_APPROVAL = "deployment_awaiting_approval"
    DEPLOYMENT_APPROVED = "deployment_approved"
    STACK_DEPLOYING = "stack_deploying"
    STACK_PROGRESS = "stack_progress"
    STACK_DEPLOYED = "stack_deployed"
    STACK_SKIPPED = "stack_skipped"
    STACK_FAILED = "stack_failed"
    STACK_CHECKING = "stack_checking"
    STACK_CHECKED = "stack_checked"
    STACK_REPAIRED = "stack_repaired"
    STACK_RETRYING = "stack_retrying"
    RESOURCE_CREATING = "resource_creating"
    RESOURCE_CREATED = "resource_created"
    RESOURCE_UPDATING = "resource_updating"
    RESOURCE_UPDATED = "resource_updated"
    RESOURCE_DELETING = "resource_deleting"
    RESOURCE_DELETED = "resource_deleted"
    RESOURCE_FAILED = "resource_failed"
    LOG = "log"

    @property
    def is_terminal(self) -> bool:
        """Whether this event ends its operation."""
        return self in (
            EventName.DEPLOYMENT_COMPLETE,
            EventName.DEPLOYMENT_FAILED,
            EventName.DEPLOYMENT_CANCELLED,
        )


def type_of(name: EventName) -> EventType:
    """The wire type that carries an event of this name (a skip that is no deploy goes as a status)."""
    if name is EventName.STACK_DEPLOYED:
        return EventType.STACK_DEPLOYED
    if name is EventName.STACK_FAILED:
        return EventType.STACK_FAILED
    if name is EventName.LOG or name.value.startswith("resource_"):
        return EventType.LOG_CREATED
    return EventType.DEPLOYMENT_STATUS


class EventDraft(BaseModel):
    """An event before the log has numbered it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    deployment_id: str
    operation_id: str
    environment: EnvironmentName
    event: EventName
    stack_name: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)
    timestamp: str

    @property
    def type(self) -> EventType:
        return type_of(self.event)

    @property
    def left_out(self) -> tuple[str, ...]:
        """What was too large to be told."""
        return tuple(self.data.get(LEFT_OUT, ()))

    def capped(self) -> Self:
        """The event as it may be stored: nothing that happened is lost for the size of what is told of it."""
        told = {name: shortened(one, LONGEST_TOLD) if isinstance(one, str) else one for name, one in self.data.items()}
        return self.model_copy(update={"data": _fitting(told)})


class Event(EventDraft):
    """A numbered event."""

    seq: int


def _fitting(data: Mapping[str, Any]) -> dict[str, Any]:
    """Without the largest entries of its maps, then without its largest fields, as far as it has to be."""
    left: list[str] = list(data.get(LEFT_OUT, ()))
    told = dict(data)
    for name in too_large(told, LARGEST_TOLD):
        value = told[name]
        rest = LARGEST_TOLD - (stored_bytes(told) - stored_bytes(value))
        entries = too_large(value, rest) if isinstance(value, Mapping) else []
        kept = {key: one for key, one in value.items() if key not in entries} if entries else {}
        if not entries or len(entries) > _MOST_NAMED or stored_bytes(kept) > rest:
            del told[name]
            left.append(name)
        else:
            told[name] = kept
            left += [f"{name}.{entry}" for entry in entries]
    return told | {LEFT_OUT: left} if left else told
