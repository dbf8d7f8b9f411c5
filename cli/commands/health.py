"""`cloud health`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import UsageProblem
from cli.session import Session, command
from cli.text import status_text, styled, table
from cloud_core.domain.errors import InvalidInput

if TYPE_CHECKING:
    from cloud_core.bootstrap import EdgeServices
    from cloud_core.services.health import HealthReport

app = new_app()


@command(app, "health")
def health(
    session: Session,
    check: Annotated[
        list[str] | None, typer.Option("--check", metavar="NAME", help="Only this check; may be repeated.")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="Region to ask AWS in.")] = None,
    profile: Annotated[str | None, typer.Option("--profile", help="Named profile of the AWS configuration.")] = None,
    account: Annotated[
        str | None, typer.Option("--account", help="Account to assume the role in; else the own credentials.")
    ] = None,
) -> Exit:
    """Check that everything needed is there: engine, sandbox, records, flow service, AWS, templates, stacks."""
    service = _services(session, profile).health(account, region)
    try:
        report = service.run(tuple(check or ()))
    except InvalidInput as error:  # a check that there is not: which ones there are hangs on the profile
        raise UsageProblem(f"--check: {error.message}") from None
    session.output.answer(report.to_data(), lambda: _render(report))
    return Exit.UNAVAILABLE if report.status == "unhealthy" else Exit.SUCCESS


def _services(session: Session, profile: str | None) -> EdgeServices:
    if profile is None:
        return session.services
    aws = session.settings.aws.model_copy(update={"credentials_profile": profile})
    return session.services_of(session.settings.model_copy(update={"aws": aws}))


def _render(report: HealthReport) -> list[Any]:
    rows = [[status_text(check.status.value, check.name), styled(check.message)] for check in report.checks]
    parts: list[Any] = [table(["", ""], rows), styled(""), status_text(report.status)]
    steps = [check.suggestion for check in report.checks if check.suggestion]
    if steps:
        parts.append(styled("Solution:", "bold"))
        parts += [styled(f"  {number}. {step}") for number, step in enumerate(dict.fromkeys(steps), 1)]
    return parts
