"""Records for tests: whole and plausible, with whatever the test cares about given by name."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from cloud_core.domain.clock import timestamp
from cloud_core.domain.events import EventDraft, EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import (
    Deployment,
    LeaseOwner,
    LogEntry,
    LogLevel,
    Operation,
    ProcessIdentity,
    StackRecord,
)
from cloud_core.domain.statuses import Action
from cloud_core.testing.clock import START

DEPLOYMENT_ID: Final = "D1BRV40"
NOW: Final = timestamp(START)


def a_deployment(**fields: Any) -> Deployment:
    defaults: dict[str, Any] = {
        "deployment_id": DEPLOYMENT_ID,
        "organization": "Acme",
        "project": "shop",
        "domain": "shop.example",
        "template": "minimal",
        "manifest": {
            "deployment": {"id": DEPLOYMENT_ID, "org": "Acme", "project": "shop"},
            "environments": {"dev": {"enabled": True, "account": "123456789012", "region": "us-east-1"}},
            "stacks": {"network": {"enabled": True, "dependencies": [], "config": {"cidr": "10.0.0.0/16"}}},
        },
        "digest": "d" * 64,
        "created_at": NOW,
        "updated_at": NOW,
        "created_by": "ann",
        "pulumi_org": "Acme",
    }
    return Deployment(**(defaults | fields))


def a_stack(name: str = "network", **fields: Any) -> StackRecord:
    deployment_id = fields.get("deployment_id", DEPLOYMENT_ID)
    environment = fields.get("environment", EnvironmentName.DEV)
    defaults: dict[str, Any] = {
        "deployment_id": deployment_id,
        "stack_name": name,
        "environment": environment,
        "pulumi_stack_name": f"Acme/shop/{deployment_id}-{name}-{environment}",
        "layer": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return StackRecord(**(defaults | fields))


def an_operation(operation_id: str = "op-1", **fields: Any) -> Operation:
    defaults: dict[str, Any] = {
        "operation_id": operation_id,
        "deployment_id": DEPLOYMENT_ID,
        "environment": EnvironmentName.DEV,
        "type": Action.DEPLOY,
        "manifest_version": 1,
        "digest": "d" * 64,
        "started_by": "ann",
        "created_at": NOW,
    }
    return Operation(**(defaults | fields))


def a_log_entry(message: str = "hello", **fields: Any) -> LogEntry:
    defaults: dict[str, Any] = {
        "log_id": str(uuid4()),
        "deployment_id": DEPLOYMENT_ID,
        "timestamp": NOW,
        "log_level": LogLevel.INFO,
        "message": message,
    }
    return LogEntry(**(defaults | fields))


def an_event(**fields: Any) -> EventDraft:
    defaults: dict[str, Any] = {
        "deployment_id": DEPLOYMENT_ID,
        "operation_id": "op-1",
        "environment": EnvironmentName.DEV,
        "event": EventName.STACK_PROGRESS,
        "timestamp": NOW,
    }
    return EventDraft(**(defaults | fields))


def an_owner(operation_id: str = "op-1", **fields: Any) -> LeaseOwner:
    defaults: dict[str, Any] = {
        "operation_id": operation_id,
        "host": "host-a/boot-1/pids-1",
        "flow_process": ProcessIdentity(pid=1000, started=12.34),
    }
    return LeaseOwner(**(defaults | fields))
