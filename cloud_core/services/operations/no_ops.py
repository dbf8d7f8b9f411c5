"""Deploys that would change nothing: foreseen from the records, and ended at once, without a flow run.

Nothing is claimed that a flow would not claim: the same fingerprints are compared, and what can't be told here, such as
a value that only the runner's own variables hold, is left to the flow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError
from cloud_core.domain.events import EventDraft, EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment, Operation, StackRecord
from cloud_core.domain.states import advance
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records, StackReader
from cloud_core.services.records.events import count, log_entry, operation_event
from cloud_core.services.records.graphs import OperationPlan
from cloud_core.services.records.operations import update_operation
from cloud_core.services.runs.run import OperationScope
from cloud_core.services.stacks.fingerprints import Fingerprints
from cloud_core.services.stacks.unchanged import UnchangedStacks, skip_data, unchanged_result

Reasons = Mapping[str, list[str]]
"""Why each stack would be deployed, in a few words each; an empty list for one that is unchanged."""


class NoOps:
    """`fingerprints` makes them over the stack records that it is given."""

    def __init__(self, records: Records, fingerprints: Callable[[StackReader], Fingerprints], clock: Clock) -> None:
        self._records = records
        self._fingerprints = fingerprints
        self._clock = clock

    def reasons(self, operation: Operation, deployment: Deployment, plan: OperationPlan) -> Reasons:
        """Why each stack of the operation would be deployed; in the order of the graph."""
        return self._reasons(operation, deployment, plan, self._stored(operation))

    def end(self, operation: Operation, deployment: Deployment, plan: OperationPlan) -> Operation | None:
        """The operation, ended as a success, when it would change nothing; None when it has to run."""
        unchanged = self._unchanged(operation, deployment, plan)
        if unchanged is None:
            return None
        stored = {record.stack_name: record for record in unchanged}
        results = {name: unchanged_result(stored[name]) for name in plan.graph.names}
        message = f"nothing to do: {'1 stack is' if len(results) == 1 else f'all {len(results)} stacks are'} unchanged"
        now = timestamp(self._clock.now())

        def finish(current: Operation) -> Operation:
            if not current.status.is_unbegun:
                return current
            status = advance(advance(current.status, OperationStatus.IN_PROGRESS), OperationStatus.SUCCESS)
            changes = {"started_at": now, "completed_at": now, "results": results, "message": message}
            # Nobody has to agree to nothing.
            return current.model_copy(update={"status": status, "approval_request": None, **changes})

        ended = update_operation(self._records.operations, operation.deployment_id, operation.operation_id, finish)
        self._tell(ended, plan, unchanged)
        return ended

    def _unchanged(self, operation: Operation, deployment: Deployment, plan: OperationPlan) -> list[StackRecord] | None:
        """The environment's stacks as they were found, when the operation would change nothing; else None."""
        if operation.type is not Action.DEPLOY or not operation.skip_unchanged or not plan.graph.names:
            return None
        status = deployment.environment_status.get(operation.environment.value)
        if operation.decides_environment and status is not DeploymentStatus.DEPLOYED:
            return None  # the flow brings the environment's status to what its stacks are
        try:
            stored = self._stored(operation)
            return None if any(self._reasons(operation, deployment, plan, stored).values()) else stored
        except CloudError:
            return None

    def _reasons(
        self, operation: Operation, deployment: Deployment, plan: OperationPlan, records: list[StackRecord]
    ) -> Reasons:
        stored = _Snapshot(records)
        unchanged = UnchangedStacks(self._fingerprints(stored))
        scope = OperationScope(operation=operation, deployment=deployment, plan=plan)
        return {name: unchanged.reasons_to_deploy(scope, stored.by_name.get(name)) for name in plan.graph.order}

    def _stored(self, operation: Operation) -> list[StackRecord]:
        return self._records.stacks.list_by_deployment(operation.deployment_id, operation.environment)

    def _tell(self, operation: Operation, plan: OperationPlan, records: list[StackRecord]) -> None:
        """To those who watch, and to those who read the log later."""
        events = [self._records.events.append(draft) for draft in self._as_a_flow(operation, plan, records)]
        self._records.logs.create_many([log_entry(event) for event in events])
        count(self._records, operation, events)

    def _as_a_flow(self, operation: Operation, plan: OperationPlan, records: list[StackRecord]) -> Iterator[EventDraft]:
        """The beginning, each stack, the end."""

        def event(name: EventName, stack: str | None = None, **data: Any) -> EventDraft:
            return operation_event(operation, name, timestamp(self._clock.now()), stack, **data)

        total = len(plan.graph.names)
        status = DeploymentStatus.DEPLOYED.value
        common: dict[str, Any] = {"operation_type": operation.type.value, "total_stacks": total}
        yield event(EventName.DEPLOYMENT_STARTED, status=status, started_by=operation.started_by, **common)
        for record in sorted(records, key=lambda one: (one.layer, one.stack_name)):
            if record.stack_name in operation.results:
                yield event(EventName.STACK_DEPLOYED, record.stack_name, **skip_data(record))
        yield event(
            EventName.DEPLOYMENT_COMPLETE,
            status=status,
            operation_status=operation.status.value,
            message=operation.message,
            deployed_stacks=0,
            failed_stacks=0,
            skipped_stacks=total,
            resources_created=0,
            **common,
        )


class _Snapshot:
    """`ports.records.StackReader` over records that were read once: a look at many stacks asks for each many times."""

    def __init__(self, records: list[StackRecord]) -> None:
        self.by_name = {record.stack_name: record for record in records}

    def get_stack(self, deployment_id: str, stack_name: str, environment: EnvironmentName) -> StackRecord | None:
        return self.by_name.get(stack_name)
