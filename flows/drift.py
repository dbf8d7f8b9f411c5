"""The flow that compares the engine's state with AWS, stack by stack. It changes neither, and marks what differs."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from flows.operation import run_operation


@flow(
    name="drift",
    flow_run_name="drift-{deployment_id}-{environment.value}",
    persist_result=False,
)
def drift(deployment_id: str, environment: EnvironmentName, operation_id: str | None = None) -> State[Any]:
    """Compare every stack that is deployed in the environment, or those that the operation names."""
    return run_operation(deployment_id, environment, Action.DRIFT, operation_id)
