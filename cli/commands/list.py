"""`cloud list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.help import new_app
from cli.options import AnyEnvironment, UsageProblem, choice
from cli.session import Session, command
from cli.text import status_text, styled, table
from cli.wording import count, local_time

if TYPE_CHECKING:
    from cloud_core.services.looking.deployments import DeploymentFilter, DeploymentList, DeploymentSummary

app = new_app()
_SORT_KEYS = ("id", "created", "updated")


@command(app, "list")
def list_deployments(
    session: Session,
    org: Annotated[
        str | None, typer.Option("--org", "--organization", metavar="ORG", help="Only this organisation's.")
    ] = None,
    project: Annotated[str | None, typer.Option("--project", metavar="PROJECT", help="Only this project's.")] = None,
    environment: AnyEnvironment = None,
    status: Annotated[
        str | None, typer.Option("--status", metavar="STATUS", help="A status, or 'active' or 'inactive'.")
    ] = None,
    sort: Annotated[str, choice("--sort", words=_SORT_KEYS, help="Newest first, but for id.")] = "created",
    show_all: Annotated[bool, typer.Option("--all", help="Destroyed ones too.")] = False,
) -> None:
    """List the deployments."""
    # Lazy for start-up time: pydantic comes with it.
    from cloud_core.services.looking.deployments import STATUS_WORDS, DeploymentFilter, SortKey

    if status is not None and status not in STATUS_WORDS:
        raise UsageProblem(f"--status {status!r} is no status: use {', '.join(STATUS_WORDS)}")
    wanted = DeploymentFilter(org, project, environment, STATUS_WORDS[status] if status else None, show_all)
    found = session.services.deployments.list(wanted, SortKey(sort))
    session.output.answer(found.to_data(), lambda: _render(found, wanted))


def _render(found: DeploymentList, wanted: DeploymentFilter) -> list[Any]:
    lines: list[Any]
    if not found.items:
        lines = [styled(_nothing(wanted))]
    else:
        headings = ("ID", "Organization", "Project", "Environments", "Status", "Created")
        lines = [table(headings, map(_row, found.items)), styled(""), styled(count(len(found.items), "deployment"))]
    if found.unrecorded:
        names = ", ".join(found.unrecorded)
        lines.append(styled(f"In this workspace but not recorded yet: {names}. The first deploy records them.", "dim"))
    return lines


def _nothing(wanted: DeploymentFilter) -> str:
    if not wanted.is_open:
        return "No deployment matches."
    destroyed = "" if wanted.include_destroyed else " 'cloud list --all' shows destroyed ones."
    return f"No deployments. Make one with 'cloud init'; 'cloud template-list' shows the templates.{destroyed}"


def _row(item: DeploymentSummary) -> list[Any]:
    one = item.deployment
    enabled = [name for name, status in item.environments.items() if status != "disabled"]
    return [
        styled(one.deployment_id, "bold"),
        one.organization,
        one.project,
        ", ".join(enabled) or "–",
        status_text(one.status.value),
        local_time(one.created_at),
    ]
