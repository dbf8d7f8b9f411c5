"""Whose token is shown: the environment's. It is never an argument, and never in a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from cloud_core.domain.errors import NotPermitted

TOKEN_VARIABLE: Final = "CLOUD_TOKEN"
NO_WAY_IN: Final = f"set {TOKEN_VARIABLE} to an id or access token of the user pool"


class Tokens(Protocol):
    """The tokens of one address."""

    def current(self) -> str:
        """NotPermitted when there is none."""

    def renewed(self) -> str | None:
        """Another one, in place of one that has expired; None when none can be had."""


class EnvironmentTokens:
    """What `CLOUD_TOKEN` says; nobody can renew it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._token = environment.get(TOKEN_VARIABLE, "").strip()

    def current(self) -> str:
        if not self._token:
            raise NotPermitted("there is no token for the API", suggestion=NO_WAY_IN)
        return self._token

    def renewed(self) -> str | None:
        return None
