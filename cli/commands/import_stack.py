"""`cloud import-stack`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.event_lines import resource_words
from cli.help import new_app
from cli.options import AutoApprove, Confirm, DeploymentAndStack, Environment, stack_target
from cli.prompts import Consent, confirm_change
from cli.session import Session, command
from cli.text import joined, styled
from cli.wording import count

if TYPE_CHECKING:
    from cloud_core.services.stacks.imports import Imported, StackImport

app = new_app()
_SHOWN: Final = 10


@command(app, "import-stack")
def import_stack(
    session: Session,
    names: DeploymentAndStack,
    environment: Environment,
    input: Annotated[
        Path,
        typer.Option(
            "--input", "-i", metavar="FILE", exists=True, dir_okay=False, help="What export-stack or the engine wrote."
        ),
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Also the state of another stack, or one with pending operations.")
    ] = False,
    auto_approve: AutoApprove = False,
    confirm: Confirm = None,
) -> None:
    """Give a stack the state of a file, JSON or YAML; nothing in AWS is changed.

    The state before is kept in the deployment's folder, below 'backups'. The next deploy does not skip the stack.
    """
    # Lazy for start-up time: pydantic comes with it.
    from cli.starting import user_name
    from cloud_core.adapters.local.state_files import read_state
    from cloud_core.services.stacks.imports import ImportRequest

    deployment_id, stack = stack_target(names)
    request = ImportRequest(deployment_id, stack, environment, read_state(input), user_name(), force)
    wanted = session.services.stack_imports.prepare(request)
    session.output.print(*_plan(wanted, input))
    if session.dry_run:
        session.output.answer({**wanted.to_data(), "backup": None, "imported": False}, lambda: "Nothing was imported.")
        return
    question = f"Give {stack} of {environment.value} this state?"
    confirm_change(session.output, question, deployment_id, environment, Consent(auto_approve, confirm))
    imported = session.services.stack_imports.carry_out(wanted)
    backup = str(imported.backup) if imported.backup else None
    session.output.answer({**wanted.to_data(), "backup": backup, "imported": True}, lambda: _done(wanted, imported))


def _plan(wanted: StackImport, file: Path) -> Iterator[Any]:
    """What is there, what comes, and what nobody would look after any more."""
    request = wanted.request
    place = f"{request.deployment_id} {request.environment.value}"
    yield joined("State of ", (request.stack, "bold"), f" in {place}, from {file}")
    yield styled(f"  now     {count(wanted.resources_before, 'resource')}")
    yield styled(f"  then    {count(len(wanted.after), 'resource')}")
    if wanted.forgotten:
        number = count(len(wanted.forgotten), "resource")
        yield styled(f"  ! {number} would stay in AWS, and no stack would know them:", "yellow")
        for one in wanted.forgotten[:_SHOWN]:
            yield styled(f"      {resource_words(one.type, one.name)}")
        if len(wanted.forgotten) > _SHOWN:
            yield styled(f"      and {len(wanted.forgotten) - _SHOWN} more")


def _done(wanted: StackImport, imported: Imported) -> Iterator[Any]:
    request = wanted.request
    place = f"{request.deployment_id} {request.stack} --environment {request.environment.value}"
    resources = count(imported.record.resource_count, "resource")
    yield joined(("✓ ", "green"), f"Imported {resources}; {request.stack} is {imported.record.status.value}")
    if imported.backup and not imported.is_here:
        yield styled(
            f"  the state before  backups/{imported.backup}, in the deployment's folder where the API runs", "dim"
        )
    elif imported.backup:
        yield styled(f"  the state before  {imported.backup}", "dim")
        yield styled(f"  undo it           cloud import-stack {place} --input {imported.backup}", "dim")
    yield styled(f"  what would change cloud deploy-stack {place} --preview", "dim")
