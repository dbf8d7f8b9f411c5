"""The statuses of a deployment's environments, and the one status over all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from cloud_core.domain.errors import DeploymentNotFound
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment, Operation
from cloud_core.domain.states import advance, deployment_status_over
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.ports.records import DeploymentRepository
from cloud_core.services.records.races import retry_lost_races

_CHANGING: Final = frozenset({DeploymentStatus.DEPLOYING, DeploymentStatus.DESTROYING, DeploymentStatus.ROLLING_BACK})


def require_deployment(deployments: DeploymentRepository, deployment_id: str) -> Deployment:
    """Raises DeploymentNotFound."""
    found = deployments.get_by_id(deployment_id)
    if found is None:
        raise DeploymentNotFound(
            f"deployment {deployment_id} does not exist",
            deployment_id=deployment_id,
            suggestion="run 'cloud list' to see the deployments",
        )
    return found


class EnvironmentStatuses:
    """Changes them under a version check: operations of other environments write the same record."""

    def __init__(self, deployments: DeploymentRepository) -> None:
        self._deployments = deployments

    def enter(self, deployment_id: str, environment: EnvironmentName, status: DeploymentStatus) -> None:
        """The environment is being changed. One that was left in a change by a run that died has failed before."""

        def change(deployment: Deployment) -> dict[str, Any]:
            current = deployment.environment_status.get(environment, DeploymentStatus.INITIALIZED)
            settled = DeploymentStatus.FAILED if current in _CHANGING else current
            return _with_status(deployment, environment, advance(settled, status))

        self._update(deployment_id, change)

    def leave(self, operation: Operation, status: DeploymentStatus, now: str) -> None:
        """The environment's operation has ended with this status."""

        def change(deployment: Deployment) -> dict[str, Any]:
            current = deployment.environment_status.get(operation.environment, DeploymentStatus.INITIALIZED)
            reached = status if current is status else advance(current, status)
            changes = _with_status(deployment, operation.environment, reached)
            return {**changes, "last_deployed_at": now, "last_deployed_by": operation.started_by}

        self._update(operation.deployment_id, change)

    def give_up(self, operation: Operation, reached: DeploymentStatus, is_free: Callable[[], bool]) -> None:
        """The environment's operation died, having reached that; nothing when another one is changing the environment.

        `is_free` is asked between reading and writing: who takes the lease later will find the record written.
        """

        def change(deployment: Deployment) -> dict[str, Any]:
            current = deployment.environment_status.get(operation.environment, DeploymentStatus.INITIALIZED)
            if current not in _CHANGING or not is_free():
                return {}
            return _with_status(deployment, operation.environment, advance(current, reached))

        self._update(operation.deployment_id, change)

    def _update(self, deployment_id: str, change: Callable[[Deployment], dict[str, Any]]) -> None:
        def write() -> None:
            deployment = require_deployment(self._deployments, deployment_id)
            if changes := change(deployment):
                self._deployments.update(deployment.model_copy(update=changes))

        retry_lost_races(write)


def _with_status(deployment: Deployment, environment: EnvironmentName, status: DeploymentStatus) -> dict[str, Any]:
    statuses = {**deployment.environment_status, environment.value: status}
    return {"environment_status": statuses, "status": deployment_status_over(statuses)}
