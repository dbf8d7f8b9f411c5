"""Port to whoever signs the tokens of people and programs."""

from __future__ import annotations

from typing import Protocol

from cloud_core.domain.access.users import User


class Tokens(Protocol):
    """What is asked about a token."""

    async def user(self, token: str) -> User:
        """Whose it is. Raises InvalidToken, TokenExpired, UserPoolUnreachable, UserPoolMissing."""
