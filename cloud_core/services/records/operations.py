"""Reading and changing operation records: by id, under a version check, as often as a lost race asks for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final

from cloud_core.domain.errors import OperationNotFound
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, OperationStatus
from cloud_core.ports.records import OperationRepository, Records
from cloud_core.services.records.races import retry_lost_races

HOLDING: Final = frozenset(action for action in Action if not action.only_reads)
"""What only one operation at a time can do to an environment."""

_PAGE: Final = 20
_FIRST_PAGE: Final = 2
"""An environment's newest operation is mostly the deployment's, and each holds the results of all of its stacks."""


def require_operation(operations: OperationRepository, deployment_id: str, operation_id: str) -> Operation:
    """Raises OperationNotFound."""
    found = operations.get(deployment_id, operation_id)
    if found is None:
        raise OperationNotFound(
            f"deployment {deployment_id} has no operation {operation_id!r}",
            operation_id=operation_id,
            suggestion=f"run 'cloud history {deployment_id}'",
        )
    return found


def holding_operation(records: Records, deployment_id: str, environment: EnvironmentName) -> Operation | None:
    """The operation that the environment's lease names, unless its record has ended.

    It need not be the newest one: the flow service may have started a later run that was refused, or still waits.
    """
    lease = records.leases.get(deployment_id, environment)
    if lease is None or lease.owner is None:
        return None
    found = records.operations.get(deployment_id, lease.owner.operation_id)
    return None if found is None or found.status.is_terminal else found


def latest_operation(
    operations: OperationRepository,
    deployment_id: str,
    environment: EnvironmentName,
    actions: Collection[Action] = HOLDING,
) -> Operation | None:
    """The environment's newest operation that does one of these; None when there is none."""
    return next(operations_of(operations, deployment_id, environment, actions), None)


def latest_operations(
    operations: OperationRepository, deployment_id: str, environments: Collection[EnvironmentName]
) -> dict[EnvironmentName, Operation]:
    """The newest operation of each environment that holds it, or has held it; the history is read once for all."""
    latest: dict[EnvironmentName, Operation] = {}
    for operation in newest_first(operations, deployment_id):
        if operation.environment in environments and operation.type in HOLDING:
            latest.setdefault(operation.environment, operation)
        if len(latest) == len(environments):
            break
    return latest


def operations_of(
    operations: OperationRepository,
    deployment_id: str,
    environment: EnvironmentName,
    actions: Collection[Action] = HOLDING,
) -> Iterator[Operation]:
    """The environment's operations that do one of these, newest first."""
    for operation in newest_first(operations, deployment_id, _FIRST_PAGE):
        if operation.environment is environment and operation.type in actions:
            yield operation


def newest_first(operations: OperationRepository, deployment_id: str, first_page: int = _PAGE) -> Iterator[Operation]:
    """All operations of the deployment; pages are read as they are needed, each twice as long as the one before."""
    token, limit = None, first_page
    while True:
        page = operations.list_by_deployment(deployment_id, limit, token)
        yield from page.items
        token, limit = page.next_token, min(limit * 2, _PAGE)
        if token is None:
            return


def brought_up(operation: Operation) -> bool:
    """Whether it deployed its whole environment, and succeeded: one that never ran did not."""
    whole_deploy = operation.type is Action.DEPLOY and not operation.stacks
    return whole_deploy and operation.status is OperationStatus.SUCCESS


def update_operation(
    operations: OperationRepository,
    deployment_id: str,
    operation_id: str,
    change: Callable[[Operation], Operation],
) -> Operation:
    """Apply `change` to the newest record and store it; a change that returns its argument stores nothing."""

    def write() -> Operation:
        current = require_operation(operations, deployment_id, operation_id)
        changed = change(current)
        return current if changed is current else operations.update(changed)

    return retry_lost_races(write)
