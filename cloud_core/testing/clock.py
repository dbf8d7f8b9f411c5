"""A clock that moves only when it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class FakeClock:
    """`ports.clock.Clock`. Sleeping moves it on at once; threads may share it."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        with self._lock:
            return self._elapsed

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Raises ValueError for going back: only wall clocks do, see `SkewedClock`."""
        if seconds < 0:
            raise ValueError(f"time does not go back by {-seconds} s")
        with self._lock:
            self._elapsed += seconds


class ScriptedClock(FakeClock):
    """Runs what is due whenever somebody sleeps; `slept` keeps how long each sleep was."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__(start)
        self.slept: list[float] = []
        self._steps: list[tuple[float, Callable[[], object]]] = []

    def after(self, seconds: float, happen: Callable[[], object]) -> None:
        """Have it happen in the sleep that reaches so many seconds from now."""
        self._steps.append((self.monotonic() + seconds, happen))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        super().sleep(seconds)
        due = [step for step in self._steps if step[0] <= self.monotonic()]
        self._steps = [step for step in self._steps if step not in due]
        for _, happen in due:
            happen()


class RunningClock(FakeClock):
    """Moves by itself too, as fast as the machine's clock: for tests with real parts that can be away."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__(start)
        self._began = time.monotonic()

    def monotonic(self) -> float:
        return super().monotonic() + time.monotonic() - self._began


class SkewedClock:
    """The clock of another host: same pace, its wall time off by `skew_seconds`, which may be set anew."""

    def __init__(self, clock: FakeClock, skew_seconds: float) -> None:
        self._clock = clock
        self.skew_seconds = skew_seconds

    def now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self.skew_seconds)

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)
