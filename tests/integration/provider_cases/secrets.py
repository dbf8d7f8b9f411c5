"""Secrets Manager and SSM."""

from __future__ import annotations

import base64
import json
from typing import Any

import pulumi
import pulumi_aws as aws

from sandbox.provider.testing import Case, Clients
from sandbox.provider.testing.cases import CANARY

DESCRIPTION = {False: "first", True: "second"}


def allow(*actions: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def secrets(later: bool) -> None:
    key = aws.kms.Key("key")
    secret = aws.secretsmanager.Secret(
        "secret",
        name_prefix="shop/",
        description=DESCRIPTION[later],
        kms_key_id=key.arn,
        recovery_window_in_days=0,
        policy=json.dumps({**allow("secretsmanager:GetSecretValue"), "Id": DESCRIPTION[later]}),
        replicas=[{"region": "eu-west-1"}],
        tags={"Team": DESCRIPTION[later]},
    )
    stages = {"version_stages": ["AWSCURRENT", "BLUE"]} if later else {}
    aws.secretsmanager.SecretVersion(
        "version", secret_id=secret.id, secret_string=pulumi.Output.secret(json.dumps({"password": CANARY})), **stages
    )
    binary = aws.secretsmanager.Secret("binary", recovery_window_in_days=0)
    content = base64.b64encode(CANARY.encode()).decode()
    aws.secretsmanager.SecretVersion("binary", secret_id=binary.arn, secret_binary=content)
    written = aws.secretsmanager.Secret("written", recovery_window_in_days=0)
    aws.secretsmanager.SecretVersion(
        "written", secret_id=written.id, secret_string_wo=CANARY, secret_string_wo_version=1
    )
    aws.ssm.Parameter(
        "parameter",
        name="/shop/password",
        type="SecureString",
        value=f"{CANARY}-{DESCRIPTION[later]}",
        description=DESCRIPTION[later],
        tags={"Team": DESCRIPTION[later]},
    )
    aws.ssm.Parameter("plain", type="String", insecure_value=DESCRIPTION[later], tier="Standard")


def left(clients: Clients) -> dict[str, Any]:
    return {
        "secrets": clients.secretsmanager.list_secrets()["SecretList"],
        "parameters": clients.ssm.describe_parameters()["Parameters"],
    }


CASE = Case(
    modules=("secretsmanager", "ssm"),
    program=secrets,
    left=left,
    untold=frozenset(
        {
            "namePrefix",
            "recoveryWindowInDays",
            "replicas",
            "secretString",
            "secretBinary",
            "secretStringWoVersion",
            "hasSecretStringWo",
            "value",
            "insecureValue",
        }
    ),
)
