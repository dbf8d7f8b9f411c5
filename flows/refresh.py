"""The flow that reads AWS into the engine's state, stack by stack. AWS is not changed."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from flows.operation import run_operation


@flow(
    name="refresh",
    flow_run_name="refresh-{deployment_id}-{environment.value}",
    persist_result=False,
)
def refresh(deployment_id: str, environment: EnvironmentName, operation_id: str | None = None) -> State[Any]:
    """Refresh every stack that is deployed in the environment, or those that the operation names."""
    return run_operation(deployment_id, environment, Action.REFRESH, operation_id)
