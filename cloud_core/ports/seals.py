"""Port to what closes a text, so that whoever carries it can neither read nor change it."""

from __future__ import annotations

from typing import Protocol


class TokenSeal(Protocol):
    """The same key in all processes that serve the same lists."""

    def close(self, token: str) -> str:
        """Different each time; letters, digits, `-`, `_` and `=`."""

    def open(self, sealed: str) -> str:
        """What was closed. Raises InvalidInput, naming next_token, for anything else."""
