"""A user pool, its users and the kept logins in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Final

from cloud_core.domain.errors import InvalidInput, LoginRefused, Unavailable
from cloud_core.domain.logins import Login
from cloud_core.domain.values import SecretValue
from cloud_core.ports.clock import Clock

_HOUR: Final = timedelta(hours=1)


@dataclass
class FakeUserPool:
    """`ports.logins.UserPool`. Its tokens are numbered; `ended` are the refresh tokens that it takes no more, and while
    it `is_away` it takes nothing."""

    clock: Clock
    passwords: Mapping[str, str]
    client_id: str = "client-1"
    is_away: bool = False
    ended: set[str] = field(default_factory=set)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _refresh_tokens: dict[str, str] = field(default_factory=dict)

    def log_in(self, user: str, password: SecretValue) -> Login:
        self._require_here()
        if self.passwords.get(user) != password.value:
            raise LoginRefused(f"{user} can't log in: the user pool refuses", user=user)
        number = next(self._numbers)
        self._refresh_tokens[f"refresh-{number}"] = user
        tokens = SecretValue(f"access-{number}"), SecretValue(f"refresh-{number}")
        return Login(user, self.client_id, *tokens, self.clock.now() + _HOUR)

    def refresh(self, login: Login) -> Login:
        self._require_here()
        token = login.refresh_token.value
        if self._refresh_tokens.get(token) != login.user or token in self.ended:
            raise LoginRefused(f"{login.user} can't log in: the user pool refuses", user=login.user)
        access_token = SecretValue(f"access-{next(self._numbers)}")
        return replace(login, access_token=access_token, expires_at=self.clock.now() + _HOUR)

    def _require_here(self) -> None:
        if self.is_away:
            raise Unavailable("the user pool can't be reached")


class InMemoryLogins:
    """`ports.logins.LoginStore`."""

    def __init__(self) -> None:
        self._kept: dict[str, Login] = {}

    def get(self, api_url: str) -> Login | None:
        return self._kept.get(api_url)

    def put(self, api_url: str, login: Login) -> None:
        self._kept[api_url] = login

    def remove(self, api_url: str) -> bool:
        return self._kept.pop(api_url, None) is not None


class KnownUsers:
    """`ports.logins.Credentials` of the pool's own users; the first is meant when nobody is named."""

    def __init__(self, pool: FakeUserPool) -> None:
        self._pool = pool

    def user(self) -> str:
        return next(iter(self._pool.passwords))

    def password(self, user: str) -> SecretValue:
        if user not in self._pool.passwords:
            raise InvalidInput(f"there is no user {user!r}", field="user", value=user)
        return SecretValue(self._pool.passwords[user])
