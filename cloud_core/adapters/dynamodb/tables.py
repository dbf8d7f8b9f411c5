"""The tables of the records in AWS: made as `domain.tables` defines them, compared with it, and deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from botocore.exceptions import ClientError, WaiterError

from cloud_core.adapters.dynamodb.client import DynamoClient
from cloud_core.adapters.dynamodb.errors import tables_missing, translate_dynamodb_errors
from cloud_core.domain.errors import RecordsUnavailable, TablesMissing
from cloud_core.domain.tables import TABLES, TAGS, TTL_ATTRIBUTE, IndexDefinition, TableDefinition
from cloud_core.ports.tables import TableState

_WAITER: Final = {"Delay": 1, "MaxAttempts": 120}
_USABLE: Final = ("ACTIVE", "UPDATING")
_ON: Final = ("ENABLED", "ENABLING")


class DynamoTables:
    """`ports.tables.RecordTables`: those whose names begin with `prefix`."""

    def __init__(self, client: DynamoClient, prefix: str) -> None:
        self.prefix = prefix
        self._client = client

    def create(self) -> list[str]:
        return create_tables(self._client, self.prefix)

    def states(self) -> list[TableState]:
        return [_state(self._client, self.prefix + table.name, table) for table in TABLES]

    def delete(self) -> list[str]:
        return delete_tables(self._client, self.prefix)


def create_tables(client: DynamoClient, prefix: str) -> list[str]:
    """Make what is missing and wait until all is usable; whatever is there stays, with its items. The names of those
    that were made."""
    made = []
    for table in TABLES:
        with translate_dynamodb_errors(name := prefix + table.name):
            if _create(client, name, table):
                made.append(name)
    for table in TABLES:
        with translate_dynamodb_errors(name := prefix + table.name):
            _complete(client, name, table)
    return made


def check_tables(client: DynamoClient, prefix: str) -> None:
    """Raises TablesMissing naming every table that is not there, not active, or lacks its keys or an index."""
    problems = [name + problem for table in TABLES if (problem := _problem(client, name := prefix + table.name, table))]
    if problems:
        raise tables_missing(problems, "missing or not usable")


def delete_tables(client: DynamoClient, prefix: str) -> list[str]:
    """Delete the tables with all their items; what is not there is no error. The names of those that were there."""
    gone = []
    for table in TABLES:
        with suppress(TablesMissing), translate_dynamodb_errors(name := prefix + table.name):
            client.delete_table(TableName=name)
            gone.append(name)
            _wait(client, "table_not_exists", name)
    return gone


def _create(client: DynamoClient, name: str, table: TableDefinition) -> bool:
    """Whether it was not there before."""
    try:
        client.create_table(TableName=name, **_specification(table))
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ResourceInUseException":
            raise
        return False
    return True


def _complete(client: DynamoClient, name: str, table: TableDefinition) -> None:
    _wait(client, "table_exists", name)
    _add_indexes(client, name, table)
    client.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    # Asked first: DynamoDB refuses to enable what is enabled.
    if table.expires and _ttl(client, name) is None:
        client.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
        )


def _add_indexes(client: DynamoClient, name: str, table: TableDefinition) -> None:
    """Those that an earlier release did not know; a table takes one at a time. One that somebody made in another way
    is left as it is."""
    description = client.describe_table(TableName=name)["Table"]
    has_our_keys = description["KeySchema"] == _key_schema(table.hash_key, table.range_key)
    if not has_our_keys or description.get("BillingModeSummary", {}).get("BillingMode") != "PAY_PER_REQUEST":
        return
    attributes = [one["AttributeName"] for one in description["AttributeDefinitions"]]
    known = {index["IndexName"] for index in description.get("GlobalSecondaryIndexes", [])}
    for index in table.indexes:
        if index.name not in known:
            attributes = list(dict.fromkeys((*attributes, index.hash_key, index.range_key)))
            client.update_table(
                TableName=name,
                AttributeDefinitions=_attributes(attributes),
                GlobalSecondaryIndexUpdates=[{"Create": _index(index)}],
            )
            _wait(client, "table_exists", name)


def _wait(client: DynamoClient, event: str, name: str) -> None:
    try:
        client.get_waiter(event).wait(TableName=name, WaiterConfig=_WAITER)
    except WaiterError as error:
        raise RecordsUnavailable(f"the table {name} did not become ready or deleted: {error}", table=name) from error


def _specification(table: TableDefinition) -> dict[str, Any]:
    indexes = [_index(index) for index in table.indexes]
    return {
        "AttributeDefinitions": _attributes(table.attributes),
        "KeySchema": _key_schema(table.hash_key, table.range_key),
        "BillingMode": "PAY_PER_REQUEST",
        "SSESpecification": {"Enabled": True, "SSEType": "KMS"},
        "Tags": [{"Key": key, "Value": value} for key, value in TAGS.items()],
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    }


def _attributes(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def _index(index: IndexDefinition) -> dict[str, Any]:
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.hash_key, index.range_key),
        "Projection": {"ProjectionType": "ALL"},
    }


def _key_schema(hash_key: str, range_key: str | None) -> list[dict[str, str]]:
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else keys


def _problem(client: DynamoClient, name: str, table: TableDefinition) -> str | None:
    """What is wrong with the table, to be read after its name; None when it can be used."""
    description = _described(client, name)
    if description is None:
        return " (missing)"
    if description["TableStatus"] not in _USABLE:
        return f" (is {description['TableStatus'].lower()})"
    wrong = list(_lacking(description, table))
    return f" (lacks {', '.join(wrong)})" if wrong else None


def _state(client: DynamoClient, name: str, table: TableDefinition) -> TableState:
    description = _described(client, name)
    if description is None:
        return TableState(name=name, status=None, differences=("it is missing",))
    with translate_dynamodb_errors(name):
        ttl = _ttl(client, name)
        backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") in _ON
    billing = description.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    lacking = list(_lacking(description, table))
    return TableState(
        name=name,
        status=description["TableStatus"].lower(),
        is_usable=description["TableStatus"] in _USABLE and not lacking,
        items=description.get("ItemCount", 0),
        indexes={
            index["IndexName"]: index["IndexStatus"].lower() for index in description.get("GlobalSecondaryIndexes", [])
        },
        ttl_attribute=ttl,
        billing_mode=billing.lower(),
        recoverable=recovery,
        differences=(
            *(f"it lacks {what}" for what in lacking),
            *_otherwise(table, description, ttl, recovery, billing),
        ),
    )


def _otherwise(
    table: TableDefinition, description: Mapping[str, Any], ttl: str | None, recovery: bool, billing: str
) -> Iterator[str]:
    """What works as it is, and is not as defined."""
    if ttl != (wanted := TTL_ATTRIBUTE if table.expires else None):
        yield f"items expire by {ttl or 'nothing'}, not by {wanted or 'nothing'}"
    if not recovery:
        yield "it can't be recovered to a point in time"
    if billing != "PAY_PER_REQUEST":
        yield "it is paid by provisioned capacity, not per request"
    if description.get("SSEDescription", {}).get("Status") not in _ON:
        yield "it is not encrypted with a key of the account"
    known = {index.name for index in table.indexes}
    for index in description.get("GlobalSecondaryIndexes", []):
        if index["IndexName"] not in known:
            yield f"it has an index more, {index['IndexName']}"


def _described(client: DynamoClient, name: str) -> dict[str, Any] | None:
    try:
        with translate_dynamodb_errors(name):
            described: dict[str, Any] = client.describe_table(TableName=name)["Table"]
    except TablesMissing:
        return None
    return described


def _ttl(client: DynamoClient, name: str) -> str | None:
    """The attribute by which items expire."""
    description = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return description.get("AttributeName") if description["TimeToLiveStatus"] in _ON else None


def _lacking(description: Mapping[str, Any], table: TableDefinition) -> Iterator[str]:
    """Keys and indexes without which the records can't work."""
    if description["KeySchema"] != _key_schema(table.hash_key, table.range_key):
        yield "its keys"
    present = {index["IndexName"]: index["KeySchema"] for index in description.get("GlobalSecondaryIndexes", [])}
    for index in table.indexes:
        if present.get(index.name) != _key_schema(index.hash_key, index.range_key):
            yield f"index {index.name}"
