"""The keeper of the lease: whom it believes dead, when it stops starting, how it ends. Time stands still here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from cloud_core.domain.errors import CloudError, LeaseLost, OperationRunning, RecordsUnavailable, VersionConflict
from cloud_core.domain.leases import HEARTBEAT_SECONDS, STALE_SECONDS, is_expired, lease_moved_on
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LeaseRecord, ProcessIdentity
from cloud_core.ports.clock import Clock
from cloud_core.services.runs.lease import LeaseKeeper
from cloud_core.testing.builders import DEPLOYMENT_ID, a_stack, an_owner
from cloud_core.testing.clock import FakeClock, SkewedClock
from cloud_core.testing.in_memory.leases import InMemoryLeases
from cloud_core.testing.in_memory.stacks import InMemoryStacks
from cloud_core.testing.processes import FakeProcesses

DEV = EnvironmentName.DEV
NEVER = 3600.0
MINUTES = 60.0


class UnreliableLeases(InMemoryLeases):
    """`failure` is raised by every call but `get`; `renewed` is set by every renewal; `renewal` comes before it."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.failure: CloudError | None = None
        self.renewed = threading.Event()
        self.renewal: Callable[[], None] = lambda: None

    def renew(self, lease: LeaseRecord) -> LeaseRecord:
        self._fail()
        self.renewal()
        renewed = super().renew(lease)
        self.renewed.set()
        return renewed

    def set_engine_processes(self, lease: LeaseRecord, processes: Sequence[ProcessIdentity]) -> LeaseRecord:
        self._fail()
        return super().set_engine_processes(lease, processes)

    def release(self, lease: LeaseRecord) -> None:
        self._fail()
        super().release(lease)

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


