"""What deploying and destroying share: who asks, accepting the operation, and seeing it through to its end."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from cli.approvals import tell_awaiting
from cli.exit_codes import Exit
from cli.following import follow, operation_answer, tell_page
from cli.results import tell_ending
from cli.taken_back import tell_taken_back, tell_to_be_taken_back
from cli.text import joined, styled
from cloud_core.domain.statuses import OperationStatus

if TYPE_CHECKING:
    from cli.session import Session
    from cloud_core.domain.graph import StackGraph
    from cloud_core.domain.records import Operation
    from cloud_core.services.looking.watching import Ending
    from cloud_core.services.operations.guards import StartOperation


def user_name() -> str:
    """Who is recorded as having started it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def start_and_follow(
    session: Session,
    request: StartOperation,
    graph: StackGraph,
    detach: bool,
    tell: Callable[[Session, Ending], Exit] = tell_ending,
) -> Exit:
    """Have the operation accepted, and see it to its end as `follow_begun`."""
    return follow_begun(session, session.services.operations.start(request), graph, detach, tell)


def follow_begun(
    session: Session,
    operation: Operation,
    graph: StackGraph | None,
    detach: bool,
    tell: Callable[[Session, Ending], Exit] = tell_ending,
) -> Exit:
    """Follow an operation that was accepted to its end and tell of that, or tell how to. One that has to be approved
    first is only told."""
    if operation.status is OperationStatus.SUCCESS and operation.flow_run_id is None:
        return _tell_nothing_to_do(session, operation)
    if operation.status.is_waiting:
        return tell_awaiting(session, operation)
    if detach:
        return _tell_accepted(session, operation, "Accepted")
    return _tell(session, accompany(session, operation, graph), tell)


def see_through(session: Session, operation: Operation, detach: bool, begun: str) -> Exit:
    """Follow an operation that was there before, or tell how to; `begun` says how we came to it."""
    if operation.status.is_waiting:
        return tell_awaiting(session, operation)
    if detach:
        return _tell_accepted(session, operation, begun)
    return _tell(session, accompany(session, operation, begun=begun), tell_ending)


def _tell(session: Session, ending: Ending, tell: Callable[[Session, Ending], Exit]) -> Exit:
    """How it ended; a deploy that is taken back then is seen through to the end of that."""
    if ending.operation.rolled_back_by is None:
        return tell(session, ending)
    failed, rollback = session.services.rollbacks.automatic(ending.operation)
    ending = replace(ending, operation=failed)
    if rollback is not None and rollback.status.is_waiting:
        return tell_to_be_taken_back(session, ending, rollback)
    after = accompany(session, rollback, begun="Rolling back") if rollback else None
    return tell_taken_back(session, ending, after)


def accompany(
    session: Session, operation: Operation, graph: StackGraph | None = None, begun: str = "Accepted"
) -> Ending:
    """Follow the operation to its end, whatever that is."""
    session.output.note(
        joined(
            f"{begun}: ",
            (operation.operation_id, "bold"),
            f", {operation.type.value} of {operation.deployment_id} {operation.environment.value}",
        ),
        *tell_page(session, operation),
    )
    return follow(session, operation, graph)


def _tell_nothing_to_do(session: Session, operation: Operation) -> Exit:
    """It ended as it was accepted: recorded, but there was nothing to see through."""
    session.output.answer(
        operation_answer(session, operation),
        lambda: joined(("✓ ", "green"), f"{operation.message} ", (f"({operation.operation_id})", "dim")),
    )
    return Exit.SUCCESS


def _tell_accepted(session: Session, operation: Operation, begun: str) -> Exit:
    place = operation.place
    # What only reads holds nothing: the environment's status is about others meanwhile.
    following = (
        [f"  what it finds  cloud status {place}"]
        if operation.type.only_reads
        else [
            f"  follow it  cloud status {place} --watch",
            f"  stop it    cloud cancel {place}",
        ]
    )
    session.output.answer(
        operation_answer(session, operation),
        lambda: [
            joined(f"{begun}: ", (operation.operation_id, "bold")),
            *map(styled, following),
            *tell_page(session, operation),
        ],
    )
    return Exit.SUCCESS
