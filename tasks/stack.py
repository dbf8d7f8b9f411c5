"""The tasks of a flow run: one for each stack.

A task returns an explicit state, so that what the pages show is what the records say. `run` and `stacks` are live
objects shared by the threads of one flow process; nothing of them is stored, and no value of a stack passes here.
"""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed

from cloud_core.domain.records import StackResult
from cloud_core.domain.schedule import satisfies
from cloud_core.domain.statuses import StackStatus
from cloud_core.logging import bound
from cloud_core.services.runs.run import OperationRun, StackWork
from cloud_core.services.stacks.service import StackService


@task(persist_result=False)
def run_stack(session: Session, stack: str, layer: int) -> State[Any]:
    """Deploy or destroy one stack; `layer` is the plan's, shown with the run."""
    return to_state(session.carry_out(stack, layer))


@task(persist_result=False)
def pass_over_stack(session: Session, result: StackResult) -> State[Any]:
    """Show a stack that does not run, with its cause."""
    return to_state(session.stacks.pass_over(session.run, result))


class Session:
    """What the tasks of one flow run share. Not a value: Prefect must neither copy nor look into it."""

    def __init__(self, run: OperationRun, stacks: StackService, work: StackWork) -> None:
        self.run = run
        self.stacks = stacks
        self._work = work

    def carry_out(self, stack: str, layer: int) -> StackResult:
        """Do to the stack what the operation is for."""
        with bound(stack=stack):
            return self._work(self.run, stack, layer)


def to_state(result: StackResult) -> State[Any]:
    """The Prefect state that shows a result: a skip that satisfies is Completed, any other one Cancelled."""
    if result.status is StackStatus.FAILED:
        return Failed(message=result.error)
    if result.status is StackStatus.SKIPPED:
        kind = Completed if satisfies(result) else Cancelled
        return kind(name="Skipped", message=result.cause)
    if result.status is StackStatus.CANCELLED:
        return Cancelled(message=result.cause)
    return Completed(message=f"{result.status.value} in {result.duration_seconds:.1f} s")
