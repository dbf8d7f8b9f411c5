"""The environments of the record, through the API: there they are switched, and no file is."""

from __future__ import annotations

from typing import Any

from cloud_core.adapters.rest.client import RestClient, place
from cloud_core.adapters.rest.reading import Data
from cloud_core.domain.errors import NotRemote
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.remote.named import record_of
from cloud_core.remote.operations import RemoteOperations
from cloud_core.remote.outlooks import findings
from cloud_core.remote.statuses import RemoteStatus
from cloud_core.services.manifests.edits import EditedManifest, nothing_saved
from cloud_core.services.operations.environments import EnvironmentSummary, EnvironmentSwitched, require_empty
from cloud_core.services.operations.guards import StartOperation


class RemoteEnvironments:
    """As `services.operations.environments`, of the record."""

    def __init__(self, client: RestClient, operations: RemoteOperations, status: RemoteStatus) -> None:
        self._client = client
        self._operations = operations
        self._status = status

    def list(self, deployment_id: str) -> tuple[EnvironmentSummary, ...]:
        told = self._client.get(place("deployments", deployment_id, "environments"))
        return tuple(_summary(one) for one in told["environments"])

    def enable(self, deployment_id: str, environment: EnvironmentName, rehearse: bool = False) -> EnvironmentSwitched:
        return self._switch(deployment_id, environment, True, rehearse)

    def disable(self, deployment_id: str, environment: EnvironmentName, rehearse: bool = False) -> EnvironmentSwitched:
        self.require_unused(deployment_id, environment)
        return self._switch(deployment_id, environment, False, rehearse)

    def require_switchable(self, deployment_id: str, environment: EnvironmentName) -> None:
        """InvalidInput for an environment that the manifest does not have."""
        self._is_enabled(deployment_id, environment)

    def require_unused(self, deployment_id: str, environment: EnvironmentName) -> None:
        """Conflict while stacks are deployed there, OperationRunning while an operation holds it."""
        self._operations.turns.require_idle(StartOperation(deployment_id, environment, Action.DESTROY, started_by=""))
        require_empty(deployment_id, environment, self.deployed(deployment_id, environment))

    def deployed(self, deployment_id: str, environment: EnvironmentName) -> tuple[str, ...]:
        report = self._status.report(deployment_id, environment).environments[0]
        return tuple(sorted(stack.name for stack in report.existing))

    def _is_enabled(self, deployment_id: str, environment: EnvironmentName) -> bool:
        manifest = Manifest.model_validate(record_of(self._client, deployment_id).manifest)
        return manifest.environment(environment.value).enabled

    def _switch(
        self, deployment_id: str, environment: EnvironmentName, enabled: bool, rehearse: bool
    ) -> EnvironmentSwitched:
        if self._is_enabled(deployment_id, environment) is enabled:
            return EnvironmentSwitched(deployment_id, environment, enabled, None)
        if rehearse:
            raise NotRemote("the API does not rehearse that", what="--dry-run", suggestion="leave --dry-run out")
        word = "enable" if enabled else "disable"
        with nothing_saved():
            told = self._client.post(place("deployments", deployment_id, "environments", environment.value, word))
        manifest = Manifest.model_validate(record_of(self._client, deployment_id).manifest)
        edited = EditedManifest(manifest, findings(told["warnings"]), (), None)
        return EnvironmentSwitched(deployment_id, environment, enabled, edited)


def _summary(told: Data) -> EnvironmentSummary:
    known: dict[str, Any] = {
        name: told[name]
        for name in ("status", "account", "region", "total_stacks", "deployed_stacks", "resource_count")
    }
    return EnvironmentSummary(
        name=EnvironmentName(told["environment"]),
        is_enabled=told["enabled"],
        is_recorded=told["enabled_in_record"],
        last_deployed_at=told["last_deployed_at"],
        **known,
    )
