"""Which stack may start next: the pure half of a flow.

A stack starts as soon as its own dependencies are done; layers are no barriers. A hard dependency that did not
succeed makes the stack skipped, with the failed stack as its cause; a soft one only orders. Asked to stop, the
schedule starts nothing new and cancels what has not begun.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cloud_core.domain.graph import StackGraph
from cloud_core.domain.records import StackResult
from cloud_core.domain.states import is_up
from cloud_core.domain.statuses import Action, StackStatus

CANCELLED: Final = "cancelled"
_FAILED: Final = "dependency_failed:"
_DONE: Final = frozenset(action.done for action in Action)


def dependency_failed(stack: str) -> str:
    """The cause of a skip, naming the stack that failed."""
    return f"{_FAILED}{stack}"


def cause_words(cause: str | None) -> str:
    """Why a stack did not run, for people."""
    if cause is None:
        return ""
    if cause == CANCELLED:
        return "never started"
    failed = cause.removeprefix(_FAILED)
    return cause if failed == cause else f"{failed} failed"


def satisfies(result: StackResult) -> bool:
    """Whether dependents may start after this result."""
    return is_up(result) or result.status in _DONE


@dataclass(frozen=True)
class Step:
    """A stack whose turn it is. `verdict` is None when it is to be run, else the result it has without running."""

    stack: str
    dependencies: tuple[str, ...]
    verdict: StackResult | None


class Schedule:
    """A ready-queue over the graph; not thread-safe: one thread asks and reports."""

    def __init__(self, graph: StackGraph, parallel: int, fail_fast: bool = False) -> None:
        self._graph = graph
        self._parallel = parallel
        self._fail_fast = fail_fast
        self._order = {name: place for place, name in enumerate(graph.order)}
        self._missing = {name: len(graph.dependencies(name)) for name in graph.names}
        self._ready = [name for name in graph.order if not self._missing[name]]
        self._running: set[str] = set()
        self._results: dict[str, StackResult] = {}
        self._stopped = False

    @property
    def is_active(self) -> bool:
        """Whether some stack has no result yet."""
        return len(self._results) < len(self._missing)

    @property
    def results(self) -> dict[str, StackResult]:
        """Results so far, by stack, in the order of finishing."""
        return dict(self._results)

    def stop(self) -> None:
        """Start nothing more: every stack that has not begun will be cancelled."""
        self._stopped = True

    def next(self) -> list[Step]:
        """Stacks whose turn it is now, highest priority first; what is returned counts as begun."""
        steps: list[Step] = []
        waiting: list[str] = []
        for name in self._ready:
            verdict = self._verdict(name)
            if verdict is None and len(self._running) >= self._parallel:
                waiting.append(name)
                continue
            self._running.add(name)
            steps.append(Step(name, tuple(sorted(self._graph.dependencies(name))), verdict))
        self._ready = waiting
        return steps

    def finish(self, result: StackResult) -> None:
        """Take a result; stacks that waited for it only become ready."""
        self._running.discard(result.stack_name)
        self._results[result.stack_name] = result
        if self._fail_fast and result.status is StackStatus.FAILED:
            self._stopped = True
        for dependent in self._graph.dependents(result.stack_name):
            self._missing[dependent] -= 1
            if not self._missing[dependent]:
                self._ready.append(dependent)
        self._ready.sort(key=self._order.__getitem__)

    def _verdict(self, name: str) -> StackResult | None:
        """The result that the stack has without running; None when it must run."""
        for dependency in sorted(self._graph.hard[name], key=self._order.__getitem__):
            result = self._results[dependency]
            if not satisfies(result):
                return self._blocked(name, result)
        if self._stopped:
            return StackResult(stack_name=name, status=StackStatus.CANCELLED, cause=CANCELLED)
        return None

    @staticmethod
    def _blocked(name: str, result: StackResult) -> StackResult:
        if result.status is StackStatus.FAILED:
            cause = dependency_failed(result.stack_name)
        else:
            cause = result.cause or CANCELLED
        status = StackStatus.CANCELLED if cause == CANCELLED else StackStatus.SKIPPED
        return StackResult(stack_name=name, status=status, cause=cause)
