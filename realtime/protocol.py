"""The protocol of the sockets: every message that is sent, every request that is understood, every close code.

A message is a JSON object with `type`, `timestamp` and, but for `pong`, `data`. What comes from the event log has the
event's `seq`; what is only derived from it, or comes from elsewhere, has none. docs/realtime.md describes them all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Any, Final

from cloud_core.domain.connections import Filters
from cloud_core.domain.errors import CloudError, InvalidInput
from cloud_core.domain.names import DEPLOYMENT_ID
from realtime.filters import read_channel, read_filters, told
from realtime.trimming import trimmed

LARGEST_BYTES: Final = 32_768
"""A message fits one frame of API Gateway, and so a quarter of its largest message."""


class MessageType(StrEnum):
    """What the server sends. The first four carry events, under the names that these have in the log."""

    DEPLOYMENT_STATUS = "deployment.status"
    STACK_DEPLOYED = "stack.deployed"
    STACK_FAILED = "stack.failed"
    LOG_CREATED = "log.created"
    PONG = "pong"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    ERROR = "error"
    GAP = "gap"
    PASSED = "passed"


class CloseCode(IntEnum):
    """Why the server closes a socket."""

    GOING_AWAY = 1001
    UNREADABLE = 1003
    TOO_LARGE = 1009
    MISTAKE = 1011
    TOKEN_EXPIRED = 4401
    IDLE = 4408
    TOO_SLOW = 4429


@dataclass(frozen=True)
class Message:
    """One message; `data` is plain and holds no secret."""

    type: MessageType
    timestamp: str
    deployment_id: str | None = None
    data: Mapping[str, Any] | None = field(default_factory=dict)
    seq: int | None = None
    operation_id: str | None = None
    environment: str | None = None
    after_seq: int | None = None

    @cached_property
    def text(self) -> str:
        """As it is sent: without what is not known, and never larger than `LARGEST_BYTES`. Written once, however many
        it is sent to."""
        place = {
            "deployment_id": self.deployment_id,
            "seq": self.seq,
            "after_seq": self.after_seq,
            "operation_id": self.operation_id,
            "environment": self.environment,
        }
        known = {name: value for name, value in place.items() if value is not None}
        head: dict[str, Any] = {"type": self.type.value, "timestamp": self.timestamp, **known}
        if self.data is None:
            return json.dumps(head)
        return trimmed(head, self.data, LARGEST_BYTES)


def pong(now: str) -> Message:
    return Message(MessageType.PONG, now, data=None)


def subscribed(deployment_id: str, last_seq: int | None, filters: Filters, now: str) -> Message:
    return Message(MessageType.SUBSCRIBED, now, deployment_id, {"last_seq": last_seq, "filters": told(filters)})


def unsubscribed(deployment_id: str, now: str) -> Message:
    return Message(MessageType.UNSUBSCRIBED, now, deployment_id)


def refused(error: CloudError, now: str, deployment_id: str | None = None) -> Message:
    """A request that is not carried out, or a deployment that is no longer followed; the socket stays open."""
    why = {"code": error.code, "message": error.message, "retryable": error.retryable}
    return Message(MessageType.ERROR, now, deployment_id, why)


def gap(deployment_id: str, after: int, until: int, reason: str, now: str, recoverable: bool = True) -> Message:
    """The events `after < seq <= until` are not sent. When they are `recoverable`, subscribing anew with
    `last_seq: after` fetches them."""
    missing = {"after_seq": after, "until_seq": until, "reason": reason, "recoverable": recoverable}
    return Message(MessageType.GAP, now, deployment_id, missing)


def passed(deployment_id: str, after: int, until: int, now: str) -> Message:
    """Of the events `after < seq <= until` none is wanted: whoever comes back need not ask for them."""
    return Message(MessageType.PASSED, now, deployment_id, seq=until, after_seq=after)


@dataclass(frozen=True)
class Request:
    """What a client asks for. `deployment_id` is there for those that need one."""

    action: str
    deployment_id: str = ""
    last_seq: int | None = None
    filters: Filters = field(default_factory=Filters)


_OF_A_DEPLOYMENT: Final = ("subscribe", "unsubscribe")


def read_request(body: object) -> Request:
    """Also as `{"type": "subscribe", "channel": ...}`. Raises InvalidInput."""
    document = _document(body)
    action = document.get("action", document.get("type") if "channel" in document else None)
    if action == "ping":
        return Request("ping")
    if action not in _OF_A_DEPLOYMENT:
        raise InvalidInput("Unknown action: there are subscribe, unsubscribe and ping", field="action")
    deployment_id, filters = document.get("deployment_id"), read_filters(document)
    if "channel" in document:
        deployment_id, filters = read_channel(document["channel"], filters)
    if not deployment_id:
        raise InvalidInput("Missing deployment_id", field="deployment_id")
    if not isinstance(deployment_id, str) or not DEPLOYMENT_ID.fullmatch(deployment_id):
        raise InvalidInput("deployment_id is no id of a deployment, such as D1BRV40", field="deployment_id")
    return Request(str(action), deployment_id, _last_seq(document.get("last_seq")), filters)


def _document(body: object) -> Mapping[str, Any]:
    try:
        document = json.loads(body) if isinstance(body, str) else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, Mapping):
        raise InvalidInput("the message is no JSON object", field="body")
    return document


def _last_seq(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidInput("last_seq is a whole number, 0 or more", field="last_seq")
    return value
