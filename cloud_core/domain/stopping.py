"""The wish to stop, shared by all threads of one run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum


class CancelLevel(IntEnum):
    """How hard an operation is to stop; each level holds what the lower ones do."""

    DRAIN = 1
    """Start nothing more; what runs may finish."""
    INTERRUPT = 2
    """Interrupt the engines too, and wait for them."""
    KILL = 3
    """Kill the engines: what they were doing has to be repaired."""


class Signal:
    """Set once, never reset; subscribers are called once, in the thread that sets it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._subscribers: list[Callable[[], None]] = []

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def request(self) -> None:
        """Ask everybody to stop; a second call changes nothing."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            subscribers = list(self._subscribers)
        for call in subscribers:
            call()

    def wait(self, seconds: float) -> bool:
        """Sleep at most that long; True as soon as the stop is wished for."""
        return self._event.wait(seconds)

    @contextmanager
    def calling(self, call: Callable[[], None]) -> Iterator[None]:
        """Have `call` called when the stop is wished for during the block, or at once when it already is."""
        with self._lock:
            already = self._event.is_set()
            if not already:
                self._subscribers.append(call)
        if already:
            call()
        try:
            yield
        finally:
            with self._lock:
                if call in self._subscribers:
                    self._subscribers.remove(call)


class StopSignal(Signal):
    """The wish to stop in good order. `at_once` is the stronger one: what does not stop is killed."""

    def __init__(self) -> None:
        super().__init__()
        self.at_once = Signal()

    def kill(self) -> None:
        """Ask everybody to stop, and have killed what is at work."""
        self.request()
        self.at_once.request()
