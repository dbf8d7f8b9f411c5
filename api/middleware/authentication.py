"""Whoever calls the API shows a token; only what is open to everybody needs none."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import Refusal, refusal_of
from api.problems import problem_response
from api.routes import BASE
from cloud_core.domain.errors import CloudError
from cloud_core.ports.access import Tokens

GUARDED: Final = (BASE, "/graphql")
"""Where a token is needed, and below."""
LOGIN: Final = "/login"
RENEWAL: Final = f"{LOGIN}/renew"
"""Where a password, or a refresh token, is shown in place of a token; below the base."""
OPEN: Final = frozenset(
    {f"{BASE}/health", f"{BASE}/info", f"{BASE}/openapi.json", f"{BASE}{LOGIN}", f"{BASE}{RENEWAL}"}
)
"""What needs no token, of what stands below the base; nothing else is kept there for everybody."""


class Authentication:
    """Before the body is read, and before it is told whether an address exists.

    A refused request is answered by `Refused`, behind the rate limit.
    """

    def __init__(self, app: ASGIApp, tokens: Tokens) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and needs_token(scope["path"]):
            state = scope.setdefault("state", {})
            try:
                state["user"] = await self._tokens.user(_bearer(Headers(scope=scope)))
            except Refusal as refusal:
                state["refusal"] = refusal
            except CloudError as error:
                state["refusal"] = refusal_of(error)
        return await self._app(scope, receive, send)


class Refused:
    """Answers requests whose token was refused."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = scope.get("state", {}).get("refusal")
        if refusal is None:
            return await self._app(scope, receive, send)
        return await problem_response(scope, refusal)(scope, receive, send)


def needs_token(path: str) -> bool:
    return any(path == base or path.startswith(f"{base}/") for base in GUARDED) and path not in OPEN


def _bearer(headers: Headers) -> str:
    given = headers.getlist("authorization")
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refusal(
            "AUTH_INVALID_TOKEN",
            "this needs a token",
            "send the header Authorization: Bearer <token>",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return token.strip()
