"""`cloud promote`."""

from __future__ import annotations

from typing import Annotated

from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import AutoApprove, Confirm, DeploymentId, Detach, Parallel, environment_argument
from cli.prompts import Consent, confirm_change
from cli.session import Session, command
from cli.wording import count
from cloud_core.domain.names import EnvironmentName

app = new_app()
Source = Annotated[EnvironmentName, environment_argument("SOURCE", "Where it succeeded.")]
Target = Annotated[EnvironmentName, environment_argument("TARGET", "Where it is to be deployed.")]


@command(app, "promote")
def promote(
    session: Session,
    deployment_id: DeploymentId,
    source: Source,
    target: Target,
    parallel: Parallel = 8,
    auto_approve: AutoApprove = False,
    confirm: Confirm = None,
    detach: Detach = False,
) -> Exit:
    """Deploy in the target what succeeded in the source: the same version of the manifest, and the same programs.

    Refused when the source is not deployed as the record says now, when a program changed since, or when it drifted.
    """
    # Lazy for start-up time: pydantic comes with it.
    from cli.plans import render_deploy_plan
    from cli.starting import start_and_follow, user_name
    from cloud_core.domain.statuses import Action
    from cloud_core.services.operations.guards import StartOperation

    session.services.promotions.require_promotable(deployment_id, source, target)
    request = StartOperation(deployment_id, target, Action.DEPLOY, user_name(), parallel=parallel, promoted_from=source)
    prepared = session.services.preparation.of_record(request)
    assert prepared.plan is not None
    if session.dry_run:
        session.output.answer(prepared.to_data(), lambda: render_deploy_plan(prepared))
        return Exit.SUCCESS
    session.output.print(*render_deploy_plan(prepared))
    graph = prepared.plan.graph
    question = f"Promote {count(len(graph.names), 'stack')} from {source.value} to {target.value}?"
    confirm_change(session.output, question, deployment_id, target, Consent(auto_approve, confirm))
    return start_and_follow(session, request, graph, detach)
