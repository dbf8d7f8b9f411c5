"""The flow that takes a failed deploy back: stacks go back to the manifest before it, those that it made go."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from flows.operation import run_operation


@flow(
    name="rollback",
    flow_run_name="rollback-{deployment_id}-{environment.value}",
    persist_result=False,
)
def rollback(deployment_id: str, environment: EnvironmentName, operation_id: str | None = None) -> State[Any]:
    """Take back what the operation names; it is never started without one."""
    return run_operation(deployment_id, environment, Action.ROLLBACK, operation_id)
