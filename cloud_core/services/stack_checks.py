"""The frame around work on a stack that changes nothing in AWS: when it began, how it ended, what it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud_core.domain.events import EventName
from cloud_core.domain.records import StackRecord, StackResult
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import EngineResult, Program, StackRun
from cloud_core.services.operation_run import OperationRun
from cloud_core.services.progress import StackProgress
from cloud_core.services.stack_failures import failure, tell_failure


@dataclass(frozen=True)
class Checked:
    """What was found; `told` goes out with the event, beside the steps and the counts. `conclude` writes what has to
    be written, then calls what tells of it."""

    engine: EngineResult
    told: Mapping[str, Any] = field(default_factory=dict)
    conclude: Callable[[Callable[[], None]], None] = lambda tell: tell()


class StackChecks:
    """Safe from many threads. What goes wrong is a truthful result, not an exception."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def carry_out(
        self, run: OperationRun, stack: str, layer: int, check: Callable[[OperationRun, str], Checked]
    ) -> StackResult:
        """Run the check between its two events; its outputs are kept for the stacks that read them."""
        began = self._clock.monotonic()
        run.events.emit(
            EventName.STACK_CHECKING,
            stack,
            status=run.operation.type.running.value,
            operation_type=run.operation.type.value,
            layer=layer,
            dependencies=sorted(run.graph.dependencies(stack)),
        )
        try:
            checked = check(run, stack)
            return self._succeeded(run, stack, checked, self._clock.monotonic() - began)
        except Exception as error:  # noqa: BLE001 - the outermost frame of a task: no stack may end without a result
            return self._failed(run, stack, error, self._clock.monotonic() - began)

    def progress(self, run: OperationRun, stack: str, expected: int) -> StackProgress:
        """Tells how far the engine is, and of no resource: none is touched."""
        return StackProgress(run.events, stack, self._clock, expected, changes_aws=False)

    @staticmethod
    def engine_run(
        run: OperationRun,
        stack: str,
        record: StackRecord | None,
        program: Program | None = None,
        redact: frozenset[str] = frozenset(),
    ) -> StackRun:
        """The stack's engine run in this operation; `record` is the stack's as it is found, None for a new one."""
        return StackRun(
            target=run.target(stack),
            operation_id=run.operation.operation_id,
            program=program or _no_program,
            on_processes=run.engine_watch(stack),
            stop=run.stop,
            redact=redact,
            expected_resources=record.resource_count if record else 0,
            refresh=record is not None and record.drift is not None,
        )

    @staticmethod
    def _succeeded(run: OperationRun, stack: str, checked: Checked, seconds: float) -> StackResult:
        engine, action = checked.engine, run.operation.type
        result = StackResult(
            stack_name=stack, status=action.done, duration_seconds=round(seconds, 3), changes=engine.changes
        )

        def tell() -> None:
            run.events.emit(
                EventName.STACK_CHECKED,
                stack,
                status=result.status.value,
                operation_type=action.value,
                duration_seconds=result.duration_seconds,
                engine_seconds=round(engine.engine_seconds, 3),
                changes=engine.changes,
                steps=[step.to_data() for step in engine.steps],
                **checked.told,
            )

        checked.conclude(tell)
        run.remember(result, engine.outputs)
        return result

    @staticmethod
    def _failed(run: OperationRun, stack: str, error: Exception, seconds: float) -> StackResult:
        result = failure(stack, error, seconds)
        tell_failure(run, result, error)
        run.remember(result)
        return result


def _no_program() -> None:
    """Neither destroying nor comparing needs a program."""
