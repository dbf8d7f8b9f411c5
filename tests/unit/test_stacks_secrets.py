"""The secrets stack: what has a value, who reads it, and that nothing shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN, SecretValue
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

KEY = "arn:aws:kms:eu-central-1:410000000017:key/1111"


def secrets(environment: EnvironmentName = EnvironmentName.DEV, preview: bool = False, **inputs: Any) -> Picture:
    values = {"applicationKeyArn": KEY, "ecsTaskRoleName": "task-role", **inputs}
    return picture_of(sample_target("secrets", environment), values, preview=preview)


def test_five_secrets_encrypted_by_the_application_key() -> None:
    picture = secrets()
    assert {item.inputs["kmsKeyId"] for item in picture.of("Secret")} == {KEY}
    names = [item.inputs["name"] for item in picture.of("Secret")]
    assert names == [
        f"web-shop-d1brv40-dev-secrets-{name}"
        for name in ("external-api-keys", "jwt-signing-key", "oauth-secrets", "redis-auth-password", "session-secret")
    ]


def test_only_generated_secrets_get_a_value_and_it_is_drawn_once() -> None:
    versions = secrets().of("SecretVersion")
    assert [item.name for item in versions] == ["redis-auth-password", "session-secret"]
    assert all(item.ignore_changes == ["secretString"] for item in versions)


def test_a_generated_value_is_secret_to_the_engine_and_in_no_output() -> None:
    picture = secrets()
    assert picture.one("SecretVersion", "session-secret").inputs["secretString"] == SecretValue("drawn-password")
    assert "drawn-password" not in json.dumps(picture.outputs)


def test_outputs_name_every_secret() -> None:
    outputs = secrets().outputs
    assert outputs["sessionSecretArn"] == "arn:aws:test:::Secret/session-secret"
    assert set(outputs["secretArns"]) == {
        "jwt-signing-key",
        "session-secret",
        "external-api-keys",
        "oauth-secrets",
        "redis-auth-password",
    }


def test_names_of_ones_own() -> None:
    picture = secrets(secretNames=["payment-token", "session-secret"])
    assert [item.name for item in picture.of("Secret")] == ["payment-token", "session-secret"]
    assert [item.name for item in picture.of("SecretVersion")] == ["session-secret"]
    assert picture.outputs["secretArns"]["payment-token"] == "arn:aws:test:::Secret/payment-token"
    assert picture.outputs.get("oauthSecretsArn") is None


def test_tasks_may_read_these_secrets_and_nothing_else() -> None:
    picture = secrets()
    read, decrypt = json.loads(picture.one("Policy").inputs["policy"])["Statement"]
    assert set(read["Resource"]) == set(picture.outputs["secretArns"].values())
    assert (decrypt["Action"], decrypt["Resource"]) == ("kms:Decrypt", KEY)
    assert decrypt["Condition"]["StringEquals"]["kms:ViaService"] == "secretsmanager.eu-central-1.amazonaws.com"
    assert picture.one("RolePolicyAttachment").inputs["role"] == "task-role"


def test_the_signing_key_can_live_in_kms() -> None:
    picture = secrets(jwtUseKms=True)
    key = picture.one("Key").inputs
    assert (key["keyUsage"], key["customerMasterKeySpec"]) == ("SIGN_VERIFY", "RSA_2048")
    assert "jwt-signing-key" not in [item.name for item in picture.of("Secret")]
    assert picture.outputs["jwtSigningKeyArn"] == "arn:aws:test:::Key/jwt-signing-key"
    assert secrets().of("Key") == []


def test_tasks_may_sign_with_a_key_that_never_leaves_kms_also_when_there_is_nothing_to_read() -> None:
    picture = secrets(jwtUseKms=True, secretNames=["jwt-signing-key"])
    (sign,) = json.loads(picture.one("Policy").inputs["policy"])["Statement"]
    assert sign["Action"] == ["kms:Sign", "kms:GetPublicKey", "kms:DescribeKey"]
    assert sign["Resource"] == picture.outputs["jwtSigningKeyArn"]


@pytest.mark.parametrize(
    ("environment", "days"), [(EnvironmentName.DEV, 0), (EnvironmentName.STAGE, 7), (EnvironmentName.PROD, 30)]
)
def test_how_long_a_deleted_secret_can_come_back(environment: EnvironmentName, days: int) -> None:
    assert {item.inputs["recoveryWindowInDays"] for item in secrets(environment).of("Secret")} == {days}


def test_a_function_rotates_the_generated_secrets() -> None:
    arn = "arn:aws:lambda:eu-central-1:410000000017:function:rotate"
    picture = secrets(rotationLambdaArn=arn, rotationDays=7)
    assert [item.name for item in picture.of("SecretRotation")] == ["redis-auth-password", "session-secret"]
    assert picture.outputs["secretRotationFunctionArn"] == arn
    assert secrets(rotationLambdaArn="").of("SecretRotation") == []


def test_secrets_can_be_replicated() -> None:
    assert secrets(replicaRegion="eu-west-1").of("Secret")[0].inputs["replicas"] == [{"region": "eu-west-1"}]


def test_a_preview_needs_no_security_stack() -> None:
    picture = secrets(preview=True, applicationKeyArn=UNKNOWN, ecsTaskRoleName=UNKNOWN)
    assert picture.one("RolePolicyAttachment").inputs["role"] is UNKNOWN
    assert len(picture.of("Secret")) == 5


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"recoveryWindowDays": 3}, "recoveryWindowDays = 3: must be 0 (delete at once) or between 7 and 30"),
        ({"recoveryWindowDays": 31}, "must be 0"),
        ({"secretNames": []}, "secretNames = []: List should have at least 1 item"),
        ({"secretNames": ["a", "a"]}, "must not hold the same value twice"),
        ({"secretNames": ["Not Good"]}, "secretNames.0 = ['Not Good']: String should match"),
        ({"applicationKeyArn": "alias/x"}, "applicationKeyArn = 'alias/x': String should match"),
        ({"replicaRegion": "mars"}, "replicaRegion = 'mars': String should match"),
    ],
)
def test_bad_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackInput) as caught:
        secrets(**inputs)
    assert message in caught.value.message
