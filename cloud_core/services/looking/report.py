"""The answer to "how does the deployment stand?": environments, their stacks, the newest operation, the lease."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.drift import DriftMark
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.progress import OperationView, StackView
from cloud_core.domain.records import Deployment, LeaseRecord, Operation, StackResult
from cloud_core.domain.statuses import StackStatus


@dataclass(frozen=True)
class StackReport:
    """One stack: its stored status, or the one that the running operation gives it. Times are timestamps.

    `view` is there while an operation runs over it; `is_enabled` is false for one that the manifest dropped or
    switched off although it is still deployed; `drift` is what the last comparison found, and nobody has put right.
    """

    name: str
    status: StackStatus
    is_enabled: bool
    layer: int | None = None
    dependencies: tuple[str, ...] = ()
    resource_count: int = 0
    updated_at: str | None = None
    duration_seconds: float | None = None
    error: str | None = None
    view: StackView | None = None
    drift: DriftMark | None = None

    @property
    def percent(self) -> int:
        if self.view is not None:
            return self.view.percent
        return 100 if self.status.may_have_resources else 0

    def to_data(self) -> dict[str, Any]:
        current = self.view.current if self.view else None
        return {
            "status": self.status.value,
            "enabled": self.is_enabled,
            "layer": self.layer,
            "dependencies": list(self.dependencies),
            "progress_percent": self.percent,
            "resource_count": self.resource_count,
            "duration_seconds": self.duration_seconds,
            "current_resource": asdict(current) if current else None,
            "resources_done": self.view.done if self.view else None,
            "resources_total": self.view.total if self.view else None,
            "error": self.error,
            "drift_detected": self.drift is not None,
            "drift": self.drift.model_dump(mode="json") if self.drift else None,
            "updated_at": self.updated_at,
        }


@dataclass(frozen=True)
class EnvironmentReport:
    """One environment. `status` is the stored one, or `ready` or `disabled` before its first deploy.

    `operation` is the one that holds it, else the newest that is to run or has run; `refused` is the newest that came
    later and never began. `view` tells how it stands while it runs, `seconds_left` for how long still.
    """

    deployment_id: str
    environment: EnvironmentName
    status: str
    is_enabled: bool
    region: str
    account: str
    stacks: tuple[StackReport, ...]
    operation: Operation | None = None
    view: OperationView | None = None
    lease: LeaseRecord | None = None
    duration_seconds: float | None = None
    seconds_left: float | None = None
    refused: Operation | None = None

    @property
    def is_running(self) -> bool:
        """Whether an operation is queued or at work."""
        return self.view is not None

    @property
    def has_open_operation(self) -> bool:
        """Whether an operation is queued, at work, or waits for an approval."""
        return self.operation is not None and not self.operation.status.is_terminal

    @property
    def existing(self) -> tuple[StackReport, ...]:
        """Stacks that may have resources."""
        return tuple(stack for stack in self.stacks if stack.status.may_have_resources)

    @property
    def resource_count(self) -> int:
        return sum(stack.resource_count for stack in self.stacks)

    @property
    def percent(self) -> int:
        if self.view is not None:
            return self.view.percent
        enabled = [stack.percent for stack in self.stacks if stack.is_enabled]
        return sum(enabled) // len(enabled) if enabled else 0

    def to_data(self) -> dict[str, Any]:
        """The `data` of one environment's status."""
        return {
            "deployment_id": self.deployment_id,
            "environment": self.environment.value,
            "status": self.status,
            "region": self.region,
            "account": self.account,
            "start_time": self.operation.started_at if self.operation else None,
            "updated_at": max((stack.updated_at for stack in self.stacks if stack.updated_at), default=None),
            **_layers(self),
            "summary": _summary(self),
            "metrics": _metrics(self),
            "stacks": {stack.name: stack.to_data() for stack in self.stacks},
            "stacks_skipped": _skipped(self.operation),
            "operation_id": self.operation.operation_id if self.operation else None,
            "operation": operation_data(self.operation) if self.operation else None,
            "lease": _lease_data(self.lease),
        }

    def destroy_data(self, graph: StackGraph) -> dict[str, Any]:
        """What would go, in the order of going."""
        resources = {stack.name: stack.resource_count for stack in self.stacks}
        return {
            "deployment_id": self.deployment_id,
            "environment": self.environment.value,
            "total_stacks": len(graph.names),
            "total_resources": sum(resources.get(name, 0) for name in graph.names),
            "layers": [
                {
                    "layer": number,
                    "stacks": [
                        {
                            "name": name,
                            "resource_count": resources.get(name, 0),
                            "dependencies": sorted(graph.dependencies(name)),
                        }
                        for name in layer
                    ],
                }
                for number, layer in enumerate(graph.layers, 1)
            ],
        }


