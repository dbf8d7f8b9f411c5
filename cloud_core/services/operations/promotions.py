"""From one environment to the next: what succeeded there, and nothing else, may be deployed here."""

from __future__ import annotations

from collections.abc import Iterator

from cloud_core.domain.errors import Conflict, InvalidInput
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment
from cloud_core.domain.statuses import DeploymentStatus, StackStatus
from cloud_core.ports.engine import ProgramFiles
from cloud_core.ports.records import Records
from cloud_core.services.records.operations import brought_up, operations_of
from cloud_core.services.records.statuses import require_deployment

_ORDER = tuple(EnvironmentName)


class PromotionService:
    """Reads only; whoever promotes starts a deploy of the target then."""

    def __init__(self, records: Records, programs: ProgramFiles) -> None:
        self._records = records
        self._programs = programs

    def require_promotable(self, deployment_id: str, source: EnvironmentName, target: EnvironmentName) -> Deployment:
        """The record to deploy. InvalidInput when the target does not come after the source; Conflict with every reason
        (context `reasons`) when what would be deployed is not what succeeded in the source."""
        if _ORDER.index(target) <= _ORDER.index(source):
            raise InvalidInput(
                f"{target.value} does not come after {source.value}: the order is {', '.join(_ORDER)}",
                field="target",
                value=target.value,
            )
        deployment = require_deployment(self._records.deployments, deployment_id)
        if reasons := [*self._of_environment(deployment, source), *self._of_stacks(deployment, source)]:
            raise Conflict(
                f"{source.value} of {deployment_id} can't be promoted to {target.value}: {'; '.join(reasons)}",
                reasons=reasons,
                suggestion=f"run 'cloud deploy {deployment_id} --environment {source.value}' first, and look at it",
            )
        return deployment

    def _of_environment(self, deployment: Deployment, source: EnvironmentName) -> Iterator[str]:
        status = deployment.environment_status.get(source.value, DeploymentStatus.INITIALIZED)
        if status is not DeploymentStatus.DEPLOYED:
            yield f"{source.value} is {status.value}, not deployed"
        history = operations_of(self._records.operations, deployment.deployment_id, source)
        succeeded = next(filter(brought_up, history), None)
        if succeeded is not None and succeeded.digest != deployment.digest:
            yield (
                f"version {deployment.manifest_version} of the manifest was not deployed in {source.value} yet, "
                f"the last one was {succeeded.manifest_version}"
            )

    def _of_stacks(self, deployment: Deployment, source: EnvironmentName) -> Iterator[str]:
        enabled = set(Manifest.model_validate(deployment.manifest).stacks_in(source.value))
        for record in self._records.stacks.list_by_deployment(deployment.deployment_id, source):
            name = record.stack_name
            if name not in enabled or record.status is not StackStatus.DEPLOYED:
                continue
            if record.drift is not None:
                count = record.drift.count
                yield f"AWS differs from the state of {name} in {count} {'resource' if count == 1 else 'resources'}"
            if not record.fingerprint:
                yield f"the state of {name} is not the one that a deploy has left"
            elif record.fingerprint.get("program") != self._programs.digest(name):
                yield f"the program of {name} has changed since it was deployed in {source.value}"
