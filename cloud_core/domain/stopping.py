"""The wish to stop, shared by all threads of one run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class StopSignal:
    """Set once, never reset; subscribers are called once, in the thread that asks to stop."""

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
