"""`cloud cancel`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import AutoApprove, Confirm, DeploymentId, Detach, Environment, UsageProblem
from cli.prompts import Consent, confirm_change
from cli.session import Session, command
from cli.text import joined, styled
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stopping import CancelLevel

if TYPE_CHECKING:
    from cloud_core.domain.records import Operation

app = new_app()
_HOW: Final = {
    CancelLevel.DRAIN: ", once the stacks at work have finished",
    CancelLevel.INTERRUPT: "",
    CancelLevel.KILL: " and kill its engines, which leaves stacks to be repaired",
}
_NOTE: Final = {
    CancelLevel.DRAIN: "stacks at work may finish",
    CancelLevel.INTERRUPT: "engines at work are waited for",
    CancelLevel.KILL: "engines at work are killed",
}


def _level(drain: bool, force: bool) -> CancelLevel:
    if drain and force:
        raise UsageProblem("--drain and --force exclude each other")
    return CancelLevel.DRAIN if drain else CancelLevel.KILL if force else CancelLevel.INTERRUPT


@command(app, "cancel")
def cancel(
    session: Session,
    deployment_id: DeploymentId,
    environment: Environment = EnvironmentName.DEV,
    operation: Annotated[
        str | None, typer.Option("--operation", metavar="OPERATION", help="This one; else the one that runs.")
    ] = None,
    drain: Annotated[bool, typer.Option("--drain", help="Let the stacks that are at work finish.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Kill the engines; what they were doing has to be repaired.")
    ] = False,
    auto_approve: AutoApprove = False,
    confirm: Confirm = None,
    detach: Detach = False,
) -> Exit:
    """Stop the operation that is running: nothing more is started, engines at work are interrupted and waited for.

    An operation that is stopping already can be stopped harder, with --force.
    """
    level = _level(drain, force)
    found = _find(session, deployment_id, environment, operation)
    if found is None or found.status.is_terminal:
        return _tell_nothing(session, deployment_id, environment, found)
    question = f"Cancel {found.type.value} {found.operation_id} of {found.environment.value}{_HOW[level]}?"
    if session.dry_run:
        return _rehearse(session, found)
    confirm_change(session.output, question, deployment_id, found.environment, Consent(auto_approve, confirm))
    found = session.services.operations.request_cancel(deployment_id, found.operation_id, level)
    if found.flow_run_id is None and found.status.is_terminal:
        return _tell_never_run(session, found)
    return _tell_asked(session, found) if detach else _follow(session, found, level)


def _rehearse(session: Session, operation: Operation) -> Exit:
    # Lazy for start-up time: rich and pydantic come with it.
    from cloud_core.services.looking.report import operation_data

    session.output.answer(operation_data(operation), lambda: styled(f"Would be cancelled: {operation.operation_id}"))
    return Exit.SUCCESS


def _find(
    session: Session, deployment_id: str, environment: EnvironmentName, operation: str | None
) -> Operation | None:
    if operation is not None:
        return session.services.operations.get(deployment_id, operation)
    # A deployment that does not exist is another matter than one where nothing runs.
    return session.services.status.report(deployment_id, environment).environments[0].operation


def _follow(session: Session, operation: Operation, level: CancelLevel) -> Exit:
    """To its end. Having been cancelled, or having finished before the wish arrived, is no failure of this command."""
    # Lazy for start-up time: rich and pydantic come with it.
    from cli.following import follow
    from cli.results import tell_ending
    from cloud_core.domain.statuses import OperationStatus

    session.output.note(styled(f"Cancelling {operation.operation_id}; {_NOTE[level]}."))
    return tell_ending(session, follow(session, operation), wanted=OperationStatus.CANCELLED)


def _tell_asked(session: Session, operation: Operation) -> Exit:
    # Lazy for start-up time, as above.
    from cloud_core.services.looking.report import operation_data

    session.output.answer(
        operation_data(operation), lambda: joined("Asked to stop: ", (operation.operation_id, "bold"))
    )
    return Exit.SUCCESS


def _tell_never_run(session: Session, operation: Operation) -> Exit:
    """One that had waited for an approval."""
    # Lazy for start-up time, as above.
    from cli.approvals import will_not_run
    from cloud_core.services.looking.report import operation_data

    session.output.answer(operation_data(operation), lambda: will_not_run(operation))
    return Exit.SUCCESS


def _tell_nothing(
    session: Session, deployment_id: str, environment: EnvironmentName, operation: Operation | None
) -> Exit:
    # Lazy for start-up time, as above.
    from cloud_core.services.looking.report import operation_data

    what = f"{operation.operation_id} has ended: {operation.status.value}" if operation else "nothing has run yet"
    text = f"Nothing to cancel in {deployment_id} {environment.value}: {what}."
    session.output.answer(operation_data(operation) if operation else {}, lambda: styled(text))
    return Exit.SUCCESS
