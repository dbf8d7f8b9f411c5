"""The tables as AWS describes them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from cloud_core.adapters.dynamodb.client import AccessKey, DynamoClient, records_client
from cloud_core.adapters.dynamodb.tables import DynamoTables, check_tables, create_tables, delete_tables
from cloud_core.domain.errors import InvalidInput, RecordsUnavailable, TablesMissing
from cloud_core.ports.tables import TableState
from cloud_core.testing.builders import a_deployment
from cloud_core.testing.clock import FakeClock

INDEXES = {
    "deployments": {"OrganizationIndex": ("organization", "created_at"), "StatusIndex": ("status", "updated_at")},
    "stacks": {"StackNameIndex": ("stack_name", "updated_at"), "StatusIndex": ("status", "updated_at")},
    "logs": {"LogLevelIndex": ("log_level", "timestamp")},
    "metrics": {},
    "websocket-connections": {
        "SubscriptionIndex": ("watch", "deployment_id"),
        "UserIndex": ("user_id", "connected_at"),
    },
}
KEYS = {"websocket-connections": ("connectionId", None)}
EXPIRING = ("logs", "metrics", "websocket-connections")


@pytest.fixture
def prefix(dynamodb_client: DynamoClient) -> Iterator[str]:
    """Of tables that are not there yet, and are cleared away afterwards."""
    prefix = f"bare-{uuid4().hex[:8]}-"
    yield prefix
    delete_tables(dynamodb_client, prefix)


def _keys(schema: list[dict[str, str]]) -> tuple[str, str | None]:
    by_type = {part["KeyType"]: part["AttributeName"] for part in schema}
    return by_type["HASH"], by_type.get("RANGE")


@pytest.mark.parametrize("name", INDEXES)
def test_a_table_has_its_keys_indexes_billing_and_encryption(
    dynamodb_client: DynamoClient, prefix: str, name: str
) -> None:
    create_tables(dynamodb_client, prefix)
    table = dynamodb_client.describe_table(TableName=prefix + name)["Table"]
    assert _keys(table["KeySchema"]) == KEYS.get(name, ("PK", "SK"))
    indexes = table.get("GlobalSecondaryIndexes", [])
    assert {index["IndexName"]: _keys(index["KeySchema"]) for index in indexes} == INDEXES[name]
    assert {index["Projection"]["ProjectionType"] for index in indexes} <= {"ALL"}
    tags = dynamodb_client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"ManagedBy": "cloud", "Component": "records"}
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert (table["SSEDescription"]["Status"], table["SSEDescription"]["SSEType"]) == ("ENABLED", "KMS")


@pytest.mark.parametrize("name", INDEXES)
def test_recovery_is_on_everywhere_and_expiry_where_items_have_an_end(
    dynamodb_client: DynamoClient, prefix: str, name: str
) -> None:
    expires = name in EXPIRING
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


def test_an_index_that_came_with_a_release_is_added_to_a_table_that_is_there(
    dynamodb_client: DynamoClient, prefix: str
) -> None:
    name = f"{prefix}websocket-connections"
    dynamodb_client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "connectionId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "connectionId", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb_client.put_item(TableName=name, Item={"connectionId": {"S": "c-1"}})
    assert name not in create_tables(dynamodb_client, prefix)
    check_tables(dynamodb_client, prefix)
    assert dynamodb_client.scan(TableName=name)["Count"] == 1


def test_the_state_of_a_table_says_what_it_has_and_what_is_otherwise(
    dynamodb_client: DynamoClient, prefix: str
) -> None:
    tables = DynamoTables(dynamodb_client, prefix)
    assert {(state.status, state.differences) for state in tables.states()} == {(None, ("it is missing",))}
    assert tables.create() == [prefix + name for name in INDEXES]
    states = {state.name.removeprefix(prefix): state for state in tables.states()}
    assert list(states) == list(INDEXES)
    assert {state.differences for state in states.values()} == {()}
    assert states["logs"] == TableState(
        name=f"{prefix}logs",
        status="active",
        is_usable=True,
        items=0,
        indexes={"LogLevelIndex": "active"},
        ttl_attribute="ttl",
        billing_mode="pay_per_request",
        recoverable=True,
    )
    assert (states["stacks"].ttl_attribute, states["metrics"].indexes) == (None, {})


def test_a_table_that_somebody_made_by_hand_is_told_apart(dynamodb_client: DynamoClient, prefix: str) -> None:
    dynamodb_client.create_table(
        TableName=f"{prefix}logs",
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK", "x")],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        GlobalSecondaryIndexes=[
            {
                "IndexName": "ByX",
                "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
            }
        ],
    )
    tables = DynamoTables(dynamodb_client, prefix)
    (found,) = [state for state in tables.states() if state.name == f"{prefix}logs"]
    assert not found.is_usable
    assert found.differences == (
        "it lacks index LogLevelIndex",
        "items expire by nothing, not by ttl",
        "it can't be recovered to a point in time",
        "it is paid by provisioned capacity, not per request",
        "it is not encrypted with a key of the account",
        "it has an index more, ByX",
    )
    assert f"{prefix}logs" not in tables.create()
    (found,) = [state for state in tables.states() if state.name == f"{prefix}logs"]
    assert found.differences[1:] == (
        "it is paid by provisioned capacity, not per request",
        "it is not encrypted with a key of the account",
        "it has an index more, ByX",
    )


def test_deleting_takes_all_and_may_be_repeated(dynamodb_client: DynamoClient, prefix: str) -> None:
    create_tables(dynamodb_client, prefix)
    assert delete_tables(dynamodb_client, prefix) == [prefix + name for name in INDEXES]
    names = dynamodb_client.get_paginator("list_tables").paginate().build_full_result()["TableNames"]
    assert [name for name in names if name.startswith(prefix)] == []
    assert delete_tables(dynamodb_client, prefix) == []


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
