"""Looking ahead: what a deploy or a destroy would do to one stack, asked of the engine. Nothing is written.

Outputs that are not there yet, or would change, travel on to the next stacks as unknown; the others as they are.
"""

from __future__ import annotations

from cloud_core.domain.records import StackResult
from cloud_core.domain.statuses import Action
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import StackPrograms
from cloud_core.services.runs.engine_runs import EngineRuns
from cloud_core.services.runs.run import OperationRun
from cloud_core.services.stacks.checks import Checked, StackChecks
from cloud_core.services.stacks.fingerprints import Fingerprints
from cloud_core.services.stacks.inputs import StackInputResolver
from cloud_core.services.stacks.loading import load
from cloud_core.services.stacks.records import StackRecords
from cloud_core.services.stacks.unchanged import UnchangedStacks


class StackPreviews:
    """Safe from many threads."""

    def __init__(
        self,
        records: StackRecords,
        runs: EngineRuns,
        programs: StackPrograms,
        inputs: StackInputResolver,
        fingerprints: Fingerprints,
        clock: Clock,
    ) -> None:
        self._records = records
        self._runs = runs
        self._programs = programs
        self._inputs = inputs
        self._unchanged = UnchangedStacks(fingerprints)
        self._checks = StackChecks(clock)

    def preview(self, run: OperationRun, stack: str, layer: int) -> StackResult:
        """What the operation's goal would do to the stack; one that a deploy would skip is skipped here too."""
        if run.operation.goal is Action.DESTROY:
            return self._checks.carry_out(run, stack, layer, self._destroy)
        unchanged = self._unchanged.skip(run, lambda: self._records.find(run, stack))
        return unchanged or self._checks.carry_out(run, stack, layer, self._deploy)

    def _deploy(self, run: OperationRun, stack: str) -> Checked:
        record = self._records.find(run, stack)
        resolved = self._inputs.resolve(run, stack)
        program = load(self._programs, run, stack, resolved)
        result = self._runs.preview(run, stack, record, program, resolved.redact)
        reasons = self._unchanged.reasons_to_deploy(run, record)
        return Checked(result, {"waits_for": list(resolved.waits_for), "reasons": reasons})

    def _destroy(self, run: OperationRun, stack: str) -> Checked:
        result = self._runs.preview_destroy(run, stack, self._records.find(run, stack))
        return Checked(result, {"protected": self._runs.engine.protected(run.target(stack))})
