"""`cloud tables create|status|delete`: the tables that keep the records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import EvenIfLive, confirm_name
from cli.prompts import confirm_end
from cli.session import Session, command
from cli.text import joined, styled, table

if TYPE_CHECKING:
    from cloud_core.ports.tables import TableState
    from cloud_core.services.records.tables import TablesReport

app = new_app(help="The tables of the records: deployments, stacks, logs, metrics, connections.")


@command(app, "create")
def create(session: Session) -> None:
    """Make the tables that are missing. Those that are there stay as they are, with all that they hold.

    Expiry and recovery are switched on where they are off; whatever else differs is shown by `cloud tables status`.
    """
    tables = session.services.tables
    if session.dry_run:
        missing = tables.status().missing
        _tell(session, {"created": [], "would_create": missing}, missing, "Would be made", "Nothing is missing.")
        return
    made = tables.create()
    _tell(session, {"created": made, "would_create": []}, made, "Made", "Nothing was missing.")


@command(app, "status")
def status(session: Session) -> Exit:
    """Show the tables, and what about them is not as it should be. Ends with 6 when the records can't work with them.

    The number of items is AWS's own, and some hours old.
    """
    report = session.services.tables.status()
    session.output.answer(report.to_data(), lambda: _render(report))
    return Exit.SUCCESS if report.is_ready else Exit.UNAVAILABLE


@command(app, "delete")
def delete(
    session: Session,
    force: EvenIfLive = False,
    confirm: Annotated[str | None, confirm_name("TABLE", "The deployments' table")] = None,
) -> None:
    """Delete the tables with all that they hold: deployments, manifests, history, logs. There is no way back.

    Refused while deployments live. What is in AWS stays there; so do the engine's states.
    """
    tables = session.services.tables
    tables.require_deletable(force)
    present = tables.status().present
    if session.dry_run:
        _tell(session, {"deleted": [], "would_delete": present}, present, "Would be deleted", "There are no tables.")
        return
    doomed = f"{len(present)} tables with all that they hold" if present else None
    confirm_end(session.output, doomed, tables.confirmation, confirm)
    gone = tables.delete(force)
    _tell(session, {"deleted": gone, "would_delete": []}, gone, "Deleted", "There were no tables.")


def _tell(session: Session, data: dict[str, Any], names: list[str], done: str, nothing: str) -> None:
    session.output.answer(data, lambda: [styled(f"{done}: {name}") for name in names] or styled(nothing))


def _render(report: TablesReport) -> list[Any]:
    columns = ("Table", "Status", "Items", "Indexes", "Expires by", "Paid")
    parts: list[Any] = [table(columns, [_row(one) for one in report.tables], right=("Items",))]
    parts += [styled(f"  {one.name}: {what}", "yellow") for one in report.tables for what in one.differences]
    if report.missing:
        parts.append(styled("Run 'cloud tables create'."))
    return parts


def _row(one: TableState) -> list[Any]:
    mark = ("✓ ", "green") if one.is_usable else ("✗ ", "red")
    return [
        joined(mark, one.name),
        one.status or "missing",
        "" if one.items is None else str(one.items),
        ", ".join(one.indexes),
        one.ttl_attribute or "",
        one.billing_mode or "",
    ]
