"""One call to a Prefect server, through Prefect's own client, which retries what is worth it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from prefect.client.orchestration import PrefectClient, get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from cloud_core.adapters.prefect.errors import translate_prefect_errors

T = TypeVar("T")


@dataclass(frozen=True)
class PrefectServer:
    """The server's API, and its pages for people when there are any."""

    api_url: str
    ui_url: str | None

    def ask(self, call: Callable[[PrefectClient], Awaitable[T]]) -> T:
        """The call's answer; its failures become errors of ours."""

        async def with_client() -> T:
            async with get_client() as client:
                return await call(client)

        with temporary_settings({PREFECT_API_URL: self.api_url}), translate_prefect_errors(self.api_url):
            return asyncio.run(with_client())

    def page(self, kind: str, identity: object) -> str | None:
        """The address of `runs/flow-run` or `deployments/deployment` with that id."""
        return f"{self.ui_url}/{kind}/{identity}" if self.ui_url else None
