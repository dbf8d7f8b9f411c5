"""Answers of the API turned back into what the platform keeps: operations, events, leases, log lines, manifests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloud_core.domain.events import Event
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import EnvironmentName, default_pulumi_org
from cloud_core.domain.records import (
    Deployment,
    LeaseOwner,
    LeaseRecord,
    LogEntry,
    Operation,
    ProcessIdentity,
    StackResult,
)
from cloud_core.domain.stopping import CancelLevel

Data = Mapping[str, Any]
_KEPT: Final = frozenset(Operation.model_fields) - {"results", "cancel_level", "layers"}
_UNKNOWN: Final = ""


def operation_of(data: Data) -> Operation:
    """An operation, but for what only the platform needs to know of it."""
    kept = {name: value for name, value in data.items() if name in _KEPT}
    level = CancelLevel[data["cancel_level"].upper()] if data["cancel_level"] else CancelLevel.INTERRUPT
    results = {one["stack"]: _result_of(one) for one in data["results"]}
    layers = [_names(layer) for layer in data["layers"]]
    return Operation.model_validate({**kept, "cancel_level": level, "results": results, "layers": layers})


def _names(layer: Any) -> list[str]:
    """The stacks of a layer, which in the operation of a status is nothing but their names."""
    return list(layer["stacks"] if isinstance(layer, Mapping) else layer)


def _result_of(data: Data) -> StackResult:
    return StackResult.model_validate(
        {**{name: value for name, value in data.items() if name != "stack"}, "stack_name": data["stack"]}
    )


def event_of(data: Data, deployment_id: str) -> Event:
    known = {name: data[name] for name in Event.model_fields if name in data}
    return Event.model_validate({**known, "deployment_id": deployment_id})


def lease_of(status: Data) -> LeaseRecord | None:
    """Who holds an environment, from its status. The times are the owner's; when it expires is not told."""
    told = status["lease"]
    if told is None:
        return None
    process = ProcessIdentity(pid=told["pid"], started=0.0)
    return LeaseRecord(
        deployment_id=status["deployment_id"],
        environment=EnvironmentName(status["environment"]),
        owner=LeaseOwner(operation_id=told["operation_id"], host=told["host"], flow_process=process),
        fence=0,
        acquired_at=told["acquired_at"],
        renewed_at=told["renewed_at"],
        expires_at=_UNKNOWN,
    )


def log_entry_of(data: Data, deployment_id: str) -> LogEntry:
    return LogEntry(
        log_id=_UNKNOWN,
        deployment_id=deployment_id,
        timestamp=data["timestamp"],
        log_level=data["level"],
        message=data["message"],
        stack_name=data["stack"],
        environment=data["environment"],
        details=data["metadata"],
        operation_id=data["operation"],
    )


def deployment_of(data: Data) -> Deployment:
    """The record as far as its manifest tells: who made it, and how it stands, is not in there."""
    section = Manifest.model_validate(data["manifest"]).deployment
    return Deployment(
        deployment_id=data["deployment_id"],
        organization=section.org,
        project=section.project,
        domain=section.domain or "",
        template=section.template,
        pulumi_org=section.pulumi_org or default_pulumi_org(section.org) or _UNKNOWN,
        manifest=data["manifest"],
        manifest_version=data["version"],
        digest=data["digest"],
        created_at=section.created_at or _UNKNOWN,
        updated_at=data["updated_at"],
        created_by=_UNKNOWN,
        description=section.description,
        tags=dict(section.tags),
    )
