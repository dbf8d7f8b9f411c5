"""Where each kind of item lives. Every item of a deployment is in its partition, of one of three tables."""

from __future__ import annotations

from typing import Final

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry, Operation

Key = dict[str, str]

METADATA: Final = "METADATA"
STACKS: Final = "STACK#"
OPERATIONS: Final = "OPERATION#"
LOGS: Final = "TIMESTAMP#"
EVENTS: Final = "EVENT#"
LAST: Final = "\uffff"
"""Sorts behind every text that a sort key may go on with."""


def key(deployment_id: str, sort_key: str) -> Key:
    return {"PK": partition(deployment_id), "SK": sort_key}


def partition(deployment_id: str) -> str:
    return f"DEPLOYMENT#{deployment_id}"


def stack(stack_name: str, environment: EnvironmentName) -> str:
    return f"{STACKS}{stack_name}#{environment.value}"


def fence(environment: EnvironmentName) -> str:
    """The highest token that the environment's stacks were stamped with."""
    return f"FENCE#{environment.value}"


def operation(record: Operation) -> str:
    return f"{OPERATIONS}{record.created_at}#{record.operation_id}"


def operation_pointer(operation_id: str) -> str:
    return f"OP#{operation_id}"


def idempotency(idempotency_key: str) -> str:
    return f"IDEMPOTENCY#{idempotency_key}"


def turn(name: str) -> str:
    return f"TURN#{name}"


def lease(environment: EnvironmentName) -> str:
    return f"LOCK#{environment.value}"


def manifest(version: int) -> str:
    return f"MANIFEST#{version:08d}"


def log(entry: LogEntry) -> str:
    return f"{LOGS}{entry.timestamp}#{entry.log_id}"


def event(seq: int) -> str:
    return f"{EVENTS}{seq:012d}"


def event_mark() -> str:
    """The highest event number that may have been given, and when that was decided."""
    return "EVENTMARK"
