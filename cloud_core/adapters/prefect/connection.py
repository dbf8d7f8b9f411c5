"""One call to a Prefect server, through Prefect's own client, which retries what is worth it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_KEY,
    PREFECT_API_SSL_CERT_FILE,
    PREFECT_API_TLS_INSECURE_SKIP_VERIFY,
)

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
            async with _client(self.api_url) as client:
                return await call(client)

        with translate_prefect_errors(self.api_url):
            return asyncio.run(with_client())

    def page(self, kind: str, identity: object) -> str | None:
        """The address of `runs/flow-run` or `deployments/deployment` with that id."""
        return f"{self.ui_url}/{kind}/{identity}" if self.ui_url else None


def _client(api_url: str) -> PrefectClient:
    """As Prefect's `get_client` makes it, for this address.

    That function takes the address from the settings alone, and to change one of them makes all of them anew; and each
    of its clients reads the certificates of all authorities. A flow that looks every two seconds whether it is paused
    spent more on that than on its stacks.
    """
    return PrefectClient(
        api_url,
        auth_string=PREFECT_API_AUTH_STRING.value(),
        api_key=PREFECT_API_KEY.value(),
        httpx_settings=_trust(),
    )


def _trust() -> dict[str, Any] | None:
    """None leaves it to Prefect."""
    if PREFECT_API_TLS_INSECURE_SKIP_VERIFY.value():
        return None
    return {"verify": _authorities(PREFECT_API_SSL_CERT_FILE.value())}


@lru_cache(maxsize=4)
def _authorities(certificates: str | None) -> ssl.SSLContext:
    """Of that file, else those that httpx comes with."""
    if certificates:
        return ssl.create_default_context(cafile=certificates)
    return httpx.create_ssl_context(trust_env=False)
