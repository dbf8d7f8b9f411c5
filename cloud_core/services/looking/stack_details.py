"""One stack in one environment, in full: how it stands, what it gave, and what it consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.ports.records import Records
from cloud_core.services.looking.report import StackReport
from cloud_core.services.looking.status import StatusService


@dataclass(frozen=True)
class StackDetails:
    """`record` is None before the first deploy. Outputs are masked."""

    deployment_id: str
    environment: EnvironmentName
    report: StackReport
    record: StackRecord | None
    operation_id: str | None

    def place(self) -> dict[str, Any]:
        return {
            "deployment_id": self.deployment_id,
            "environment": self.environment.value,
            "stack_name": self.report.name,
        }

    def to_data(self) -> dict[str, Any]:
        last = self.record.last_deployment if self.record else None
        return {
            **self.place(),
            **self.report.to_data(),
            "last_deployed_at": last.completed_at if last else None,
            "last_deployed_by": last.started_by if last else None,
            "last_result": last.result if last else None,
            "progress": self.report.percent,
            "resources": self.report.resource_count,
            "deployment_duration": self.report.duration_seconds,
            "outputs": dict(self.record.outputs) if self.record else {},
            "operation_id": self.operation_id,
        }

    def resources(self) -> dict[str, Any]:
        """At most as many as a record lists; `total` counts all of them."""
        listed = self.record.resources if self.record else []
        total = self.record.resource_count if self.record else 0
        return {**self.place(), "resources": [one.model_dump() for one in listed], "total": total}


class StackDetailsService:
    """Reads only."""

    def __init__(self, records: Records, status: StatusService) -> None:
        self._records = records
        self._status = status

    def of(self, deployment_id: str, stack: str, environment: EnvironmentName) -> StackDetails:
        """Raises DeploymentNotFound, StackNotFound, InvalidInput for an environment that the manifest lacks."""
        report = self._status.report(deployment_id, environment, stack).environments[0]
        record = self._records.stacks.get_stack(deployment_id, stack, environment)
        operation = record.last_operation_id if record else None
        return StackDetails(deployment_id, environment, report.stacks[0], record, operation)
