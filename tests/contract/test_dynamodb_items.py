"""What lies in the tables: other readers (AppSync, operators, exports) rely on it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.events import EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import ResourceRecord
from cloud_core.testing.builders import (
    DEPLOYMENT_ID,
    a_deployment,
    a_log_entry,
    a_stack,
    an_event,
    an_operation,
    an_owner,
)
from cloud_core.testing.clock import START, FakeClock

DEV = EnvironmentName.DEV
NINETY_DAYS = int((START + timedelta(days=90)).timestamp())


def _by_sort_key(items: list[dict]) -> dict[str, dict]:
    return {item["SK"]: item for item in items}


def test_a_deployment_s_manifest_is_a_text_beside_its_outline(dynamo, clock: FakeClock) -> None:
    deployment = dynamo.records(clock).deployments.create(a_deployment())
    (item,) = dynamo.items("deployments")
    assert (item["PK"], item["SK"]) == ("DEPLOYMENT#D1BRV40", "METADATA")
    assert json.loads(item["manifest"]) == deployment.manifest
    assert item["environments"] == {"dev": {"enabled": True, "account_id": "123456789012", "region": "us-east-1"}}
    assert item["stacks"] == {"network": {"enabled": True, "dependencies": []}}
    assert "description" not in item


def test_a_manifest_without_sections_has_an_empty_outline(dynamo, clock: FakeClock) -> None:
    dynamo.records(clock).deployments.create(a_deployment(manifest={"stacks": {"network": None}}))
    (item,) = dynamo.items("deployments")
    assert (item["environments"], item["stacks"]) == ({}, {})


def test_the_indexes_of_deployments_hold_only_deployments(dynamo, clock: FakeClock) -> None:
    records = dynamo.records(clock)
    records.deployments.create(a_deployment())
    records.operations.create(an_operation(idempotency_key="key"))
    records.leases.acquire(DEPLOYMENT_ID, DEV, an_owner())
    assert set(_by_sort_key(dynamo.items("deployments"))) == {
        "METADATA",
        "OPERATION#2026-01-02T03:04:05.000Z#op-1",
        "OP#op-1",
        "IDEMPOTENCY#key",
        "LOCK#dev",
    }
    for index in ("OrganizationIndex", "StatusIndex"):
        assert [item["SK"] for item in dynamo.items("deployments", index)] == ["METADATA"]


def test_an_operation_s_status_is_stored_as_op_status(dynamo, clock: FakeClock) -> None:
    dynamo.records(clock).operations.create(an_operation())
    item = _by_sort_key(dynamo.items("deployments"))["OPERATION#2026-01-02T03:04:05.000Z#op-1"]
    assert item["op_status"] == "pending"
    assert "status" not in item


def test_the_indexes_of_stacks_hold_only_stacks(dynamo, clock: FakeClock) -> None:
    records = dynamo.records(clock)
    records.stacks.create(a_stack())
    records.stacks.stamp(DEPLOYMENT_ID, DEV, 3)
    assert set(_by_sort_key(dynamo.items("stacks"))) == {"STACK#network#dev", "FENCE#dev"}
    for index in ("StackNameIndex", "StatusIndex"):
        assert [item["SK"] for item in dynamo.items("stacks", index)] == ["STACK#network#dev"]


def test_log_lines_and_events_expire_90_days_after_they_were_written(dynamo, clock: FakeClock) -> None:
    records = dynamo.records(clock)
    records.events.append(an_event(timestamp="2020-01-01T00:00:00.000Z"))
    clock.advance(3600)
    records.logs.create(a_log_entry(log_id="123"))
    items = _by_sort_key(dynamo.items("logs"))
    assert items["TIMESTAMP#2026-01-02T03:04:05.000Z#123"]["ttl"] == NINETY_DAYS
    assert items["EVENT#000000000001"]["ttl"] == NINETY_DAYS
    assert [item["log_id"] for item in dynamo.items("logs", "LogLevelIndex")] == ["123"]


def test_unknown_attributes_of_a_newer_writer_are_ignored(dynamo, clock: FakeClock) -> None:
    records = dynamo.records(clock)
    stack = records.stacks.create(a_stack())
    dynamo.client.update_item(
        TableName=dynamo.prefix + "stacks",
        Key={"PK": {"S": "DEPLOYMENT#D1BRV40"}, "SK": {"S": "STACK#network#dev"}},
        UpdateExpression="SET drift_detected = :yes",
        ExpressionAttributeValues={":yes": {"BOOL": True}},
    )
    assert records.stacks.get_stack(DEPLOYMENT_ID, "network", DEV) == stack


def test_an_event_that_only_a_newer_writer_knows_is_a_line_of_the_log(dynamo, clock: FakeClock) -> None:
    """Workers are upgraded before the people's machines, which follow their runs meanwhile."""
    records = dynamo.records(clock)
    told = records.events.append(an_event(data={"message": "weighed: 3 t", "weight": 3}))
    dynamo.client.update_item(
        TableName=dynamo.prefix + "logs",
        Key={"PK": {"S": "DEPLOYMENT#D1BRV40"}, "SK": {"S": "EVENT#000000000001"}},
        UpdateExpression="SET #event = :name",
        ExpressionAttributeNames={"#event": "event"},
        ExpressionAttributeValues={":name": {"S": "stack_weighed"}},
    )
    (read,) = records.events.read(DEPLOYMENT_ID)
    assert (read.event, read.seq, read.data) == (EventName.LOG, told.seq, told.data)
    assert records.events.append(an_event()).seq == 2


