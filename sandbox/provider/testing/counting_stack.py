"""The lean stack with the automation API's own results: outputs of the program, counts of the engine's events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from pulumi import automation
from pulumi.automation.events import EngineEvent

from cloud_core.adapters.pulumi.outputs import capturing
from cloud_core.adapters.pulumi.workspace import EVENTS_SECONDS, LeanStack
from cloud_core.domain.values import SecretValue, Value, contains, reveal

Result = TypeVar("Result")


class CountingStack(LeanStack):
    """Of a work folder in which the stack was made and configured before."""

    def __init__(self, name: str, workspace: automation.LocalWorkspace) -> None:
        super().__init__(name, workspace)
        self._exports: dict[str, Value] | None = None

    def up(self, *arguments: Any, **options: Any) -> automation.UpResult:
        """`outputs` are those of the program that ran."""
        exports: dict[str, Value] = {}
        program: Any = options.pop("program", None) or self.workspace.program
        self._exports = exports
        try:
            return self._counting(super().up, *arguments, program=capturing(program, exports), **options)
        finally:
            self._exports = None

    def refresh(self, *arguments: Any, **options: Any) -> automation.RefreshResult:
        return self._counting(super().refresh, *arguments, **options)

    def destroy(self, *arguments: Any, **options: Any) -> automation.DestroyResult:
        return self._counting(super().destroy, *arguments, **options)

    def outputs(self) -> automation.OutputMap:
        """During `up` those of the program; asked by a test, those of the state."""
        return automation.Stack.outputs(self) if self._exports is None else _output_map(self._exports)

    def _counting(self, run: Callable[..., Result], *arguments: Any, **options: Any) -> Result:
        counts: dict[Any, int] = {}
        finished = threading.Event()
        on_event = options.pop("on_event", None)

        def read(event: EngineEvent) -> None:
            if event.summary_event is not None:
                counts.update(event.summary_event.resource_changes)
            if event.cancel_event is not None:
                finished.set()
            if on_event is not None:
                on_event(event)

        result: Any = run(*arguments, on_event=read, **options)
        finished.wait(EVENTS_SECONDS)
        result.summary.resource_changes = counts
        return cast(Result, result)


def _output_map(exports: Mapping[str, Value]) -> automation.OutputMap:
    """As the engine's state would tell them: it keeps no nulls."""
    return {
        name: automation.OutputValue(value=reveal(value), secret=contains(value, SecretValue))
        for name, value in exports.items()
        if value is not None
    }
