"""Whether the platform is well, told to everybody: kept for a while, so that asking costs nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from cloud_core.ports.clock import Clock
from cloud_core.services.health import CheckStatus, HealthReport, HealthService


@dataclass
class _Found:
    report: HealthReport
    at: float


class KeptHealth:
    """One look at a time, of however many that ask."""

    def __init__(self, health: Callable[[], HealthService], clock: Clock, seconds: float) -> None:
        self._health = health
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._found: _Found | None = None

    def report(self) -> HealthReport:
        with self._lock:
            if self._found is None or self._clock.monotonic() - self._found.at >= self._seconds:
                # That the API can be reached, whoever asks it knows already.
                self._found = _Found(self._health().run(but_for="api"), self._clock.monotonic())
            return self._found.report


def can_serve(report: HealthReport) -> bool:
    """Without the records there is nothing to answer; whatever else is wrong concerns some requests only."""
    return all(check.status is not CheckStatus.FAILED for check in report.checks if check.name == "records")
