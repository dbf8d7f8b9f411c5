"""`cloud plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import DeploymentId, Environment, Parallel, SkipValidation, Strict, UsageProblem
from cli.session import Session, command
from cloud_core.domain.names import EnvironmentName

app = new_app()


@command(app, "plan")
def plan(
    session: Session,
    deployment_id: DeploymentId,
    environment: Environment = EnvironmentName.DEV,
    stack: Annotated[
        list[str] | None, typer.Option("--stack", metavar="GLOB", help="Only these stacks; may be given again.")
    ] = None,
    destroy: Annotated[bool, typer.Option("--destroy", help="Look ahead to a destroy.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only the graph and the reasons, without asking the engine.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Keep the plan, for 'cloud deploy --plan FILE'."),
    ] = None,
    parallel: Parallel = 8,
    force: Annotated[
        bool, typer.Option("--force", "--no-smart-skip", help="Look at unchanged stacks too, instead of skipping them.")
    ] = False,
    skip_validation: SkipValidation = False,
    strict: Strict = False,
) -> Exit:
    """Show what a deploy would do: the engine previews every stack, in the order of the graph.

    Outputs that are not there yet travel on as unknown, so that a fresh deployment is previewed completely. Nothing
    is deployed and no lock is taken; an edited manifest becomes the record, as it would by a deploy.
    """
    # Lazy for start-up time: pydantic comes with it.
    from cli.planning import make_plan, matching_stacks, show_quickly
    from cli.starting import user_name
    from cloud_core.domain.statuses import Action
    from cloud_core.services.operations.guards import StartOperation

    if quick and out is not None:
        raise UsageProblem("--quick and --out exclude each other: only what the engine previewed can be kept")
    request = StartOperation(
        deployment_id,
        environment,
        Action.PREVIEW,
        user_name(),
        previews=Action.DESTROY if destroy else Action.DEPLOY,
        parallel=parallel,
        skip_unchanged=not force,
    )
    request = matching_stacks(session, request, stack or [])
    if quick or session.dry_run:
        return show_quickly(session, request, skip_validation, strict)
    return make_plan(session, request, skip_validation, strict, out)
