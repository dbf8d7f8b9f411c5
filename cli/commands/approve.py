"""`cloud approve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import AnyEnvironment, AutoApprove, Confirm, Detach, optional_target
from cli.prompts import Consent, confirm_change
from cli.session import Session, command
from cli.text import styled

if TYPE_CHECKING:
    from cloud_core.domain.approvals import Verdict
    from cloud_core.domain.records import Operation

app = new_app()
_Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[DEPLOYMENT_ID] [OPERATION]",
        show_default=False,
        help="The deployment, and the operation; that may be left out when only one waits.",
    ),
]
Comment = Annotated[
    str | None, typer.Option("--comment", "-m", metavar="TEXT", help="Kept with the approval or the rejection.")
]
Reject = Annotated[bool, typer.Option("--reject", help="End the operation instead; its author may, too.")]


@command(app, "approve")
def approve(
    session: Session,
    names: _Names = None,
    environment: AnyEnvironment = None,
    comment: Comment = None,
    reject: Reject = False,
    auto_approve: AutoApprove = False,
    confirm: Confirm = None,
    detach: Detach = False,
) -> Exit:
    """Let an operation run that waits for somebody else's approval. Its author can't.

    What it would do is shown first. The approval holds for just that: the operation ends as cancelled when the
    manifest, the plan, a program or a template is another one by now. With --dry-run nothing is approved, nor ended.
    """
    # Lazy for start-up time: pydantic comes with it.
    from cli.starting import user_name

    deployment_id, operation_id = optional_target(names or [])
    found = session.services.approvals.find(deployment_id, operation_id, environment)
    consent = Consent(auto_approve, confirm)
    if reject:
        return _reject(session, found, user_name(), comment, consent)
    verdict = session.services.approvals.judge(found, user_name())
    if session.dry_run:
        return _rehearse(session, found, verdict)
    if not verdict.reasons:
        session.output.print(*_shown(session, found))
        confirm_change(session.output, _question("Approve", found), deployment_id, found.environment, consent)
    return _approve(session, found, user_name(), comment, detach)


def _approve(session: Session, found: Operation, by: str, comment: str | None, detach: bool) -> Exit:
    # Lazy for start-up time, as above.
    from cli.starting import see_through

    approved = session.services.approvals.approve(found, by, comment)
    return see_through(session, approved, detach, "Approved")


def _reject(session: Session, found: Operation, by: str, comment: str | None, consent: Consent) -> Exit:
    # Lazy for start-up time, as above.
    from cli.approvals import will_not_run
    from cli.following import operation_answer

    if session.dry_run:
        session.output.answer(
            operation_answer(session, found), lambda: styled(f"Would be rejected: {found.operation_id}")
        )
        return Exit.SUCCESS
    confirm_change(session.output, _question("Reject", found), found.deployment_id, found.environment, consent)
    ended = session.services.approvals.reject(found, by, comment)
    session.output.answer(operation_answer(session, ended), lambda: will_not_run(ended))
    return Exit.SUCCESS


def _rehearse(session: Session, found: Operation, verdict: Verdict) -> Exit:
    # Lazy for start-up time, as above.
    from cli.following import operation_answer

    lapsed = list(verdict.reasons)
    verdict_line = (
        styled(f"Could not be approved any more: {'; '.join(lapsed)}", "yellow")
        if lapsed
        else styled(f"Would be approved: {found.operation_id}")
    )
    data = {**operation_answer(session, found), "lapsed": lapsed}
    session.output.answer(data, lambda: [*_shown(session, found), verdict_line])
    return Exit.SUCCESS


def _shown(session: Session, found: Operation) -> list[Any]:
    """The operation, and the steps of its plan when it has one."""
    # Lazy for start-up time, as above.
    from cli.approvals import digest_lines, render_request
    from cli.plan_text import render_plan

    if session.output.as_json:
        return []
    report = session.services.status.report(found.deployment_id, found.environment).environments[0]
    parts = [*render_request(found, report)]
    if found.plan_id is not None:
        plan = session.services.plans.read(found.deployment_id, found.plan_id)
        parts += [styled(""), *render_plan(plan, session.output.verbose)]
    if session.output.verbose:
        parts += [styled("\nThe approval holds for:", "bold"), *digest_lines(found)]
    return parts


def _question(word: str, found: Operation) -> str:
    return f"{word} the {found.type.value} of {found.environment.value} that {found.started_by} asked for?"
