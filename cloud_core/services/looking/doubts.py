"""Whether an operation that tells nothing is still alive: what the flow service and the lease say about it.

What is proven dead is ended in its record, where its followers find it. Where nothing can be proven, on another host,
the flow service's word alone is not enough, as it calls live runs crashed: an operation is given up only when its flow
run has ended there, the record does not end within the grace, and its lease has stopped beating.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cloud_core.domain.errors import CloudError
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import OperationStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.flows import FlowRun, FlowRunner
from cloud_core.ports.records import LeaseStore

START_SECONDS: Final = 30.0
"""How long a run may queue before the follower is told what to look at."""

QUIET_SECONDS: Final = 15.0
"""Without an event for so long, and then in these intervals, the flow service and the lease are asked."""

GRACE_SECONDS: Final = 25.0
"""From the end of the flow run to giving the operation up; more than two heartbeats of a lease."""

Settle = Callable[[Operation], bool]
"""Whether the operation is over; one that is proven dead is ended in its record."""


class Doubts:
    """About one operation, for one follower. `broken` is the reason to give it up, once there is one."""

    def __init__(self, leases: LeaseStore, flows: Callable[[], FlowRunner], settle: Settle, clock: Clock) -> None:
        self.broken: str | None = None
        self._settle = settle
        self._leases = leases
        self._flows = flows
        self._clock = clock
        self._began = self._last_told = self._last_asked = clock.monotonic()
        self._ended_since: float | None = None
        self._heartbeat: str | None = None
        self._told: set[str] = set()

    def once(self, text: str | None) -> str | None:
        """The text when it is new; None when it was given out before."""
        if text is None or text in self._told:
            return None
        self._told.add(text)
        return text

    def look(self, operation: Operation, anything_told: bool) -> str | None:
        """Something new worth telling, or None."""
        now = self._clock.monotonic()
        if anything_told:
            self._last_told = now
            self._ended_since = None
        if now - max(self._last_told, self._last_asked) < QUIET_SECONDS:
            return None
        self._last_asked = now
        return self.once(self._ask(operation, now))

    def _ask(self, operation: Operation, now: float) -> str | None:
        try:
            if self._settle(operation) or operation.flow_run_id is None:
                return None
            run = self._flows().get(operation.flow_run_id)
        except CloudError as error:
            return f"{error.message}; the operation goes on as far as its record tells"
        state = run.state if run else "deleted"
        if run is None or run.has_ended:
            return self._weigh(operation, state, now)
        self._ended_since = None
        if operation.status is OperationStatus.PENDING and now - self._began >= START_SECONDS:
            return _queued(run)
        return None

    def _weigh(self, operation: Operation, state: str, now: float) -> str | None:
        """The flow run is over although the operation is not."""
        if self._ended_since is None:
            self._ended_since = now
            self._heartbeat = self._beat(operation)
            return None
        if now - self._ended_since < GRACE_SECONDS:
            return None
        beat = self._beat(operation)
        if beat is not None and beat != self._heartbeat:
            self._ended_since = None
            return f"the flow service calls the run {state}, but its process is alive: still following it"
        self.broken = f"the flow run ended as {state!r} without ending operation {operation.operation_id}"
        return None

    def _beat(self, operation: Operation) -> str | None:
        """When the operation's lease was last renewed, by its owner's clock; None when it does not hold it."""
        lease = self._leases.get(operation.deployment_id, operation.environment)
        mine = lease is not None and lease.owner is not None and lease.owner.operation_id == operation.operation_id
        return lease.renewed_at if lease is not None and mine else None


def _queued(run: FlowRun) -> str:
    place = f" ({run.url})" if run.url else ""
    if run.state == "running":
        return f"a runner has taken its flow run, whose process has not begun after {START_SECONDS:.0f} s{place}"
    return (
        f"its flow run is still {run.state!r} after {START_SECONDS:.0f} s: no runner has taken it{place}; "
        "check that the runner works ('cloud sandbox status', or the worker of the work pool), "
        "and whether another run of this environment goes first"
    )
