"""What every `LeaseStore` promises: one owner at a time, and a fence that only grows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from cloud_core.domain.errors import LeaseLost, OperationRunning, VersionConflict
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LeaseRecord, ProcessIdentity
from cloud_core.ports.records import Records
from cloud_core.testing.builders import DEPLOYMENT_ID, an_owner
from cloud_core.testing.clock import FakeClock

DEV, STAGE = EnvironmentName.DEV, EnvironmentName.STAGE


def _acquire(records: Records, operation_id: str = "op-1") -> LeaseRecord:
    return records.leases.acquire(DEPLOYMENT_ID, DEV, an_owner(operation_id))


def test_a_free_lease_is_taken_for_60_seconds(records: Records) -> None:
    lease = _acquire(records)
    assert lease == LeaseRecord(
        deployment_id=DEPLOYMENT_ID,
        environment=DEV,
        owner=an_owner("op-1"),
        fence=1,
        acquired_at="2026-01-02T03:04:05.000Z",
        renewed_at="2026-01-02T03:04:05.000Z",
        expires_at="2026-01-02T03:05:05.000Z",
    )
    assert records.leases.get(DEPLOYMENT_ID, DEV) == lease


def test_a_lease_that_was_never_taken_is_none(records: Records) -> None:
    assert records.leases.get(DEPLOYMENT_ID, DEV) is None


def test_a_held_lease_names_its_owner_to_the_next(records: Records) -> None:
    _acquire(records)
    with pytest.raises(OperationRunning, match=r"op-1 .* D1BRV40 dev: .* host host-a .*1000.* 2026-01-02") as refusal:
        _acquire(records, "op-2")
    assert refusal.value.context["operation_id"] == "op-1"


def test_an_expired_lease_is_still_held(records: Records, clock: FakeClock) -> None:
    _acquire(records)
    clock.advance(3600)
    with pytest.raises(OperationRunning):
        _acquire(records, "op-2")


def test_environments_have_leases_of_their_own(records: Records) -> None:
    _acquire(records)
    assert records.leases.acquire(DEPLOYMENT_ID, STAGE, an_owner("op-2")).fence == 1


def test_a_released_lease_is_free_and_keeps_its_fence(records: Records) -> None:
    records.leases.release(_acquire(records))
    released = records.leases.get(DEPLOYMENT_ID, DEV)
    assert released is not None
    assert (released.owner, released.fence) == (None, 1)


def test_ten_leases_in_a_row_grow_the_fence(records: Records) -> None:
    fences = []
    for number in range(10):
        lease = _acquire(records, f"op-{number}")
        fences.append(lease.fence)
        (records.leases.release if number % 2 else records.leases.break_lease)(lease)
    assert fences == list(range(1, 11))


def test_eight_owners_race_and_one_wins(records: Records) -> None:
    barrier = Barrier(8, timeout=60)

    def race(number: int) -> LeaseRecord | OperationRunning:
        barrier.wait()
        try:
            return _acquire(records, f"op-{number}")
        except OperationRunning as refusal:
            return refusal

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(race, range(8)))
    winners = [outcome for outcome in outcomes if isinstance(outcome, LeaseRecord)]
    assert winners == [records.leases.get(DEPLOYMENT_ID, DEV)]
    owner = winners[0].owner
    assert owner is not None
    refusals = [outcome for outcome in outcomes if isinstance(outcome, OperationRunning)]
    assert {refusal.context["operation_id"] for refusal in refusals} == {owner.operation_id}


def test_a_renewal_pushes_the_expiry(records: Records, clock: FakeClock) -> None:
    lease = _acquire(records)
    clock.advance(10)
    renewed = records.leases.renew(lease)
    assert (renewed.renewed_at, renewed.expires_at) == ("2026-01-02T03:04:15.000Z", "2026-01-02T03:05:15.000Z")
    assert renewed.model_copy(update={"renewed_at": lease.renewed_at, "expires_at": lease.expires_at}) == lease
    assert records.leases.get(DEPLOYMENT_ID, DEV) == renewed


def test_every_renewal_can_be_told_from_the_one_before(records: Records) -> None:
    lease = _acquire(records)
    assert lease.renewed_at < records.leases.renew(lease).renewed_at


def test_engines_are_recorded_and_renewals_leave_them(records: Records) -> None:
    lease = _acquire(records)
    engines = [ProcessIdentity(pid=7, started=1.25), ProcessIdentity(pid=8, started=99.01)]
    changed = records.leases.set_engine_processes(lease, engines)
    assert changed.owner is not None
    assert changed.owner.engine_processes == engines
    assert records.leases.renew(lease).owner == changed.owner
    assert records.leases.set_engine_processes(changed, []).owner == lease.owner


@pytest.mark.parametrize("ending", ["release", "break_lease"])
@pytest.mark.parametrize("successor", [False, True])
def test_an_owner_that_lost_its_lease_is_told(records: Records, ending: str, successor: bool) -> None:
    lease = _acquire(records)
    getattr(records.leases, ending)(lease)
    theirs = _acquire(records, "op-2") if successor else records.leases.get(DEPLOYMENT_ID, DEV)
    with pytest.raises(LeaseLost, match="op-1"):
        records.leases.renew(lease)
    with pytest.raises(LeaseLost, match="op-1"):
        records.leases.set_engine_processes(lease, [ProcessIdentity(pid=7, started=1.25)])
    records.leases.release(lease)
    assert records.leases.get(DEPLOYMENT_ID, DEV) == theirs


def test_a_lease_without_owner_has_nobody_to_run_engines(records: Records) -> None:
    lease = _acquire(records)
    records.leases.release(lease)
    with pytest.raises(LeaseLost, match="nobody"):
        records.leases.set_engine_processes(lease.model_copy(update={"owner": None}), [])


def test_a_broken_lease_is_free(records: Records) -> None:
    lease = _acquire(records)
    records.leases.break_lease(lease)
    assert _acquire(records, "op-2").fence == 2


def test_a_lease_that_moved_on_is_not_broken(records: Records) -> None:
    looked_at = _acquire(records)
    beating = records.leases.renew(looked_at)
    with pytest.raises(VersionConflict, match="moved on"):
        records.leases.break_lease(looked_at)
    with_engine = records.leases.set_engine_processes(beating, [ProcessIdentity(pid=7, started=1.25)])
    with pytest.raises(VersionConflict, match="moved on"):
        records.leases.break_lease(beating)
    records.leases.break_lease(with_engine)
    with pytest.raises(VersionConflict, match="moved on"):
        records.leases.break_lease(with_engine)


def test_breaking_what_was_never_taken_is_refused(records: Records, clock: FakeClock) -> None:
    lease = _acquire(records).model_copy(update={"deployment_id": "D000000"})
    with pytest.raises(VersionConflict):
        records.leases.break_lease(lease)
