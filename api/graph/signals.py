"""When to look whether something of a deployment is new.

A seam: whoever hears of events gives a signal for each; until then it is given by the clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol


class Signals(Protocol):
    def of(self, deployment_id: str) -> AsyncIterator[None]:
        """A signal whenever something of the deployment may be new; several may come as one."""


class Ticks:
    """`Signals` by the clock."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def of(self, deployment_id: str) -> AsyncIterator[None]:
        while True:
            await asyncio.sleep(self._seconds)
            yield
