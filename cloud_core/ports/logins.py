"""Ports for logging in: the user pool, where logins are kept, and whoever knows a password."""

from __future__ import annotations

from typing import Protocol

from cloud_core.domain.logins import Login
from cloud_core.domain.values import SecretValue


class UserPool(Protocol):
    """Failures of the pool are Unavailable."""

    @property
    def client_id(self) -> str:
        """The app client that tokens are made for."""

    def log_in(self, user: str, password: SecretValue) -> Login:
        """LoginRefused for a user or a password that are not the pool's, or when the pool asks for more than that."""

    def refresh(self, login: Login) -> Login:
        """A new access token of the same user. LoginRefused when the login is over, or was never the pool's."""


class LoginStore(Protocol):
    """One login for each API, by its address; NotPermitted when it can't be kept."""

    def get(self, api_url: str) -> Login | None: ...

    def put(self, api_url: str, login: Login) -> None: ...

    def remove(self, api_url: str) -> bool:
        """Whether there was one."""


class Credentials(Protocol):
    """Whoever says who logs in: a person who is asked, or what the sandbox knows."""

    def user(self) -> str: ...

    def password(self, user: str) -> SecretValue:
        """Raises InvalidInput for a user that is not known here."""
