"""Answers about what happens: events, and the flow runs behind operations."""

from __future__ import annotations

from typing import Any

from cloud_core.answers.parts import Answer, Count, DeploymentId, Timestamp
from cloud_core.domain.events import EventName, EventType
from cloud_core.domain.names import EnvironmentName


class Event(Answer):
    """`seq` counts the deployment's events from 1, without gaps. Nothing in `data` is secret."""

    seq: Count
    type: EventType
    event: EventName
    operation_id: str
    environment: EnvironmentName
    stack_name: str | None
    timestamp: Timestamp
    data: dict[str, Any]


class Events(Answer):
    """Oldest first; `last_seq` is the newest there is, asked for or not."""

    deployment_id: DeploymentId
    events: list[Event]
    last_seq: Count


class OperationRun(Answer):
    """The run as the flow service sees it: for display, never a proof. All is null without one; `is_over` is what the
    operation's record says."""

    operation_id: str
    is_over: bool
    flow_run_id: str | None
    state: str | None
    url: str | None
