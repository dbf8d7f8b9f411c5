"""`cloud environment list|enable|disable`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.completion import deployment_ids
from cli.config_lines import edited_lines
from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import DEPLOYMENT_VARIABLE, AutoApprove, Confirm, DeploymentId, refusing, split_target
from cli.prompts import Consent, confirm_change
from cli.session import Session, command
from cli.text import joined, status_text, styled, table
from cli.wording import age
from cloud_core.domain.names import EnvironmentName, parse_environment

if TYPE_CHECKING:
    from datetime import datetime

    from rich.text import Text

    from cloud_core.services.looking.watching import Ending
    from cloud_core.services.operations.environments import EnvironmentSummary, EnvironmentSwitched
    from cloud_core.services.operations.guards import StartOperation

app = new_app(help="The environments of a deployment: dev, stage and prod.")

_parse = refusing(parse_environment)
_Names = Annotated[
    list[str],
    typer.Argument(
        metavar="[DEPLOYMENT_ID] ENVIRONMENT",
        autocompletion=deployment_ids,
        show_default=False,
        help=f"The deployment, unless {DEPLOYMENT_VARIABLE} names it, and dev, stage or prod.",
    ),
]


@command(app, "list")
def list_environments(session: Session, deployment_id: DeploymentId) -> None:
    """List the three environments: whether they are enabled, where they are, what is deployed."""
    found = session.services.environments.list(deployment_id)
    now = session.services.clock.now()
    data = {"deployment_id": deployment_id, "environments": [one.to_data() for one in found]}
    session.output.answer(data, lambda: _listing(found, now))


@command(app, "enable")
def enable(session: Session, names: _Names) -> None:
    """Switch an environment on in the manifest file, after a validation. Nothing is deployed."""
    deployment_id, environment = _target(names)
    switched = session.services.environments.enable(deployment_id, environment, session.dry_run)
    session.output.answer(switched.to_data(), lambda: _switched_lines(switched, session.dry_run))


@command(app, "disable")
def disable(
    session: Session,
    names: _Names,
    destroy: Annotated[
        bool, typer.Option("--destroy", help="Destroy what is deployed there first, as 'cloud destroy' does.")
    ] = False,
    auto_approve: AutoApprove = False,
    confirm: Confirm = None,
) -> Exit:
    """Switch an environment off in the manifest file. Refused while stacks are deployed there."""
    deployment_id, environment = _target(names)
    service, consent = session.services.environments, Consent(auto_approve, confirm)
    service.require_switchable(deployment_id, environment)
    deployed = service.deployed(deployment_id, environment) if destroy else ()
    if deployed and session.dry_run:
        return _rehearse_destroy(session, deployment_id, environment)
    ending = _destroy(session, deployment_id, environment, consent) if deployed else None
    if isinstance(ending, Exit):
        return ending
    if ending is not None and not _is_destroyed(session, ending):
        return Exit.FAILED
    if ending is None:
        service.require_unused(deployment_id, environment)
        needs_id = environment is EnvironmentName.PROD or confirm is not None
        if needs_id and not session.dry_run:
            confirm_change(session.output, "It will be disabled.", deployment_id, environment, consent)
    switched = service.disable(deployment_id, environment, session.dry_run)
    data = {**switched.to_data(), "destroyed": list(ending.operation.results) if ending else []}
    session.output.answer(data, lambda: _switched_lines(switched, session.dry_run))
    return Exit.SUCCESS


def _target(names: list[str]) -> tuple[str, EnvironmentName]:
    deployment_id, (name,) = split_target(names, following=1, first="environment")
    return deployment_id, _parse(name)


def _request(deployment_id: str, environment: EnvironmentName) -> StartOperation:
    # Lazy for start-up time: pydantic comes with it.
    from cli.starting import user_name
    from cloud_core.domain.statuses import Action
    from cloud_core.services.operations.guards import StartOperation

    return StartOperation(deployment_id, environment, Action.DESTROY, user_name())


def _rehearse_destroy(session: Session, deployment_id: str, environment: EnvironmentName) -> Exit:
    # Lazy for start-up time, as above.
    from cli.destroying import foreseen, show_destroy

    report, graph = foreseen(session, _request(deployment_id, environment))
    show_destroy(session, report, graph, styled(f"Then {environment.value} would be disabled."))
    return Exit.SUCCESS


def _destroy(session: Session, deployment_id: str, environment: EnvironmentName, consent: Consent) -> Ending | Exit:
    """As `cloud destroy` does it, and how it ended; an exit when it has to be approved first, which is told then."""
    # Lazy for start-up time, as above.
    from cli.approvals import tell_awaiting
    from cli.destroying import agree_to_destroy, foreseen
    from cli.starting import accompany

    request = _request(deployment_id, environment)
    report, graph = foreseen(session, request)
    agree_to_destroy(session, request, report, graph, consent)
    operation = session.services.operations.start(request)
    return tell_awaiting(session, operation) if operation.status.is_waiting else accompany(session, operation, graph)


def _is_destroyed(session: Session, ending: Ending) -> bool:
    """Whether all is gone; told unless one document has to say everything."""
    # Lazy for start-up time, as above.
    from cli.results import tell_ending

    if session.output.as_json and ending.is_success:
        return True
    return tell_ending(session, ending) is Exit.SUCCESS


def _switched_lines(switched: EnvironmentSwitched, rehearsed: bool) -> list[Any]:
    place, word = f"{switched.environment.value} of {switched.deployment_id}", _word(switched.is_enabled)
    if switched.edited is None:
        return [styled(f"Nothing to change: {place} is {word} already.")]
    mark = ("Would be changed: ", "bold") if rehearsed else ("✓ ", "green")
    return [joined(mark, f"{place} is {word}"), *edited_lines(switched.edited, rehearsed)]


def _listing(found: Sequence[EnvironmentSummary], now: datetime) -> list[Any]:
    headings = ("Environment", "Enabled", "Status", "Account", "Region", "Stacks", "Resources", "Last Deployed")
    rows = [_row(one, now) for one in found]
    pending = any(one.is_pending for one in found)
    note = [styled("* in the file alone: the next deploy, or 'cloud manifest push', makes it the record", "dim")]
    return [table(headings, rows, right=("Resources",)), *(note if pending else [])]


def _row(one: EnvironmentSummary, now: datetime) -> list[str | Text]:
    if one.account is None:
        return [styled(one.name.value, "bold"), "–", styled("not in the manifest", "dim"), *[""] * 5]
    return [
        styled(one.name.value, "bold"),
        ("yes" if one.is_enabled else "no") + ("*" if one.is_pending else ""),
        status_text(one.status),
        one.account,
        one.region or "",
        f"{one.deployed_stacks} of {one.total_stacks}",
        str(one.resource_count or ""),
        age(one.last_deployed_at, now),
    ]


def _word(enabled: bool) -> str:
    return "enabled" if enabled else "disabled"
