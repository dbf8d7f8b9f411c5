"""`@connections` over HTTP, as API Gateway's management API has it: POST sends, DELETE closes, GET looks.

An ASGI application beside the local gateway, for whoever pushes from another process. Whoever calls shows the key in
`x-api-key`; without a key set it is not served.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from cloud_core.ports.connections import ConnectionGone
from realtime.gateway import LocalGateway, Receive, Scope, Send

PATH: Final = "/@connections/"
LARGEST_POST: Final = 131_072


class ConnectionsEndpoint:
    """200, 204; 403 without the key, 404 for another address, 405, 410 for who is gone, 413."""

    def __init__(self, gateway: LocalGateway, key: str) -> None:
        self._gateway = gateway
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if not secrets.compare_digest(headers.get("x-api-key", "").encode(), self._key.encode()):
            return await _answer(send, 403, {"message": "Forbidden"})
        _, found, identity = str(scope["path"]).rpartition(PATH)
        if not found or not identity:
            return await _answer(send, 404, {"message": "Not Found"})
        status, body = await self._do(scope["method"], unquote(identity), receive)
        return await _answer(send, status, body)

    async def _do(self, method: str, identity: str, receive: Receive) -> tuple[int, Mapping[str, Any] | None]:
        gone = (410, {"message": "GoneException"})
        if method == "POST":
            content = await _content(receive)
            if content is None:
                return 413, {"message": "Message too long"}
            try:
                await self._gateway.post(identity, content.decode())
            except ConnectionGone:
                return gone
            return 200, {}
        found = self._gateway.look(identity)
        if method not in ("GET", "DELETE"):
            return 405, {"message": "Method Not Allowed"}
        if found is None:
            return gone
        if method == "GET":
            return 200, found
        await self._gateway.close(identity, 1000, "Connection Closed Normally")
        return 204, None


async def _content(receive: Receive) -> bytes | None:
    """None when it is too large."""
    content = b""
    while True:
        message = await receive()
        content += bytes(message.get("body", b""))
        if len(content) > LARGEST_POST:
            return None
        if not message.get("more_body"):
            return content


async def _answer(send: Send, status: int, body: Mapping[str, Any] | None) -> None:
    content = b"" if body is None else json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
