"""`cloud deploy` and `cloud deploy-stack`."""

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
from cli.prompts import Consent, confirm_change
from cli.session import Session, command
from cli.wording import count
from cloud_core.domain.names import EnvironmentName

if TYPE_CHECKING:
    from cloud_core.services.operation_guards import StartOperation
    from cloud_core.services.preparation import Preparation

app = new_app()
SkipValidation = Annotated[bool, typer.Option("--skip-validation", help="Don't validate the manifest first.")]
Force = Annotated[
    bool, typer.Option("--force", "--no-smart-skip", help="Deploy unchanged stacks too, instead of skipping them.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings of the validation count as errors.")]


@command(app, "deploy")
def deploy(
    session: Session,
    deployment_id: DeploymentId,
    environment: Environment = EnvironmentName.DEV,
    preview: Preview = False,
    parallel: Parallel = 8,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Start nothing more after a failure.")] = False,
    force: Force = False,
    skip_validation: SkipValidation = False,
    strict: Strict = False,
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
    from cloud_core.domain.records import Action
    from cloud_core.services.operation_guards import StartOperation

    request = StartOperation(
        deployment_id,
        environment,
        Action.DEPLOY,
        user_name(),
        parallel=parallel,
        fail_fast=fail_fast,
        skip_unchanged=not force,
    )
    rehearse = preview or session.dry_run
    prepared = _prepare(session, request, skip_validation, strict, rehearse)
    return _deploy(session, prepared, Consent(auto_approve, confirm), rehearse, detach)


@command(app, "deploy-stack")
def deploy_stack(
    session: Session,
    names: DeploymentAndStack,
    environment: Environment = EnvironmentName.DEV,
    preview: Preview = False,
    skip_dependencies: Annotated[
        bool, typer.Option("--skip-dependencies", help="Even if stacks that it needs are not deployed.")
    ] = False,
    skip_validation: SkipValidation = False,
    strict: Strict = False,
    auto_approve: AutoApprove = False,
    confirm: Confirm = None,
    detach: Detach = False,
) -> Exit:
    """Deploy one stack; those that it needs must be deployed already. The environment's status stays as it is."""
    # Lazy for start-up time, as above.
    from cli.starting import user_name
    from cloud_core.domain.records import Action
    from cloud_core.services.operation_guards import StartOperation

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
    rehearse = preview or session.dry_run
    prepared = _prepare(session, request, skip_validation, strict, rehearse)
    return _deploy(session, prepared, Consent(auto_approve, confirm), rehearse, detach)


def _prepare(
    session: Session, request: StartOperation, skip_validation: bool, strict: bool, rehearse: bool
) -> Preparation:
    # Lazy for start-up time, as above.
    from cloud_core.domain.validation import Level

    if skip_validation:
        session.output.warn("the manifest is not validated")
    level = None if skip_validation else Level.FULL
    return session.services.preparation.prepare(request, level, strict, rehearse)


def _deploy(session: Session, prepared: Preparation, consent: Consent, rehearse: bool, detach: bool) -> Exit:
    """Show the plan, ask, push an edited manifest, start, follow."""
    # Lazy for start-up time, as above.
    from cli.plans import deploy_plan_data, render_deploy_plan
    from cli.starting import start_and_follow

    if prepared.plan is None:
        return _tell_invalid(session, prepared)
    if rehearse:
        session.output.answer(deploy_plan_data(prepared), lambda: render_deploy_plan(prepared))
        return Exit.SUCCESS
    session.output.print(*render_deploy_plan(prepared))
    request = prepared.request
    question = f"Deploy {count(len(prepared.plan.graph.names), 'stack')} to {request.environment.value}?"
    confirm_change(session.output, question, request.deployment_id, request.environment, consent)
    session.services.preparation.push(prepared)
    return start_and_follow(session, request, prepared.plan.graph, detach)


def _tell_invalid(session: Session, prepared: Preparation) -> Exit:
    """The findings, as the error that they are."""
    from cli.commands.validate import exit_of
    from cli.findings import render_validation
    from cli.problems import of_error
    from cloud_core.domain.validation import invalid_manifest

    result = prepared.validation
    assert result is not None
    if session.output.as_json:
        session.output.fail(of_error(invalid_manifest(result.errors)))
    else:
        session.output.note(*render_validation(result))
    return exit_of(result)
