"""How a stack's record changes when its work begins and when it ends. Pure: who writes it is `stack_records`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cloud_core.domain.records import LastDeployment, ResourceRecord, StackRecord
from cloud_core.domain.states import advance
from cloud_core.domain.statuses import StackStatus
from cloud_core.domain.values import mask
from cloud_core.ports.engine import EngineResult
from cloud_core.services.runs.run import OperationRun
from cloud_core.services.stacks.inputs import secret_outputs

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
            "last_deployment": LastDeployment(started_at=now, started_by=run.operation.started_by, result="running"),
        }
    )


def succeeded(applied: Applied, status: StackStatus, now: str, seconds: float) -> Change:
    """What is true now: status, masked outputs, resources, and the digests of what it was made from."""
    return lambda record: record.model_copy(
        update={
            "status": advance(record.status, status),
            **_outputs(applied),
            **_resources(applied.engine),
            "consumed": dict(applied.consumed),
            "fingerprint": dict(applied.fingerprint),
            "drift": None,
            "last_deployment": _ended(record, "success", now, seconds, None),
        }
    )


def refreshing(run: OperationRun) -> Change:
    """The state is about to be read from AWS. Written before that, so that a run that dies on the way leaves no stack
    that looks unchanged although its state has moved."""
    return lambda record: record.model_copy(
        update={"fingerprint": {}, "last_operation_id": run.operation.operation_id},
    )


def refreshed(found: Applied) -> Change:
    """The state says what AWS has. `found.fingerprint` is empty when that is not what the last deploy has left; else
    outputs stay as that deploy told them. The status is what it was: nothing was done to the stack."""
    outputs = {} if found.fingerprint else _outputs(found)
    return lambda record: record.model_copy(
        update={**outputs, **_resources(found.engine), "fingerprint": dict(found.fingerprint), "drift": None}
    )


def failed(message: str, now: str, seconds: float) -> Change:
    """Resources may have been changed half-way."""
    return lambda record: record.model_copy(
        update={
            "status": StackStatus.FAILED,
            "last_deployment": _ended(record, "failed", now, seconds, message),
        }
    )


def _outputs(applied: Applied) -> dict[str, object]:
    outputs = applied.engine.outputs
    return {
        "outputs": mask(outputs),
        "secret_outputs": secret_outputs(outputs),
        "large_outputs": [],
        "output_digests": dict(applied.output_digests),
    }


def _resources(engine: EngineResult) -> dict[str, object]:
    kept = [
        ResourceRecord(type=one.type, name=one.name, id=one.id, urn=one.urn, status="created")
        for one in engine.resources
    ]
    return {"resources": kept, "resource_count": len(kept)}


def _ended(record: StackRecord, result: str, now: str, seconds: float, message: str | None) -> LastDeployment:
    begun = record.last_deployment
    return LastDeployment(
        started_at=begun.started_at if begun else now,
        started_by=begun.started_by if begun else None,
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
    return StackStatus.FAILED if status.is_changing else status
