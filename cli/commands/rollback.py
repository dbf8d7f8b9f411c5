"""`cloud rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import AutoApprove, Confirm, DeploymentId, Detach, Environment, Parallel, Preview, number
from cli.prompts import Consent, confirm_change
from cli.session import Session, command
from cli.text import joined, styled
from cloud_core.domain.names import EnvironmentName

if TYPE_CHECKING:
    from cloud_core.services.operations.record_moves import RollbackRequest
    from cloud_core.services.operations.rollbacks import Rollback

app = new_app()


@command(app, "rollback")
def rollback(
    session: Session,
    deployment_id: DeploymentId,
    environment: Environment = EnvironmentName.DEV,
    to_version: Annotated[
        int | None,
        typer.Option(
            "--to-version",
            parser=number(int, 1),
            metavar="N",
            help="This version; else the last other one that was deployed.",
        ),
    ] = None,
    stack: Annotated[str | None, typer.Option("--stack", metavar="STACK", help="Only this stack's section.")] = None,
    preview: Preview = False,
    parallel: Parallel = 8,
    auto_approve: AutoApprove = False,
    confirm: Confirm = None,
    detach: Detach = False,
) -> Exit:
    """Deploy an earlier version of the manifest: it becomes the next one, and what differs is deployed.

    It is previewed first, and only what the preview shows is done. Programs are those of today: they are not kept.
    """
    # Lazy for start-up time: pydantic comes with it.
    from dataclasses import replace

    from cli.starting import user_name
    from cloud_core.services.operations.record_moves import RollbackRequest

    wish = RollbackRequest(deployment_id, environment, user_name(), to_version, stack, parallel)
    found = session.services.record_moves.foresee_rollback(wish)
    if session.dry_run:
        session.output.answer(found.to_data(), lambda: _lines(found))
        return Exit.SUCCESS
    session.output.print(*_lines(found))
    wish = replace(wish, to_version=found.version)
    return _previewed(session, found, wish, preview, Consent(auto_approve, confirm), detach)


def _previewed(
    session: Session, found: Rollback, wish: RollbackRequest, preview: bool, consent: Consent, detach: bool
) -> Exit:
    """Look ahead with the manifest as it would be, show it, ask, and do just that."""
    # Lazy for start-up time, as above.
    from dataclasses import replace

    from cli.plan_text import render_plan
    from cli.planning import see_preview, tell_incomplete

    if not preview:
        session.services.operations.turns.require_idle(wish.start())
    plan = see_preview(session, session.services.record_moves.preview_rollback(wish))
    if isinstance(plan, Exit):
        return plan
    if not plan.is_complete:
        return tell_incomplete(session, plan)
    if preview:
        session.output.answer(found.to_data(plan), lambda: render_plan(plan, session.output.verbose))
        return Exit.SUCCESS
    session.output.print(*render_plan(plan, session.output.verbose))
    return _go_back(session, replace(wish, plan_id=plan.operation_id), consent, detach)


def _go_back(session: Session, wish: RollbackRequest, consent: Consent, detach: bool) -> Exit:
    # Lazy for start-up time, as above.
    from cli.starting import follow_begun

    question = f"Go back to version {wish.to_version} in {wish.environment.value}?"
    confirm_change(session.output, question, wish.deployment_id, wish.environment, consent)
    operation = session.services.record_moves.roll_back(wish)
    now = operation.manifest_version
    session.output.note(styled(f"The record is version {now} now: 'cloud manifest pull' brings it into the file."))
    return follow_begun(session, operation, None, detach)


def _lines(found: Rollback) -> list[Any]:
    present, left = found.deployment.manifest_version, ", ".join(found.left_over)
    place = f"{found.deployment.deployment_id} {found.environment.value}"
    return [
        joined((f"Back to version {found.version} of the manifest", "bold"), f" from {present}, for {place}:"),
        *(styled(f"    {change}") for change in found.changes),
        *([styled(f"! deployed now and not in that version: {left}; they stay as they are", "yellow")] if left else []),
    ]