class Scene:
    """One store, one clock, one host; more hosts on demand."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.leases = UnreliableLeases(self.clock)
        self.stacks = InMemoryStacks(self.clock)
        self.processes = FakeProcesses()

    def keeper(
        self,
        operation_id: str = "op-1",
        processes: FakeProcesses | None = None,
        clock: Clock | None = None,
        heartbeat_seconds: float = NEVER,
    ) -> LeaseKeeper:
        return LeaseKeeper(
            self.leases,
            self.stacks,
            clock or self.clock,
            processes or self.processes,
            DEPLOYMENT_ID,
            DEV,
            operation_id,
            heartbeat_seconds,
        )

    @property
    def lease(self) -> LeaseRecord:
        lease = self.leases.get(DEPLOYMENT_ID, DEV)
        assert lease is not None
        return lease

    def left_behind(self, engines: Sequence[ProcessIdentity] = ()) -> LeaseRecord:
        """The lease of an owner on this host which went on to another pid since; its flow process may still run."""
        owner = an_owner("op-0", host=self.processes.host(), flow_process=self.processes.current())
        lease = self.leases.acquire(DEPLOYMENT_ID, DEV, owner)
        self.processes.become(2000)
        return self.leases.set_engine_processes(lease, engines) if engines else lease

    def fence_of_network(self) -> int:
        stack = self.stacks.get_stack(DEPLOYMENT_ID, "network", DEV)
        assert stack is not None
        return stack.fence


@pytest.fixture
def scene() -> Scene:
    return Scene()


# -- taking and giving back ---------------------------------------------------------------------------------------


def test_inside_the_lease_is_ours_and_the_stacks_are_stamped(scene: Scene) -> None:
    scene.stacks.create(a_stack())
    with scene.keeper() as keeper:
        owner = scene.lease.owner
        assert owner is not None
        assert (owner.operation_id, owner.host) == ("op-1", scene.processes.host())
        assert (owner.flow_process, owner.engine_processes) == (scene.processes.current(), [])
        assert keeper.fence == scene.lease.fence == scene.fence_of_network() == 1
        assert keeper.previous_owner is None
        assert not keeper.must_not_start_new()
    assert scene.lease.owner is None


def test_each_keeper_s_fence_is_higher(scene: Scene) -> None:
    scene.stacks.create(a_stack())
    for fence in (1, 2, 3):
        with scene.keeper() as keeper:
            assert keeper.fence == scene.fence_of_network() == fence


@pytest.mark.parametrize("ending", [RuntimeError, KeyboardInterrupt, SystemExit, RecordsUnavailable])
def test_every_ending_gives_the_lease_back(scene: Scene, ending: type[BaseException]) -> None:
    with pytest.raises(ending, match="the end"), scene.keeper():
        raise ending("the end")
    assert scene.lease.owner is None


def test_a_lease_that_cannot_be_given_back_does_not_hide_how_it_ended(scene: Scene) -> None:
    def break_off() -> None:
        with scene.keeper():
            scene.leases.failure = RecordsUnavailable("away")
            raise RuntimeError("the end")

    with pytest.raises(RuntimeError, match="the end"):
        break_off()
    assert scene.lease.owner is not None


def test_stacks_that_belong_to_a_higher_token_stop_it_and_the_lease_is_free_again(scene: Scene) -> None:
    scene.stacks.create(a_stack(fence=9))
    with pytest.raises(LeaseLost, match="theirs is 9"):
        scene.keeper().__enter__()
    assert scene.lease.owner is None


def test_before_it_is_entered_there_is_no_fence(scene: Scene) -> None:
    with pytest.raises(LeaseLost, match="has not been taken"):
        _ = scene.keeper().fence


# -- a present owner ------------------------------------------------------------------------------------------------


def test_a_living_owner_is_named_and_keeps_its_lease(scene: Scene) -> None:
    before = scene.left_behind()
    with pytest.raises(OperationRunning, match=f"op-0 .* host host-a .* since {before.acquired_at}") as refusal:
        scene.keeper().__enter__()
    assert refusal.value.context["operation_id"] == "op-0"
    assert "cloud status D1BRV40 --environment dev --watch" in str(refusal.value.suggestion)
    assert scene.lease == before


def test_an_owner_whose_process_is_gone_is_removed(scene: Scene) -> None:
    left = scene.left_behind()
    assert left.owner is not None
    scene.processes.end(left.owner.flow_process)
    with scene.keeper() as keeper:
        assert keeper.previous_owner == left.owner
        assert keeper.fence == left.fence + 1


def test_an_owner_whose_pid_belongs_to_another_process_by_now_is_removed(scene: Scene) -> None:
    left = scene.left_behind()
    assert left.owner is not None
    scene.processes.start(left.owner.flow_process.pid)
    with scene.keeper() as keeper:
        assert keeper.previous_owner == left.owner


def test_an_owner_whose_engine_still_runs_keeps_the_lease(scene: Scene) -> None:
    engines = [scene.processes.start(7), scene.processes.start(8)]
    left = scene.left_behind(engines)
    assert left.owner is not None
    scene.processes.end(left.owner.flow_process)
    for engine in engines:
        with pytest.raises(OperationRunning):
            scene.keeper().__enter__()
        scene.processes.end(engine)
    with scene.keeper() as keeper:
        assert keeper.previous_owner == left.owner


@pytest.mark.parametrize("host", ["host-b/boot-1/pids-1", "host-a/boot-2/pids-1", "host-a/boot-1/pids-2"])
def test_nothing_is_proven_about_another_host_boot_or_pid_namespace(scene: Scene, host: str) -> None:
    left = scene.left_behind([scene.processes.start(7)])
    scene.clock.advance(24 * 60 * MINUTES)
    elsewhere = FakeProcesses(host)
    elsewhere.become(5)
    with pytest.raises(OperationRunning) as refusal:
        scene.keeper(processes=elsewhere).__enter__()
    assert "make sure on host host-a that the processes 1000, 7 are gone" in str(refusal.value.suggestion)
    assert scene.lease == left


@pytest.mark.parametrize("skew", [-5 * MINUTES, 0.0, 5 * MINUTES])
@pytest.mark.parametrize("silence", [0.0, 59.0, 61.0, 60 * MINUTES])
def test_clocks_decide_nothing_about_an_owner(scene: Scene, skew: float, silence: float) -> None:
    left = scene.left_behind()
    assert left.owner is not None
    scene.clock.advance(silence)
    mine = SkewedClock(scene.clock, skew)
    assert is_expired(left, mine.now()) == (silence + skew >= 60)
    with pytest.raises(OperationRunning):
        scene.keeper(clock=mine).__enter__()
    scene.processes.end(left.owner.flow_process)
    with scene.keeper(clock=mine) as keeper:
        assert keeper.previous_owner == left.owner


def test_an_owner_that_somebody_else_removed_meanwhile_is_no_obstacle(scene: Scene) -> None:
    class OvertakenLeases(UnreliableLeases):
        def break_lease(self, lease: LeaseRecord) -> None:
            super().break_lease(lease)
            raise lease_moved_on(lease)

    scene.leases = OvertakenLeases(scene.clock)
    left = scene.left_behind()
    assert left.owner is not None
    scene.processes.end(left.owner.flow_process)
    with scene.keeper() as keeper:
        assert keeper.fence == 2
        assert keeper.previous_owner is None


def test_of_eight_who_find_a_dead_owner_one_gets_the_lease(scene: Scene) -> None:
    left = scene.left_behind()
    assert left.owner is not None
    scene.processes.end(left.owner.flow_process)
    start, end = threading.Barrier(8, timeout=60), threading.Barrier(8, timeout=60)

    def race(number: int) -> bool:
        start.wait()
        try:
            with scene.keeper(f"op-{number}"):
                end.wait()
                return True
        except OperationRunning:
            end.wait()
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(race, range(1, 9))) == [False] * 7 + [True]
    assert (scene.lease.owner, scene.lease.fence) == (None, 2)


# -- the heartbeat ----------------------------------------------------------------------------------------------------


def test_a_heartbeat_pushes_the_expiry(scene: Scene) -> None:
    with scene.keeper() as keeper:
        scene.clock.advance(HEARTBEAT_SECONDS)
        assert keeper.beat()
        assert scene.lease.renewed_at == "2026-01-02T03:04:15.000Z"


def test_after_45_seconds_without_a_renewal_nothing_new_is_started_until_the_next_one(scene: Scene) -> None:
    with scene.keeper() as keeper:
        scene.leases.failure = RecordsUnavailable("away")
        scene.clock.advance(STALE_SECONDS - 0.1)
        assert not keeper.beat()
        assert not keeper.must_not_start_new()
        scene.clock.advance(0.1)
        assert not keeper.beat()
        assert keeper.must_not_start_new()
        assert not keeper.is_lost
        scene.leases.failure = None
        assert keeper.beat()
        assert not keeper.must_not_start_new()


def test_a_renewal_counts_from_when_it_was_sent(scene: Scene) -> None:
    with scene.keeper() as keeper:
        scene.leases.renewal = lambda: scene.clock.advance(20)
        assert keeper.beat()
        scene.clock.advance(STALE_SECONDS - 20)
        assert keeper.must_not_start_new()


@pytest.mark.parametrize("jump", [-5 * MINUTES, 5 * MINUTES])
def test_a_wall_clock_that_is_set_anew_changes_nothing(scene: Scene, jump: float) -> None:
    clock = SkewedClock(scene.clock, 0)
    scene.leases = UnreliableLeases(clock)
    with scene.keeper(clock=clock) as keeper:
        before = scene.lease.renewed_at
        clock.skew_seconds = jump
        assert not keeper.must_not_start_new()
        assert keeper.beat()
        assert scene.lease.renewed_at > before
        scene.clock.advance(STALE_SECONDS)
        assert keeper.must_not_start_new()


def test_a_lease_that_was_broken_is_lost_for_good_and_the_successor_is_left_alone(scene: Scene) -> None:
    with scene.keeper() as keeper:
        scene.leases.break_lease(scene.lease)
        theirs = scene.leases.acquire(DEPLOYMENT_ID, DEV, an_owner("op-2"))
        assert not keeper.beat()
        assert keeper.is_lost
        assert keeper.must_not_start_new()
        assert not keeper.beat()
    assert scene.lease == theirs


def test_the_thread_renews_and_ends_with_the_keeper(scene: Scene) -> None:
    before = _heartbeats()
    with scene.keeper(heartbeat_seconds=0.001) as keeper:
        (thread,) = set(_heartbeats()) - set(before)
        assert scene.leases.renewed.wait(10)
        assert not keeper.is_lost
    assert not thread.is_alive()


def test_the_thread_ends_when_the_lease_is_lost(scene: Scene) -> None:
    before = _heartbeats()
    with scene.keeper(heartbeat_seconds=0.001) as keeper:
        (thread,) = set(_heartbeats()) - set(before)
        _break_lease_between_heartbeats(scene)
        thread.join(10)
        assert not thread.is_alive()
        assert keeper.is_lost


def _heartbeats() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "lease of D1BRV40 dev"]


def _break_lease_between_heartbeats(scene: Scene) -> None:
    while scene.lease.owner is not None:
        with suppress(VersionConflict):
            scene.leases.break_lease(scene.lease)


# -- engines ----------------------------------------------------------------------------------------------------------


def test_engines_stand_in_the_lease_while_they_run(scene: Scene) -> None:
    first, second, third = (scene.processes.start(pid) for pid in (7, 8, 9))
    with scene.keeper() as keeper:
        keeper.register_engine(first, second)
        keeper.register_engine(third)
        assert scene.lease.owner is not None
        assert scene.lease.owner.engine_processes == [first, second, third]
        keeper.unregister(first, second)
        keeper.beat()
        assert scene.lease.owner.engine_processes == [third]
        keeper.unregister(third)
        assert scene.lease.owner.engine_processes == []


def test_an_engine_that_could_not_be_written_down_must_not_start(scene: Scene) -> None:
    engine = scene.processes.start(7)
    with scene.keeper() as keeper:
        scene.leases.failure = RecordsUnavailable("away")
        with pytest.raises(RecordsUnavailable):
            keeper.register_engine(engine)
        scene.leases.failure = None
        keeper.register_engine()
        assert scene.lease.owner is not None
        assert scene.lease.owner.engine_processes == []
    assert scene.lease.owner is None


def test_an_engine_is_refused_once_the_lease_is_lost(scene: Scene) -> None:
    with scene.keeper() as keeper:
        scene.leases.break_lease(scene.lease)
        with pytest.raises(LeaseLost):
            keeper.register_engine(scene.processes.start(7))
        assert keeper.must_not_start_new()


def test_the_end_of_an_engine_is_never_an_error(scene: Scene) -> None:
    engines = [scene.processes.start(7), scene.processes.start(8)]
    with scene.keeper() as keeper:
        keeper.register_engine(*engines)
        for engine in engines:
            scene.processes.end(engine)
        scene.leases.failure = RecordsUnavailable("away")
        keeper.unregister(engines[0])
        assert not keeper.is_lost
        scene.leases.failure = None
        scene.leases.break_lease(scene.lease)
        keeper.unregister(engines[1])
        assert keeper.is_lost


def test_while_an_engine_runs_the_lease_is_not_given_back(scene: Scene) -> None:
    engine = scene.processes.start(7)
    with scene.keeper() as keeper:
        keeper.register_engine(engine)
    assert scene.lease.owner is not None
    scene.processes.end(scene.processes.current())
    scene.processes.become(2000)
    with pytest.raises(OperationRunning):
        scene.keeper("op-2").__enter__()
    scene.processes.end(engine)
    with scene.keeper("op-2") as successor:
        assert successor.previous_owner is not None
        assert successor.previous_owner.operation_id == "op-1"


def test_an_engine_that_ended_without_being_unregistered_holds_nothing_up(scene: Scene) -> None:
    engine = scene.processes.start(7)
    with scene.keeper() as keeper:
        keeper.register_engine(engine)
        scene.processes.end(engine)
    assert scene.lease.owner is None
