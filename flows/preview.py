"""The flow that looks ahead: what a deploy or a destroy would do, stack by stack. It changes nothing."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from flows.operation import run_operation


@flow(
    name="preview",
    flow_run_name="preview-{deployment_id}-{environment.value}",
    persist_result=False,
)
def preview(deployment_id: str, environment: EnvironmentName, operation_id: str | None = None) -> State[Any]:
    """Preview every enabled stack of the environment, or those that the operation names."""
    return run_operation(deployment_id, environment, Action.PREVIEW, operation_id)
