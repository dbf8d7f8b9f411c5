"""What can go wrong inside the provider, and the one place where boto3's errors are translated.

CloudError
├── StackFailed
│   └── ProviderError        any failure of an operation on a resource or an invoke
│       ├── AwsRefused       AWS answered an error; context `aws_code`, `operation`
│       ├── ObjectGone       AWS doesn't know the object any more
│       ├── Interrupted      the engine cancelled this instance
│       └── HalfMade         the object exists but isn't usable; context `id`, `outputs`
└── InvalidInput
    └── NotInSandbox         a type, invoke or input that the sandbox doesn't have
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from cloud_core.domain.errors import InvalidInput, StackFailed
from cloud_core.domain.values import MASK


class ProviderError(StackFailed):
    """An operation of the provider failed."""


class AwsRefused(ProviderError):
    """AWS answered an error. Context `aws_code`: AWS's own code; `operation`: boto3's name of the call."""

    @property
    def aws_code(self) -> str:
        return str(self.context.get("aws_code", ""))


class ObjectGone(ProviderError):
    """AWS doesn't know the object."""


class Interrupted(ProviderError):
    """The engine cancelled this run."""


class HalfMade(ProviderError):
    """The object exists, but its creation or update stopped half-way; the engine must remember it.

    Context `id`: the object's id; `outputs`: what is known of it.
    """


class NotInSandbox(InvalidInput):
    """The sandbox has only what its stacks need."""


@contextmanager
def aws_errors(operation: str) -> Iterator[None]:
    """Translate boto3's errors; the message starts with AWS's own code."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "Unknown"))
        text = str(error.response.get("Error", {}).get("Message", "")) or "no message"
        raise AwsRefused(f"{code}: {text} ({operation})", aws_code=code, operation=operation) from error
    except BotoCoreError as error:
        code = type(error).__name__
        raise AwsRefused(f"{code}: {error} ({operation})", aws_code=code, operation=operation) from error


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of the secret texts; the longest first, so that no tail of one stays behind."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text
