"""What operators see beside a flow run: the graph, and the table of results. Outputs are never shown here."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import httpx
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.exceptions import PrefectException

from cloud_core.domain.pictures import mermaid
from cloud_core.domain.plan import Plan
from cloud_core.services.runs.run import OperationRun

_logger = logging.getLogger(__name__)
# What the flow service's client is seen to raise: a picture that can't be shown must not end a deployment.
UNSHOWN = (PrefectException, httpx.HTTPError, OSError, RuntimeError, ValueError)


def show_graph(run: OperationRun) -> None:
    """The stacks and their edges as a mermaid diagram, layer by layer."""
    with_key = f"{artifact_key(run)}-graph"
    try:
        drawn = f"```mermaid\n{mermaid(run.graph)}\n```"
        create_markdown_artifact(drawn, key=with_key, description=f"Stacks of {artifact_title(run)}")
    except UNSHOWN as error:
        _logger.warning("the graph could not be shown: %s", error)


def show_results(run: OperationRun) -> None:
    """One row a stack: status, cause, seconds, changes, error."""
    rows = [
        {
            "stack": name,
            "layer": run.graph.layer_of(name),
            "status": result.status.value,
            "seconds": result.duration_seconds,
            "changes": ", ".join(f"{count} {kind}" for kind, count in sorted(result.changes.items())),
            "cause": result.cause or result.error or "",
        }
        for name, result in sorted(run.results.items(), key=lambda item: run.graph.layer_of(item[0]))
    ]
    try:
        create_table_artifact(rows, key=f"{artifact_key(run)}-results", description=f"Results of {artifact_title(run)}")
    except UNSHOWN as error:
        _logger.warning("the results could not be shown: %s", error)


def show_plan(run: OperationRun, plan: Plan) -> None:
    """What would be done: one row a stack, then each resource that would be changed or go, property by property."""
    try:
        create_markdown_artifact(
            plan_markdown(plan), key=f"{artifact_key(run)}-plan", description=f"Plan of {artifact_title(run)}"
        )
    except UNSHOWN as error:
        _logger.warning("the plan could not be shown: %s", error)


def plan_markdown(plan: Plan) -> str:
    """The plan as a table and a list for each stack with changes; values are masked already."""
    lines = [
        "| Stack | Plan | Create | Update | Replace | Delete | Unchanged | Why |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for stack in plan.stacks:
        numbers = [str(stack.changes.get(action, 0)) for action in ("create", "update", "replace", "delete", "same")]
        why = (
            stack.error or stack.cause or "; ".join([*stack.reasons, *(f"waits on {name}" for name in stack.waits_for)])
        )
        lines.append(_table_row([stack.name, stack.status.value, *numbers, why]))
    for stack in plan.stacks:
        told = [step for step in stack.steps if step.action not in ("create", "read")]
        lines += ["", f"### {stack.name}", ""] if told else []
        for step in told:
            lines.append(f"- **{step.action}** `{step.type}` {step.name}")
            lines += [f"  - `{one.path}`: `{one.before}` → `{one.after}`" for one in step.properties]
    return "\n".join(lines)


def _table_row(cells: Sequence[str]) -> str:
    # A bar or a new line would end the cell.
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def artifact_key(run: OperationRun) -> str:
    return f"{run.operation.deployment_id}-{run.operation.environment.value}".lower()


def artifact_title(run: OperationRun) -> str:
    return f"{run.operation.type.value} {run.operation.deployment_id} {run.operation.environment.value}"
