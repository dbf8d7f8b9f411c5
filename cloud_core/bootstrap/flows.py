"""The services of a flow process."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from cloud_core.bootstrap.shared import Services
from cloud_core.settings.tree import Settings

if TYPE_CHECKING:
    from cloud_core.domain.names import EnvironmentName
    from cloud_core.domain.records import Operation
    from cloud_core.ports.engine import StackPrograms
    from cloud_core.ports.values import CalculationStore
    from cloud_core.services.event_writer import Sink
    from cloud_core.services.executions import ExecutionService
    from cloud_core.services.lease import LeaseKeeper
    from cloud_core.services.stack_records import StackRecords
    from cloud_core.services.stacks import StackService
    from cloud_core.services.value_lookup import ValueSources


class FlowServices(Services):
    """What a flow process uses besides: the stack programs, the engine, the lease."""

    def __init__(self, settings: Settings, programs: StackPrograms) -> None:
        super().__init__(settings)
        self._programs = programs

    @cached_property
    def executions(self) -> ExecutionService:
        """Begins and ends operations."""
        from cloud_core.services.executions import ExecutionService

        return ExecutionService(self.records, self.stacks, self._plans, self._keeper, self.clock, self._log_files)

    @cached_property
    def stacks(self) -> StackService:
        """Runs single stacks."""
        from cloud_core.services.fingerprints import Fingerprints
        from cloud_core.services.stack_inputs import StackInputResolver
        from cloud_core.services.stacks import StackService

        prefixes = self.settings.values.prefixes(sandbox=self.addresses is not None)
        inputs = StackInputResolver(self.records.stacks, self.engine, self._sources, prefixes, self._digest_key)
        fingerprints = Fingerprints(self._programs, inputs, self._digest_key)
        return StackService(self._stack_records, self.engine, self._programs, inputs, fingerprints, self.clock)

    @cached_property
    def _stack_records(self) -> StackRecords:
        from cloud_core.adapters.local.result_journal import LocalResultJournal
        from cloud_core.services.stack_records import StackRecords

        journal = LocalResultJournal(self._backend.runs.with_name("journal"))
        return StackRecords(self.records.stacks, journal, self.clock)

    @cached_property
    def _sources(self) -> ValueSources:
        from cloud_core.adapters.aws.secrets import Boto3SecretSource
        from cloud_core.services.calculations import Calculations
        from cloud_core.services.run_cache import CachedAwsQueries, CachedSecretSource
        from cloud_core.services.value_lookup import ValueSources

        return ValueSources(
            aws=CachedAwsQueries(self.aws),
            secrets=CachedSecretSource(Boto3SecretSource(self._sessions)),
            calculations=Calculations(self._calculation_store, self.clock.now),
            variables={name: value for name, value in os.environ.items() if name.startswith("CLOUD_VAR_")},
        )

    @cached_property
    def _calculation_store(self) -> CalculationStore:
        from cloud_core.adapters.dynamodb.calculations import DynamoCalculationStore
        from cloud_core.adapters.dynamodb.table import PATIENCE_SECONDS, Table
        from cloud_core.adapters.dynamodb.tables import DEPLOYMENTS
        from cloud_core.adapters.dynamodb.value_cipher import ValueCipher

        name = self.settings.aws.table_prefix + DEPLOYMENTS.name
        table = Table(self.records_client, name, self.clock, PATIENCE_SECONDS)
        return DynamoCalculationStore(table, ValueCipher(self._digest_key))

    def _keeper(self, deployment_id: str, environment: EnvironmentName, operation_id: str) -> LeaseKeeper:
        from cloud_core.adapters.local.processes import LocalProcesses
        from cloud_core.services.lease import LeaseKeeper

        records, processes = self.records, LocalProcesses()
        return LeaseKeeper(
            records.leases, records.stacks, self.clock, processes, deployment_id, environment, operation_id
        )

    def _log_files(self, operation: Operation) -> tuple[Sink, ...]:
        from cloud_core.adapters.local.run_logs import run_log_sink

        sink = run_log_sink(self.workspace, operation)
        return (sink,) if sink else ()
