"""`cloud history`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.help import new_app
from cli.options import OPERATION_TYPES, AnyEnvironment, DeploymentId, UsageProblem, choice, number
from cli.session import Session, command
from cli.text import facts, joined, status_text, styled, table
from cli.wording import count, duration, local_time, occasion

if TYPE_CHECKING:
    from rich.text import Text

    from cloud_core.domain.records import Operation
    from cloud_core.services.looking.history import History

app = new_app()
_LONG: Final = 24
"""An operation's stacks are named as long as they fit into as many characters, else counted."""


@command(app, "history")
def history(
    session: Session,
    deployment_id: DeploymentId,
    environment: AnyEnvironment = None,
    stack: Annotated[
        str | None, typer.Option("--stack", metavar="STACK", help="Only operations on this stack.")
    ] = None,
    type: Annotated[str | None, choice("--type", words=OPERATION_TYPES, help="Only operations of this type.")] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", parser=number(int, 1), metavar="N", help="As many of the newest.")
    ] = 20,
    operation: Annotated[
        str | None, typer.Option("--operation", metavar="OPERATION", help="This one in full, with its stacks.")
    ] = None,
) -> None:
    """Show the operations of a deployment, newest first: when, what, by whom, and how they ended."""
    if operation is not None:
        _require_alone(stack, type)
        _show_one(session, session.services.history.operation(deployment_id, operation))
        return
    # Lazy for start-up time: pydantic comes with it.
    from cloud_core.domain.statuses import Action
    from cloud_core.services.looking.history import OperationFilter

    wanted = OperationFilter(environment, stack, Action(type) if type else None)
    found = session.services.history.operations(deployment_id, wanted, limit)
    session.output.answer(found.to_data(), lambda: _render(found, is_filtered=wanted != OperationFilter()))


def _require_alone(stack: str | None, type: str | None) -> None:
    given = {"--stack": stack, "--type": type}
    if clashing := [option for option, value in given.items() if value is not None]:
        raise UsageProblem(f"--operation names one operation, so {clashing[0]} has nothing to choose")


def _show_one(session: Session, operation: Operation) -> None:
    # Lazy for start-up time, as above.
    from cli.following import operation_answer
    from cli.results import results_table

    data = operation_answer(session, operation)

    def render() -> list[Any]:
        heading = joined((operation.operation_id, "bold"), "  ", status_text(operation.status.value))
        results = [styled(""), results_table(operation)] if operation.results else []
        return [heading, facts(_facts(operation, data["flow_run_url"])), *results]

    session.output.answer(data, render)


def _facts(operation: Operation, page: str | None) -> list[tuple[str, str]]:
    # Lazy for start-up time, as above.
    from cli.approvals import approval_facts

    found = {
        "what": f"{_what(operation)} of {operation.deployment_id} {operation.environment.value}",
        "by": operation.started_by,
        "accepted": local_time(operation.created_at),
        "started": local_time(operation.started_at),
        "ended": local_time(operation.completed_at),
        "took": _took(operation),
        "manifest": f"version {operation.manifest_version}",
        "takes back": operation.rollback.of if operation.rollback else "",
        "taken back by": operation.rolled_back_by or "",
        **approval_facts(operation),
        "message": operation.message or "",
        "flow run": page or operation.flow_run_id or "",
    }
    return [(name, value) for name, value in found.items() if value]


def _render(found: History, is_filtered: bool) -> list[Any]:
    if not found.operations:
        return [styled("No operation matches." if is_filtered else "Nothing has run yet.")]
    headings = ("When", "Operation", "Environment", "What", "Status", "Stacks", "Time", "Version", "By")
    lines: list[Any] = [table(headings, map(_row, found.operations), right=("Time", "Version"))]
    if found.has_more:
        lines += [styled(""), styled("There are older ones: --limit shows more.", "dim")]
    return lines


def _row(operation: Operation) -> list[str | Text]:
    return [
        local_time(operation.created_at),
        styled(operation.operation_id, "bold"),
        operation.environment.value,
        _what(operation),
        status_text(operation.status.value),
        _stacks(operation),
        _took(operation),
        str(operation.manifest_version),
        operation.started_by,
    ]


def _what(operation: Operation) -> str:
    """`deploy`, `deploy network`, `preview (destroy)`, `deploy (back to version 3)`."""
    goal = f" ({operation.previews.value})" if operation.previews else ""
    names = " ".join(operation.stacks)
    if len(names) > _LONG:
        names = count(len(operation.stacks), "stack")
    why = f"({occasion(operation)})" if occasion(operation) else ""
    return " ".join(filter(None, [f"{operation.type.value}{goal}", names, why]))


def _stacks(operation: Operation) -> str:
    """`14 deployed, 1 failed`; of one that has no results yet, how many there are."""
    # Lazy for start-up time: only this column needs it.
    from collections import Counter

    if not operation.results:
        total = sum(map(len, operation.layers))
        return count(total, "stack") if total else ""
    counts = Counter(result.status.value for result in operation.results.values())
    return ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))


def _took(operation: Operation) -> str:
    # Lazy for start-up time: pydantic comes with it.
    from cloud_core.services.looking.report import operation_seconds

    return duration(operation_seconds(operation))
