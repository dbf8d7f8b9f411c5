"""One stack of an operation: resolve its inputs, run the engine, record what is true afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from cloud_core.domain.errors import CloudError, EngineCancelled, StackFailed
from cloud_core.domain.events import EventName
from cloud_core.domain.records import StackRecord, StackResult, StackStatus
from cloud_core.domain.schedule import CANCELLED
from cloud_core.domain.values import mask
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import EngineResult, Program, StackEngine, StackPrograms, StackRun
from cloud_core.ports.records import StackRepository
from cloud_core.services.fingerprints import Fingerprints
from cloud_core.services.operation_run import OperationRun
from cloud_core.services.progress import StackProgress
from cloud_core.services.stack_inputs import StackInputResolver
from cloud_core.services.stack_records import Applied, StackRecords
from cloud_core.services.unchanged import UnchangedStacks

_logger = logging.getLogger(__name__)
_UNCLEAR: Final = frozenset({StackStatus.FAILED, StackStatus.DEPLOYING, StackStatus.DESTROYING})


class StackService:
    """Deploys and destroys single stacks inside an operation; safe from many threads.

    What goes wrong with a stack is a truthful result, not an exception.
    """

    def __init__(
        self,
        stacks: StackRepository,
        engine: StackEngine,
        programs: StackPrograms,
        inputs: StackInputResolver,
        fingerprints: Fingerprints,
        clock: Clock,
    ) -> None:
        self._records = StackRecords(stacks, clock)
        self._unchanged = UnchangedStacks(self._records, fingerprints)
        self._engine = engine
        self._programs = programs
        self._inputs = inputs
        self._fingerprints = fingerprints
        self._clock = clock

    def deploy(self, run: OperationRun, stack: str, layer: int) -> StackResult:
        """Bring the stack to what the manifest says, unless it is there already.

        `layer` is the plan's, told to those who watch.
        """
        unchanged = self._unchanged.skip(run, stack)
        return unchanged or self._carry_out(run, stack, layer, StackStatus.DEPLOYING, self._deploy)

    def destroy(self, run: OperationRun, stack: str, layer: int) -> StackResult:
        """Delete the stack's resources and its state; the record says `destroyed` only once the engine does."""
        return self._carry_out(run, stack, layer, StackStatus.DESTROYING, self._destroy)

    def pass_over(self, run: OperationRun, result: StackResult) -> StackResult:
        """Tell of a stack that does not run (skipped or cancelled); its stored status stays as it was."""
        run.remember(result)
        run.events.emit(EventName.STACK_SKIPPED, result.stack_name, status=result.status.value, cause=result.cause)
        return result

    def _carry_out(
        self,
        run: OperationRun,
        stack: str,
        layer: int,
        status: StackStatus,
        work: Callable[[OperationRun, StackRecord], Applied],
    ) -> StackResult:
        began = self._clock.monotonic()
        try:
            before = self._records.enter(run, stack, status)
            self._tell_begin(run, stack, layer, status)
            applied = work(run, before)
            return self._succeeded(run, stack, status, applied, self._clock.monotonic() - began)
        except Exception as error:  # noqa: BLE001 - the outermost frame of a task: no stack may end without a result
            return self._failed(run, stack, error, self._clock.monotonic() - began)

    @staticmethod
    def _tell_begin(run: OperationRun, stack: str, layer: int, status: StackStatus) -> None:
        run.events.emit(
            EventName.STACK_DEPLOYING,
            stack,
            status=status.value,
            layer=layer,
            dependencies=sorted(run.graph.dependencies(stack)),
        )

    def _deploy(self, run: OperationRun, before: StackRecord) -> Applied:
        stack = before.stack_name
        resolved = self._inputs.resolve(run, stack)
        # Before the engine runs: a program that is edited meanwhile was not deployed, and must not seem so.
        fingerprint = self._fingerprints.taken(run, stack, resolved.looked_up)
        program = self._programs.load(stack, resolved.values, run.target(stack))
        result = self._engine.up(
            self._engine_run(run, before, program, resolved.redact),
            StackProgress(run.events, stack, self._clock, before.resource_count),
        )
        self._require_outputs(run, stack, result)
        return Applied(result, resolved.consumed, fingerprint, self._fingerprints.outputs(result.outputs))

    def _destroy(self, run: OperationRun, before: StackRecord) -> Applied:
        progress = StackProgress(run.events, before.stack_name, self._clock, before.resource_count)
        return Applied(self._engine.destroy(self._engine_run(run, before, _no_program, frozenset()), progress))

    def _engine_run(self, run: OperationRun, before: StackRecord, program: Program, redact: frozenset[str]) -> StackRun:
        return StackRun(
            target=run.target(before.stack_name),
            operation_id=run.operation.operation_id,
            program=program,
            on_processes=run.engine_watch(before.stack_name),
            stop=run.stop,
            redact=redact,
            interrupted=before.status in _UNCLEAR,
            expected_resources=before.resource_count,
        )

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

    def _succeeded(
        self, run: OperationRun, stack: str, begun: StackStatus, applied: Applied, seconds: float
    ) -> StackResult:
        status = StackStatus.DEPLOYED if begun is StackStatus.DEPLOYING else StackStatus.DESTROYED
        engine = applied.engine
        self._records.succeed(run, stack, status, applied, seconds)
        result = StackResult(
            stack_name=stack, status=status, duration_seconds=round(seconds, 3), changes=engine.changes
        )
        run.remember(result, engine.outputs)
        run.events.emit(
            EventName.STACK_DEPLOYED,
            stack,
            status=status.value,
            duration_seconds=round(seconds, 3),
            engine_seconds=round(engine.engine_seconds, 3),
            resource_count=len(engine.resources),
            changes=engine.changes,
            outputs=mask(engine.outputs),
        )
        return result

    def _failed(self, run: OperationRun, stack: str, error: Exception, seconds: float) -> StackResult:
        known = error if isinstance(error, CloudError) else None
        if known is None:
            _logger.exception("stack %s failed with an unexpected error", stack)
        message = known.message if known else f"stack {stack!r} failed: unexpected {type(error).__name__}"
        stopped = isinstance(error, EngineCancelled)
        result = StackResult(
            stack_name=stack,
            status=StackStatus.CANCELLED if stopped else StackStatus.FAILED,
            cause=CANCELLED if stopped else None,
            duration_seconds=round(seconds, 3),
            error_code=known.code if known else CloudError.code,
            error=message,
            resource=known.context.get("resource") if known else None,
        )
        self._records.fail(run, stack, message, seconds)
        run.remember(result)
        run.events.emit(
            EventName.STACK_FAILED,
            stack,
            status=result.status.value,
            error_message=message,
            error={"code": result.error_code, "resource": result.resource},
            suggestion=known.suggestion if known else None,
        )
        return result


def _no_program() -> None:
    """Destroying needs no program."""
