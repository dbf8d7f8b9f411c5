"""Questions that many threads of a run ask, and that are answered once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Once:
    """Results by question. Askers of the same question wait for the first; a failure is not kept."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[Hashable, threading.Lock] = {}
        self._answers: dict[Hashable, Any] = {}

    def ask(self, question: Hashable, answer: Callable[[], T]) -> T:
        with self._guard:
            lock = self._locks.setdefault(question, threading.Lock())
        with lock:
            if question not in self._answers:
                self._answers[question] = answer()
            result: T = self._answers[question]
            return result
