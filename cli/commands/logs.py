"""`cloud logs`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.exit_codes import Exit
from cli.help import new_app
from cli.log_lines import LEVEL_STYLES, log_line
from cli.options import OPERATION_TYPES, DeploymentId, Environment, UsageProblem, choice, number
from cli.session import Session, command
from cli.text import styled
from cloud_core.domain.names import EnvironmentName

if TYPE_CHECKING:
    from cloud_core.services.looking.logs import Lines, LogQuery

app = new_app()
_INIT: Final = "init"
_TYPES: Final = (_INIT, *OPERATION_TYPES)
_AGO: Final = re.compile(r"(\d+)([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def since(text: str) -> datetime:
    """A time before now like `30m`, or an ISO 8601 date-time; without a zone it is this machine's."""
    if match := _AGO.fullmatch(text):
        return datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time: write 30m, 2h, 1d, or 2026-01-02T03:04:05Z") from None
    return moment.astimezone(UTC)


@command(app, "logs")
def logs(
    session: Session,
    deployment_id: DeploymentId,
    environment: Environment = EnvironmentName.DEV,
    stack: Annotated[str | None, typer.Option("--stack", metavar="STACK", help="Only this stack's lines.")] = None,
    type: Annotated[str | None, choice("--type", words=_TYPES, help="The newest run of this type.")] = None,
    operation: Annotated[
        str | None, typer.Option("--operation", metavar="OPERATION", help="The run of this operation.")
    ] = None,
    level: Annotated[str, choice("--level", words=LEVEL_STYLES, help="The least level.")] = "debug",
    since: Annotated[
        datetime | None,
        typer.Option("--since", metavar="30m|2h|TIME", parser=since, help="All runs since then, not just the newest."),
    ] = None,
    lines: Annotated[
        int, typer.Option("--lines", "-n", metavar="N", parser=number(int, 1), help="So many of the newest.")
    ] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run has ended.")] = False,
) -> Exit | None:
    """Show the log of the environment's newest run, or of another one."""
    # Lazy for start-up time: pydantic comes with it.
    from cloud_core.domain.records import LogLevel
    from cloud_core.domain.statuses import Action
    from cloud_core.services.looking.logs import LogQuery

    is_of_init = type == _INIT
    action = Action(type) if type and not is_of_init else None
    query = LogQuery(deployment_id, environment, stack, LogLevel(level), since, lines, action, operation)
    if is_of_init:
        _refuse_with_init(stack=stack, operation=operation, follow=follow)
        _show(session, deployment_id, environment, session.services.logs.of_init(query))
        return None
    if follow:
        return _follow(session, query)
    found = session.services.logs.at_hand(query)
    if found.away is not None:
        session.output.warn(
            f"{found.away}; these lines are from the files of this workspace, which has its own runs alone"
        )
    _show(session, deployment_id, environment, found)
    return None


def _refuse_with_init(**others: object) -> None:
    for name, value in others.items():
        if value:
            raise UsageProblem(f"--type init is what 'cloud init' wrote, so --{name} has nothing to choose")


def _show(session: Session, deployment_id: str, environment: EnvironmentName, found: Lines) -> None:
    # Lazy for start-up time, as above.
    from cloud_core.services.looking.logs import log_data

    data = {
        "deployment_id": deployment_id,
        "environment": environment.value,
        "operation_id": found.operation.operation_id if found.operation else None,
        "source": found.source,
        "logs": [log_data(entry) for entry in found.entries],
        "returned": len(found.entries),
    }
    session.output.answer(data, lambda: [log_line(entry) for entry in found.entries])
    if not found.entries:
        session.output.note(styled("No log yet: nothing has run, or nothing matches."))


def _follow(session: Session, query: LogQuery) -> Exit | None:
    # Lazy for start-up time, as above.
    from cloud_core.services.looking.logs import log_data

    for found in session.services.logs.follow(query):
        for entry in found.entries:
            session.output.line(log_data(entry)) if session.options.json else session.output.show(log_line(entry))
        if found.ending is not None and found.ending.broken is not None:
            session.output.warn(found.ending.broken)
            return Exit.FAILED
    return None
