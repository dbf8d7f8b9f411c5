"""Trying a stack again after a failure that passes: AWS that was too busy, or away for a moment.

Only errors that say of themselves that they pass are tried again. The wait ends at once when the operation is to stop.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import Final, TypeVar

from cloud_core.domain.errors import CloudError, EngineCancelled
from cloud_core.domain.events import EventName
from cloud_core.ports.clock import Clock
from cloud_core.services.runs.run import OperationRun

T = TypeVar("T")

_logger = logging.getLogger(__name__)

WAITS_SECONDS: Final = (5.0, 20.0)
"""Between the attempts: there is one attempt more than waits."""

_JITTER: Final = 0.3
_STEP_SECONDS: Final = 0.1


class Attempts:
    """Safe from many threads. `jitter` gives a number from 0 to 1."""

    def __init__(self, clock: Clock, jitter: Callable[[], float] = random.random) -> None:
        self._clock = clock
        self._jitter = jitter

    def make(self, run: OperationRun, stack: str, work: Callable[[], T]) -> T:
        """Do the work, up to three times. Raises its last error; EngineCancelled for a stop during a wait."""
        for number, seconds in enumerate(WAITS_SECONDS, 1):
            try:
                return work()
            except CloudError as error:
                if not error.retryable or run.is_over:
                    raise
                self._wait(run, stack, number, seconds * (1 + _JITTER * self._jitter()), error)
        return work()

    def _wait(self, run: OperationRun, stack: str, number: int, seconds: float, error: CloudError) -> None:
        attempts = len(WAITS_SECONDS) + 1
        _logger.warning("stack %s, attempt %d of %d: %s; again in %.0f s", stack, number, attempts, error, seconds)
        run.events.emit(
            EventName.STACK_RETRYING,
            stack,
            attempt=number,
            attempts=attempts,
            wait_seconds=round(seconds, 1),
            error_message=error.message,
        )
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0 and not run.is_over:
            self._clock.sleep(min(_STEP_SECONDS, left))
        if run.is_over:
            raise EngineCancelled(
                f"stack {stack!r} was stopped on request while it waited for another attempt after: {error.message}",
                stack=stack,
                resource=error.context.get("resource"),
                diagnostics=[],
            ) from error
