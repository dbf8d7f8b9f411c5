"""What a deploy or destroy would do, before anybody agrees to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.problems import finding_lines
from cli.text import joined, status_text, styled, table
from cli.wording import count
from cloud_core.domain.working_copy import CopyState

if TYPE_CHECKING:
    from rich.text import Text

    from cloud_core.domain.graph import StackGraph
    from cloud_core.services.looking.report import EnvironmentReport
    from cloud_core.services.operations.preparation import Preparation

    Row = list[str | Text]


def render_deploy_plan(prepared: Preparation) -> list[Any]:
    """The validation in a line, what the edited file changes, and the stacks by layer."""
    assert prepared.plan is not None
    graph, request = prepared.plan.graph, prepared.request
    version = f"manifest version {prepared.deployment.manifest_version}"
    rows: list[Row] = [
        [
            str(number),
            styled(name, "bold"),
            ", ".join(sorted(graph.dependencies(name))) or "–",
            _reason_text(prepared, name),
        ]
        for number, layer in enumerate(graph.layers, 1)
        for name in layer
    ]
    at_once = f", at most {request.parallel} at once" if len(rows) > 1 else ""
    return [
        *_validation_lines(prepared),
        *_change_lines(prepared),
        joined((f"Plan for {request.deployment_id} {request.environment.value}", "bold"), (f"  {version}", "dim")),
        styled(""),
        table(("Layer", "Stack", "Waits for", "Why" if prepared.reasons else ""), rows, right=("Layer",)),
        styled(f"\n{count(len(rows), 'stack')}{_unchanged_words(prepared)}{at_once}"),
    ]


def _reason_text(prepared: Preparation, stack: str) -> Text:
    reasons = prepared.reasons.get(stack)
    if reasons is None:
        return styled("")
    return styled("; ".join(reasons)) if reasons else styled("unchanged: skipped", "dim")


def _unchanged_words(prepared: Preparation) -> str:
    unchanged = sum(not reasons for reasons in prepared.reasons.values())
    return f", {unchanged} of them unchanged" if unchanged else ""


def _validation_lines(prepared: Preparation) -> list[Any]:
    if prepared.validation is None:
        return []
    warnings = prepared.validation.warnings
    shown = [line for one in warnings for line in finding_lines(one.to_data())]
    return [joined(("✓ ", "green"), f"Manifest is valid ({count(len(warnings), 'warning')})"), *shown]


def _change_lines(prepared: Preparation) -> list[Any]:
    if prepared.copy_state is CopyState.BEHIND:
        version = prepared.deployment.manifest_version
        return [styled(f"! The file is older than the record: version {version} of the record is deployed", "yellow")]
    if not prepared.changes:
        return []
    return [
        joined(("✓ ", "green"), "The edited manifest changes:"),
        *(styled(f"    {one}") for one in prepared.changes),
    ]


def render_destroy_plan(report: EnvironmentReport, graph: StackGraph) -> list[Any]:
    stacks = {stack.name: stack for stack in report.stacks}
    rows: list[Row] = [
        [
            str(number),
            styled(name, "bold"),
            status_text(stacks[name].status.value),
            str(stacks[name].resource_count),
            ", ".join(sorted(graph.dependencies(name))) or "–",
        ]
        for number, layer in enumerate(graph.layers, 1)
        for name in layer
        if name in stacks
    ]
    total = sum(stacks[name].resource_count for name in graph.names if name in stacks)
    return [
        joined((f"To be destroyed in {report.deployment_id} {report.environment.value}", "bold red"))
        + styled(f"  account {report.account}, {report.region}", "dim"),
        styled(""),
        table(("Step", "Stack", "Status", "Resources", "After"), rows, right=("Step", "Resources")),
        styled(f"\n{count(len(rows), 'stack')}, {count(total, 'resource')}", "bold"),
    ]
