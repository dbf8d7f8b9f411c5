"""The driver of a flow run without Prefect: the same tasks, on a pool of threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from cloud_core.domain.schedule import Step
from flows.driver import FlowDriver
from tasks.stack import Session, pass_over_stack, run_stack


@contextmanager
def threaded_driver(session: Session, threads: int) -> Iterator[FlowDriver]:
    """At most `threads` tasks run at once: give more than the operation may use, or nothing is proven of its limit."""
    with ThreadPoolExecutor(threads, "stacks") as pool:

        def submit(session: Session, step: Step, after: Sequence[Future[Any]]) -> Future[Any]:
            if step.verdict is not None:
                return pool.submit(pass_over_stack.fn, session, step.verdict)
            return pool.submit(run_stack.fn, session, step.stack, session.run.graph.layer_of(step.stack))

        yield FlowDriver(session, submit)
