"""AppSync as a service asks it: mutations that publish, signed with AWS's own signature (version 4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import boto3
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError

from cloud_core.adapters.graph.operations import shipped_operations
from cloud_core.domain.errors import AwsAccessFailed, Unavailable
from cloud_core.domain.records import Deployment, LogEntry, StackRecord

_SERVICE: Final = "appsync"
_SECONDS: Final = 20.0
_REFUSED: Final = (401, 403)
_UNAUTHORIZED: Final = ("Unauthorized", "UnauthorizedException", "AccessDeniedException")


class AppSyncPublisher:
    """`ports.publishing.Publisher`. `url` is that of the API; whoever calls needs `appsync:GraphQL` on its fields."""

    def __init__(
        self, url: str, region: str, profile_name: str | None = None, key: tuple[str, str] | None = None
    ) -> None:
        """`key` in place of the environment's credentials: for a server that is not AWS's."""
        self._url = url
        key_id, secret = key or (None, None)
        self._session = boto3.session.Session(key_id, secret, profile_name=profile_name, region_name=region)
        self._region = region
        self._operations = shipped_operations()
        self._client = httpx.Client(timeout=_SECONDS)

    def close(self) -> None:
        self._client.close()

    def deployment(self, record: Deployment) -> None:
        self._ask("PublishDeployment", deployment_id=record.deployment_id)

    def stack(self, record: StackRecord) -> None:
        place = {"deployment_id": record.deployment_id, "environment": record.environment.value}
        self._ask("PublishStack", **place, stack_name=record.stack_name)

    def line(self, entry: LogEntry) -> None:
        place = {"timestamp": entry.timestamp, "log_id": entry.log_id}
        self._ask("PublishLog", deployment_id=entry.deployment_id, **place)

    def _ask(self, name: str, **variables: Any) -> None:
        query = {"query": self._operations[name], "operationName": name, "variables": variables}
        body = json.dumps(query).encode()
        try:
            answer = self._client.post(self._url, content=body, headers=self._signed(body))
        except (httpx.TransportError, BotoCoreError) as error:
            raise Unavailable(f"AppSync can't be reached ({type(error).__name__})") from error
        if answer.status_code in _REFUSED:
            raise _refused()
        if answer.is_error:
            raise Unavailable(f"AppSync did not publish: HTTP {answer.status_code}")
        _require_done(answer.json())

    def _signed(self, body: bytes) -> Mapping[str, str]:
        credentials = self._session.get_credentials()
        if credentials is None:
            raise AwsAccessFailed("there are no AWS credentials to sign with", suggestion="give this process a role")
        request = AWSRequest("POST", self._url, {"Content-Type": "application/json"}, body)
        SigV4Auth(credentials.get_frozen_credentials(), _SERVICE, self._region).add_auth(request)
        return dict(request.headers.items())


def _require_done(answer: Mapping[str, Any]) -> None:
    """A record that is gone meanwhile is nobody's error."""
    kinds = [str(error.get("errorType")) for error in answer.get("errors") or ()]
    if any(kind in _UNAUTHORIZED for kind in kinds):
        raise _refused()
    if wrong := [kind for kind in kinds if kind != "NotFound"]:
        raise Unavailable(f"AppSync did not publish: {', '.join(wrong)}")


def _refused() -> AwsAccessFailed:
    return AwsAccessFailed(
        "AppSync takes no records from us",
        suggestion="allow appsync:GraphQL on types/Mutation/fields/publish*, as the control plane's relay policy does",
    )
