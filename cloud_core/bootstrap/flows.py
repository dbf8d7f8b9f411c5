"""The services of a flow process."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from cloud_core.bootstrap.shared import Services
from cloud_core.settings.tree import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_core.domain.records import Action, Operation
    from cloud_core.ports.engine import StackPrograms
    from cloud_core.ports.values import CalculationStore
    from cloud_core.services.event_writer import Sink
    from cloud_core.services.executions import ExecutionService
    from cloud_core.services.fingerprints import Fingerprints
    from cloud_core.services.holds import Hold
    from cloud_core.services.operation_run import StackWork
    from cloud_core.services.stack_inputs import StackInputResolver
    from cloud_core.services.stack_previews import StackPreviews
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

        return ExecutionService(self.records, self.stacks, self._plans, self._hold, self.clock, self._log_files)

    @cached_property
    def work(self) -> Mapping[Action, StackWork]:
        """What each action does to a stack."""
        from cloud_core.domain.records import Action

        return {
            Action.DEPLOY: self.stacks.deploy,
            Action.DESTROY: self.stacks.destroy,
            Action.PREVIEW: self._previews.preview,
        }

    @cached_property
    def stacks(self) -> StackService:
        """Deploys and destroys single stacks."""
        from cloud_core.services.stacks import StackService

        return StackService(
            self._stack_records, self.engine, self._programs, self._inputs, self._fingerprints, self.clock
        )

    @cached_property
    def _previews(self) -> StackPreviews:
        from cloud_core.services.stack_previews import StackPreviews

        return StackPreviews(
            self._stack_records, self.engine, self._programs, self._inputs, self._fingerprints, self.clock
        )

    @cached_property
    def _inputs(self) -> StackInputResolver:
        from cloud_core.services.stack_inputs import StackInputResolver

        prefixes = self.settings.values.prefixes(sandbox=self.addresses is not None)
        return StackInputResolver(self.records.stacks, lambda: self.engine, self._sources, prefixes, self._digest_key)

    @cached_property
    def _fingerprints(self) -> Fingerprints:
        from cloud_core.services.fingerprints import Fingerprints

        return Fingerprints(self._programs, self._inputs, self._digest_key)

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

    def _hold(self, operation: Operation) -> Hold:
        from cloud_core.adapters.local.processes import LocalProcesses
        from cloud_core.services.holds import ReadingPass
        from cloud_core.services.lease import LeaseKeeper

        if operation.type.only_reads:
            return ReadingPass(LocalProcesses(), operation.operation_id)
        return LeaseKeeper(
            self.records.leases,
            self.records.stacks,
            self.clock,
            LocalProcesses(),
            operation.deployment_id,
            operation.environment,
            operation.operation_id,
        )

    def _log_files(self, operation: Operation) -> tuple[Sink, ...]:
        from cloud_core.adapters.local.run_logs import run_log_sink

        sink = run_log_sink(self.workspace, operation)
        return (sink,) if sink else ()
