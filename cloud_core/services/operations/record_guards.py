"""What comes before a record is written by hand: nothing is at work there, and nobody begins meanwhile."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from cloud_core.domain.errors import ActiveStacks
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.domain.statuses import Action
from cloud_core.ports.records import Records
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.turns import Turns
from cloud_core.services.runs.holds import Hold

Leases = Callable[[str, EnvironmentName, str], Hold]
"""The lease of a deployment's environment, for an operation of this id."""


class RecordGuards:
    """`leases` and `turns` as operations use them, so that a write by hand and a run exclude each other."""

    def __init__(self, records: Callable[[], Records], turns: Callable[[], Turns], leases: Leases) -> None:
        self._records = records
        self._turns = turns
        self._leases = leases

    def require_idle(self, deployment_id: str, environments: Iterable[EnvironmentName] = EnvironmentName) -> None:
        """OperationRunning while an operation holds one of them, or waits for its turn there."""
        for environment in environments:
            self._turns().require_idle(StartOperation(deployment_id, environment, Action.DEPLOY, started_by=""))

    def idle_fence(self, deployment_id: str, environment: EnvironmentName) -> int:
        """The token to write stacks with: the store refuses it as soon as a run has begun. Raises as `require_idle`."""
        self.require_idle(deployment_id, [environment])
        lease = self._records().leases.get(deployment_id, environment)
        return lease.fence if lease else 0

    @contextmanager
    def holding(self, deployment_id: str, environments: Iterable[EnvironmentName]) -> Iterator[None]:
        """Be the only writer of these environments. OperationRunning while an operation is, or is about to be."""
        environments = list(environments)
        self.require_idle(deployment_id, environments)
        with ExitStack() as stack:
            for environment in environments:
                stack.enter_context(self._leases(deployment_id, environment, f"edit-{secrets.token_hex(6)}"))
            yield


def require_nothing_left(what: str, stacks: Iterable[StackRecord]) -> None:
    """ActiveStacks, naming those of which something may be in AWS."""
    left = [one for one in stacks if one.status.may_have_resources]
    if left:
        named = ", ".join(f"{one.stack_name} ({one.environment.value})" for one in left)
        raise ActiveStacks(
            f"{what} can't be deleted: something of {named} may be in AWS",
            active_stacks=sorted({one.stack_name for one in left}),
            environments=sorted({one.environment.value for one in left}),
            suggestion="destroy it first",
        )
