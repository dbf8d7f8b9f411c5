"""Going back: an earlier version of the manifest becomes the next one, and is deployed like any other.

Nothing is undone step by step: what differs between now and then is deployed in the order of the graph, and stacks
that the earlier version gives the same inputs are skipped as always. Only manifests are kept, so that programs are
those of today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cloud_core.domain.errors import InvalidInput, NotFound
from cloud_core.domain.manifest import Manifest, differences
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.plan import Plan
from cloud_core.domain.records import Deployment, Operation
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.services.manifests.records import ManifestRecords
from cloud_core.services.records.graphs import OperationPlans
from cloud_core.services.records.operations import brought_up, operations_of, require_operation
from cloud_core.services.records.statuses import require_deployment

_BEGINS_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.25


@dataclass(frozen=True)
class Rollback:
    """Back to `version`, which would be written as `manifest`. `changes` tells what that changes, one line each;
    `left_over` names stacks that are deployed now and that the earlier manifest does not have switched on: they stay.
    """

    deployment: Deployment
    environment: EnvironmentName
    version: int
    manifest: Mapping[str, Any]
    changes: tuple[str, ...]
    left_over: tuple[str, ...]

    @property
    def expected(self) -> Deployment:
        """The record as `apply` would leave it, as far as plans look at it."""
        return self.deployment.model_copy(update={"manifest": dict(self.manifest)})

    def to_data(self, plan: Plan | None = None) -> dict[str, Any]:
        """For programs, with what the engine foresees of it when it was asked."""
        return {
            "deployment_id": self.deployment.deployment_id,
            "environment": self.environment.value,
            "from_version": self.deployment.manifest_version,
            "to_version": self.version,
            "changes": list(self.changes),
            "left_over": list(self.left_over),
            "plan": plan.to_data() if plan else None,
        }


class RollbackService:
    """Finds where to go back to, and makes it the record's next version."""

    def __init__(self, records: Records, plans: OperationPlans, clock: Clock) -> None:
        self._records = records
        self._plans = plans
        self._clock = clock
        self._manifests = ManifestRecords(records.deployments, clock)

    def find(
        self,
        deployment_id: str,
        environment: EnvironmentName,
        to_version: int | None = None,
        stack: str | None = None,
    ) -> Rollback:
        """Back to that version, or to the last other one that the environment was deployed with as a whole.

        With a stack only its own section of the manifest goes back. Raises NotFound when there is no such version,
        InvalidInput when nothing would change.
        """
        deployment = require_deployment(self._records.deployments, deployment_id)
        version = to_version or self._last_good(deployment, environment)
        if stack is None:
            manifest = self._plans.at_version(deployment, version).manifest
        else:
            manifest = self._plans.with_sections_of(deployment, version, [stack]).manifest
        changes = tuple(one.describe() for one in differences(deployment.manifest, manifest))
        if not changes:
            raise InvalidInput(
                f"version {version} of the manifest says the same as the present one, {deployment.manifest_version}",
                field="--to-version",
                value=version,
                suggestion=f"see the versions with 'cloud history {deployment_id}'",
            )
        left = self._left_over(deployment_id, environment, Manifest.model_validate(manifest))
        return Rollback(deployment, environment, version, manifest, changes, left)

    def apply(self, rollback: Rollback) -> Deployment:
        """Make it the record's next version. ManifestConflict when the manifest was changed since it was found."""
        return self._manifests.replace(rollback.deployment, rollback.manifest)

    def automatic(self, failed: Operation) -> tuple[Operation, Operation | None]:
        """The deploy that failed, as it is now, and the operation that takes it back: waited for, since it begins a
        moment later. None when none was decided on, could begin, or does in half a minute."""
        until = self._clock.monotonic() + _BEGINS_SECONDS
        while failed.rolled_back_by is not None:
            found = self._records.operations.get(failed.deployment_id, failed.rolled_back_by)
            if found is not None or self._clock.monotonic() >= until:
                return failed, found
            self._clock.sleep(_LOOK_SECONDS)
            failed = require_operation(self._records.operations, failed.deployment_id, failed.operation_id)
        return failed, None

    def _last_good(self, deployment: Deployment, environment: EnvironmentName) -> int:
        for operation in operations_of(self._records.operations, deployment.deployment_id, environment):
            if brought_up(operation) and operation.digest != deployment.digest:
                return operation.manifest_version
        raise NotFound(
            f"{environment.value} of {deployment.deployment_id} was never deployed with another manifest",
            suggestion="say which version with --to-version",
        )

    def _left_over(self, deployment_id: str, environment: EnvironmentName, manifest: Manifest) -> tuple[str, ...]:
        wanted = set(manifest.stacks_in(environment.value))
        stored = self._records.stacks.list_by_deployment(deployment_id, environment)
        left = (one.stack_name for one in stored if one.status.may_have_resources and one.stack_name not in wanted)
        return tuple(sorted(left))
