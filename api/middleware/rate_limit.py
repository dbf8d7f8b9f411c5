"""How often a user may call, or an address that shows no valid token."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from typing import Final

from limits import RateLimitItem, parse
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import Refusal
from api.middleware.answering import answer_to
from api.middleware.authentication import LOGIN, RENEWAL
from api.problems import problem_response
from api.routes import BASE
from cloud_core.domain.access.users import Group, User
from cloud_core.settings.api import ApiSettings

ANONYMOUS: Final = "anonymous"
_GUESSED_AT: Final = frozenset({f"{BASE}{LOGIN}", f"{BASE}{RENEWAL}"})
_HERE: Final = "memory://"
_log = logging.getLogger(__name__)


class Rates:
    """The rate of each kind of caller, counted in one place. Where that is away nobody is held up."""

    def __init__(self, settings: ApiSettings) -> None:
        place = settings.rate_storage.get_secret_value() if settings.rate_storage else _HERE
        storage = storage_from_string(f"async+{place}", wrap_exceptions=True)
        # A window begins with a caller's first request. A number for each of them is kept: the library's moving window
        # keeps every request, and in memory goes through all of them for each new one.
        self._limiter = FixedWindowRateLimiter(storage)
        self.of: Mapping[str, RateLimitItem] = {
            Group.ADMINISTRATORS: parse(settings.rate_administrators),
            Group.DEVELOPERS: parse(settings.rate_developers),
            Group.READ_ONLY: parse(settings.rate_readonly),
            ANONYMOUS: parse(settings.rate_anonymous),
        }

    async def take(self, tier: str, key: str) -> tuple[bool, int, float]:
        """Whether one more is let through, how many more are, and when the next one is (seconds since 1970)."""
        rate = self.of[tier]
        try:
            allowed = await self._limiter.hit(rate, tier, key)
            reset, remaining = await self._limiter.get_window_stats(rate, tier, key)
        except StorageError:
            _log.warning("requests can't be counted: nobody is held up")
            return True, rate.amount, 0.0
        return allowed, remaining, reset


class RateLimit:
    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self._app = app
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.get("state", {})
        if scope["type"] != "http" or not _is_counted(scope["path"], state):
            return await self._app(scope, receive, send)
        tier, key = _caller(scope, state.get("user"))
        allowed, remaining, reset = await self._rates.take(tier, key)
        limit = self._rates.of[tier]

        answer_to(scope).headers.update(
            {
                b"x-ratelimit-limit": b"%d" % limit.amount,
                b"x-ratelimit-remaining": b"%d" % remaining,
                b"x-ratelimit-reset": b"%d" % math.ceil(reset),
                b"x-ratelimit-tier": tier.encode(),
            }
        )
        if allowed:
            return await self._app(scope, receive, send)
        wait = max(1, math.ceil(reset - time.time()))
        refusal = Refusal(
            "RATE_LIMIT_EXCEEDED",
            f"too many requests: at most {limit.amount} in {limit.get_expiry()} s",
            f"try again in {wait} s",
            headers={"Retry-After": str(wait)},
            limit=limit.amount,
            window_seconds=limit.get_expiry(),
            reset_at=math.ceil(reset),
        )
        return await problem_response(scope, refusal)(scope, receive, send)


def _is_counted(path: str, state: Mapping[str, object]) -> bool:
    """Whatever shows a token, or a password: other open addresses cost nothing."""
    return "user" in state or "refusal" in state or path in _GUESSED_AT


def _caller(scope: Scope, user: User | None) -> tuple[str, str]:
    if user is not None:
        return (user.group or Group.READ_ONLY).value, user.id
    client = scope.get("client")
    return ANONYMOUS, client[0] if client else ""
