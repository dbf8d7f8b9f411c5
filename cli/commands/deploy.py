"""`cloud deploy` and `cloud deploy-stack`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
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
    SkipValidation,
    Strict,
    refusing,
    stack_target,
)
from cli.prompts import Consent, confirm_change
from cli.session import Session, command
from cli.wording import count
from cloud_core.domain.errors import OperationRunning
from cloud_core.domain.names import EnvironmentName, parse_idempotency_key

if TYPE_CHECKING:
    from cloud_core.services.operations.guards import StartOperation

app = new_app()


@command(app, "deploy")
def deploy(
    session: Session,
    deployment_id: DeploymentId,
    environment: Environment = EnvironmentName.DEV,
    preview: Preview = False,
    parallel: Parallel = 8,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Start nothing more after a failure.")] = False,
    rollback_on_error: Annotated[
        bool,
        typer.Option(
            "--rollback-on-error",
            help="If a stack fails: put changed stacks back, and destroy new ones.",
        ),
    ] = False,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="Do only what this plan of 'cloud plan --out FILE' shows."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", "--no-smart-skip", help="Deploy unchanged stacks too, instead of skipping them.")
    ] = False,
    skip_validation: SkipValidation = False,
    strict: Strict = False,
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            "--idempotency-key",
            metavar="KEY",
            parser=refusing(parse_idempotency_key),
            help="Asked again with the same key: the same operation.",
        ),
    ] = None,
    attach: Annotated[bool, typer.Option("--attach", help="Follow a deploy that runs, instead of refusing.")] = False,
    auto_approve: AutoApprove = False,
    confirm: Confirm = None,
    detach: Detach = False,
) -> Exit:
    """Deploy an environment: every enabled stack, each as soon as its own dependencies are done.

    A stack that is deployed already, from the same program and inputs, is skipped.
    An edited manifest is validated, and pushed once the plan is agreed to. Ctrl-C detaches; the operation goes on.
    """
    # Lazy for start-up time: pydantic comes with it.
    from cli.starting import user_name
    from cloud_core.domain.statuses import Action
    from cloud_core.services.operations.guards import StartOperation

    request = StartOperation(
        deployment_id,
        environment,
        Action.DEPLOY,
        user_name(),
        parallel=parallel,
        fail_fast=fail_fast,
        skip_unchanged=not force,
        idempotency_key=idempotency_key,
        rollback_on_error=rollback_on_error,
    )
    if plan is not None:
        request = _planned(session, request, plan)
    if preview or session.dry_run:
        return _preview(session, request, skip_validation, strict)
    if (joined := _join(session, request, attach, detach)) is not None:
        return joined
    try:
        return _deploy(session, request, (skip_validation, strict), Consent(auto_approve, confirm), detach)
    except OperationRunning:
        # Another one began while this one was prepared.
        if (joined := _join(session, request, attach, detach)) is not None:
            return joined
        raise


@command(app, "deploy-stack")
def deploy_stack(
    session: Session,
    names: DeploymentAndStack,
    environment: Environment = EnvironmentName.DEV,
    preview: Preview = False,
    skip_dependencies: Annotated[
        bool, typer.Option("--skip-dependencies", help="Even if stacks that it needs are not deployed.")
    ] = False,
    skip_validation: Annotated[
        bool, typer.Option("--skip-validation", "--force", help="Don't validate the manifest first.")
    ] = False,
    strict: Strict = False,
    auto_approve: AutoApprove = False,
    confirm: Confirm = None,
    detach: Detach = False,
) -> Exit:
    """Deploy one stack; those that it needs must be deployed already. The environment's status stays as it is."""
    # Lazy for start-up time, as above.
    from cli.starting import user_name
    from cloud_core.domain.statuses import Action
    from cloud_core.services.operations.guards import StartOperation

    deployment_id, stack = stack_target(names)
    request = StartOperation(
        deployment_id,
        environment,
        Action.DEPLOY,
        user_name(),
        stacks=[stack],
        skip_dependencies=skip_dependencies,
        skip_unchanged=False,
    )
    if preview or session.dry_run:
        return _preview(session, request, skip_validation, strict)
    return _deploy(session, request, (skip_validation, strict), Consent(auto_approve, confirm), detach)


def _join(session: Session, request: StartOperation, attach: bool, detach: bool) -> Exit | None:
    """See the operation through that is this one already, or that is to be attached to; None when there is none."""
    # Lazy for start-up time, as above.
    from cli.starting import see_through

    if not attach and request.idempotency_key is None:
        return None
    found = session.services.operations.turns.to_join(request, attach)
    return None if found is None else see_through(session, found, detach, "Attached")


def _planned(session: Session, request: StartOperation, file: Path) -> StartOperation:
    """The request, confined to what the plan shows; refused when that can't be what is deployed now."""
    # Lazy for start-up time, as above.
    from cli.planning import read_plan
    from cloud_core.domain.errors import InvalidInput

    plan = read_plan(file)
    for name, given, planned in (
        ("the deployment", request.deployment_id, plan.deployment_id),
        ("--environment", request.environment.value, plan.environment),
    ):
        if given != planned:
            raise InvalidInput(f"the plan is for {planned}, not for {given}", field=name, value=given)
    session.services.plans.require_current(plan)
    return replace(request, stacks=list(plan.confined_to), plan_id=plan.operation_id)


def _preview(session: Session, request: StartOperation, skip_validation: bool, strict: bool) -> Exit:
    """As `cloud plan`; --dry-run leaves no trace at all, so that the engine is not asked."""
    # Lazy for start-up time, as above.
    from cli.planning import make_plan, show_quickly
    from cloud_core.domain.statuses import Action

    looking = replace(request, action=Action.PREVIEW, previews=Action.DEPLOY)
    show = show_quickly if session.dry_run else make_plan
    return show(session, looking, skip_validation, strict)


def _deploy(
    session: Session, request: StartOperation, checks: tuple[bool, bool], consent: Consent, detach: bool
) -> Exit:
    """Show the plan, ask, push an edited manifest, start, follow. `checks` are --skip-validation and --strict."""
    # Lazy for start-up time, as above.
    from cli.planning import prepare, tell_invalid
    from cli.plans import render_deploy_plan
    from cli.starting import start_and_follow

    prepared = prepare(session, request, *checks, rehearse=False)
    if prepared.plan is None:
        return tell_invalid(session, prepared)
    session.output.print(*render_deploy_plan(prepared))
    if not prepared.is_no_op:
        back = ", and take it back if it fails" if request.rollback_on_error else ""
        question = f"Deploy {count(len(prepared.plan.graph.names), 'stack')} to {request.environment.value}{back}?"
        confirm_change(session.output, question, request.deployment_id, request.environment, consent)
    session.services.preparation.push(prepared)
    return start_and_follow(session, request, prepared.plan.graph, detach)
