"""How an operation ended: the failing stacks' own logs, the result table, and where to go from there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from cli.event_lines import first_line
from cli.exit_codes import Exit
from cli.following import operation_answer, tell_page
from cli.log_lines import log_line
from cli.problems import Problem
from cli.text import joined, status_text, styled, table
from cli.wording import count, duration
from cloud_core.domain.errors import PlanDeparted
from cloud_core.domain.records import Operation, StackResult
from cloud_core.domain.schedule import cause_words
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus
from cloud_core.services.looking.logs import LogQuery
from cloud_core.services.looking.report import operation_seconds

if TYPE_CHECKING:
    from rich.text import Text

    from cli.session import Session
    from cloud_core.services.looking.watching import Ending

FAILED_CODE: Final = "OPERATION_FAILED"
_LOG_LINES: Final = 1000
_COMMANDS: Final = {Action.PREVIEW: "plan", Action.DRIFT: "refresh --preview", Action.ROLLBACK: "deploy"}
"""Where the command has another name than the action."""
_SHORT: Final = {"create": "+{}", "update": "~{}", "delete": "-{}", "replace": "±{}", "same": "={}"}


def tell_ending(session: Session, ending: Ending, wanted: OperationStatus = OperationStatus.SUCCESS) -> Exit:
    """Everything there is to say, and the exit code: success only when the record says so, or says what was wanted."""
    output, operation = session.output, ending.operation
    is_fine = ending.is_success or (ending.broken is None and operation.status is wanted)
    if output.as_json:
        _as_json(session, ending, is_fine)
    else:
        for stack in _failed(operation):
            output.print(*_log_of(session, operation, stack))
        if operation.results:
            output.print(styled(""), results_table(operation), styled(""))
        output.print(_verdict(ending), *_kept(operation), *tell_page(session, operation))
        output.note(*(styled(step, "dim") for step in next_steps(ending)))
    return Exit.SUCCESS if is_fine else Exit.FAILED


def results_table(operation: Operation) -> Any:
    """One row a stack, in the order of layers."""
    order = {name: place for place, name in enumerate(name for layer in operation.layers for name in layer)}
    results = sorted(operation.results.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))
    rows = [_row(name, result) for name, result in results]
    return table(("Stack", "Result", "Resources", "Time", ""), rows, right=("Time",))


def changes_words(changes: dict[str, int]) -> str:
    """`+12 ~1 =3`: created, updated, unchanged."""
    known = [form.format(changes[kind]) for kind, form in _SHORT.items() if changes.get(kind)]
    return " ".join([*known, *(f"{number} {kind}" for kind, number in changes.items() if kind not in _SHORT)])


def _row(name: str, result: StackResult) -> list[str | Text]:
    why = first_line(result.error) or cause_words(result.cause)
    seconds = duration(result.duration_seconds) if result.duration_seconds else ""
    return [styled(name, "bold"), status_text(result.status.value), changes_words(result.changes), seconds, why]


def _failed(operation: Operation) -> list[str]:
    return [name for name, result in operation.results.items() if result.status is StackStatus.FAILED]


def _log_of(session: Session, operation: Operation, stack: str) -> list[Any]:
    """The stack's own log of this operation, in full and in one piece."""
    query = LogQuery(
        operation.deployment_id,
        operation.environment,
        stack=stack,
        operation_id=operation.operation_id,
        limit=_LOG_LINES,
    )
    lines = [log_line(entry) for entry in session.services.logs.read(query).entries]
    return [styled(""), styled(f"Log of {stack}", "bold"), *lines]


def _verdict(ending: Ending) -> Text:
    """How it ended, in one line: all is well, or how many stacks fared how."""
    operation = ending.operation
    if ending.broken is not None:
        return joined(("✗ ", "red"), f"{ending.broken}: what it did last is not known")
    seconds = operation_seconds(operation)
    took = f" in {duration(seconds)}" if seconds is not None else ""
    if operation.status is OperationStatus.SUCCESS:
        return joined(("✓ ", "green"), f"{_done_words(operation)}{took}")
    mark = ("– ", "yellow") if operation.status is OperationStatus.CANCELLED else ("✗ ", "red")
    statuses = Counter(result.status.value for result in operation.results.values())
    stacks = ", ".join(f"{number} {status}" for status, number in sorted(statuses.items()))
    return joined(mark, f"{operation.type.value} {operation.status.value}{took}: {stacks or operation.message}")


def _kept(operation: Operation) -> list[Text]:
    """Why a failed deploy was not taken back, although that was asked for."""
    wanted = operation.rollback_on_error and operation.status is OperationStatus.FAILED
    return [styled(f"! {operation.message}", "yellow")] if wanted and not operation.rolled_back_by else []


def _done_words(operation: Operation) -> str:
    """`Deployed 2 stacks, 14 unchanged`; of a rollback what it says itself."""
    if operation.type is Action.ROLLBACK:
        return f"Rolled back: {operation.message}"
    unchanged = sum(result.status is StackStatus.SKIPPED for result in operation.results.values())
    worked = count(len(operation.results) - unchanged, "stack")
    return f"{operation.type.done.value.capitalize()} {worked}" + (f", {unchanged} unchanged" if unchanged else "")


def next_steps(ending: Ending) -> list[str]:
    """What may be done now, a line each."""
    operation = ending.operation
    place = operation.place
    if ending.broken is not None:
        return [f"  see how it stands: cloud status {place}", f"  and its log: cloud logs {place}"]
    if ending.is_success:
        return [f"  its outputs: cloud outputs {place}"] if operation.type is Action.DEPLOY else []
    first = "correct the cause, then " if operation.status is OperationStatus.FAILED else ""
    words = _COMMANDS.get(operation.type, operation.type.value)
    if operation.rolled_back_by is not None:
        return []
    if any(result.error_code == PlanDeparted.code for result in operation.results.values()):
        return [f"  see what would be done now: cloud plan {place}"]
    if operation.type.only_reads:
        return [f"  {first}run it again: cloud {words} {place}"]
    return [f"  {first}do what is left: cloud retry {place}", f"  or all of it again: cloud {words} {place}"]


def _reason(operation: Operation) -> str:
    """Why it ended so: what the failing stacks say, else what the operation says."""
    errors = [first_line(operation.results[stack].error) for stack in _failed(operation)]
    said = "; ".join(filter(None, errors)) or operation.message
    return f"{operation.type.value} {operation.status.value}: {said}"


def _as_json(session: Session, ending: Ending, is_fine: bool) -> None:
    operation = ending.operation
    data = operation_answer(session, operation)
    if is_fine:
        session.output.document(data)
        return
    message = ending.broken or _reason(operation)
    session.output.fail(Problem(FAILED_CODE, message, Exit.FAILED, data, tuple(map(str.strip, next_steps(ending)))))
