"""`cloud validate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import AnyEnvironment, DeploymentId, UsageProblem, choice
from cli.session import Session, command
from cli.text import joined, styled
from cli.wording import count

if TYPE_CHECKING:
    from cloud_core.domain.validation import Fix, ValidationResult

app = new_app()
_LEVELS: Final = ("syntax", "schema", "dependencies", "config", "full")


@command(app, "validate")
def validate(
    session: Session,
    deployment_id: DeploymentId,
    environment: AnyEnvironment = None,
    level: Annotated[
        str | None, choice("--level", words=_LEVELS, help="How far, else full; each includes those before.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="The same as --level full.")] = False,
    fix: Annotated[bool, typer.Option("--fix", "--auto-fix", help="Mend in the file what needs no judgement.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
) -> Exit:
    """Check a deployment's manifest file. Every finding is shown at once; level full asks AWS and the engine too."""
    # Lazy for start-up time: pydantic comes with it.
    from cli.findings import render_validation
    from cloud_core.domain.validation import Level

    if full and level not in (None, Level.FULL.value):
        raise UsageProblem(f"--full and --level {level} exclude each other")
    service = session.services.validation
    fixes = service.fix(deployment_id, session.dry_run) if fix else []
    tell_fixes(session, fixes)
    chosen = Level(level) if level else Level.FULL
    result = service.validate(deployment_id, chosen, environment.value if environment else None, strict)
    data = {"deployment_id": deployment_id, "fixes": [one.description for one in fixes], **result.to_data()}
    session.output.answer(data, lambda: render_validation(result))
    return exit_of(result)


def exit_of(result: ValidationResult) -> Exit:
    """Only AWS or the engine failing is another matter than a manifest that is not valid."""
    if result.valid:
        return Exit.SUCCESS
    return Exit.UNAVAILABLE if result.only_access_failed else Exit.INVALID


def tell_fixes(session: Session, fixes: list[Fix]) -> None:
    if fixes:
        done = "Would be mended:" if session.dry_run else "Mended"
        session.output.print(styled(f"{done} {count(len(fixes), 'place')}:", "bold"))
        session.output.print(*(joined("  ", ("✓ ", "green"), one.description) for one in fixes), styled(""))
