"""Events of API Gateway's WebSocket APIs, and the answers that it takes: the shape that handlers work on everywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cloud_core.domain.errors import InvalidToken

GatewayEvent = Mapping[str, Any]
Answer = dict[str, Any]
"""`statusCode`, and `body` as JSON. Which of them a client sees is the gateway's business."""


def answer(status: int, **body: Any) -> Answer:
    return {"statusCode": status, "body": json.dumps(body)}


def connection_id(event: GatewayEvent) -> str:
    return str(event["requestContext"]["connectionId"])


def token_of(event: GatewayEvent) -> str:
    """The header's token, else the query's. Raises InvalidToken when there is none."""
    headers = {str(name).lower(): value for name, value in (event.get("headers") or {}).items()}
    scheme, _, token = str(headers.get("authorization") or "").partition(" ")
    if headers.get("authorization") and scheme.lower() != "bearer":
        raise InvalidToken("the header Authorization holds no bearer token", suggestion="send Bearer <token>")
    token = token.strip() or str((event.get("queryStringParameters") or {}).get("token") or "")
    if not token:
        raise InvalidToken(
            "this needs a token", suggestion="send the header Authorization: Bearer <token>, or ?token=<token>"
        )
    return token
