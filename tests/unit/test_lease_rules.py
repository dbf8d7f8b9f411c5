"""The rules of the lease that every store shares."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cloud_core.domain.leases import granted, is_expired, lease_lost, operation_running, renewed
from cloud_core.domain.names import EnvironmentName
from cloud_core.testing.builders import DEPLOYMENT_ID, an_owner
from cloud_core.testing.clock import START

LEASE = granted(None, DEPLOYMENT_ID, EnvironmentName.DEV, an_owner(), START)


def test_the_first_fence_is_one_and_each_owner_s_is_higher() -> None:
    assert LEASE.fence == 1
    released = LEASE.model_copy(update={"owner": None, "fence": 41})
    assert granted(released, DEPLOYMENT_ID, EnvironmentName.DEV, an_owner("op-2"), START).fence == 42


@pytest.mark.parametrize(("seconds", "expired"), [(-3600, False), (59.9, False), (60, True), (3600, True)])
def test_it_expires_after_60_seconds_by_the_reader_s_clock(seconds: float, expired: bool) -> None:
    assert is_expired(LEASE, START + timedelta(seconds=seconds)) is expired


@pytest.mark.parametrize("seconds", [-300, 0, 0.0004, 10])
def test_a_heartbeat_always_shows(seconds: float) -> None:
    now = START + timedelta(seconds=seconds)
    later = renewed(LEASE, now)
    assert later.renewed_at > LEASE.renewed_at
    assert not is_expired(later, now + timedelta(seconds=59))
    assert (later.fence, later.owner, later.acquired_at) == (LEASE.fence, LEASE.owner, LEASE.acquired_at)


def test_the_refusal_says_who_where_and_since_when() -> None:
    refusal = operation_running(LEASE)
    assert refusal.message == (
        "operation op-1 is changing D1BRV40 dev: it runs on host host-a (process 1000) since "
        "2026-01-02T03:04:05.000Z, last heartbeat 2026-01-02T03:04:05.000Z"
    )
    assert refusal.context["host"] == "host-a"
    assert operation_running(LEASE, "do that").suggestion == "do that"


def test_a_lease_without_owner_is_described_too() -> None:
    free = LEASE.model_copy(update={"owner": None})
    assert "another operation is taking D1BRV40 dev" in operation_running(free).message
    assert "nobody no longer holds" in lease_lost(free).message
