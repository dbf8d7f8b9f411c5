"""What botocore raises, translated once; and who signs the requests."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProfileNotFound,
    ReadTimeoutError,
)

from cloud_core.adapters.dynamodb.client import AccessKey, records_client
from cloud_core.adapters.dynamodb.errors import ConditionFailed, translate_dynamodb_errors
from cloud_core.domain.errors import AwsAccessFailed, CloudError, InvalidInput, RecordsUnavailable, TablesMissing

KEY = AccessKey("key-id", "very-secret", "secret-token")


def _client_error(code: str, **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "because"}, **more}, "PutItem")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ResourceNotFoundException", TablesMissing),
        ("ValidationException", InvalidInput),
        ("AccessDeniedException", AwsAccessFailed),
        ("UnrecognizedClientException", AwsAccessFailed),
        ("ExpiredTokenException", AwsAccessFailed),
        ("ProvisionedThroughputExceededException", RecordsUnavailable),
        ("ThrottlingException", RecordsUnavailable),
        ("InternalServerError", RecordsUnavailable),
        ("500", RecordsUnavailable),
    ],
)
def test_an_answer_of_the_service(code: str, expected: type[CloudError]) -> None:
    with pytest.raises(expected, match="cloud-stacks") as error, translate_dynamodb_errors("cloud-stacks"):
        raise _client_error(code)
    assert pickle.loads(pickle.dumps(error.value)).message == error.value.message


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), RecordsUnavailable),
        (ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"), RecordsUnavailable),
        (ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), RecordsUnavailable),
        (ConnectionClosedError(endpoint_url="http://127.0.0.1:1"), RecordsUnavailable),
        (NoCredentialsError(), AwsAccessFailed),
        (ProfileNotFound(profile="nobody"), AwsAccessFailed),
    ],
)
def test_no_answer_at_all(problem: BotoCoreError, expected: type[CloudError]) -> None:
    with pytest.raises(expected, match="cloud-logs") as error, translate_dynamodb_errors("cloud-logs"):
        raise problem
    assert error.value.suggestion


def test_missing_tables_name_the_way_out() -> None:
    with pytest.raises(TablesMissing) as error, translate_dynamodb_errors("cloud-logs"):
        raise _client_error("ResourceNotFoundException")
    assert error.value.context["tables"] == ["cloud-logs"]
    assert "cloud sandbox start" in str(error.value.suggestion)


def test_a_failed_condition_brings_the_stored_item() -> None:
    item = {"version": {"N": "3"}, "name": {"S": "a"}}
    with pytest.raises(ConditionFailed) as failure, translate_dynamodb_errors("cloud-stacks"):
        raise _client_error("ConditionalCheckFailedException", Item=item)
    assert failure.value.stored == {"version": 3, "name": "a"}
    with pytest.raises(ConditionFailed) as failure, translate_dynamodb_errors("cloud-stacks"):
        raise _client_error("ConditionalCheckFailedException")
    assert failure.value.stored is None
    with pytest.raises(RecordsUnavailable, match="did not say"):
        _ = failure.value.present


def test_our_own_mistakes_are_not_hidden() -> None:
    with pytest.raises(ParamValidationError), translate_dynamodb_errors("cloud-stacks"):
        raise ParamValidationError(report="wrong")


def test_a_local_endpoint_never_gets_the_account_s_credentials() -> None:
    with pytest.raises(InvalidInput, match=r"http://127\.0\.0\.1:1 needs explicit credentials"):
        records_client("http://127.0.0.1:1", "us-east-1")


def test_endpoints_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    client = records_client(None, "eu-central-1", KEY)
    assert "127.0.0.1" not in client.meta.endpoint_url
    assert "eu-central-1" in client.meta.endpoint_url
    client.close()


def test_a_key_shows_no_secret() -> None:
    assert repr(KEY) == "AccessKey(key_id='key-id')"
