"""The machine's clock, and the ones that tests hold still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cloud_core.adapters.local.clock import SystemClock
from cloud_core.testing.clock import START, FakeClock, SkewedClock


def test_the_system_clock_tells_utc_and_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=10)
    before = clock.monotonic()
    clock.sleep(0.001)
    assert clock.monotonic() - before >= 0.001


def test_the_fake_clock_moves_when_told_and_when_slept() -> None:
    clock = FakeClock()
    clock.advance(1.5)
    clock.sleep(2)
    assert (clock.now(), clock.monotonic()) == (START + timedelta(seconds=3.5), 3.5)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)


def test_another_host_s_clock_is_off_but_as_fast() -> None:
    clock = FakeClock()
    other = SkewedClock(clock, -300)
    other.sleep(10)
    assert other.now() == clock.now() - timedelta(minutes=5)
    assert other.monotonic() == clock.monotonic() == 10