def test_a_manifest_beyond_400_kb_is_refused_by_name(dynamo, clock: FakeClock) -> None:
    manifest = {"stacks": {f"s{n}": {"text": "x" * 1000} for n in range(420)}}
    with pytest.raises(InvalidInput, match=r"DEPLOYMENT#D1BRV40/METADATA is too large.*400 KB.*'manifest'"):
        dynamo.records(clock).deployments.create(a_deployment(manifest=manifest))
    assert dynamo.items("deployments") == []


def test_what_fits_by_our_count_fits_the_store(dynamo, clock: FakeClock) -> None:
    outputs = {"text": "x" * 150_000, "many": [{"n": n} for n in range(2000)]}
    resources = [
        ResourceRecord(type="aws:s3/bucket:Bucket", name=f"{n}", urn="u" * 1000, status="created") for n in range(500)
    ]
    made = dynamo.records(clock).stacks.create(a_stack(outputs=outputs, resources=resources))
    assert made.outputs == outputs
    assert 100 < len(made.resources) < 500


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e200, 10**40])
def test_numbers_that_cannot_be_kept_are_refused_by_name(dynamo, clock: FakeClock, value: float) -> None:
    with pytest.raises(InvalidInput, match="outputs holds a value that can't be stored"):
        dynamo.records(clock).stacks.create(a_stack(outputs={"n": [value]}))


def test_a_manifest_that_is_no_json_is_refused(dynamo, clock: FakeClock) -> None:
    with pytest.raises(InvalidInput, match="manifest can't be written as JSON"):
        dynamo.records(clock).deployments.create(a_deployment(manifest={"n": float("nan")}))


def test_index_keys_must_not_be_empty(dynamo, clock: FakeClock) -> None:
    with pytest.raises(InvalidInput, match="organization is empty"):
        dynamo.records(clock).deployments.create(a_deployment(organization=""))


def test_a_key_that_is_too_long_is_refused(dynamo, clock: FakeClock) -> None:
    with pytest.raises(InvalidInput, match="idempotency key is too long"):
        dynamo.records(clock).operations.create(an_operation(idempotency_key="ü" * 129))


@pytest.mark.parametrize("lost", [["OPERATION#2026-01-02T03:04:05.000Z#op-1"], ["OPERATION#", "OP#"]])
def test_a_key_whose_writer_died_is_finished_by_the_next(dynamo, clock: FakeClock, lost: list[str]) -> None:
    records = dynamo.records(clock)
    first = records.operations.create(an_operation("op-1", idempotency_key="key"))
    for item in dynamo.items("deployments"):
        if item["SK"].startswith(tuple(lost)):
            dynamo.remove("deployments", item)
    assert records.operations.get(DEPLOYMENT_ID, "op-1") is None
    assert records.operations.create(an_operation("op-2", idempotency_key="key")) == first
    assert records.operations.get(DEPLOYMENT_ID, "op-1") == first
    assert records.operations.list_by_deployment(DEPLOYMENT_ID).items == [first]


@pytest.mark.parametrize("key", [None, "key"])
@pytest.mark.parametrize("lost", [["OPERATION#"], ["OPERATION#", "OP#", "IDEMPOTENCY#"]])
def test_a_turn_whose_writer_died_is_finished_by_the_next(
    dynamo, clock: FakeClock, lost: list[str], key: str | None
) -> None:
    records = dynamo.records(clock)
    first = records.operations.create(an_operation("op-1", idempotency_key=key), turn="dev none")
    for item in dynamo.items("deployments"):
        if item["SK"].startswith(tuple(lost)):
            dynamo.remove("deployments", item)
    assert records.operations.create(an_operation("op-2", idempotency_key="other"), turn="dev none") == first
    assert records.operations.get(DEPLOYMENT_ID, "op-1") == first
    assert key is None or records.operations.get_by_key(DEPLOYMENT_ID, key) == first
    assert records.operations.list_by_deployment(DEPLOYMENT_ID).items == [first]


def test_an_operation_without_a_key_whose_writer_died_can_be_created_again(dynamo, clock: FakeClock) -> None:
    records = dynamo.records(clock)
    first = records.operations.create(an_operation())
    for item in dynamo.items("deployments"):
        if item["SK"].startswith("OPERATION#"):
            dynamo.remove("deployments", item)
    assert records.operations.create(an_operation()) == first


def test_an_operation_that_is_asked_for_over_and_over_is_read_in_one_call(dynamo, clock: FakeClock) -> None:
    writer, reader = dynamo.records(clock).operations, dynamo.records(clock).operations
    stored = writer.create(an_operation())
    other = writer.create(an_operation("op-2"))
    asked: list[str] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        asked.append(json.loads(params["body"])["Key"]["SK"]["S"])

    dynamo.client.meta.events.register("before-call.dynamodb.GetItem", note)
    try:
        assert reader.get(DEPLOYMENT_ID, "op-1") == stored
        changed = writer.update(stored.model_copy(update={"message": "changed by another process"}))
        asked.clear()
        assert reader.get(DEPLOYMENT_ID, "op-1") == changed
        assert reader.get(DEPLOYMENT_ID, "op-2") == other
        assert reader.get(DEPLOYMENT_ID, "op-3") is None
        assert reader.get("D1BRV41", "op-2") is None
    finally:
        dynamo.client.meta.events.unregister("before-call.dynamodb.GetItem", note)
    place = "OPERATION#2026-01-02T03:04:05.000Z"
    assert asked == [f"{place}#op-1", "OP#op-2", f"{place}#op-2", "OP#op-3", "OP#op-2"]
