"""How a stack's record changes when its work begins and when it ends. Pure: who writes it is `stack_records`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cloud_core.domain.records import LastDeployment, ResourceRecord, StackRecord, StackStatus
from cloud_core.domain.states import advance
from cloud_core.domain.values import mask
from cloud_core.ports.engine import EngineResult
from cloud_core.services.operation_run import OperationRun
from cloud_core.services.stack_inputs import secret_outputs

Change = Callable[[StackRecord], StackRecord]


@dataclass(frozen=True)
class Applied:
    """A run of the engine that succeeded, and what it was made from; the digests are empty after a destroy."""

    engine: EngineResult
    consumed: Mapping[str, str] = field(default_factory=dict)
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    output_digests: Mapping[str, str] = field(default_factory=dict)


def begun(run: OperationRun, stack: str, status: StackStatus, now: str) -> Change:
    """The stack is being changed by this operation."""
    return lambda record: record.model_copy(
        update={
            "status": advance(_settled(record.status), status),
            **_place(run, stack, status),
            "last_operation_id": run.operation.operation_id,
            "last_deployment": LastDeployment(started_at=now, result="running"),
        }
    )


def succeeded(applied: Applied, status: StackStatus, now: str, seconds: float) -> Change:
    """What is true now: status, masked outputs, resources, and the digests of what it was made from."""
    engine = applied.engine
    return lambda record: record.model_copy(
        update={
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
            "last_deployment": _ended(record, "success", now, seconds, None),
        }
    )


def failed(message: str, now: str, seconds: float) -> Change:
    """Resources may have been changed half-way."""
    return lambda record: record.model_copy(
        update={
            "status": StackStatus.FAILED,
            "last_deployment": _ended(record, "failed", now, seconds, message),
        }
    )


def _ended(record: StackRecord, result: str, now: str, seconds: float, message: str | None) -> LastDeployment:
    return LastDeployment(
        started_at=record.last_deployment.started_at if record.last_deployment else now,
        completed_at=now,
        duration_seconds=round(seconds, 3),
        result=result,
        error_message=message,
    )


def _place(run: OperationRun, stack: str, status: StackStatus) -> dict[str, object]:
    """The stack's place in its environment, which a later destroy goes by: written by deploys only, and from the
    whole graph, also when the operation is confined to some stacks."""
    if status is not StackStatus.DEPLOYING:
        return {}
    return {"layer": run.whole.layer_of(stack), "dependencies": sorted(run.whole.dependencies(stack))}


def _settled(status: StackStatus) -> StackStatus:
    """A stack that is still marked as changing was left by a run that died: we hold the lease, so it has failed."""
    return StackStatus.FAILED if status in (StackStatus.DEPLOYING, StackStatus.DESTROYING) else status
