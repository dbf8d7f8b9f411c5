"""What Ctrl-C, SIGTERM and a closed terminal do to a command of the sandbox: stop in order, never half-way.

Signal handlers belong to the main thread, and only it is interrupted; elsewhere these do nothing.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Final

Handler = Callable[[int, FrameType | None], object] | int
_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and a closed terminal raise KeyboardInterrupt, as Ctrl-C does."""
    with _handling(dict.fromkeys(_ENDING, signal.default_int_handler)):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """An impatient second Ctrl-C does not leave half of the cleaning up undone."""
    with _handling(dict.fromkeys((signal.SIGINT, *_ENDING), signal.SIG_IGN)):
        yield


@contextmanager
def unignored() -> Iterator[None]:
    """Processes that are started meanwhile do not ignore SIGINT, though a shell made this one ignore it.

    A shell does so for what it runs in the background; engines, however, are cancelled by that signal.
    """
    with _handling({signal.SIGINT: signal.default_int_handler}):
        yield


@contextmanager
def _handling(handlers: Mapping[signal.Signals, Handler]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
