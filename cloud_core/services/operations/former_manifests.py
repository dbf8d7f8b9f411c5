"""The manifest that an automatic rollback goes back to: made the record's next version once the rollback may run.

Until then, which is as long as somebody has to approve it, the record goes on saying what the failed deploy had.
"""

from __future__ import annotations

from cloud_core.domain.records import Deployment, Operation
from cloud_core.domain.wishes import RollbackWish
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.services.manifests.records import ManifestRecords
from cloud_core.services.records.graphs import OperationPlans
from cloud_core.services.records.operations import update_operation
from cloud_core.services.records.statuses import require_deployment


def expected_by(
    records: Records, plans: OperationPlans, deployment: Deployment, wish: RollbackWish | None
) -> Deployment:
    """The record as the rollback will find it: with the manifest of before, if it says what the failed deploy had.

    As it is when there is nothing to go back to, when it was put back already, and when it moved on since. NotFound
    when that manifest was not kept.
    """
    if wish is None or wish.version is None:
        return deployment
    failed = records.operations.get(deployment.deployment_id, wish.of)
    if failed is None or failed.digest != deployment.digest:
        return deployment
    before = plans.at_version(deployment, wish.version)
    if before.digest == deployment.digest:
        return deployment
    return ManifestRecords.following(deployment, before.manifest)


class FormerManifests:
    """Puts back what `expected_by` foresees."""

    def __init__(self, records: Records, plans: OperationPlans, clock: Clock) -> None:
        self._records = records
        self._plans = plans
        self._manifests = ManifestRecords(records.deployments, clock)

    def expected(self, deployment: Deployment, wish: RollbackWish | None) -> Deployment:
        return expected_by(self._records, self._plans, deployment, wish)

    def put_back(self, operation: Operation) -> Operation:
        """The rollback, with the record saying what it pins; any other operation as it is.

        Raises ManifestConflict when somebody else changes the manifest at this moment.
        """
        if operation.rollback is None:
            return operation
        record = require_deployment(self._records.deployments, operation.deployment_id)
        expected = self.expected(record, operation.rollback)
        if expected is record:
            return operation
        version = self._manifests.replace(record, expected.manifest).manifest_version
        return update_operation(
            self._records.operations,
            operation.deployment_id,
            operation.operation_id,
            lambda current: current.model_copy(update={"manifest_version": version}),
        )
