"""What comes before a deploy, through the API: the record is what is deployed, whatever a file here says."""

from __future__ import annotations

from cloud_core.adapters.rest.client import RestClient
from cloud_core.domain.errors import InvalidManifest
from cloud_core.domain.validation import Level, ValidationResult
from cloud_core.domain.working_copy import CopyState
from cloud_core.remote.named import record_of
from cloud_core.remote.operations import RemoteOperations
from cloud_core.remote.outlooks import findings, outlook, plan_of, reasons_of
from cloud_core.remote.validation import RemoteValidation
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.preparation import Preparation, require_unchanged


class RemotePreparation:
    """As `services.operations.preparation`."""

    def __init__(
        self,
        client: RestClient,
        operations: RemoteOperations,
        validation: RemoteValidation,
    ) -> None:
        self._client = client
        self._operations = operations
        self._validation = validation

    def prepare(
        self, request: StartOperation, level: Level | None = Level.FULL, strict: bool = False, rehearse: bool = False
    ) -> Preparation:
        """Validate to `level` and plan; nothing is written. Raises as the service does."""
        record = record_of(self._client, request.deployment_id)
        try:
            told = outlook(self._client, request, level, strict)
        except InvalidManifest:
            if level is None:
                raise
            environment = request.environment.value
            found = self._validation.validate(request.deployment_id, level, environment, strict)
            return Preparation(request, record, CopyState.IN_STEP, (), found, None)
        if not rehearse:
            self._operations.turns.require_idle(request)
        return Preparation(
            request=request,
            deployment=record,
            copy_state=CopyState.IN_STEP,
            changes=(),
            validation=ValidationResult(level=level, warnings=findings(told["warnings"])) if level else None,
            plan=plan_of(told, record),
            reasons=reasons_of(told),
        )

    def of_record(
        self, request: StartOperation, level: Level | None = None, strict: bool = False, rehearse: bool = False
    ) -> Preparation:
        return self.prepare(request, level, strict, rehearse)

    def push(self, prepared: Preparation) -> Preparation:
        """Nothing is pushed. VersionConflict when the manifest is not the planned one any more."""
        require_unchanged(prepared, record_of(self._client, prepared.request.deployment_id))
        return prepared