@dataclass(frozen=True)
class StatusReport:
    """`environments` holds those that were asked for, in the order of promotion."""

    deployment: Deployment
    environments: tuple[EnvironmentReport, ...]

    @property
    def running(self) -> tuple[EnvironmentReport, ...]:
        """Environments with an operation that is queued, at work, or waits for an approval."""
        return tuple(report for report in self.environments if report.has_open_operation)

    def to_data(self, flat: bool = False) -> dict[str, Any]:
        """That of the one environment when `flat`, else the deployment with `environments: {dev: {...}}`."""
        if flat and len(self.environments) == 1:
            return self.environments[0].to_data()
        return {
            "deployment_id": self.deployment.deployment_id,
            "organization": self.deployment.organization,
            "project": self.deployment.project,
            "status": self.deployment.status.value,
            "manifest_version": self.deployment.manifest_version,
            "updated_at": self.deployment.updated_at,
            "last_deployed_at": self.deployment.last_deployed_at,
            "last_deployed_by": self.deployment.last_deployed_by,
            "environments": {report.environment.value: report.to_data() for report in self.environments},
        }


def operation_data(operation: Operation) -> dict[str, Any]:
    """The `data` of an operation: what was asked for, how far it is, and the result of each stack that has one."""
    statuses = [result.status for result in operation.results.values()]
    return {
        **_wish_data(operation),
        "status": operation.status.value,
        "message": operation.message,
        "created_at": operation.created_at,
        "started_at": operation.started_at,
        "completed_at": operation.completed_at,
        "cancel_requested": operation.cancel_requested,
        "cancel_level": operation.cancel_level.name.lower() if operation.cancel_requested else None,
        "rolled_back_by": operation.rolled_back_by,
        "flow_run_id": operation.flow_run_id,
        "approval_request": operation.approval_request.model_dump() if operation.approval_request else None,
        "approval": operation.approval.model_dump() if operation.approval else None,
        "total_stacks": len(operation.stacks) or sum(map(len, operation.layers)),
        "deployed": sum(status in (StackStatus.DEPLOYED, StackStatus.DESTROYED) for status in statuses),
        "skipped": statuses.count(StackStatus.SKIPPED),
        "failed": statuses.count(StackStatus.FAILED),
        "cancelled": statuses.count(StackStatus.CANCELLED),
        "duration_seconds": operation_seconds(operation),
        "results": [_result_data(result) for result in operation.results.values()],
    }


def _wish_data(operation: Operation) -> dict[str, Any]:
    """What was asked for, and by whom."""
    return {
        "operation_id": operation.operation_id,
        "deployment_id": operation.deployment_id,
        "environment": operation.environment.value,
        "type": operation.type.value,
        "previews": operation.previews.value if operation.previews else None,
        "stacks": operation.stacks,
        "started_by": operation.started_by,
        "retry_of": operation.retry_of,
        "rollback_on_error": operation.rollback_on_error,
        "rollback": operation.rollback.model_dump() if operation.rollback else None,
        "promoted_from": operation.promoted_from.value if operation.promoted_from else None,
        "back_to_version": operation.back_to_version,
        "manifest_version": operation.manifest_version,
        "digest": operation.digest,
        "parallel": operation.parallel,
        "fail_fast": operation.fail_fast,
        "skip_unchanged": operation.skip_unchanged,
        "plan_id": operation.plan_id,
        "layers": operation.layers,
    }


def _result_data(result: StackResult) -> dict[str, Any]:
    return {"stack": result.stack_name, **result.model_dump(mode="json", exclude={"stack_name"})}


def operation_seconds(operation: Operation) -> float | None:
    """From its acceptance, or its approval, to its end; None while it runs."""
    if operation.completed_at is None:
        return None
    begin, end = parse_timestamp(operation.submitted_at), parse_timestamp(operation.completed_at)
    return round((end - begin).total_seconds(), 3)


def _layers(report: EnvironmentReport) -> dict[str, Any]:
    layers = [stack.layer for stack in report.stacks if stack.layer is not None]
    running = [stack for stack in report.view.stacks.values() if not stack.has_ended] if report.view else []
    return {
        "current_layer": min((stack.layer for stack in running if stack.layer is not None), default=None),
        "total_layers": max(layers, default=0),
        "current_stack": next((stack.name for stack in running if stack.is_running), None),
    }


def _summary(report: EnvironmentReport) -> dict[str, Any]:
    statuses = [stack.status for stack in report.stacks]
    return {
        "total_stacks": len(statuses),
        "deployed_stacks": statuses.count(StackStatus.DEPLOYED),
        "failed_stacks": statuses.count(StackStatus.FAILED),
        "skipped_stacks": len(_skipped(report.operation)),
        "drifted_stacks": sum(stack.drift is not None for stack in report.stacks),
        "progress_percent": report.percent,
    }


def _metrics(report: EnvironmentReport) -> dict[str, Any]:
    results = list(report.operation.results.values()) if report.operation else []
    return {
        "duration_seconds": report.duration_seconds,
        "estimated_time_remaining": report.seconds_left,
        "resource_count": report.resource_count,
        "resources_created": sum(result.changes.get("create", 0) for result in results),
        "resources_failed": sum(result.resource is not None for result in results),
    }


def _skipped(operation: Operation | None) -> list[dict[str, Any]]:
    results = operation.results.items() if operation else ()
    return [{"stack": name, "cause": result.cause} for name, result in results if result.status.is_passed_over]


def _lease_data(lease: LeaseRecord | None) -> dict[str, Any] | None:
    if lease is None or lease.owner is None:
        return None
    return {
        "operation_id": lease.owner.operation_id,
        "host": lease.owner.host.partition("/")[0],
        "pid": lease.owner.flow_process.pid,
        "acquired_at": lease.acquired_at,
        "renewed_at": lease.renewed_at,
    }
