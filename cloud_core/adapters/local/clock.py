"""The machine's own clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

_STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """`ports.clock.Clock` over the operating system."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Counts while the machine sleeps too (where the system has such a clock): leases go on expiring then."""
        return time.clock_gettime(_STEADY)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
