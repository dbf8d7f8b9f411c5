"""Logging in at an API, and out of it."""

from __future__ import annotations

from collections.abc import Callable

from cloud_core.domain.errors import LoginRefused
from cloud_core.domain.logins import Login
from cloud_core.ports.clock import Clock
from cloud_core.ports.logins import Credentials, LoginStore, UserPool


class LoginService:
    """The logins at the API `api_url`, whose tokens the pool makes."""

    def __init__(self, api_url: str, pool: Callable[[], UserPool], store: LoginStore, clock: Clock) -> None:
        self.api_url = api_url
        self._pool = pool
        self._store = store
        self._clock = clock

    def log_in(self, credentials: Credentials, user: str | None = None) -> Login:
        """With a password, in place of whoever was logged in; `user` says who, else the credentials do.

        Raises LoginRefused, InvalidInput, Unavailable, NotPermitted.
        """
        name = user or credentials.user()
        return self._keep(self._pool().log_in(name, credentials.password(name)))

    def current(self, user: str | None = None) -> Login | None:
        """Who is logged in, with a token that the API takes: a new one, if the kept one is over.

        None when nobody is, or another than `user`, or at a pool that is gone, or when the login is over. Raises
        Unavailable, NotPermitted.
        """
        kept = self._kept(user)
        return kept if kept is None or kept.is_fresh(self._clock.now()) else self._refreshed(kept)

    def renewed(self) -> Login | None:
        """Who is logged in, with a new token in place of one that the API takes no more; None and raises as
        `current`."""
        kept = self._kept()
        return None if kept is None else self._refreshed(kept)

    def log_out(self) -> bool:
        """Forget the login; whether there was one."""
        return self._store.remove(self.api_url)

    def _kept(self, user: str | None = None) -> Login | None:
        kept = self._store.get(self.api_url)
        if kept is None or kept.client_id != self._pool().client_id or user not in (None, kept.user):
            return None
        return kept

    def _refreshed(self, kept: Login) -> Login | None:
        try:
            return self._keep(self._pool().refresh(kept))
        except LoginRefused:
            return None

    def _keep(self, login: Login) -> Login:
        self._store.put(self.api_url, login)
        return login
