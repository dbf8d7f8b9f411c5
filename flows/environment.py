"""The flow that every environment's Prefect deployment runs: it picks the action and leaves the rest to it."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from flows.deploy import deploy
from flows.destroy import destroy
from flows.drift import drift
from flows.preview import preview
from flows.refresh import refresh
from flows.rollback import rollback

_FLOWS = {
    Action.DEPLOY: deploy,
    Action.DESTROY: destroy,
    Action.PREVIEW: preview,
    Action.REFRESH: refresh,
    Action.DRIFT: drift,
    Action.ROLLBACK: rollback,
}


@flow(
    name="environment",
    flow_run_name="{action.value}-{deployment_id}-{environment.value}",
    persist_result=False,
)
def environment(
    deployment_id: str, environment: EnvironmentName, action: Action, operation_id: str | None = None
) -> State[Any]:
    """Run an action on one environment.

    Without an operation id, which is how people start it in the pages, an operation is made for the run.
    """
    return _FLOWS[action].fn(deployment_id, environment, operation_id)
