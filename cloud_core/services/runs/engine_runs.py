"""The engine runs of an operation's stacks. Before one that writes the state, what the last run left is repaired, and
a dead engine's lock goes; the others only look."""

from __future__ import annotations

from cloud_core.domain.records import StackRecord
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import EngineResult, Program, StackEngine, StackRun
from cloud_core.ports.processes import Processes
from cloud_core.services.runs.progress import StackProgress
from cloud_core.services.runs.repairs import StackRepairs
from cloud_core.services.runs.run import OperationRun


class EngineRuns:
    """Safe from many threads. `before` and `record` are the stack's record as the operation found it."""

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
        work, progress = self._mended(run, before, no_program, frozenset())
        return self._repairs.unlocking(run, before.stack_name, lambda: self.engine.destroy(work, progress))

    def refresh(self, run: OperationRun, before: StackRecord) -> EngineResult:
        """Raises as `up`; nobody is told of the resources, as none is touched."""
        work, _ = self._mended(run, before, no_program, frozenset())
        silent = self._silent(run, before.stack_name, before.resource_count)
        return self._repairs.unlocking(run, before.stack_name, lambda: self.engine.refresh(work, silent))

    def preview(
        self, run: OperationRun, stack: str, record: StackRecord | None, program: Program, redact: frozenset[str]
    ) -> EngineResult:
        """What `up` would do; without a record the stack is new."""
        work = _stack_run(run, stack, record, program, redact)
        return self.engine.preview(work, self._silent(run, stack, work.expected_resources))

    def foresee(self, run: OperationRun, before: StackRecord, program: Program, redact: frozenset[str]) -> EngineResult:
        """`preview` just before `up`, which counts the same resources: this counts towards nothing."""
        work = _stack_run(run, before.stack_name, before, program, redact)
        return self.engine.preview(work, self._silent(run, before.stack_name, expected=0))

    def preview_destroy(self, run: OperationRun, stack: str, record: StackRecord | None) -> EngineResult:
        """What `destroy` would do."""
        work = _stack_run(run, stack, record, no_program, frozenset())
        return self.engine.preview_destroy(work, self._silent(run, stack, work.expected_resources))

    def compare(self, run: OperationRun, record: StackRecord) -> EngineResult:
        """What `refresh` would find."""
        work = _stack_run(run, record.stack_name, record, no_program, frozenset())
        return self.engine.compare(work, self._silent(run, record.stack_name, work.expected_resources))

    def _silent(self, run: OperationRun, stack: str, expected: int) -> StackProgress:
        """Tells how far the engine is, and of no resource: none is touched."""
        return StackProgress(run.events, stack, self._clock, expected, changes_aws=False)

    def _mended(
        self, run: OperationRun, before: StackRecord, program: Program, redact: frozenset[str]
    ) -> tuple[StackRun, StackProgress]:
        work = _stack_run(run, before.stack_name, before, program, redact)
        progress = StackProgress(run.events, before.stack_name, self._clock, before.resource_count)
        if before.status.may_be_interrupted:
            self._repairs.mend(run, work, progress)
        return work, progress


def no_program() -> None:
    """What an engine run gets that needs no program: all but `up` and `preview`."""


def _stack_run(
    run: OperationRun, stack: str, record: StackRecord | None, program: Program, redact: frozenset[str]
) -> StackRun:
    return StackRun(
        target=run.target(stack),
        operation_id=run.operation.operation_id,
        program=program,
        on_processes=run.engine_watch(stack),
        stop=run.stop,
        redact=redact,
        expected_resources=record.resource_count if record else 0,
        refresh=record is not None and record.drift is not None,
    )
