"""`cloud graph`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.help import new_app
from cli.options import DeploymentId, Environment, choice
from cli.output import plain_text
from cli.session import Session, command
from cli.text import joined, status_text, styled, table
from cloud_core.domain.names import EnvironmentName

if TYPE_CHECKING:
    from cloud_core.services.looking.stack_graphs import StackPicture

app = new_app()
_FORMATS: Final = ("text", "mermaid", "svg")


@command(app, "graph")
def graph(
    session: Session,
    deployment_id: DeploymentId,
    environment: Environment = EnvironmentName.DEV,
    format: Annotated[str, choice("--format", words=_FORMATS, help="How it is drawn.")] = "text",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there; else to stdout.")
    ] = None,
    status: Annotated[bool, typer.Option("--status/--no-status", help="Show how the stacks stand.")] = True,
) -> None:
    """Draw the stacks of an environment, with what each waits for and how it stands."""
    picture = session.services.stack_graphs.of(deployment_id, environment, status)
    if output is not None:
        _write(session, picture, format, output)
    elif format == "text" or session.options.json:
        session.output.answer(picture.to_data(), lambda: _text(picture))
    else:
        session.output.raw(_drawn(picture, format))


def _write(session: Session, picture: StackPicture, format: str, path: Path) -> None:
    # Lazy for start-up time: only this option needs it.
    from cloud_core.adapters.local.text_files import write_atomically

    if not session.dry_run:
        write_atomically(path, _drawn(picture, format) + "\n")
    done = "Would be drawn" if session.dry_run else "Drawn"
    session.output.answer({**picture.to_data(), "path": str(path)}, lambda: joined(("✓ ", "green"), f"{done}: {path}"))


def _drawn(picture: StackPicture, format: str) -> str:
    # Lazy for start-up time: the status alone needs none of it.
    from cloud_core.domain.pictures import graph_svg, mermaid

    if format == "mermaid":
        return mermaid(picture.graph, picture.nodes)
    if format == "svg":
        return graph_svg(picture.graph, picture.title, picture.nodes).rstrip("\n")
    return plain_text(_text(picture))


def _text(picture: StackPicture) -> list[Any]:
    """Layer by layer; soft dependencies stand apart, since a stack goes on without them."""
    graph, nodes = picture.graph, picture.nodes
    headings = ["Layer", "Stack", *(["Status"] if nodes else []), "Needs", "Goes after, if there"]
    rows: list[Any] = []
    for number, layer in enumerate(graph.layers, 1):
        for name in layer:
            standing = [status_text(picture.stacks[name].status.value, nodes[name].words)] if picture.stacks else []
            edges = [", ".join(sorted(edges[name])) or "–" for edges in (graph.hard, graph.soft)]
            rows.append([str(number), styled(name, "bold"), *standing, *edges])
    if not rows:
        return [styled("No stack is enabled, and none is deployed.")]
    return [styled(picture.title, "bold"), styled(""), table(headings, rows, right=("Layer",))]
