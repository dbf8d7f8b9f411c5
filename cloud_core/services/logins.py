"""Logging in at an API, and out of it."""

from __future__ import annotations

from collections.abc import Callable

from cloud_core.domain.errors import InvalidInput, LoginRefused
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
        Unavailable, NotPermitted; InvalidInput when a new token is due and nobody names the pool.
        """
        kept = self._kept(user)
        if kept is None:
            return None
        if not kept.is_fresh(self._clock.now()):
            return self._refreshed(kept)
        return kept if self._is_of_pool(kept) else None

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
        return kept if kept is not None and user in (None, kept.user) else None

    def _is_of_pool(self, kept: Login) -> bool:
        """Whether it was made for this pool: a sandbox has a new one after each start. Where nobody names the pool,
        the API will say so."""
        try:
            return kept.client_id == self._pool().client_id
        except InvalidInput:
            return True

    def _refreshed(self, kept: Login) -> Login | None:
        if kept.client_id != self._pool().client_id:
            return None
        try:
            return self._keep(self._pool().refresh(kept))
        except LoginRefused:
            return None

    def _keep(self, login: Login) -> Login:
        self._store.put(self.api_url, login)
        return login
