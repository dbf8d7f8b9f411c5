"""Clear text of secrets and parameters, read over boto3 in the environment's account and region."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import ClientError

from cloud_core.adapters.aws.errors import error_code, translate_aws_errors
from cloud_core.adapters.aws.sessions import AwsSessions
from cloud_core.domain.errors import UnresolvablePlaceholder
from cloud_core.ports.aws import AwsScope

_MISSING_CODES: Final = ("ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound")


class Boto3SecretSource:
    """`ports.aws.SecretSource` on AWS or the sandbox. The caller wraps the text; it is in no message."""

    def __init__(self, sessions: AwsSessions) -> None:
        self._sessions = sessions

    def secret(self, scope: AwsScope, name: str) -> str:
        client = self._sessions.client("secretsmanager", scope)
        with _reading("secret", name, scope):
            answer = client.get_secret_value(SecretId=name)
        if "SecretString" not in answer:
            raise UnresolvablePlaceholder(f"the secret {name} holds bytes, not a text: store it as a text")
        return str(answer["SecretString"])

    def parameter(self, scope: AwsScope, path: str) -> str:
        client = self._sessions.client("ssm", scope)
        with _reading("parameter", path, scope):
            answer = client.get_parameter(Name=path, WithDecryption=True)
        return str(answer["Parameter"]["Value"])


@contextmanager
def _reading(what: str, name: str, scope: AwsScope) -> Iterator[None]:
    with translate_aws_errors(f"read the {what} {name}"):
        try:
            yield
        except ClientError as error:
            if error_code(error) not in _MISSING_CODES:
                raise
            raise UnresolvablePlaceholder(
                f"account {scope.account} has no {what} {name} with a value in {scope.region}: create it first"
            ) from None
