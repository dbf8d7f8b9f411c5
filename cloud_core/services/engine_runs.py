"""The engine runs of an operation's stacks: what the last run left is repaired first, a dead engine's lock goes."""

from __future__ import annotations

from cloud_core.domain.records import StackRecord
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import EngineResult, Program, StackEngine, StackRun
from cloud_core.ports.processes import Processes
from cloud_core.services.operation_run import OperationRun
from cloud_core.services.progress import StackProgress
from cloud_core.services.repairs import StackRepairs


class EngineRuns:
    """Safe from many threads. `before` is the stack's record as the operation found it."""

    def __init__(self, engine: StackEngine, processes: Processes, clock: Clock) -> None:
        self.engine = engine
        self._repairs = StackRepairs(engine, processes)
        self._clock = clock

    def up(
        self, run: OperationRun, before: StackRecord, program: Program, redact: frozenset[str] = frozenset()
    ) -> EngineResult:
        """Raises as the engine does, and PendingOperations when what was left can't be repaired."""
        work, progress = self._mended(run, before, program, redact)
        return self._repairs.unlocking(run, before.stack_name, lambda: self.engine.up(work, progress))

    def destroy(self, run: OperationRun, before: StackRecord) -> EngineResult:
        """Raises as `up`."""
        work, progress = self._mended(run, before, _no_program, frozenset())
        return self._repairs.unlocking(run, before.stack_name, lambda: self.engine.destroy(work, progress))

    def refresh(self, run: OperationRun, before: StackRecord) -> EngineResult:
        """Raises as `up`; nobody is told of the resources, as none is touched."""
        work, _ = self._mended(run, before, _no_program, frozenset())
        silent = StackProgress(run.events, before.stack_name, self._clock, before.resource_count, changes_aws=False)
        return self._repairs.unlocking(run, before.stack_name, lambda: self.engine.refresh(work, silent))

    def preview(self, run: OperationRun, before: StackRecord, program: Program, redact: frozenset[str]) -> EngineResult:
        """What `up` would do; nobody is told of the resources."""
        silent = StackProgress(run.events, before.stack_name, self._clock, changes_aws=False)
        return self.engine.preview(_stack_run(run, before, program, redact), silent)

    def _mended(
        self, run: OperationRun, before: StackRecord, program: Program, redact: frozenset[str]
    ) -> tuple[StackRun, StackProgress]:
        work = _stack_run(run, before, program, redact)
        progress = StackProgress(run.events, before.stack_name, self._clock, before.resource_count)
        if before.status.may_be_interrupted:
            self._repairs.mend(run, work, progress)
        return work, progress


def _stack_run(run: OperationRun, before: StackRecord, program: Program, redact: frozenset[str]) -> StackRun:
    return StackRun(
        target=run.target(before.stack_name),
        operation_id=run.operation.operation_id,
        program=program,
        on_processes=run.engine_watch(before.stack_name),
        stop=run.stop,
        redact=redact,
        expected_resources=before.resource_count,
        refresh=before.drift is not None,
    )


def _no_program() -> None:
    """Neither destroying nor repairing needs a program."""
