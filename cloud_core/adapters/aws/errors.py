"""AWS's errors in our words: the one place that knows botocore's exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore import exceptions as aws

from cloud_core.domain.errors import AwsAccessFailed, CloudError, InvalidInput, Unavailable

_ACCESS_CODES: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)
# Refusals that pass by themselves, though their HTTP status says 4xx.
_PASSING_CODES: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_NO_CREDENTIALS: Final = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.CredentialRetrievalError,
    aws.ProfileNotFound,
    aws.SSOError,
    aws.TokenRetrievalError,
    aws.UnauthorizedSSOTokenError,
)
_WRONG_REQUEST: Final = (aws.ParamValidationError, aws.UnknownRegionError, aws.InvalidRegionError)


@contextmanager
def translate_aws_errors(what: str, *, unavailable: type[Unavailable] = Unavailable) -> Iterator[None]:
    """Inside, botocore's errors become ours; `what` is the attempt in the infinitive, such as `find the zone x.test`.

    Refused credentials or rights are AwsAccessFailed; throttling, 5xx and a broken connection are `unavailable`
    (retryable); any other refusal is InvalidInput. The message ends with AWS's own code and words; context
    `aws_code` and `request_id` when AWS answered. Arguments of the call are never part of it.
    """
    try:
        yield
    except aws.ClientError as error:
        raise _refusal(what, error, unavailable) from error
    except _NO_CREDENTIALS as error:
        raise AwsAccessFailed(
            f"no usable AWS credentials to {what}: {error}",
            suggestion="check the AWS profile (CLOUD_AWS__CREDENTIALS_PROFILE) and sign in again",
        ) from error
    except _WRONG_REQUEST as error:
        # The error's text repeats the arguments, which may be secret.
        raise InvalidInput(f"can't {what}: the request to AWS is malformed ({type(error).__name__})") from None
    except aws.BotoCoreError as error:
        raise unavailable(f"AWS can't be reached to {what}: {error}") from error


def error_code(error: aws.ClientError) -> str:
    """AWS's code, such as `ResourceNotFoundException`."""
    return str(_details(error).get("Code", "Unknown"))


def _details(error: aws.ClientError) -> dict[str, Any]:
    return dict(error.response.get("Error", {}))


def _refusal(what: str, error: aws.ClientError, unavailable: type[Unavailable]) -> CloudError:
    code, words = error_code(error), _details(error).get("Message") or "no message"
    metadata = error.response.get("ResponseMetadata", {})
    context = {"aws_code": code, "request_id": metadata.get("RequestId")}
    if code in _ACCESS_CODES:
        return AwsAccessFailed(f"AWS refused to {what}: {code}: {words}", **context)
    if code in _PASSING_CODES or metadata.get("HTTPStatusCode", 0) >= 500:
        return unavailable(f"AWS could not {what} now: {code}: {words}", **context)
    return InvalidInput(f"AWS refused to {what}: {code}: {words}", **context)
