"""How much is asked, kept and waited for. Times in seconds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """`calls_per_second` is the budget of one relay, over all deployments: reads of the log, of records and of the flow
    service. A deployment's log is read at most every `first_wait`, and every `last_wait` when it is quiet, or
    `idle_wait` when no operation is open.

    `queued` messages wait for one subscriber before the next ones are dropped; `replayed` events are sent again at
    most; after `passed` events that nobody wanted a subscriber with filters is told so. A subscriber that takes no
    message for `slow` is closed; a post that fails is tried again for `retried`.
    """

    calls_per_second: float = 20.0
    first_wait: float = 0.25
    last_wait: float = 1.0
    idle_wait: float = 2.0
    look_wait: float = 1.0
    record_wait: float = 3.0
    flow_wait: float = 5.0
    quiet_wait: float = 15.0
    linger: float = 5.0
    settle: float = 1.0
    queued: int = 1000
    passed: int = 500
    replayed: int = 5000
    slow: float = 60.0
    retried: float = 30.0


class Budget:
    """Calls in turn, so many a second; a second's worth may be saved up."""

    def __init__(self, per_second: float) -> None:
        self._pause = 1.0 / per_second
        self._saved = 1.0
        self._next = float("-inf")
        self.taken = 0

    async def take(self) -> None:
        """Wait for a turn."""
        now = asyncio.get_running_loop().time()
        turn = max(self._next, now - self._saved)
        self._next = turn + self._pause
        self.taken += 1
        if self._next > now:
            await asyncio.sleep(self._next - now)
