"""DynamoDB tables."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws

from sandbox.provider.services.dynamodb import TABLE
from sandbox.provider.testing import Case, Clients

DESCRIPTION = {False: "first", True: "second"}


def keys(**names: str) -> list[dict[str, str]]:
    return [{"attribute_name": name, "key_type": kind} for kind, name in names.items()]


def tables(later: bool) -> None:
    changing = "c" if later else "b"
    aws.dynamodb.Table(
        "orders",
        name="orders",
        attributes=[{"name": name, "type": "S"} for name in ("PK", "SK", "a", changing)],
        hash_key="PK",
        range_key="SK",
        billing_mode="PAY_PER_REQUEST",
        global_secondary_indexes=[
            {"name": "ByA", "key_schemas": keys(HASH="a", RANGE="SK"), "projection_type": "ALL"},
            {
                "name": f"By{changing.upper()}",
                "key_schemas": keys(HASH=changing),
                "projection_type": "INCLUDE",
                "non_key_attributes": [DESCRIPTION[later]],
            },
        ],
        deletion_protection_enabled=False,
        server_side_encryption={"enabled": not later},
        point_in_time_recovery={"enabled": not later},
        ttl={"attribute_name": "ttl", "enabled": not later},
        tags={"Team": DESCRIPTION[later]},
    )
    aws.dynamodb.Table("plain", attributes=[{"name": "id", "type": "N"}], hash_key="id", billing_mode="PAY_PER_REQUEST")


def left(clients: Clients) -> dict[str, Any]:
    return {"tables": clients.dynamodb.list_tables()["TableNames"]}


def changed(server: Clients) -> dict[str, Any]:
    """The encryption of a table that was to lose it."""
    server.dynamodb.create_table(
        TableName="lossy",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
    )
    server.dynamodb.update_table(TableName="lossy", SSESpecification={"Enabled": False})
    found = dict(server.dynamodb.describe_table(TableName="lossy")["Table"].get("SSEDescription", {}))
    server.dynamodb.delete_table(TableName="lossy")
    return found


CASE = Case(
    modules=("dynamodb",),
    program=tables,
    left=left,
    probes={(TABLE.token, "serverSideEncryption"): lambda server: changed(server).get("Status") == "ENABLED"},
)
