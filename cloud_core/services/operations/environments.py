"""The environments of a deployment: how they stand, and switching them on and off in the manifest file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cloud_core.domain.errors import Conflict
from cloud_core.domain.manifest import Manifest, SetValue
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment, StackRecord
from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.ports.records import Records
from cloud_core.services.looking.status import DISABLED, READY, environment_status
from cloud_core.services.manifests.edits import EditedManifest, ManifestEditor, edited_data
from cloud_core.services.manifests.reading import Reader
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.service import OperationService

ABSENT_STATUS: Final = "absent"


@dataclass(frozen=True)
class EnvironmentSummary:
    """One row. `is_enabled` is what the file says, `is_recorded` what the record says (None without one): they differ
    until the file is pushed. All but the name is empty for an environment that the manifest does not have."""

    name: EnvironmentName
    status: str
    is_enabled: bool = False
    is_recorded: bool | None = None
    account: str | None = None
    region: str | None = None
    total_stacks: int = 0
    deployed_stacks: int = 0
    resource_count: int = 0
    last_deployed_at: str | None = None

    @property
    def is_pending(self) -> bool:
        """Whether the record does not know yet what the file says."""
        return self.is_recorded is not None and self.is_recorded != self.is_enabled

    def to_data(self) -> dict[str, Any]:
        return {
            "environment": self.name.value,
            "status": self.status,
            "enabled": self.is_enabled,
            "enabled_in_record": self.is_recorded,
            "account": self.account,
            "region": self.region,
            "total_stacks": self.total_stacks,
            "deployed_stacks": self.deployed_stacks,
            "resource_count": self.resource_count,
            "last_deployed_at": self.last_deployed_at,
        }


@dataclass(frozen=True)
class EnvironmentSwitched:
    """`edited` is None when it was as wished already."""

    deployment_id: str
    environment: EnvironmentName
    is_enabled: bool
    edited: EditedManifest | None

    def to_data(self) -> dict[str, Any]:
        return {
            "deployment_id": self.deployment_id,
            "environment": self.environment.value,
            "enabled": self.is_enabled,
            "changed": self.edited is not None,
            **edited_data(self.edited),
        }


class EnvironmentService:
    """`records` and `operations` are asked for when they are needed: switching on needs neither."""

    def __init__(
        self,
        editor: ManifestEditor,
        reader: Reader,
        records: Callable[[], Records],
        operations: Callable[[], OperationService],
    ) -> None:
        self._editor = editor
        self._reader = reader
        self._records = records
        self._operations = operations

    def list(self, deployment_id: str) -> tuple[EnvironmentSummary, ...]:
        """All three, in the order of promotion. DeploymentNotFound, InvalidManifest."""
        manifest, _source = self._reader.read(deployment_id)
        record = self._records().deployments.get_by_id(deployment_id)
        stacks = self._records().stacks.list_by_deployment(deployment_id)
        return tuple(_summary(name, manifest, record, stacks) for name in EnvironmentName)

    def enable(self, deployment_id: str, environment: EnvironmentName, rehearse: bool = False) -> EnvironmentSwitched:
        """Switch it on, unless that would bring errors (InvalidManifest).

        InvalidInput for an environment that the manifest does not have; DeploymentNotFound without a folder here.
        """
        return self._switch(deployment_id, environment, True, rehearse)

    def disable(self, deployment_id: str, environment: EnvironmentName, rehearse: bool = False) -> EnvironmentSwitched:
        """Switch it off; raises as `require_unused` and `enable`."""
        self.require_unused(deployment_id, environment)
        return self._switch(deployment_id, environment, False, rehearse)

    def require_switchable(self, deployment_id: str, environment: EnvironmentName) -> None:
        """Raises what `disable` would raise, whether or not it is used: to be asked before anything is destroyed."""
        self._switch(deployment_id, environment, False, rehearse=True)

    def require_unused(self, deployment_id: str, environment: EnvironmentName) -> None:
        """Conflict while stacks are deployed there, OperationRunning while an operation holds it."""
        self._operations().turns.require_idle(StartOperation(deployment_id, environment, Action.DESTROY, started_by=""))
        require_empty(deployment_id, environment, self.deployed(deployment_id, environment))

    def deployed(self, deployment_id: str, environment: EnvironmentName) -> tuple[str, ...]:
        """Names of the stacks that may have resources there."""
        stored = self._records().stacks.list_by_deployment(deployment_id, environment)
        return tuple(stack.stack_name for stack in stored if stack.status.may_have_resources)

    def _switch(
        self, deployment_id: str, environment: EnvironmentName, enabled: bool, rehearse: bool
    ) -> EnvironmentSwitched:
        loaded = self._editor.load(deployment_id)
        if loaded.manifest.environment(environment.value).enabled is enabled:
            return EnvironmentSwitched(deployment_id, environment, enabled, None)
        edit = SetValue(("environments", environment.value, "enabled"), enabled)
        edited = self._editor.apply(loaded, [edit], rehearse=rehearse)
        return EnvironmentSwitched(deployment_id, environment, enabled, edited)


def require_empty(deployment_id: str, environment: EnvironmentName, names: Sequence[str]) -> None:
    """Conflict when these stacks are deployed there."""
    if names:
        raise Conflict(
            f"environment {environment.value!r} of {deployment_id} has deployed stacks: {', '.join(names)}",
            deployment_id=deployment_id,
            environment=environment.value,
            stacks=list(names),
            suggestion=f"destroy them with 'cloud destroy {deployment_id} --environment {environment.value}', "
            "or at once with --destroy",
        )


def _summary(
    name: EnvironmentName, manifest: Manifest, record: Deployment | None, stored: list[StackRecord]
) -> EnvironmentSummary:
    deployed = [stack for stack in stored if stack.environment is name and stack.status.may_have_resources]
    times = [one.last_deployment.completed_at for one in deployed if one.last_deployment]
    recorded = Manifest.model_validate(record.manifest).environments.get(name.value) if record else None
    section = manifest.environments.get(name.value)
    return EnvironmentSummary(
        name=name,
        status=_status(record, name, section.enabled) if section else ABSENT_STATUS,
        is_enabled=section is not None and section.enabled,
        is_recorded=recorded.enabled if recorded else None,
        account=section.account if section else None,
        region=section.region if section else None,
        total_stacks=len(manifest.stacks_in(name.value)) if section else 0,
        deployed_stacks=sum(stack.status is StackStatus.DEPLOYED for stack in deployed),
        resource_count=sum(stack.resource_count for stack in deployed),
        last_deployed_at=max((time for time in times if time), default=None),
    )


def _status(record: Deployment | None, name: EnvironmentName, enabled: bool) -> str:
    if record is not None:
        return environment_status(record, name.value, enabled)
    return READY if enabled else DISABLED
