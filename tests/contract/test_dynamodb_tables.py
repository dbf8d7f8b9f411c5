"""The tables as AWS describes them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from cloud_core.adapters.dynamodb.client import AccessKey, DynamoClient, records_client
from cloud_core.adapters.dynamodb.tables import check_tables, create_tables, delete_tables
from cloud_core.domain.errors import InvalidInput, RecordsUnavailable, TablesMissing
from cloud_core.testing.builders import a_deployment
from cloud_core.testing.clock import FakeClock

INDEXES = {
    "deployments": {"OrganizationIndex": ("organization", "created_at"), "StatusIndex": ("status", "updated_at")},
    "stacks": {"StackNameIndex": ("stack_name", "updated_at"), "StatusIndex": ("status", "updated_at")},
    "logs": {"LogLevelIndex": ("log_level", "timestamp")},
}


@pytest.fixture
def prefix(dynamodb_client: DynamoClient) -> Iterator[str]:
    """Of tables that are not there yet, and are cleared away afterwards."""
    prefix = f"bare-{uuid4().hex[:8]}-"
    yield prefix
    delete_tables(dynamodb_client, prefix)


def _keys(schema: list[dict[str, str]]) -> tuple[str, str]:
    by_type = {part["KeyType"]: part["AttributeName"] for part in schema}
    return by_type["HASH"], by_type["RANGE"]


@pytest.mark.parametrize("name", INDEXES)
def test_a_table_has_its_keys_indexes_billing_and_encryption(
    dynamodb_client: DynamoClient, prefix: str, name: str
) -> None:
    create_tables(dynamodb_client, prefix)
    table = dynamodb_client.describe_table(TableName=prefix + name)["Table"]
    assert _keys(table["KeySchema"]) == ("PK", "SK")
    indexes = table["GlobalSecondaryIndexes"]
    assert {index["IndexName"]: _keys(index["KeySchema"]) for index in indexes} == INDEXES[name]
    assert {index["Projection"]["ProjectionType"] for index in indexes} == {"ALL"}
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert (table["SSEDescription"]["Status"], table["SSEDescription"]["SSEType"]) == ("ENABLED", "KMS")


@pytest.mark.parametrize(("name", "expires"), [("deployments", False), ("stacks", False), ("logs", True)])
def test_recovery_is_on_everywhere_and_expiry_only_for_logs(
    dynamodb_client: DynamoClient, prefix: str, name: str, expires: bool
) -> None:
    create_tables(dynamodb_client, prefix)
    backups = dynamodb_client.describe_continuous_backups(TableName=prefix + name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    ttl = dynamodb_client.describe_time_to_live(TableName=prefix + name)["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"] == "ENABLED") is expires
    assert ttl.get("AttributeName") == ("ttl" if expires else None)


def test_creating_again_keeps_what_is_there(dynamo, clock: FakeClock) -> None:
    dynamo.records(clock).deployments.create(a_deployment())
    dynamo.client.delete_table(TableName=dynamo.prefix + "logs")
    create_tables(dynamo.client, dynamo.prefix)
    check_tables(dynamo.client, dynamo.prefix)
    assert dynamo.records(clock).deployments.get_by_id("D1BRV40") == a_deployment()


def test_a_check_names_every_missing_table_and_the_way_out(dynamodb_client: DynamoClient, prefix: str) -> None:
    create_tables(dynamodb_client, prefix)
    check_tables(dynamodb_client, prefix)
    for name in ("stacks", "logs"):
        dynamodb_client.delete_table(TableName=prefix + name)
    with pytest.raises(TablesMissing, match=rf"{prefix}stacks \(missing\), {prefix}logs \(missing\)") as error:
        check_tables(dynamodb_client, prefix)
    assert "cloud sandbox start" in str(error.value.suggestion)


def test_a_check_names_a_missing_index_and_foreign_keys(dynamodb_client: DynamoClient, prefix: str) -> None:
    create_tables(dynamodb_client, prefix)
    for name in ("stacks", "logs"):
        dynamodb_client.delete_table(TableName=prefix + name)
    for name, key in (("stacks", "PK"), ("logs", "id")):
        schema = [{"AttributeName": key, "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]
        dynamodb_client.create_table(
            TableName=prefix + name,
            KeySchema=schema,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in (key, "SK")],
            BillingMode="PAY_PER_REQUEST",
        )
    with pytest.raises(TablesMissing) as error:
        check_tables(dynamodb_client, prefix)
    assert f"{prefix}stacks (lacks index StackNameIndex, index StatusIndex)" in error.value.message
    assert f"{prefix}logs (lacks its keys, index LogLevelIndex)" in error.value.message


def test_deleting_takes_all_and_may_be_repeated(dynamodb_client: DynamoClient, prefix: str) -> None:
    create_tables(dynamodb_client, prefix)
    delete_tables(dynamodb_client, prefix)
    names = dynamodb_client.get_paginator("list_tables").paginate().build_full_result()["TableNames"]
    assert [name for name in names if name.startswith(prefix)] == []
    delete_tables(dynamodb_client, prefix)


def test_without_tables_every_repository_says_so(dynamodb_client: DynamoClient, dynamo, clock: FakeClock) -> None:
    records = dynamo.records(clock)
    delete_tables(dynamodb_client, dynamo.prefix)
    calls = {
        "deployments": lambda: records.deployments.get_by_id("D1BRV40"),
        "stacks": lambda: records.stacks.list_by_deployment("D1BRV40"),
        "logs": lambda: records.logs.get_logs("D1BRV40"),
    }
    for name, call in calls.items():
        with pytest.raises(TablesMissing, match=dynamo.prefix + name):
            call()


def test_a_refused_definition_is_told(dynamo, clock: FakeClock) -> None:
    refusal = b'{"__type": "com.amazon.coral.validate#ValidationException", "message": "a bad name"}'
    with dynamo.behind_proxy(clock) as (proxy, _):
        proxy.answer = lambda name, body: (400, refusal) if name == "CreateTable" else None
        client = records_client(proxy.url, "us-east-1", AccessKey("test", "test"))
        with pytest.raises(InvalidInput, match=r"deployments .*a bad name"):
            create_tables(client, dynamo.prefix)
        client.close()


def test_a_table_that_is_still_being_made_is_not_usable(dynamo, clock: FakeClock) -> None:
    with dynamo.behind_proxy(clock) as (proxy, _):
        proxy.answer = lambda name, body: (200, b'{"Table": {"TableStatus": "CREATING"}}')
        client = records_client(proxy.url, "us-east-1", AccessKey("test", "test"))
        with pytest.raises(TablesMissing, match=r"deployments \(is creating\)"):
            check_tables(client, dynamo.prefix)
        client.close()


def test_waiting_for_a_table_in_vain_is_told(dynamo, clock: FakeClock) -> None:
    refusal = b'{"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"}'
    with dynamo.behind_proxy(clock) as (proxy, _):
        proxy.answer = lambda name, body: (400, refusal) if name == "DescribeTable" else None
        client = records_client(proxy.url, "us-east-1", AccessKey("test", "test"))
        with pytest.raises(RecordsUnavailable, match="did not become ready"):
            create_tables(client, dynamo.prefix)
        client.close()
