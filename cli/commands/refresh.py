"""`cloud refresh`, and its comparison under the older name `cloud detect-drift`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import (
    Confirm,
    DeploymentAndMaybeStack,
    Detach,
    Environment,
    Parallel,
    optional_target,
)
from cli.prompts import Consent, confirm_change
from cli.session import Session, command
from cli.text import styled
from cli.wording import count
from cloud_core.domain.names import EnvironmentName

if TYPE_CHECKING:
    from cloud_core.domain.graph import StackGraph
    from cloud_core.services.looking.watching import Ending
    from cloud_core.services.operations.guards import StartOperation

app = new_app()
DRIFT_CODE = "DRIFT_DETECTED"
FailOnDrift = Annotated[
    bool,
    typer.Option(
        "--fail-on-drift", "--exit-code", help="End with 1 when AWS differs, or when that is not known: for CI."
    ),
]


@command(app, "refresh")
def refresh(
    session: Session,
    names: DeploymentAndMaybeStack = None,
    environment: Environment = EnvironmentName.DEV,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only compare: tell where AWS differs, and mark it in 'cloud status'.")
    ] = False,
    parallel: Parallel = 8,
    fail_on_drift: FailOnDrift = False,
    confirm: Confirm = None,
    detach: Detach = False,
) -> Exit:
    """Read AWS into the state of what is deployed. AWS itself is never changed.

    A stack in which AWS differed is deployed again by the next deploy, which puts right what the program wants
    otherwise. With --preview the state stays as it is, and no lock is taken: it is the drift report.
    """
    # Lazy for start-up time: pydantic comes with it.
    from cloud_core.domain.statuses import Action

    if preview or session.dry_run:
        request = _request(names or [], environment, Action.DRIFT, parallel)
        return _run(session, request, fail_on_drift, detach)
    request = _request(names or [], environment, Action.REFRESH, parallel)
    return _run(session, request, fail_on_drift, detach, Consent(typed_id=confirm))


@command(app, "detect-drift")
def detect_drift(
    session: Session,
    names: DeploymentAndMaybeStack = None,
    environment: Environment = EnvironmentName.DEV,
    parallel: Parallel = 8,
    fail_on_drift: FailOnDrift = False,
    detach: Detach = False,
) -> Exit:
    """Tell where AWS differs from what was deployed: `cloud refresh --preview`."""
    # Lazy for start-up time, as above.
    from cloud_core.domain.statuses import Action

    return _run(session, _request(names or [], environment, Action.DRIFT, parallel), fail_on_drift, detach)


def _request(names: list[str], environment: EnvironmentName, action: Any, parallel: int) -> StartOperation:
    # Lazy for start-up time, as above.
    from cli.starting import user_name
    from cloud_core.services.operations.guards import StartOperation

    deployment_id, stack = optional_target(names)
    stacks = [stack] if stack else []
    return StartOperation(deployment_id, environment, action, user_name(), stacks=stacks, parallel=parallel)


def _run(
    session: Session, request: StartOperation, fail_on_drift: bool, detach: bool, consent: Consent | None = None
) -> Exit:
    """Start and follow, unless there is nothing deployed; `consent` is what is needed for more than a look."""
    # Lazy for start-up time, as above.
    from cli.starting import start_and_follow

    graph = session.services.operations.plan(request).graph
    if not graph.names:
        return _tell_nothing(session, request)
    if session.dry_run:
        return _rehearse(session, request, graph)
    prod = request.environment is EnvironmentName.PROD
    if consent is not None and (prod or consent.typed_id is not None):
        question = f"Read AWS into the state of {count(len(graph.names), 'stack')} of {request.environment.value}?"
        confirm_change(session.output, question, request.deployment_id, request.environment, consent)
    return start_and_follow(session, request, graph, detach, partial(_tell, fail_on_drift=fail_on_drift))


def _tell(session: Session, ending: Ending, fail_on_drift: bool) -> Exit:
    # Lazy for start-up time, as above.
    from cli.drift_text import next_steps, render_findings, sum_line
    from cli.following import tell_page
    from cli.problems import Problem
    from cli.results import tell_ending

    output, operation = session.output, ending.operation
    findings = session.services.findings.read(operation)
    if not ending.is_success:
        output.print(*render_findings(findings))
        return tell_ending(session, ending)
    data: dict[str, Any] = {
        **findings.to_data(),
        "status": operation.status.value,
        "flow_run_url": session.services.flow_run_url(operation.flow_run_id),
    }
    fails = fail_on_drift and bool(findings.drifted or findings.unknown)
    steps = next_steps(findings)
    if not (fails and output.as_json):
        output.answer(data, lambda: [*render_findings(findings), *tell_page(session, operation)])
    if not fails:
        output.note(*(styled(f"  {step}", "dim") for step in steps))
        return Exit.SUCCESS
    output.fail(Problem(DRIFT_CODE, sum_line(findings).plain, Exit.FAILED, data, steps))
    return Exit.FAILED


def _tell_nothing(session: Session, request: StartOperation) -> Exit:
    environment = request.environment.value
    data: dict[str, Any] = {
        "deployment_id": request.deployment_id,
        "environment": environment,
        "type": request.action.value,
        "drift_detected": False,
        "stacks": [],
    }
    session.output.answer(data, lambda: styled(f"Nothing is deployed in {request.deployment_id} {environment}."))
    return Exit.SUCCESS


def _rehearse(session: Session, request: StartOperation, graph: StackGraph) -> Exit:
    """With --dry-run not even the mark is left: what would be looked at."""
    names = [name for layer in graph.layers for name in layer]
    data = {"deployment_id": request.deployment_id, "environment": request.environment.value, "would_compare": names}
    session.output.answer(
        data, lambda: styled(f"Would compare {count(len(names), 'stack')} with AWS: {', '.join(names)}")
    )
    return Exit.SUCCESS
