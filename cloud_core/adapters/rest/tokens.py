"""Whose token is shown: a given one, or that of whoever is logged in. It is no argument, and in no message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from cloud_core.domain.errors import NotPermitted
from cloud_core.domain.logins import Login
from cloud_core.ports.clock import Clock
from cloud_core.ports.logins import LoginStore

TOKEN_VARIABLE: Final = "CLOUD_TOKEN"
NO_WAY_IN: Final = (
    f"log in with 'cloud login' and leave {TOKEN_VARIABLE} unset, or set it to an id or access token of the user pool"
)


class Tokens(Protocol):
    """The tokens of one address."""

    def current(self) -> str:
        """NotPermitted when there is none."""

    def renewed(self) -> str | None:
        """Another one, in place of one that is taken no more; None when none can be had."""


class GivenToken:
    """What `CLOUD_TOKEN` says; nobody can renew it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def current(self) -> str:
        return self._token

    def renewed(self) -> str | None:
        return None


class LoginTokens:
    """What `cloud login` has kept for the API `api_url`. `renew` has the user pool make a new one, and keeps it; only
    then is anything asked but a file."""

    def __init__(self, api_url: str, store: LoginStore, renew: Callable[[], Login | None], clock: Clock) -> None:
        self._api_url = api_url
        self._store = store
        self._renew = renew
        self._clock = clock

    def current(self) -> str:
        """Raises as `LoginService.renewed` too."""
        kept = self._store.get(self._api_url)
        if kept is None:
            raise NotPermitted("there is no token for the API: nobody is logged in there", suggestion=NO_WAY_IN)
        if kept.is_fresh(self._clock.now()):
            return str(kept.access_token.value)
        token = self.renewed()
        if token is None:
            raise NotPermitted(f"the login of {kept.user} at the API is over", suggestion=NO_WAY_IN)
        return token

    def renewed(self) -> str | None:
        found = self._renew()
        return str(found.access_token.value) if found is not None else None
