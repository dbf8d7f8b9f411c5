"""How a deployment stands, as the API tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cloud_core.adapters.rest.client import RestClient, place
from cloud_core.adapters.rest.reading import Data, lease_of
from cloud_core.adapters.rest.runs import RestRuns
from cloud_core.domain.drift import DriftMark
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.progress import CurrentResource, OperationView, StackView
from cloud_core.domain.records import Deployment, Operation
from cloud_core.domain.statuses import DeploymentStatus, StackStatus
from cloud_core.services.looking.report import EnvironmentReport, StackReport, StatusReport
from cloud_core.services.looking.status import DISABLED

_UNTOLD: Final = ""


@dataclass(frozen=True)
class ToldEnvironment(EnvironmentReport):
    """`told` is the answer: what programs get is what the API said."""

    told: Mapping[str, Any] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        return dict(self.told)


class RemoteStatus:
    """As `services.looking.status`."""

    def __init__(self, client: RestClient, runs: RestRuns) -> None:
        self._client = client
        self._runs = runs

    def report(
        self,
        deployment_id: str,
        environment: EnvironmentName | None = None,
        stack: str | None = None,
        all_environments: bool = False,
    ) -> StatusReport:
        """Raises as the service does."""
        told = self._client.get(
            place("deployments", deployment_id, "status"),
            environment=environment.value if environment else None,
            stack=stack,
            all_environments=all_environments,
            with_deployment=True,
        )
        reports = tuple(self._environment(one) for one in told["environments"].values())
        return StatusReport(_deployment(told), reports)

    def _environment(self, told: Data) -> ToldEnvironment:
        operation = self._runs.operation(told["operation"]) if told["operation"] else None
        stacks = tuple(_stack(name, one) for name, one in told["stacks"].items())
        return ToldEnvironment(
            deployment_id=told["deployment_id"],
            environment=EnvironmentName(told["environment"]),
            status=told["status"],
            is_enabled=told["status"] != DISABLED,
            region=told["region"],
            account=told["account"],
            stacks=stacks,
            operation=operation,
            view=_view(operation, stacks, told["summary"]["progress_percent"]),
            lease=lease_of(told),
            duration_seconds=told["metrics"]["duration_seconds"],
            seconds_left=told["metrics"]["estimated_time_remaining"],
            told=told,
        )


def _view(operation: Operation | None, stacks: tuple[StackReport, ...], percent: int) -> OperationView | None:
    """There is one while the operation runs."""
    if operation is None or operation.status.is_terminal or operation.status.is_waiting:
        return None
    view = OperationView.begin(operation)
    for stack in stacks:
        if stack.view is not None:
            view = view.with_stack(stack.name, status=stack.view.status, done=stack.view.done, total=stack.view.total)
    return replace(view, percent=percent, status=operation.status)


def _stack(name: str, told: Data) -> StackReport:
    return StackReport(
        name=name,
        status=StackStatus(told["status"]),
        is_enabled=told["enabled"],
        layer=told["layer"],
        dependencies=tuple(told["dependencies"]),
        resource_count=told["resource_count"],
        updated_at=told["updated_at"],
        duration_seconds=told["duration_seconds"],
        error=told["error"],
        view=_stack_view(name, told) if told["resources_done"] is not None else None,
        drift=DriftMark.model_validate(told["drift"]) if told["drift"] else None,
    )


def _stack_view(name: str, told: Data) -> StackView:
    current = told["current_resource"]
    return StackView(
        name=name,
        layer=told["layer"],
        status=StackStatus(told["status"]),
        current=CurrentResource(**current) if current else None,
        done=told["resources_done"],
        total=told["resources_total"],
        error=told["error"],
    )


def _deployment(told: Data) -> Deployment:
    """The record as far as its status tells: no manifest is in there."""
    return Deployment(
        deployment_id=told["deployment_id"],
        organization=told["organization"],
        project=told["project"],
        domain=_UNTOLD,
        template=_UNTOLD,
        status=DeploymentStatus(told["status"]),
        manifest={},
        manifest_version=told["manifest_version"],
        digest=_UNTOLD,
        created_at=_UNTOLD,
        updated_at=told["updated_at"],
        created_by=_UNTOLD,
        pulumi_org=_UNTOLD,
        last_deployed_at=told["last_deployed_at"],
        last_deployed_by=told["last_deployed_by"],
    )
