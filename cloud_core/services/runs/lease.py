"""Keeping the one-writer lease of an environment, in the process that changes it.

What is compared with what, because hosts may disagree on the time by minutes:

- Whether a present owner is gone is never told from times. On its own host, in the same boot and pid namespace, its
  flow process and engines must all be proven gone by pid and start time; on any other host nothing can be proven, and
  a human has to decide.
- Whether our own lease is fresh is told from this host's monotonic clock, counted from before the renewal was sent.
- Whether a write may happen is told by the store, from the fence, which is a counter.

So a wall clock that is wrong, or set back while we hold the lease, changes only what people read.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from cloud_core.domain.errors import CloudError, LeaseLost, VersionConflict
from cloud_core.domain.leases import HEARTBEAT_SECONDS, STALE_SECONDS, operation_running
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LeaseOwner, LeaseRecord, ProcessIdentity
from cloud_core.logging import carried
from cloud_core.ports.clock import Clock
from cloud_core.ports.processes import Processes
from cloud_core.ports.records import LeaseStore, StackRepository

_logger = logging.getLogger(__name__)
_JOIN_SECONDS: Final = 5.0


def owner_is_gone(owner: LeaseOwner, processes: Processes) -> bool:
    """Whether it is proven that nothing of the owner can write any more; on another host nothing can be proven."""
    known = [owner.flow_process, *owner.engine_processes]
    return owner.host == processes.host() and all(map(processes.is_gone, known))


class LeaseKeeper:
    """A context manager: inside it this process is the only writer of the environment, as far as anybody can know.

    Entering raises OperationRunning when the lease is held and its owner is not proven gone. Afterwards every stack
    item carries the new fence. A heartbeat thread renews the lease. Leaving gives it back in every ending, except
    while an engine of ours still runs: then the item goes on naming it, for the next one to check.

    `previous_owner` is the owner that had to be removed, None when the lease was free: its run broke off.
    """

    def __init__(
        self,
        leases: LeaseStore,
        stacks: StackRepository,
        clock: Clock,
        processes: Processes,
        deployment_id: str,
        environment: EnvironmentName,
        operation_id: str,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self.previous_owner: LeaseOwner | None = None
        self.reader: LeaseOwner | None = None
        self._leases = leases
        self._stacks = stacks
        self._clock = clock
        self._processes = processes
        self._deployment_id = deployment_id
        self._environment = environment
        self._operation_id = operation_id
        self._heartbeat_seconds = heartbeat_seconds
        self._lease: LeaseRecord | None = None
        self._renewed = 0.0
        self._lost = False
        self._engines: list[ProcessIdentity] = []
        self._writing = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(
            target=carried(self._keep_renewing), name=f"lease of {deployment_id} {environment.value}", daemon=True
        )

    def __enter__(self) -> Self:
        self._remove_dead_owner()
        owner = LeaseOwner(
            operation_id=self._operation_id, host=self._processes.host(), flow_process=self._processes.current()
        )
        self._renewed = self._clock.monotonic()
        self._lease = self._leases.acquire(self._deployment_id, self._environment, owner)
        self._thread.start()
        try:
            self._stacks.stamp(self._deployment_id, self._environment, self.fence)
        except BaseException:
            self._give_back()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_back()

    @property
    def fence(self) -> int:
        """Our token: every write of a stack record carries it."""
        return self._held.fence

    @property
    def is_lost(self) -> bool:
        """Whether somebody else has the lease; it never comes back."""
        return self._lost

    @property
    def running_engines(self) -> list[ProcessIdentity]:
        """Our engines that are not proven gone."""
        return [engine for engine in self._engines if not self._processes.is_gone(engine)]

    def must_not_start_new(self) -> bool:
        """True once the lease is lost, and while its last renewal is 45 s old: finish what runs, start nothing."""
        return self._lost or self._clock.monotonic() - self._renewed >= STALE_SECONDS

    def was_renewed_since(self, moment: float) -> bool:
        """Whether a heartbeat that was sent after that moment (monotonic seconds) has renewed the lease."""
        return self._renewed > moment

    def beat(self) -> bool:
        """One heartbeat, as the thread makes them: whether the lease was renewed. Never raises."""
        sent = self._clock.monotonic()
        with self._writing:
            try:
                self._lease = self._leases.renew(self._held)
            except CloudError as error:
                self._note(error, "renewed")
                return False
        self._renewed = sent
        return True

    def register_engine(self, *processes: ProcessIdentity) -> None:
        """Write down engines that are about to work; on LeaseLost or Unavailable they must not start."""
        with self._writing:
            self._write_engines([*self._engines, *processes])

    def unregister(self, *processes: ProcessIdentity) -> None:
        """These engines have ended. Never raises: a dead process on the list does no harm."""
        with self._writing:
            left = [engine for engine in self._engines if engine not in processes]
            try:
                self._write_engines(left)
            except CloudError as error:
                self._engines = left
                self._note(error, "told of ended engines")

    @property
    def _held(self) -> LeaseRecord:
        if self._lease is None:
            raise LeaseLost(f"the lease of {self._deployment_id} {self._environment.value} has not been taken")
        return self._lease

    def _remove_dead_owner(self) -> None:
        present = self._leases.get(self._deployment_id, self._environment)
        if present is None or present.owner is None:
            return
        if not owner_is_gone(present.owner, self._processes):
            raise operation_running(present, self._way_out(present.owner))
        with suppress(VersionConflict):  # somebody else removed it too: who takes the lease now is decided there
            self._leases.break_lease(present)
            self.previous_owner = present.owner
            _logger.warning("operation %s died with the lease: it was taken from it", present.owner.operation_id)

    def _way_out(self, owner: LeaseOwner) -> str | None:
        if owner.host == self._processes.host():
            return None
        pids = ", ".join(str(process.pid) for process in (owner.flow_process, *owner.engine_processes))
        return (
            f"wait until it ends; if it died, make sure on host {owner.host.partition('/')[0]} that the processes "
            f"{pids} are gone before an administrator frees the environment"
        )

    def _keep_renewing(self) -> None:
        while not self._lost and not self._ending.wait(self._heartbeat_seconds):
            try:
                self.beat()
            except Exception:
                # The outermost frame of the thread: were it to die, the lease would go stale with everybody waiting.
                _logger.exception("the heartbeat of %s failed", self._operation_id)

    def _write_engines(self, engines: list[ProcessIdentity]) -> None:
        try:
            self._lease = self._leases.set_engine_processes(self._held, engines)
        except LeaseLost:
            self._lost = True
            raise
        self._engines = engines

    def _give_back(self) -> None:
        self._ending.set()
        self._thread.join(_JOIN_SECONDS)
        if running := self.running_engines:
            pids = [engine.pid for engine in running]
            _logger.error("the lease is not given back: engines still run (pids %s)", pids)
            return
        try:
            self._leases.release(self._held)
        except CloudError as error:
            self._note(error, "given back")

    def _note(self, error: CloudError, what: str) -> None:
        self._lost = self._lost or isinstance(error, LeaseLost)
        _logger.warning("the lease of %s could not be %s: %s", self._operation_id, what, error)
