"""The postbox of a gateway that holds the sockets: API Gateway's management API, or a local gateway's that looks so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cloud_core.domain.errors import AwsAccessFailed, Unavailable
from cloud_core.ports.connections import ConnectionGone

_CONFIG: Final[dict[str, Any]] = {
    "connect_timeout": 3,
    "read_timeout": 20,
    "retries": {"total_max_attempts": 1},
    "ignore_configured_endpoint_urls": True,
}
_GONE: Final = 410
_REFUSED: Final = (401, 403)


class ManagementApi:
    """`ports.connections.Postbox`. `endpoint` is `https://<domain>/<stage>`; retries are the caller's."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def post(self, connection_id: str, text: str) -> None:
        with _translated(connection_id):
            await asyncio.to_thread(self._client.post_to_connection, ConnectionId=connection_id, Data=text.encode())

    async def close(self, connection_id: str, code: int, reason: str) -> None:
        try:
            with _translated(connection_id):
                await asyncio.to_thread(self._client.delete_connection, ConnectionId=connection_id)
        except ConnectionGone:
            return


def management_client(endpoint: str, region: str, profile_name: str | None = None, key: str | None = None) -> Any:
    """A client of the management API. `key` is that of a local gateway: what is sent there is signed with no account's
    credentials."""
    session = boto3.session.Session(profile_name=profile_name, region_name=region)
    signer = "local" if key else None
    client: Any = session.client(
        "apigatewaymanagementapi",
        endpoint_url=endpoint,
        aws_access_key_id=signer,
        aws_secret_access_key=signer,
        config=Config(**_CONFIG),
    )
    if key:

        def show_key(params: dict[str, Any], **_: Any) -> None:
            params["headers"]["x-api-key"] = key

        client.meta.events.register("before-call.apigatewaymanagementapi", show_key)
    return client


@contextmanager
def _translated(connection_id: str) -> Iterator[None]:
    """ConnectionGone; AwsAccessFailed when the gateway takes nothing from us, Unavailable for the rest."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == _GONE:
            raise ConnectionGone(connection_id) from None
        if status in _REFUSED:
            raise AwsAccessFailed(
                "the gateway takes no messages from us",
                suggestion="allow execute-api:ManageConnections, or check CLOUD_REALTIME__CONNECTIONS_KEY",
            ) from error
        raise Unavailable(f"the gateway did not take a message: HTTP {status}") from error
    except BotoCoreError as error:
        raise Unavailable(f"the gateway can't be reached ({type(error).__name__})") from error
