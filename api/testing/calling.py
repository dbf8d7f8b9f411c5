"""A client of the application in the same process, without a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from api.routes import BASE


class ApiClient:
    """Calls as whoever `token` is of; without one as nobody. Paths without a slash are below the base."""

    def __init__(self, portal: BlockingPortal, client: httpx.AsyncClient) -> None:
        self._portal = portal
        self._client = client
        self.token: str | None = None

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        """`json`, `content` and `params` as httpx takes them."""
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        address = path if path.startswith("/") else f"{BASE}/{path}"

        async def send() -> httpx.Response:
            return await self._client.request(method, address, headers={**bearer, **(headers or {})}, **body)

        return self._portal.call(send)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.call("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.call("POST", path, **more)


@contextmanager
def calling(app: FastAPI) -> Iterator[ApiClient]:
    """The application while it lives, and a client of it."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)) as state,
    ):

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": dict(state or {})}, receive, send)

        client = httpx.AsyncClient(transport=httpx.ASGITransport(with_state), base_url="http://api.test")
        try:
            yield ApiClient(portal, client)
        finally:
            portal.call(client.aclose)
