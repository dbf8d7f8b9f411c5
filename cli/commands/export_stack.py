"""`cloud export-stack`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.help import new_app
from cli.options import DeploymentAndStack, Environment, UsageProblem, choice, stack_target
from cli.session import Session, command
from cli.text import joined, styled
from cli.wording import count
from cloud_core.domain.names import EnvironmentName

if TYPE_CHECKING:
    from cloud_core.services.looking.stack_exports import StackExport

app = new_app()
_FORMATS: Final = ("json", "yaml")


@command(app, "export-stack")
def export_stack(
    session: Session,
    names: DeploymentAndStack,
    environment: Environment = EnvironmentName.DEV,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="A file for its owner alone; else stdout.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of --output.")] = False,
    format: Annotated[str, choice("--format", words=_FORMATS, help="How it is written.")] = "json",
    config_only: Annotated[
        bool, typer.Option("--config-only", help="Configuration, dependencies and masked outputs, without the state.")
    ] = False,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Secrets of the state in clear, not encrypted.")
    ] = False,
) -> None:
    """Export a stack's state as the engine has it; 'cloud import-stack' and 'pulumi stack import' take it.

    Secrets stay encrypted, with the key of the engine's backend, unless they are asked for.
    """
    deployment_id, stack = stack_target(names)
    if config_only and show_secrets:
        raise UsageProblem("--config-only has no secrets to show", "use 'cloud stack-outputs --show-secrets'")
    if force and output is None:
        raise UsageProblem("--force is for the file of --output")
    exports = session.services.stack_exports
    if config_only:
        found = exports.description(deployment_id, stack, environment)
    else:
        found = exports.state(deployment_id, stack, environment, show_secrets)
    _write(session, found, output, force, format)


def _write(session: Session, found: StackExport, path: Path | None, force: bool, format: str) -> None:
    """Onto stdout the content alone, so that it can be redirected."""
    # Lazy for start-up time: the YAML library comes with it.
    from cloud_core.adapters.local.state_files import state_text
    from cloud_core.adapters.local.text_files import require_free, write_privately

    if path is None and session.options.json:
        session.output.document(found.to_data())
    elif path is None:
        session.output.raw(state_text(found.content, format).rstrip("\n"))
    else:
        if session.dry_run and not force:
            require_free(path)
        if not session.dry_run:
            write_privately(path, state_text(found.content, format), replace=force)
        size = f", {count(found.resource_count, 'resource')}" if found.resource_count is not None else ""
        done = "Would be written" if session.dry_run else "Written"
        session.output.answer(
            {**found.place(), "kind": found.kind, "path": str(path), "resource_count": found.resource_count},
            lambda: joined(("✓ ", "green"), styled(f"{done}: {path} ({found.kind} of {found.stack}{size})")),
        )
