"""What a run writes into a stack's record: that it is being changed, and how that ended. Always under our fence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError
from cloud_core.domain.names import engine_stack_name
from cloud_core.domain.records import LastDeployment, ResourceRecord, StackRecord, StackStatus
from cloud_core.domain.states import advance
from cloud_core.domain.values import mask
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import EngineResult
from cloud_core.ports.records import StackRepository
from cloud_core.services.operation_run import OperationRun
from cloud_core.services.races import retry_lost_races
from cloud_core.services.stack_inputs import secret_outputs

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Applied:
    """A run of the engine that succeeded, and what it was made from; the digests are empty after a destroy."""

    engine: EngineResult
    consumed: Mapping[str, str] = field(default_factory=dict)
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    output_digests: Mapping[str, str] = field(default_factory=dict)


class StackRecords:
    """Writes through the repository; a lost race is tried again on the newest record."""

    def __init__(self, stacks: StackRepository, clock: Clock) -> None:
        self._stacks = stacks
        self._clock = clock

    def find(self, run: OperationRun, stack: str) -> StackRecord | None:
        """The stack's record; None when it was never touched."""
        return self._stacks.get_stack(run.operation.deployment_id, stack, run.operation.environment)

    def enter(self, run: OperationRun, stack: str, status: StackStatus) -> StackRecord:
        """Mark the stack as being changed; returns the record as it was before."""
        before = self._existing(run, stack)
        now = timestamp(self._clock.now())
        self._save(
            run,
            stack,
            lambda record: {
                "status": advance(_settled(record.status), status),
                **_place(run, stack, status),
                "last_operation_id": run.operation.operation_id,
                "last_deployment": LastDeployment(started_at=now, result="running"),
            },
        )
        return before

    def succeed(self, run: OperationRun, stack: str, status: StackStatus, applied: Applied, seconds: float) -> None:
        """Write what is true now: status, masked outputs, resources, and the digests of what it was made from."""
        engine = applied.engine
        self._save(
            run,
            stack,
            lambda record: {
                "status": advance(record.status, status),
                "outputs": mask(engine.outputs),
                "secret_outputs": secret_outputs(engine.outputs),
                "output_digests": dict(applied.output_digests),
                "resources": [
                    ResourceRecord(type=item.type, name=item.name, urn=item.urn, status="created")
                    for item in engine.resources
                ],
                "resource_count": len(engine.resources),
                "consumed": dict(applied.consumed),
                "fingerprint": dict(applied.fingerprint),
                "last_deployment": self._ended(record, "success", seconds, None),
            },
        )

    def fail(self, run: OperationRun, stack: str, message: str, seconds: float) -> None:
        """Resources may have been changed half-way, so the record says failed; when that can't be written any
        more (lease lost, records away) the new owner will find the stack unfinished."""
        try:
            self._save(
                run,
                stack,
                lambda record: {
                    "status": StackStatus.FAILED,
                    "last_deployment": self._ended(record, "failed", seconds, message),
                },
            )
        except CloudError as error:
            _logger.error("the failure of stack %s could not be recorded: %s", stack, error)

    def _ended(self, record: StackRecord, result: str, seconds: float, message: str | None) -> LastDeployment:
        now = timestamp(self._clock.now())
        started = record.last_deployment.started_at if record.last_deployment else now
        return LastDeployment(
            started_at=started,
            completed_at=now,
            duration_seconds=round(seconds, 3),
            result=result,
            error_message=message,
        )

    def _existing(self, run: OperationRun, stack: str) -> StackRecord:
        """The stack's record; made on first use."""
        return self.find(run, stack) or self._stacks.create(self._new(run, stack))

    def _new(self, run: OperationRun, stack: str) -> StackRecord:
        operation, target = run.operation, run.target(stack)
        now = timestamp(self._clock.now())
        name = engine_stack_name(operation.deployment_id, stack, operation.environment)
        return StackRecord(
            deployment_id=operation.deployment_id,
            stack_name=stack,
            environment=operation.environment,
            pulumi_stack_name=f"{target.organization}/{target.project}/{name}",
            layer=run.graph.layer_of(stack),
            created_at=now,
            updated_at=now,
            fence=run.lease.fence,
        )

    def _save(self, run: OperationRun, stack: str, change: Callable[[StackRecord], dict[str, object]]) -> None:
        def save() -> StackRecord:
            record = self._existing(run, stack)
            return self._stacks.update(record.model_copy(update=change(record)), fence=run.lease.fence)

        retry_lost_races(save)


def _place(run: OperationRun, stack: str, status: StackStatus) -> dict[str, object]:
    """The stack's place in its environment, which a later destroy goes by: written by deploys only, and from the
    whole graph, also when the operation is confined to some stacks."""
    if status is not StackStatus.DEPLOYING:
        return {}
    return {"layer": run.whole.layer_of(stack), "dependencies": sorted(run.whole.dependencies(stack))}


def _settled(status: StackStatus) -> StackStatus:
    """A stack that is still marked as changing was left by a run that died: we hold the lease, so it has failed."""
    return StackStatus.FAILED if status in (StackStatus.DEPLOYING, StackStatus.DESTROYING) else status
