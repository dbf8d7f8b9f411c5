"""Timestamps of records: fixed width, sortable, and growing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.domain.clock import parse_timestamp, timestamp, timestamp_after

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(MOMENTS, MOMENTS)
def test_they_have_one_width_and_sort_as_the_moments_do(one: datetime, other: datetime) -> None:
    assert len(timestamp(one)) == 24
    if abs(one - other) >= timedelta(milliseconds=1):
        assert (timestamp(one) < timestamp(other)) == (one < other)


@given(MOMENTS)
def test_parsing_loses_less_than_a_millisecond(moment: datetime) -> None:
    assert timedelta(0) <= moment - parse_timestamp(timestamp(moment)) < timedelta(milliseconds=1)


@given(MOMENTS, MOMENTS)
def test_the_next_one_is_always_later(previous: datetime, now: datetime) -> None:
    following = timestamp_after(timestamp(previous), now)
    assert following > timestamp(previous)
    assert following >= timestamp(now)


def test_other_zones_become_utc() -> None:
    assert timestamp(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "2025-12-31T23:00:00.000Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01T00:00:00"])
def test_a_time_without_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_timestamp(text)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_utc_can_not_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="outside the years"):
        parse_timestamp(text)
