"""The services of a flow process."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cloud_core.bootstrap.shared import Services
from cloud_core.settings.tree import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_core.domain.records import Operation
    from cloud_core.domain.statuses import Action
    from cloud_core.ports.engine import ProgramFiles, StackPrograms
    from cloud_core.services.operations.automatic_rollbacks import AutomaticRollbacks
    from cloud_core.services.operations.executions import ExecutionService
    from cloud_core.services.operations.scheduled_runs import ScheduledRuns
    from cloud_core.services.records.event_writer import Sink
    from cloud_core.services.runs.engine_runs import EngineRuns
    from cloud_core.services.runs.holds import Hold
    from cloud_core.services.runs.run import StackWork
    from cloud_core.services.stacks.fingerprints import Fingerprints
    from cloud_core.services.stacks.inputs import StackInputResolver
    from cloud_core.services.stacks.previews import StackPreviews
    from cloud_core.services.stacks.records import StackRecords
    from cloud_core.services.stacks.refreshes import StackRefreshes
    from cloud_core.services.stacks.service import StackService


class FlowServices(Services):
    """What a flow process uses besides: the stack programs, the engine, the lease."""

    def __init__(self, settings: Settings, programs: StackPrograms) -> None:
        super().__init__(settings)
        self._programs = programs

    @cached_property
    def executions(self) -> ExecutionService:
        """Begins and ends operations."""
        from cloud_core.services.operations.executions import ExecutionService

        return ExecutionService(self.records, self.stacks, self._plans, self._hold, self.clock, self._log_files)

    @cached_property
    def automatic_rollbacks(self) -> AutomaticRollbacks:
        """Takes deploys back that failed and were to be."""
        from cloud_core.services.operations.automatic_rollbacks import AutomaticRollbacks

        return AutomaticRollbacks(self.records, self._plans, self.operations, self.engine, self.gate)

    @cached_property
    def scheduled_runs(self) -> ScheduledRuns:
        """Gives runs that began in the flow service their operation."""
        from cloud_core.services.operations.scheduled_runs import ScheduledRuns

        return ScheduledRuns(self.records, self.operations, lambda: self._schedules, self.clock)

    @cached_property
    def work(self) -> Mapping[Action, StackWork]:
        """What each action does to a stack."""
        from cloud_core.domain.statuses import Action

        return {
            Action.DEPLOY: self.stacks.deploy,
            Action.DESTROY: self.stacks.destroy,
            Action.ROLLBACK: self.stacks.put_back,
            Action.PREVIEW: self._previews.preview,
            Action.REFRESH: self._refreshes.refresh,
            Action.DRIFT: self._refreshes.drift,
        }

    @cached_property
    def stacks(self) -> StackService:
        """Deploys and destroys single stacks."""
        from cloud_core.services.looking.plans import PlannedSteps
        from cloud_core.services.stacks.service import StackService

        return StackService(
            self._stack_records,
            self._runs,
            self._programs,
            self._inputs,
            self._fingerprints,
            PlannedSteps(self.plans),
            self.clock,
        )

    @cached_property
    def _runs(self) -> EngineRuns:
        from cloud_core.adapters.local.processes import LocalProcesses
        from cloud_core.services.runs.engine_runs import EngineRuns

        return EngineRuns(self.engine, LocalProcesses(), self.clock)

    @cached_property
    def _previews(self) -> StackPreviews:
        from cloud_core.services.stacks.previews import StackPreviews

        return StackPreviews(
            self._stack_records, self._runs, self._programs, self._inputs, self._fingerprints, self.clock
        )

    @cached_property
    def _refreshes(self) -> StackRefreshes:
        from cloud_core.services.stacks.refreshes import StackRefreshes

        return StackRefreshes(self._stack_records, self._runs, self._fingerprints, self.clock)

    @cached_property
    def _inputs(self) -> StackInputResolver:
        from cloud_core.services.stacks.inputs import StackInputResolver

        prefixes = self.settings.values.prefixes(sandbox=self.addresses is not None)
        return StackInputResolver(self.records.stacks, lambda: self.engine, self._sources, prefixes, self._digest_key)

    @cached_property
    def _fingerprints(self) -> Fingerprints:
        from cloud_core.services.stacks.fingerprints import Fingerprints

        return Fingerprints(self._programs, self._inputs, self._digest_key)

    @cached_property
    def _stack_records(self) -> StackRecords:
        from cloud_core.adapters.local.result_journal import LocalResultJournal
        from cloud_core.services.stacks.records import StackRecords

        journal = LocalResultJournal(self._backend.runs.with_name("journal"))
        return StackRecords(self.records.stacks, journal, self.clock)

    @property
    def _program_files(self) -> ProgramFiles:
        return self._programs

    def _hold(self, operation: Operation) -> Hold:
        from cloud_core.adapters.local.processes import LocalProcesses
        from cloud_core.services.runs.holds import ReadingPass

        self.gate.admit(operation)
        if operation.type.only_reads:
            return ReadingPass(LocalProcesses(), operation.operation_id)
        return self.lease(operation.deployment_id, operation.environment, operation.operation_id)

    def _log_files(self, operation: Operation) -> tuple[Sink, ...]:
        from cloud_core.adapters.local.run_logs import run_log_sink

        sink = run_log_sink(self.workspace, operation)
        return (sink,) if sink else ()
