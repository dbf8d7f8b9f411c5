"""botocore's exceptions become ours, with AWS's words and nothing secret."""

from __future__ import annotations

import pytest
from botocore import exceptions as aws

from cloud_core.adapters.aws.errors import translate_aws_errors
from cloud_core.domain.errors import (
    AwsAccessFailed,
    CloudError,
    InvalidInput,
    RecordsUnavailable,
    Unavailable,
    UnresolvablePlaceholder,
)


def answer(code: str, status: int = 400) -> aws.ClientError:
    response = {
        "Error": {"Code": code, "Message": "AWS's words"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "r-1"},
    }
    return aws.ClientError(response, "GetThing")  # type: ignore[arg-type]


CASES: list[tuple[Exception, type[CloudError]]] = [
    (answer("AccessDeniedException"), AwsAccessFailed),
    (answer("AccessDenied", 403), AwsAccessFailed),
    (answer("UnauthorizedOperation", 403), AwsAccessFailed),
    (answer("ExpiredToken", 403), AwsAccessFailed),
    (answer("ThrottlingException"), Unavailable),
    (answer("RequestLimitExceeded", 503), Unavailable),
    (answer("InternalFailure", 500), Unavailable),
    (answer("InvalidParameterValue"), InvalidInput),
    (aws.NoCredentialsError(), AwsAccessFailed),
    (aws.ProfileNotFound(profile="nosuch"), AwsAccessFailed),
    (aws.EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), Unavailable),
    (aws.ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), Unavailable),
    (aws.ParamValidationError(report="canary"), InvalidInput),
    (aws.UnknownRegionError(region_name="mars", error_msg="no"), InvalidInput),
]


@pytest.mark.parametrize(("raised", "kind"), CASES)
def test_each_kind_of_error_has_its_own(raised: Exception, kind: type[CloudError]) -> None:
    with pytest.raises(CloudError) as caught, translate_aws_errors("find the thing"):
        raise raised
    assert type(caught.value) is kind
    assert "find the thing" in caught.value.message
    assert caught.value.retryable is (kind is Unavailable)
    assert "canary" not in caught.value.message
    assert caught.value.__cause__ is None or "canary" not in str(caught.value.__cause__)


def test_awss_own_code_and_words_are_told() -> None:
    with pytest.raises(AwsAccessFailed, match="AccessDenied: AWS's words") as caught, translate_aws_errors("do it"):
        raise answer("AccessDenied", 403)
    assert caught.value.context["aws_code"] == "AccessDenied"
    assert caught.value.context["request_id"] == "r-1"


def test_the_kind_of_an_outage_can_be_chosen() -> None:
    with pytest.raises(RecordsUnavailable), translate_aws_errors("read", unavailable=RecordsUnavailable):
        raise aws.EndpointConnectionError(endpoint_url="http://127.0.0.1:1")


def test_our_own_errors_and_bugs_pass_unchanged() -> None:
    with pytest.raises(UnresolvablePlaceholder), translate_aws_errors("read"):
        raise UnresolvablePlaceholder("none")
    with pytest.raises(ZeroDivisionError), translate_aws_errors("read"):
        raise ZeroDivisionError
