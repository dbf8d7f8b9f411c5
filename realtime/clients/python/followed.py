"""What a client has of one deployment: which message is the next one, which comes twice, and when one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

_ENDED: Final = frozenset({"success", "failed", "cancelled"})
_ANSWERS: Final = frozenset({"subscribed", "error"})


class Verdict(Enum):
    """Whether a message is given on, is not, or shows that others are missing."""

    TAKE = "take"
    DROP = "drop"
    ASK_AGAIN = "ask again"


class Followed:
    """`last_seq` is the number of the last event that was given on; None before the first. `filters` are sent along
    with each request."""

    def __init__(self, last_seq: int | None = None, filters: Mapping[str, Any] | None = None) -> None:
        self.last_seq = last_seq
        self.filters = dict(filters or {})
        self._is_waiting = False

    def asked(self) -> None:
        """It is asked for once more: what is on its way already shows nothing new."""
        self._is_waiting = True

    def judge(self, message: Mapping[str, Any]) -> Verdict:
        """What to do with the message; `last_seq` is that after it."""
        data, seq = message.get("data") or {}, message.get("seq")
        is_snapshot = data.get("event") == "snapshot"
        if is_snapshot or message.get("type") in _ANSWERS:
            self._is_waiting = False
        if message.get("type") == "gap":
            return self._gap(data)
        if seq is None:
            return Verdict.TAKE
        if is_snapshot:
            self.last_seq = max(self.last_seq or 0, seq)
            return Verdict.TAKE
        if self.last_seq is not None and seq <= self.last_seq:
            return Verdict.DROP
        if self.last_seq is not None and message.get("after_seq", seq - 1) > self.last_seq:
            return self._missing()
        self.last_seq = seq
        return Verdict.DROP if message.get("type") == "passed" else Verdict.TAKE

    def _gap(self, data: Mapping[str, Any]) -> Verdict:
        """Events that can be had are asked for; the others are lost, and whoever listens is told."""
        if data.get("recoverable", True) and self.last_seq is not None:
            return self._missing()
        self.last_seq = max(self.last_seq or 0, int(data.get("until_seq", 0)))
        return Verdict.TAKE

    def _missing(self) -> Verdict:
        return Verdict.DROP if self._is_waiting else Verdict.ASK_AGAIN


def ended(message: Mapping[str, Any]) -> bool:
    """Whether the message tells the end of an operation."""
    data = message.get("data") or {}
    return message.get("type") == "deployment.status" and data.get("operation_status") in _ENDED
