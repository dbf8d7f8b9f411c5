"""Waiting for a fact of other processes or threads: as long as it takes, up to a generous limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")
BUSY_SECONDS: Final = 600.0
"""For what many processes have to do first, on a machine that is busy with others, too."""


def wait_for(what: str, condition: Callable[[], T], seconds: float = 90.0, every: float = 0.2) -> T:
    """The condition's first truthy value, asked `every` so many seconds; AssertionError tells what never came."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(every)
    return found
