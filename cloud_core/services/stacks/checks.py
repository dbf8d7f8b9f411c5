"""The frame around work on a stack that changes nothing in AWS: when it began, how it ended, what it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud_core.domain.events import EventName
from cloud_core.domain.records import StackResult
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import EngineResult
from cloud_core.services.runs.run import OperationRun
from cloud_core.services.stacks.failures import failure, tell_failure


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
