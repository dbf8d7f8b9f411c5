"""`cloud schema`."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from cli.help import new_app
from cli.options import UsageProblem
from cli.session import Session, command

app = new_app()


@command(app, "schema")
def schema(
    session: Session,
    name: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND]", show_default=False, help="Only what this one prints.")
    ] = None,
) -> None:
    """Print the JSON schema of what the commands print with --json."""
    # Lazy for start-up time: only this command reads it.
    from cloud_core.resources import data_dir

    found: dict[str, Any] = json.loads((data_dir("templates") / "cloud.schema.json").read_text("utf-8"))
    if name:
        found = _of_command(found, " ".join(name))
    if session.options.json:
        session.output.document(found)
    else:
        session.output.raw(json.dumps(found, indent=2))


def _of_command(whole: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema of a command's `data`, with all that it refers to."""
    if name not in whole["commands"]:
        known = ", ".join(whole["commands"])
        raise UsageProblem(f"{name!r} is no command with an answer: there are {known}")
    return {"$schema": whole["$schema"], **whole["commands"][name], "$defs": whole["$defs"]}
