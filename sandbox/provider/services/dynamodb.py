"""DynamoDB: tables with their indexes, expiry, recovery and encryption."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from sandbox.provider.gaps import Gap
from sandbox.provider.language import (
    Delete,
    Input,
    Kind,
    LiveObject,
    Output,
    Resource,
    Tags,
    Wait,
    call,
    remember,
    setting,
)
from sandbox.provider.scope import EMPTY, Scope
from sandbox.provider.shapes import BLOCK

GONE: Final = ("ResourceNotFoundException",)
_ON: Final = ("ENABLED", "ENABLING")
_BUSY: Final = ("ResourceInUseException", "LimitExceededException")
_PROVISIONED: Final = "PROVISIONED"


def _read_table(scope: Scope) -> LiveObject | None:
    """In Pulumi's words, which has the table's own keys flat."""
    answer = scope.ask(call("describe_table", TableName="$id"), GONE)
    if answer is None:
        return None
    table = answer["Table"]
    hash_key, range_key = _keys(table["KeySchema"])
    live = {
        "TableStatus": table["TableStatus"],
        "Arn": table["TableArn"],
        "Name": table["TableName"],
        "HashKey": hash_key,
        "RangeKey": range_key,
        "Attributes": [
            {"Name": one["AttributeName"], "Type": one["AttributeType"]} for one in table["AttributeDefinitions"]
        ],
        "GlobalSecondaryIndexes": [_told(index) for index in table.get("GlobalSecondaryIndexes", [])],
        "BillingMode": table.get("BillingModeSummary", {}).get("BillingMode", _PROVISIONED),
        "DeletionProtectionEnabled": table.get("DeletionProtectionEnabled", False),
        "ServerSideEncryption": _encryption(scope, table.get("SSEDescription", {})),
        "PointInTimeRecovery": _recovery(scope),
        "Ttl": _expiry(scope),
        "Tags": scope.ask(call("list_tags_of_resource", ResourceArn=table["TableArn"])).get("Tags", []),
    }
    return {**live, **scope.remembered(("serverSideEncryption",), live)}


def _keys(schema: list[dict[str, str]]) -> tuple[str | None, str | None]:
    by_kind = {key["KeyType"]: key["AttributeName"] for key in schema}
    return by_kind.get("HASH"), by_kind.get("RANGE")


def _told(index: dict[str, Any]) -> dict[str, Any]:
    told = {
        "Name": index["IndexName"],
        "KeySchemas": index["KeySchema"],
        "ProjectionType": index["Projection"]["ProjectionType"],
        "NonKeyAttributes": index["Projection"].get("NonKeyAttributes"),
    }
    return {name: value for name, value in told.items() if value not in EMPTY}


def _encryption(scope: Scope, found: dict[str, Any]) -> dict[str, Any]:
    """The key that AWS picks is told only if the program named one."""
    named = (scope.value("serverSideEncryption") or {}).get("kmsKeyArn")
    key = {"KmsKeyArn": found["KMSMasterKeyArn"]} if named and found.get("KMSMasterKeyArn") else {}
    return {"Enabled": found.get("Status") in _ON, **key}


def _recovery(scope: Scope) -> dict[str, Any]:
    backups = scope.ask(call("describe_continuous_backups", TableName="$id"))["ContinuousBackupsDescription"]
    return {"Enabled": backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") in _ON}


def _expiry(scope: Scope) -> dict[str, Any]:
    found = scope.ask(call("describe_time_to_live", TableName="$id"))["TimeToLiveDescription"]
    enabled = found["TimeToLiveStatus"] in _ON
    named = scope.value("ttl") or {}
    return {"AttributeName": found.get("AttributeName") or named.get("attributeName"), "Enabled": enabled}


def _schema(hash_key: str, range_key: str | None) -> list[dict[str, str]]:
    keys = [("HASH", hash_key), ("RANGE", range_key)]
    return [{"AttributeName": name, "KeyType": kind} for kind, name in keys if name]


def _index(given: dict[str, Any]) -> dict[str, Any]:
    projection = {"ProjectionType": given["projectionType"], "NonKeyAttributes": given.get("nonKeyAttributes")}
    return {
        "IndexName": given["name"],
        "KeySchema": [
            {"AttributeName": key["attributeName"], "KeyType": key["keyType"]} for key in given["keySchemas"]
        ],
        "Projection": {name: value for name, value in projection.items() if value not in EMPTY},
    }


def _attributes(scope: Scope) -> list[dict[str, str]]:
    return [{"AttributeName": one["name"], "AttributeType": one["type"]} for one in scope.value("attributes")]


def _encryption_wanted(scope: Scope) -> dict[str, Any]:
    wanted = scope.value("serverSideEncryption") or {"enabled": False}
    key = {"KMSMasterKeyId": wanted["kmsKeyArn"]} if wanted.get("kmsKeyArn") else {}
    return {"Enabled": True, "SSEType": "KMS", **key} if wanted["enabled"] else {"Enabled": False}


def _create(scope: Scope) -> str:
    indexes = [_index(one) for one in scope.value("globalSecondaryIndexes") or []]
    scope.request(
        "create_table",
        {
            "TableName": scope.value("name"),
            "AttributeDefinitions": _attributes(scope),
            "KeySchema": _schema(scope.value("hashKey"), scope.value("rangeKey")),
            "BillingMode": scope.value("billingMode"),
            "DeletionProtectionEnabled": scope.value("deletionProtectionEnabled"),
            "SSESpecification": _encryption_wanted(scope),
            **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
            **scope.tag_parameter("Tags"),
        },
    )
    return str(scope.value("name"))


def _change_indexes(scope: Scope) -> None:
    """AWS takes one change of the indexes at a time; one that is otherwise is made anew."""
    before = {one["name"]: one for one in scope.old.get("globalSecondaryIndexes") or []}
    wanted = {one["name"]: one for one in scope.value("globalSecondaryIndexes") or []}
    changed = {name for name in before.keys() & wanted.keys() if before[name] != wanted[name]}
    gone = sorted((before.keys() - wanted.keys()) | changed)
    added = sorted((wanted.keys() - before.keys()) | changed)
    updates = [{"Delete": {"IndexName": name}} for name in gone]
    for update in (*updates, *({"Create": _index(wanted[name])} for name in added)):
        asked = {"TableName": scope.id, "GlobalSecondaryIndexUpdates": [update]}
        if "Create" in update:
            asked["AttributeDefinitions"] = _attributes(scope)
        scope.patiently(partial(scope.request, "update_table", asked), _BUSY, 600)


def _set_expiry(scope: Scope) -> None:
    wanted = scope.value("ttl")
    if not wanted.get("attributeName"):
        return
    specification = {"Enabled": wanted.get("enabled", False), "AttributeName": wanted["attributeName"]}
    if specification["Enabled"] or _expiry(scope)["Enabled"]:  # it can't be switched off twice
        scope.request("update_time_to_live", {"TableName": scope.id, "TimeToLiveSpecification": specification})


def _set_recovery(scope: Scope) -> None:
    specification = {"PointInTimeRecoveryEnabled": scope.value("pointInTimeRecovery")["enabled"]}
    scope.request(
        "update_continuous_backups", {"TableName": scope.id, "PointInTimeRecoverySpecification": specification}
    )


def _set_protection(scope: Scope) -> None:
    wanted = scope.value("deletionProtectionEnabled")
    scope.request("update_table", {"TableName": scope.id, "DeletionProtectionEnabled": wanted})


TABLE: Final = Resource(
    token="aws:dynamodb/table:Table",
    service="dynamodb",
    inputs=(
        Input("name", replaces=True, autoname=255),
        Input("attributes", kind=Kind.SET, shape=BLOCK, required=True),
        Input("hashKey", required=True, replaces=True),
        Input("rangeKey", replaces=True),
        Input("billingMode", default=_PROVISIONED),
        Input("globalSecondaryIndexes", kind=Kind.SET, shape=BLOCK),
        Input("deletionProtectionEnabled", default=False),
        Input("serverSideEncryption", kind=Kind.BLOCK, computed=True),
        Input("pointInTimeRecovery", kind=Kind.BLOCK, computed=True),
        Input("ttl", kind=Kind.BLOCK, computed=True),
    ),
    outputs=(Output("arn"),),
    create=_create,
    read=_read_table,
    settings=(
        setting("attributes globalSecondaryIndexes", _change_indexes, on_create=False),
        setting("billingMode", call("update_table", "billingMode", TableName="$id"), on_create=False),
        setting("serverSideEncryption", remember, on_create=False),
        setting("deletionProtectionEnabled", _set_protection, on_create=False),
        setting("pointInTimeRecovery", _set_recovery),
        setting("ttl", _set_expiry),
    ),
    delete=Delete((call("delete_table", TableName="$id"),), gone=GONE, busy=_BUSY),
    tags=Tags(
        add=call("tag_resource", ResourceArn="$arn", Tags="$new_tags"),
        remove=call("untag_resource", ResourceArn="$arn", TagKeys="$gone_keys"),
    ),
    ready=Wait("TableStatus", ("ACTIVE",)),
    vanishes=600,
    identity=("name",),
)

RESOURCES: Final = (TABLE,)

GAPS: Final = (
    Gap(
        TABLE.token, "serverSideEncryption", "update_table does not change it", "the state remembers what was asked for"
    ),
)
