"""What botocore raises, as our own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import (
    ClientError,
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)

from cloud_core.adapters.dynamodb.serializer import from_attributes
from cloud_core.domain.errors import AwsAccessFailed, CloudError, InvalidInput, RecordsUnavailable, TablesMissing

_ACCESS_CODES: Final = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)
_CREDENTIAL_ERRORS: Final = (NoCredentialsError, PartialCredentialsError, ProfileNotFound, TokenRetrievalError)


class ConditionFailed(Exception):
    """A conditional write met another item than it expected; `stored` is that item, None when there is none.

    It never leaves the adapter: each repository knows what it means there.
    """

    def __init__(self, stored: dict[str, Any] | None) -> None:
        super().__init__("the condition of a write was not met")
        self.stored = stored

    @property
    def present(self) -> dict[str, Any]:
        """The stored item of a write that was refused because there is one."""
        if self.stored is None:
            raise RecordsUnavailable("the records refused a write and did not say what is there in its place")
        return self.stored


@contextmanager
def translate_dynamodb_errors(table: str) -> Iterator[None]:
    """Raises ConditionFailed, TablesMissing, InvalidInput, AwsAccessFailed or RecordsUnavailable instead."""
    try:
        yield
    except ClientError as error:
        raise _translated(error, table) from error
    except _CREDENTIAL_ERRORS as error:
        raise AwsAccessFailed(
            f"no usable AWS credentials for the table {table}: {error}",
            suggestion="log in to AWS (or set the credentials' profile), or use the sandbox profile",
        ) from error
    except (ConnectionError, HTTPClientError) as error:
        raise RecordsUnavailable(
            f"the records (table {table}) can't be reached: {error}",
            suggestion="with the sandbox: 'cloud sandbox status', then 'cloud sandbox start'",
        ) from error


def tables_missing(names: list[str], problem: str = "missing") -> TablesMissing:
    """The one wording for tables that are not there or not as they should be."""
    return TablesMissing(
        f"tables {problem}: {', '.join(names)}",
        tables=names,
        suggestion="run 'cloud sandbox start', or 'cloud tables create' in the account of the profile 'aws'",
    )


def _translated(error: ClientError, table: str) -> CloudError | ConditionFailed:
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(_stored_item(error))
    if code == "ResourceNotFoundException":
        return tables_missing([table])
    if code == "ValidationException":
        return InvalidInput(f"the table {table} refuses the item or query: {message}", table=table)
    if code in _ACCESS_CODES:
        return AwsAccessFailed(f"AWS refuses access to the table {table}: {code}: {message}", table=table)
    return RecordsUnavailable(f"the table {table} does not answer: {code}: {message}", table=table)


def _stored_item(error: ClientError) -> dict[str, Any] | None:
    item: Any = error.response.get("Item")
    return from_attributes(item) if item else None
