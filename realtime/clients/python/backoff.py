"""How long to wait before the next try."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

_FIRST_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 30.0
_STABLE_SECONDS: Final = 60.0


class Backoff:
    """Doubles from `first` to `longest` seconds, each by chance up to a half shorter, so that the clients of a server
    that comes back do not come all at once. A connection that held for a minute begins anew."""

    def __init__(
        self,
        first: float = _FIRST_SECONDS,
        longest: float = _LONGEST_SECONDS,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._first = first
        self._longest = longest
        self._chance = chance
        self._next = first

    def held(self, seconds: float) -> None:
        """The last connection held so long."""
        if seconds >= _STABLE_SECONDS:
            self._next = self._first

    def wait(self) -> float:
        """Seconds until the next try."""
        wait = self._next * (1.0 - 0.5 * self._chance())
        self._next = min(self._longest, self._next * 2)
        return wait
