"""The DynamoDB client of the records: who signs, how long it waits, how it retries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import boto3
from botocore.config import Config

from cloud_core.domain.errors import InvalidInput

DynamoClient = Any
"""A boto3 client of the service "dynamodb"; safe to share between threads."""

# Few attempts here, for throttling: outages are waited for in `table.Table`, by time and not by count.
_CONFIG: Final[dict[str, Any]] = {
    "connect_timeout": 3,
    "retries": {"mode": "adaptive", "total_max_attempts": 3},
    "max_pool_connections": 32,
    "tcp_keepalive": True,
    "ignore_configured_endpoint_urls": True,
}


@dataclass(frozen=True)
class AccessKey:
    """An explicit AWS key; its secret parts stay out of the repr."""

    key_id: str
    secret: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    def parts(self) -> tuple[str, str, str | None]:
        return self.key_id, self.secret, self.session_token


def records_client(
    endpoint_url: str | None,
    region: str,
    credentials: AccessKey | None = None,
    profile_name: str | None = None,
    read_timeout_seconds: float = 10.0,
) -> DynamoClient:
    """A client of AWS itself (no `endpoint_url`) or of a local endpoint, which always needs a key of its own.

    Endpoints of the environment (AWS_ENDPOINT_URL and such) are ignored. Without `credentials` AWS is asked with
    the named profile, or what boto finds by itself.
    """
    if endpoint_url is not None and credentials is None:
        raise InvalidInput(
            f"the endpoint {endpoint_url} needs explicit credentials: those of an AWS account are never sent there",
            field="credentials",
        )
    session = boto3.session.Session(profile_name=profile_name, region_name=region)
    key_id, secret, token = credentials.parts() if credentials else (None, None, None)
    return session.client(
        "dynamodb",
        endpoint_url=endpoint_url,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(**_CONFIG, read_timeout=read_timeout_seconds),
    )
