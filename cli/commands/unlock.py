"""`cloud unlock`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import AutoApprove, Confirm, DeploymentId, Environment
from cli.prompts import Consent, confirm_change
from cli.session import Session, command
from cli.text import joined, styled
from cloud_core.domain.names import EnvironmentName

app = new_app()


@command(app, "unlock")
def unlock(
    session: Session,
    deployment_id: DeploymentId,
    environment: Environment = EnvironmentName.DEV,
    force: Annotated[
        bool, typer.Option("--force", help="Its owner on another host is gone for certain; its heartbeat is watched.")
    ] = False,
    auto_approve: AutoApprove = False,
    confirm: Confirm = None,
) -> Exit:
    """Free an environment from an operation that died. Refused while it lives; who freed it is written down.

    Needed only when it died on another host: on this one the next operation finds out by itself.
    """
    # Lazy for start-up time: pydantic comes with it.
    from cli.starting import user_name
    from cloud_core.services.operations.unlocking import HEARTBEAT_WATCH_SECONDS

    found = session.services.unlocking.look(deployment_id, environment, force)
    if found.owner is None:
        text = f"{deployment_id} {environment.value} is free: no operation holds it."
        session.output.answer(found.to_data(deployment_id, environment, freed=False), lambda: styled(text))
        return Exit.SUCCESS
    owner = f"operation {found.owner.operation_id} (process {found.owner.flow_process.pid})"
    if session.dry_run:
        data = found.to_data(deployment_id, environment, freed=False)
        session.output.answer(data, lambda: styled(f"Would be freed from {owner}"))
        return Exit.SUCCESS
    question = f"Free {deployment_id} {environment.value} from {owner}?"
    confirm_change(session.output, question, deployment_id, environment, Consent(auto_approve, confirm))
    if not found.is_proven:
        session.output.note(styled(f"Watching its heartbeat for {HEARTBEAT_WATCH_SECONDS:.0f} s."))
    session.services.unlocking.free(found, user_name())
    session.output.answer(
        found.to_data(deployment_id, environment, freed=True),
        lambda: joined(("✓ ", "green"), f"{deployment_id} {environment.value} is free; it was held by {owner}."),
    )
    session.output.note(
        styled(f"  do what it left: cloud retry {deployment_id} --environment {environment.value}", "dim")
    )
    return Exit.SUCCESS
