"""The flow that deploys an environment: stack by stack, each as soon as its own dependencies are done."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from flows.operation import run_operation


@flow(
    name="deploy",
    flow_run_name="deploy-{deployment_id}-{environment.value}",
    persist_result=False,
)
def deploy(deployment_id: str, environment: EnvironmentName, operation_id: str | None = None) -> State[Any]:
    """Deploy every enabled stack of the environment, or those that the operation names."""
    return run_operation(deployment_id, environment, Action.DEPLOY, operation_id)
