"""Drives one flow run: submits each stack's task when its turn has come, and waits for all of them."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from prefect import Task
from prefect.client.schemas.objects import State, StateDetails
from prefect.futures import PrefectFuture
from prefect.states import Completed

from cloud_core.domain.records import StackResult
from cloud_core.domain.schedule import Step
from cloud_core.domain.statuses import StackStatus
from tasks.stack import Session, pass_over_stack, run_stack

_WAKE_SECONDS = 1.0
_DRAIN_SECONDS = 0.1


class Submitted(Protocol):
    """A stack's task that was handed over: what is wanted of it is a word when it has ended."""

    def add_done_callback(self, fn: Callable[[Any], None], /) -> object: ...


Submit = Callable[[Session, Step, Sequence[Any]], Submitted]
"""Hands a step over to whatever runs tasks; the last argument holds what was submitted for its dependencies."""


def submit_task(session: Session, step: Step, after: Sequence[PrefectFuture[Any]]) -> PrefectFuture[Any]:
    """To Prefect, as a task run of the flow run that this is called in."""
    run, edges = session.run, [_edge(future) for future in after]
    shown_as = f"{step.stack}-{run.operation.environment.value}"
    if step.verdict is not None:
        return _named(pass_over_stack, shown_as).submit(session, step.verdict, wait_for=edges)
    layer = run.graph.layer_of(step.stack)
    return _named(run_stack, shown_as).submit(session, step.stack, layer, wait_for=edges)


class FlowDriver:
    """The impure half of the schedule. Runs in the flow's main thread, where Prefect's signals arrive."""

    def __init__(self, session: Session, submit: Submit = submit_task) -> None:
        self._session = session
        self._submit = submit
        self._schedule = session.run.schedule()
        self._finished: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._submitted: dict[str, Submitted] = {}
        self._ended: set[str] = set()
        self.hold = False

    def drive(self) -> None:
        """Go on until every stack has a result."""
        while self._schedule.is_active:
            self.submit_ready()
            self._collect()

    def drain(self, seconds: float | None) -> bool:
        """Start nothing more and wait, for at most `seconds`, for what was submitted; whether all of it has ended.

        Known from this process alone: what the flow service knows of task runs comes late, or never.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while self._ended < self._submitted.keys():
            if deadline is not None and time.monotonic() > deadline:
                return False
            time.sleep(_DRAIN_SECONDS)
        return True

    def submit_ready(self) -> None:
        """Submit every stack whose turn it is, and pass over those that will not run."""
        run = self._session.run
        self._session.stacks.records.catch_up(run)
        run.stop_without_lease()
        if run.is_over:
            self._schedule.stop()
        elif self.hold or not run.may_start:
            return
        for step in self._schedule.next():
            self._hand_over(step)

    def _hand_over(self, step: Step) -> None:
        stack = step.stack
        after = [self._submitted[dependency] for dependency in step.dependencies]
        self._submitted[stack] = self._submit(self._session, step, after)
        self._submitted[stack].add_done_callback(lambda _: self._note_end(stack))

    def _note_end(self, stack: str) -> None:
        self._ended.add(stack)
        self._finished.put(stack)

    def _collect(self) -> None:
        """Take one finished stack; wakes up now and then to see whether it is to stop or to go on after a hold."""
        try:
            stack = self._finished.get(timeout=_WAKE_SECONDS)
        except queue.Empty:
            return
        self._schedule.finish(self._session.run.results.get(stack) or self._broken(stack))

    def _broken(self, stack: str) -> StackResult:
        """A task that ended without telling a result: Prefect refused it, or it broke. Never taken for a success."""
        error = f"the task of stack {stack!r} ended without a result; the flow run's log tells more"
        result = StackResult(stack_name=stack, status=StackStatus.FAILED, error=error)
        self._session.run.remember(result)
        return result


def _named(task: Task[Any, Any], name: str) -> Task[Any, Any]:
    """Both names: the one shown while the run waits, and the one once it runs."""
    return task.with_options(name=name, task_run_name=name)


def _edge(future: PrefectFuture[Any]) -> State[Any]:
    """An edge for the graph in the pages, without a condition: the schedule has decided already. Prefect would
    refuse to start a task behind one that did not complete."""
    return Completed(data="-", state_details=StateDetails(task_run_id=future.task_run_id))
