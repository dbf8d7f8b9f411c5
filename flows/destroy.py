"""The flow that destroys an environment: each stack as soon as nothing needs it any more."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from flows.operation import run_operation


@flow(
    name="destroy",
    flow_run_name="destroy-{deployment_id}-{environment.value}",
    persist_result=False,
)
def destroy(deployment_id: str, environment: EnvironmentName, operation_id: str | None = None) -> State[Any]:
    """Destroy every stack that exists in the environment, or those that the operation names."""
    return run_operation(deployment_id, environment, Action.DESTROY, operation_id)
