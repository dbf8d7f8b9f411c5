"""KMS: keys and aliases."""

from __future__ import annotations

import json
from typing import Any

import pulumi_aws as aws

from sandbox.provider.services.kms import KEY
from sandbox.provider.testing import Case, Clients

DESCRIPTION = {False: "first", True: "second"}


def keys(later: bool) -> None:
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    key = aws.kms.Key(
        "key",
        description=DESCRIPTION[later],
        policy=json.dumps({"Version": "2012-10-17", "Id": DESCRIPTION[later], "Statement": [root]}),
        enable_key_rotation=not later,
        is_enabled=True,
        deletion_window_in_days=7,
        tags={"Team": DESCRIPTION[later]},
    )
    signing = aws.kms.Key("signing", key_usage="SIGN_VERIFY", customer_master_key_spec="RSA_2048")
    aws.kms.Alias("alias", name="alias/shop", target_key_id=key.key_id)
    aws.kms.Alias("alias-signing", target_key_id=key.arn if later else signing.arn)


def left(clients: Clients) -> dict[str, Any]:
    keys = [clients.kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in clients.kms.list_keys()["Keys"]]
    aliases = clients.kms.list_aliases()["Aliases"]
    return {
        "keys": [one for one in keys if one["KeyState"] != "PendingDeletion"],
        "aliases": [one for one in aliases if not one["AliasName"].startswith("alias/aws/")],
    }


def rotation(server: Clients) -> dict[str, Any]:
    key = server.kms.create_key()["KeyMetadata"]["KeyId"]
    server.kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    return dict(server.kms.get_key_rotation_status(KeyId=key))


CASE = Case(
    modules=("kms",),
    program=keys,
    left=left,
    untold=frozenset({"namePrefix", "deletionWindowInDays"}),
    probes={(KEY.token, "rotationPeriodInDays"): lambda server: "RotationPeriodInDays" not in rotation(server)},
)
