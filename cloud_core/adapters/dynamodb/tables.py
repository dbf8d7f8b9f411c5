"""The three tables: their keys and indexes, and how they are made, checked and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError, WaiterError

from cloud_core.adapters.dynamodb.client import DynamoClient
from cloud_core.adapters.dynamodb.errors import tables_missing, translate_dynamodb_errors
from cloud_core.domain.errors import RecordsUnavailable, TablesMissing

RETENTION_SECONDS: Final = 90 * 24 * 3600
"""How long log lines and events live."""

TTL_ATTRIBUTE: Final = "ttl"
_WAITER: Final = {"Delay": 1, "MaxAttempts": 120}


@dataclass(frozen=True)
class IndexDefinition:
    """A global secondary index over all attributes, by a hash and a range key that are both texts."""

    name: str
    hash_key: str
    range_key: str

    @property
    def keys(self) -> tuple[str, ...]:
        """What places an item in the index's order."""
        return ("PK", "SK", self.hash_key, self.range_key)


@dataclass(frozen=True)
class TableDefinition:
    """A table with the keys PK and SK, paid per request, encrypted, recoverable to any point of the last 35 days."""

    name: str
    indexes: tuple[IndexDefinition, ...]
    expires: bool = False

    @property
    def index_keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for index in self.indexes for key in (index.hash_key, index.range_key)))


ORGANIZATION_INDEX: Final = IndexDefinition("OrganizationIndex", "organization", "created_at")
STATUS_INDEX: Final = IndexDefinition("StatusIndex", "status", "updated_at")
STACK_NAME_INDEX: Final = IndexDefinition("StackNameIndex", "stack_name", "updated_at")
LOG_LEVEL_INDEX: Final = IndexDefinition("LogLevelIndex", "log_level", "timestamp")

DEPLOYMENTS: Final = TableDefinition("deployments", (ORGANIZATION_INDEX, STATUS_INDEX))
STACKS: Final = TableDefinition("stacks", (STACK_NAME_INDEX, STATUS_INDEX))
LOGS: Final = TableDefinition("logs", (LOG_LEVEL_INDEX,), expires=True)
TABLES: Final = (DEPLOYMENTS, STACKS, LOGS)


def create_tables(client: DynamoClient, prefix: str) -> None:
    """Make what is missing and wait until all is usable; whatever is there stays, with its items."""
    for table in TABLES:
        with translate_dynamodb_errors(prefix + table.name):
            _create(client, prefix + table.name, table)
    for table in TABLES:
        with translate_dynamodb_errors(prefix + table.name):
            _complete(client, prefix + table.name, table)


def check_tables(client: DynamoClient, prefix: str) -> None:
    """Raises TablesMissing naming every table that is not there, not active, or lacks its keys or an index."""
    problems = [name + problem for table in TABLES if (problem := _problem(client, name := prefix + table.name, table))]
    if problems:
        raise tables_missing(problems, "missing or not usable")


def delete_tables(client: DynamoClient, prefix: str) -> None:
    """Delete the tables with all their items; what is not there is no error."""
    for table in TABLES:
        with suppress(TablesMissing), translate_dynamodb_errors(name := prefix + table.name):
            client.delete_table(TableName=name)
            _wait(client, "table_not_exists", name)


def _create(client: DynamoClient, name: str, table: TableDefinition) -> None:
    try:
        client.create_table(TableName=name, **_specification(table))
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ResourceInUseException":
            raise


def _complete(client: DynamoClient, name: str, table: TableDefinition) -> None:
    _wait(client, "table_exists", name)
    client.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    if table.expires and not _expires(client, name):
        client.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
        )


def _expires(client: DynamoClient, name: str) -> bool:
    # Asked first: DynamoDB refuses to enable what is enabled.
    description = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return description["TimeToLiveStatus"] in ("ENABLED", "ENABLING")


def _wait(client: DynamoClient, event: str, name: str) -> None:
    try:
        client.get_waiter(event).wait(TableName=name, WaiterConfig=_WAITER)
    except WaiterError as error:
        raise RecordsUnavailable(f"the table {name} did not become ready or deleted: {error}", table=name) from error


def _specification(table: TableDefinition) -> dict[str, Any]:
    texts = ("PK", "SK", *table.index_keys)
    return {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in texts],
        "KeySchema": _key_schema("PK", "SK"),
        "BillingMode": "PAY_PER_REQUEST",
        "SSESpecification": {"Enabled": True, "SSEType": "KMS"},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index.name,
                "KeySchema": _key_schema(index.hash_key, index.range_key),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in table.indexes
        ],
    }


def _key_schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
    return [{"AttributeName": hash_key, "KeyType": "HASH"}, {"AttributeName": range_key, "KeyType": "RANGE"}]


def _problem(client: DynamoClient, name: str, table: TableDefinition) -> str | None:
    """What is wrong with the table, to be read after its name ('' when it is missing); None when all is well."""
    try:
        with translate_dynamodb_errors(name):
            description = client.describe_table(TableName=name)["Table"]
    except TablesMissing:
        return " (missing)"
    if description["TableStatus"] not in ("ACTIVE", "UPDATING"):
        return f" (is {description['TableStatus'].lower()})"
    wanted = {"": _key_schema("PK", "SK")} | {
        f" index {index.name}": _key_schema(index.hash_key, index.range_key) for index in table.indexes
    }
    wrong = [part or " its keys" for part, schema in wanted.items() if _schemas(description).get(part) != schema]
    return f" (lacks{','.join(wrong)})" if wrong else None


def _schemas(description: Mapping[str, Any]) -> dict[str, Any]:
    indexes = description.get("GlobalSecondaryIndexes", [])
    return {"": description["KeySchema"]} | {f" index {index['IndexName']}": index["KeySchema"] for index in indexes}
