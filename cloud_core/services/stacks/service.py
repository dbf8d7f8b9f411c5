"""One stack of an operation: resolve its inputs, run the engine, record what is true afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from cloud_core.domain.approvals import require_approved_program
from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError, PlanDeparted, StackFailed
from cloud_core.domain.events import EventName
from cloud_core.domain.protection import protected_resources
from cloud_core.domain.records import StackRecord, StackResult
from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.domain.steps import departures
from cloud_core.domain.values import mask
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import EngineResult, StackPrograms
from cloud_core.services.looking.plans import PlannedSteps
from cloud_core.services.runs.attempts import Attempts
from cloud_core.services.runs.engine_runs import EngineRuns
from cloud_core.services.runs.run import OperationRun
from cloud_core.services.stacks import changes as stack_changes
from cloud_core.services.stacks.changes import Applied, Change
from cloud_core.services.stacks.failures import failure, tell_failure
from cloud_core.services.stacks.fingerprints import Fingerprints
from cloud_core.services.stacks.inputs import StackInputResolver
from cloud_core.services.stacks.loading import load
from cloud_core.services.stacks.records import StackRecords
from cloud_core.services.stacks.unchanged import UnchangedStacks

_logger = logging.getLogger(__name__)


class StackService:
    """Deploys and destroys single stacks inside an operation; safe from many threads.

    What goes wrong with a stack is a truthful result, not an exception.
    """

    def __init__(
        self,
        records: StackRecords,
        runs: EngineRuns,
        programs: StackPrograms,
        inputs: StackInputResolver,
        fingerprints: Fingerprints,
        planned: PlannedSteps,
        clock: Clock,
    ) -> None:
        self.records = records
        self._attempts = Attempts(clock)
        self._unchanged = UnchangedStacks(fingerprints)
        self._fingerprints = fingerprints
        self._planned = planned
        self._runs = runs
        self._programs = programs
        self._inputs = inputs
        self._clock = clock

    def deploy(self, run: OperationRun, stack: str, layer: int) -> StackResult:
        """Bring the stack to what the manifest says, unless it is there already.

        `layer` is the plan's, told to those who watch.
        """
        unchanged = self._unchanged.skip(run, lambda: self.records.find(run, stack))
        return unchanged or self._carry_out(run, stack, layer, StackStatus.DEPLOYING, self._deploy)

    def destroy(self, run: OperationRun, stack: str, layer: int) -> StackResult:
        """Delete the stack's resources and its state; the record says `destroyed` only once the engine does."""
        return self._carry_out(run, stack, layer, StackStatus.DESTROYING, self._destroy)

    def put_back(self, run: OperationRun, stack: str, layer: int) -> StackResult:
        """A rollback's part: make the stack what the manifest said before, or delete one that was not there."""
        work = self.destroy if stack in run.operation.destroys else self.deploy
        return work(run, stack, layer)

    def pass_over(self, run: OperationRun, result: StackResult) -> StackResult:
        """Tell of a stack that does not run (skipped or cancelled); its stored status stays as it was."""
        run.remember(result)
        run.events.emit(EventName.STACK_SKIPPED, result.stack_name, status=result.status.value, cause=result.cause)
        return result

    def require_destroyable(self, run: OperationRun) -> None:
        """ProtectedResources when any stack of a destroy holds such: before the first one is touched."""
        if run.operation.type is not Action.DESTROY:
            return
        with ThreadPoolExecutor(run.operation.parallel, "protection") as threads:
            found = threads.map(lambda stack: self._runs.engine.protected(run.target(stack)), run.graph.names)
            held = {stack: urns for stack, urns in zip(run.graph.names, found, strict=True) if urns}
        if held:
            raise protected_resources(held)

    def _carry_out(
        self,
        run: OperationRun,
        stack: str,
        layer: int,
        status: StackStatus,
        work: Callable[[OperationRun, StackRecord], Applied],
    ) -> StackResult:
        began = self._clock.monotonic()
        entered: StackRecord | None = None
        try:
            before = self.records.read(run, stack)
            self._require_planned(run, before)
            entered = self._enter(run, stack, layer, status)
            # A comparison may have marked it until it was entered.
            before = before.model_copy(update={"drift": entered.drift})
            applied = self._attempts.make(run, stack, lambda: work(run, before))
            return self._succeeded(run, entered, applied, self._clock.monotonic() - began)
        except Exception as error:  # noqa: BLE001 - the outermost frame of a task: no stack may end without a result
            return self._failed(run, stack, entered, error, self._clock.monotonic() - began)

    def _enter(self, run: OperationRun, stack: str, layer: int, status: StackStatus) -> StackRecord:
        """Mark the stack as being changed; returns the record as it is then."""
        entered = self.records.save(run, stack, stack_changes.begun(run, stack, status, self._now()))
        run.events.emit(
            EventName.STACK_DEPLOYING,
            stack,
            status=status.value,
            layer=layer,
            dependencies=sorted(run.graph.dependencies(stack)),
        )
        return entered

    def _deploy(self, run: OperationRun, before: StackRecord) -> Applied:
        stack = before.stack_name
        resolved = self._inputs.resolve(run, stack)
        # Before the engine runs: a program that is edited meanwhile was not deployed, and must not seem so.
        fingerprint = self._fingerprints.taken(run, stack, resolved.looked_up)
        require_approved_program(run.operation, stack, fingerprint["program"])
        program = load(self._programs, run, stack, resolved)
        result = self._runs.up(run, before, program, resolved.redact)
        self._require_outputs(run, stack, result)
        return Applied(result, resolved.consumed, fingerprint, self._fingerprints.outputs(result.outputs))

    def _require_planned(self, run: OperationRun, before: StackRecord) -> None:
        """PlanDeparted when the stack's turn has come and the engine would do something else than was agreed to."""
        stack = before.stack_name
        planned = self._planned.of(run.operation, stack)
        if planned is None:
            return
        resolved = self._inputs.resolve(run, stack)
        program = load(self._programs, run, stack, resolved)
        looked = self._runs.foresee(run, before, program, resolved.redact)
        if found := departures(planned, looked.steps):
            raise PlanDeparted(
                f"stack {stack!r} was not deployed, since it departs from the plan: {'; '.join(found)}",
                stack=stack,
                resource=None,
                diagnostics=[],
                departures=found,
                suggestion="make a new plan, and look at what changed",
            )

    def _destroy(self, run: OperationRun, before: StackRecord) -> Applied:
        return Applied(self._runs.destroy(run, before))

    @staticmethod
    def _require_outputs(run: OperationRun, stack: str, result: EngineResult) -> None:
        """A stack that does not give what its template promises would only fail its readers later."""
        template = run.templates.get(stack)
        promised = template.outputs if template else {}
        missing = [
            name for name, output in promised.items() if not output.optional and result.outputs.get(name) is None
        ]
        if missing:
            raise StackFailed(
                f"stack {stack!r} was applied but lacks outputs that its template declares: {', '.join(missing)}",
                stack=stack,
                resource=None,
                diagnostics=[],
                suggestion=f"export them in the program of {stack!r}, or mark them optional in its template",
            )

    def _succeeded(self, run: OperationRun, entered: StackRecord, applied: Applied, seconds: float) -> StackResult:
        stack, engine = entered.stack_name, applied.engine
        deployed = entered.status is StackStatus.DEPLOYING
        status = StackStatus.DEPLOYED if deployed else StackStatus.DESTROYED
        result = StackResult(
            stack_name=stack,
            status=status,
            duration_seconds=round(seconds, 3),
            changes=engine.changes,
            repairs=run.repairs.get(stack, []),
        )

        def tell() -> None:
            run.events.emit(
                EventName.STACK_DEPLOYED,
                stack,
                status=status.value,
                duration_seconds=result.duration_seconds,
                engine_seconds=round(engine.engine_seconds, 3),
                resource_count=len(engine.resources),
                changes=engine.changes,
                outputs=mask(engine.outputs),
            )

        self.records.conclude(run, entered, stack_changes.succeeded(applied, status, self._now(), seconds), tell)
        run.remember(result, engine.outputs)
        return result

    def _failed(
        self, run: OperationRun, stack: str, entered: StackRecord | None, error: Exception, seconds: float
    ) -> StackResult:
        result = failure(stack, error, seconds).model_copy(update={"repairs": run.repairs.get(stack, [])})
        change = stack_changes.failed(result.error or "", self._now(), seconds)
        self._record_failure(run, entered, change, lambda: tell_failure(run, result, error))
        run.remember(result)
        return result

    def _record_failure(
        self, run: OperationRun, entered: StackRecord | None, change: Change, tell: Callable[[], None]
    ) -> None:
        """Resources may have been changed half-way, so the record says failed; a stack that was never entered is
        what it was. What can't even be kept on disk is told all the same: the next owner finds the stack unfinished."""
        if entered is None:
            tell()
            return
        try:
            self.records.conclude(run, entered, change, tell)
        except CloudError as error:
            _logger.error("the failure of stack %s could not be recorded: %s", entered.stack_name, error)
            tell()

    def _now(self) -> str:
        return timestamp(self._clock.now())
