"""Records in memory are as far away as those in a store: nobody changes them but by the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from cloud_core.domain.metrics import MetricPoint
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import ManifestVersion
from cloud_core.domain.statuses import DeploymentStatus, StackStatus
from cloud_core.ports.records import Page
from cloud_core.testing.builders import (
    DEPLOYMENT_ID,
    NOW,
    a_deployment,
    a_log_entry,
    a_stack,
    an_event,
    an_operation,
    an_owner,
)
from cloud_core.testing.clock import START, FakeClock
from cloud_core.testing.in_memory.copies import copy_of
from cloud_core.testing.records import InMemoryRecords

ID, DEV = DEPLOYMENT_ID, EnvironmentName.DEV
Read = Callable[[InMemoryRecords], Any]


def spoil(value: Any) -> int:
    """Change everything in it that can be changed; how much that was."""
    if isinstance(value, Page):
        return spoil(value.items)
    if isinstance(value, BaseModel):
        return sum(spoil(one) for one in value.__dict__.values())
    if isinstance(value, dict):
        spoilt = sum(spoil(one) for one in list(value.values()))
        value["spoilt"] = True
        return spoilt + 1
    if isinstance(value, (list, tuple)):
        spoilt = sum(spoil(one) for one in value)
        if isinstance(value, list):
            value.append("spoilt")
        return spoilt + 1
    return 0


GIVEN: dict[str, Any] = {
    "deployment": a_deployment(),
    "manifest": ManifestVersion(
        deployment_id=ID, manifest_version=1, digest="d" * 64, manifest={"stacks": {"a": [1]}}, updated_at=NOW
    ),
    "stack": a_stack(outputs={"ids": ["a"]}, dependencies=["dns"]),
    "operation": an_operation(stacks=["network"]),
    "owner": an_owner(),
    "line": a_log_entry(details={"of": ["a"]}),
    "event": an_event(data={"of": ["a"]}),
    "point": MetricPoint(metric_name="a", timestamp=NOW, value=1, dimensions={"deployment_id": ID}),
}


def stored() -> tuple[InMemoryRecords, dict[str, Any]]:
    """A store of one of each, and what was given to it and came back."""
    records = InMemoryRecords(FakeClock())
    given = {name: copy_of(one) for name, one in GIVEN.items()}
    records.deployments.keep_manifest(given["manifest"])
    records.logs.create(given["line"])
    records.metrics.record_many([given["point"]])
    came = {
        "deployment": records.deployments.create(given["deployment"]),
        "stack": records.stacks.create(given["stack"]),
        "operation": records.operations.create(given["operation"]),
        "lease": records.leases.acquire(ID, DEV, given["owner"]),
        "event": records.events.append(given["event"]),
    }
    return records, {**given, **{f"{name} as it came back": one for name, one in came.items()}}


READS: dict[str, Read] = {
    "a deployment": lambda records: records.deployments.get_by_id(ID),
    "an earlier manifest": lambda records: records.deployments.kept_manifest(ID, 1),
    "deployments of an organisation": lambda records: records.deployments.list_by_organization("Acme"),
    "deployments of a status": lambda records: records.deployments.list_by_status(DeploymentStatus.INITIALIZED),
    "a stack": lambda records: records.stacks.get_stack(ID, "network", DEV),
    "stacks of a deployment": lambda records: records.stacks.list_by_deployment(ID),
    "stacks of a name": lambda records: records.stacks.list_by_stack_name("network"),
    "stacks of a status": lambda records: records.stacks.list_by_status(StackStatus.PENDING),
    "an operation": lambda records: records.operations.get(ID, "op-1"),
    "operations": lambda records: records.operations.list_by_deployment(ID),
    "a lease": lambda records: records.leases.get(ID, DEV),
    "log lines": lambda records: records.logs.get_logs(ID),
    "events": lambda records: records.events.read(ID),
    "points": lambda records: records.metrics.get_metrics("a", START, START + timedelta(hours=1)),
}


def as_data(value: Any) -> Any:
    if isinstance(value, Page):
        return [one.model_dump() for one in value.items]
    return [one.model_dump() for one in value] if isinstance(value, list) else value.model_dump()


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_what_was_read_can_be_changed_without_the_store(read: Read) -> None:
    records, _ = stored()
    before = as_data(read(records))
    assert spoil(read(records)) > 0
    assert as_data(read(records)) == before


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_what_was_stored_can_be_changed_without_the_store(read: Read) -> None:
    records, given = stored()
    before = as_data(read(records))
    assert spoil(list(given.values())) > 0
    assert as_data(read(records)) == before


def test_a_copy_is_the_same_record() -> None:
    for one in GIVEN.values():
        copied = copy_of(one)
        assert copied == one
        assert copied.model_fields_set == one.model_fields_set
