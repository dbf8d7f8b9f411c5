"""`cloud migrate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.exit_codes import Exit
from cli.help import new_app
from cli.session import Session, command
from cli.text import joined, styled
from cli.wording import count

if TYPE_CHECKING:
    from cloud_core.services.manifests.migrations import MigrationPlan

app = new_app()


@command(app, "migrate")
def migrate(
    session: Session,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without this it is only shown.")] = False,
) -> Exit:
    """Bring a workspace of version 2.3 to 3.1: manifests, stack names and folders. Shows the changes unless --apply.

    What changes is kept under .cloud/migrations/. Unknown keys stay as they are, and a second run changes nothing.
    """
    service = session.services.migrations
    plan = service.plan()
    wanted = apply and not session.dry_run and bool(plan.changes)
    backup = str(service.apply(plan)) if wanted else None
    data = {**plan.to_data(), "applied": wanted, "backup": backup}
    session.output.answer(data, lambda: [*_changes(plan), *_ending(plan, backup)])
    return Exit.INVALID if plan.problems else Exit.SUCCESS


def _changes(plan: MigrationPlan) -> list[Any]:
    parts: list[Any] = []
    for change in plan.changes:
        moved = f" → {change.target}" if change.target != change.path else ""
        parts.append(joined((str(change.path), "bold"), moved))
        parts += [styled(f"  {reason}") for reason in change.reasons]
        parts += [styled(f"    {line}", _colour(line)) for line in change.diff()[2:]]
    return parts


def _colour(line: str) -> str:
    return {"+": "green", "-": "red", "@": "dim"}.get(line[:1], "")


def _ending(plan: MigrationPlan, backup: str | None) -> list[Any]:
    problems = [joined(("✗ ", "red"), text) for text in plan.problems]
    if not plan.changes:
        return problems or [joined(("✓ ", "green"), "Nothing to migrate.")]
    if backup:
        return [joined(("✓ ", "green"), f"{count(len(plan.changes), 'change')} made; what was there is in {backup}.")]
    return [*problems, styled(f"\n{count(len(plan.changes), 'change')}; 'cloud migrate --apply' makes them.", "dim")]
