"""`cloud destroy` and `cloud destroy-stack`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import (
    AutoApprove,
    Confirm,
    DeploymentAndStack,
    DeploymentId,
    Detach,
    Environment,
    Parallel,
    Preview,
    stack_target,
)
from cli.prompts import Consent
from cli.session import Session, command
from cli.text import styled
from cloud_core.domain.names import EnvironmentName

if TYPE_CHECKING:
    from cloud_core.services.looking.report import EnvironmentReport
    from cloud_core.services.operations.guards import StartOperation

app = new_app()


@command(app, "destroy")
def destroy(
    session: Session,
    deployment_id: DeploymentId,
    environment: Environment = EnvironmentName.DEV,
    preview: Preview = False,
    parallel: Parallel = 8,
    auto_approve: AutoApprove = False,
    confirm: Confirm = None,
    detach: Detach = False,
) -> Exit:
    """Destroy an environment: each stack as soon as nothing needs it any more.

    Every stack is listed with its resources first. The manifest, the logs and the history remain.
    """
    # Lazy for start-up time: pydantic comes with it.
    from cli.starting import user_name
    from cloud_core.domain.statuses import Action
    from cloud_core.services.operations.guards import StartOperation

    request = StartOperation(deployment_id, environment, Action.DESTROY, user_name(), parallel=parallel)
    return _destroy(session, request, Consent(auto_approve, confirm), preview or session.dry_run, detach)


@command(app, "destroy-stack")
def destroy_stack(
    session: Session,
    names: DeploymentAndStack,
    environment: Environment = EnvironmentName.DEV,
    preview: Preview = False,
    force: Annotated[bool, typer.Option("--force", help="Even if deployed stacks still need it.")] = False,
    auto_approve: AutoApprove = False,
    confirm: Confirm = None,
    detach: Detach = False,
) -> Exit:
    """Destroy one stack, unless deployed stacks still need it. The environment's status stays as it is."""
    # Lazy for start-up time, as above.
    from cli.starting import user_name
    from cloud_core.domain.statuses import Action
    from cloud_core.services.operations.guards import StartOperation

    deployment_id, stack = stack_target(names)
    request = StartOperation(deployment_id, environment, Action.DESTROY, user_name(), stacks=[stack], force=force)
    return _destroy(session, request, Consent(auto_approve, confirm), preview or session.dry_run, detach)


def _destroy(session: Session, request: StartOperation, consent: Consent, rehearse: bool, detach: bool) -> Exit:
    """Show what is there, ask, start, follow."""
    # Lazy for start-up time, as above.
    from cli.destroying import agree_to_destroy, show_destroy
    from cli.starting import start_and_follow

    stack = request.stacks[0] if request.stacks else None
    report = session.services.status.report(request.deployment_id, request.environment, stack).environments[0]
    if not report.existing:
        return _tell_nothing(session, report)
    graph = session.services.operations.plan(request).graph
    if rehearse:
        show_destroy(session, report, graph)
        return Exit.SUCCESS
    agree_to_destroy(session, request, report, graph, consent)
    return start_and_follow(session, request, graph, detach)


def _tell_nothing(session: Session, report: EnvironmentReport) -> Exit:
    place = f"{report.deployment_id} {report.environment.value}"
    data = {"deployment_id": report.deployment_id, "environment": report.environment.value, "total_stacks": 0}
    session.output.answer(data, lambda: styled(f"Nothing to destroy in {place}."))
    return Exit.SUCCESS
