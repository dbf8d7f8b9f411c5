"""What a client has of one deployment: which message is the next one, which comes twice, and when one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

_ENDED: Final = frozenset({"success", "failed", "cancelled"})


class Verdict(Enum):
    """Whether a message is given on, is not, or shows that others are missing."""

    TAKE = "take"
    DROP = "drop"
    ASK_AGAIN = "ask again"


class Followed:
    """`last_seq` is the number of the last event that was given on; None before the first."""

    def __init__(self, last_seq: int | None = None) -> None:
        self.last_seq = last_seq

    def judge(self, message: Mapping[str, Any]) -> Verdict:
        """What to do with the message; `last_seq` is that after it."""
        data, seq = message.get("data") or {}, message.get("seq")
        if message.get("type") == "gap":
            return self._gap(data)
        if seq is None:
            return Verdict.TAKE
        if data.get("event") == "snapshot":
            self.last_seq = max(self.last_seq or 0, seq)
            return Verdict.TAKE
        if self.last_seq is not None and seq <= self.last_seq:
            return Verdict.DROP
        if self.last_seq is not None and seq > self.last_seq + 1:
            return Verdict.ASK_AGAIN
        self.last_seq = seq
        return Verdict.TAKE

    def _gap(self, data: Mapping[str, Any]) -> Verdict:
        """Events that can be had are asked for; the others are lost, and whoever listens is told."""
        if data.get("recoverable", True) and self.last_seq is not None:
            return Verdict.ASK_AGAIN
        self.last_seq = max(self.last_seq or 0, int(data.get("until_seq", 0)))
        return Verdict.TAKE


def ended(message: Mapping[str, Any]) -> bool:
    """Whether the message tells the end of an operation."""
    data = message.get("data") or {}
    return message.get("type") == "deployment.status" and data.get("operation_status") in _ENDED
