"""`cloud manifest diff|pull|push|schema`: the file of the workspace, and the record, which is what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.help import new_app
from cli.options import DeploymentId
from cli.session import Session, command
from cli.starting import user_name
from cli.text import joined, styled
from cli.wording import STATES

if TYPE_CHECKING:
    from cloud_core.services.manifests.service import WorkingCopy

app = new_app(help="The manifest file of the workspace and the record, which is what runs.")

Force = Annotated[bool, typer.Option("--force", help="Win over the other side's changes, which are lost.")]


@command(app, "diff")
def diff(session: Session, deployment_id: DeploymentId) -> None:
    """Show what the file would change in the record."""
    copy = session.services.manifests.compare(deployment_id)
    session.output.answer(_data(copy), lambda: [*_lines(copy.lines), styled(STATES[copy.state.value])])


@command(app, "pull")
def pull(session: Session, deployment_id: DeploymentId, force: Force = False) -> None:
    """Bring the record's manifest into the file; comments survive."""
    changes = session.services.manifests.pull(deployment_id, force, session.dry_run)
    done = "would be" if session.dry_run else "is"
    text = f"The file {done} the record's manifest now." if changes else "The file was current."
    session.output.answer({"changes": changes}, lambda: [*_lines(changes), joined(("✓ ", "green"), text)])


@command(app, "push")
def push(session: Session, deployment_id: DeploymentId, force: Force = False) -> None:
    """Make the file the record's next version; nothing is deployed."""
    service = session.services.manifests
    push_or_look = service.expected if session.dry_run else service.push
    record = push_or_look(deployment_id, user_name(), force)
    data = {"deployment_id": deployment_id, "manifest_version": record.manifest_version, "digest": record.digest}
    done = "would be" if session.dry_run else "is"
    text = f"The record {done} version {record.manifest_version} of the manifest."
    session.output.answer(data, lambda: joined(("✓ ", "green"), text))


@command(app, "schema")
def schema(session: Session) -> None:
    """Print the manifest's JSON schema, for editors."""
    # Lazy for start-up time: only this command reads it.
    import json

    from cloud_core.resources import data_dir

    text = (data_dir("templates") / "manifest.schema.json").read_text("utf-8")
    if not session.options.json:
        session.output.raw(text.rstrip("\n"))
        return
    session.output.answer(json.loads(text), list)


def _data(copy: WorkingCopy) -> dict[str, Any]:
    record = copy.deployment
    return {
        "state": copy.state.value,
        "changes": copy.lines,
        "manifest_version": record.manifest_version if record else None,
    }


def _lines(changes: list[str]) -> list[Any]:
    return [styled(f"  {line}") for line in changes]
