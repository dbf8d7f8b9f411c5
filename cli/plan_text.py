"""A plan as people read it: one row a stack, then what happens to which resource, then the sum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from cli.event_lines import first_line
from cli.results import changes_words
from cli.text import joined, status_text, styled, table
from cli.wording import count, local_time
from cloud_core.domain.plan import Plan, StackPlan
from cloud_core.domain.schedule import cause_words
from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.domain.steps import PropertyChange, Step

if TYPE_CHECKING:
    from rich.text import Text

_SIGNS: Final = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "replace": ("±", "magenta"),
    "delete": ("-", "red"),
    "read": (">", "cyan"),
}
_SUMMED: Final = ("create", "update", "replace", "delete")
_MUTED: Final = frozenset({"create", "read"})
"""Actions that are told in numbers only, unless more is wanted: new stacks have dozens of them."""


def render_plan(plan: Plan, verbose: bool) -> list[Any]:
    """Everything; with `verbose` each resource that would be created, too."""
    title = f"Plan for {plan.deployment_id} {plan.environment}"
    kind = "  a destroy" if plan.goal is Action.DESTROY else ""
    rows = [_row(plan, stack) for stack in plan.stacks]
    details = [line for stack in plan.stacks for line in _details(plan, stack, verbose)]
    return [
        joined((title, "bold"), (kind, "bold red"), (f"  manifest version {plan.manifest_version}", "dim")),
        styled(""),
        table(("Layer", "Stack", "Plan", "Resources", "Why"), rows, right=("Layer",)),
        *details,
        styled(""),
        _sum(plan),
    ]


def _row(plan: Plan, stack: StackPlan) -> list[str | Text]:
    return [
        str(stack.layer),
        styled(stack.name, "bold"),
        _word(plan, stack),
        changes_words(dict(stack.changes)),
        _why(stack),
    ]


def _word(plan: Plan, stack: StackPlan) -> Text:
    if stack.status is not StackStatus.PREVIEWED:
        return status_text(stack.status.value)
    if not stack.steps:
        return styled("no change", "dim")
    return styled(plan.goal.value, "red" if plan.goal is Action.DESTROY else "green")


def _why(stack: StackPlan) -> str:
    if stack.error:
        return first_line(stack.error)
    if stack.status is not StackStatus.PREVIEWED:
        since = f" since {local_time(stack.last_deployed_at)}" if stack.last_deployed_at else ""
        return f"{cause_words(stack.cause)}{since}"
    waits = [f"waits on {', '.join(stack.waits_for)}"] if stack.waits_for else []
    kept = [f"{count(len(stack.protected), 'resource')} protected"] if stack.protected else []
    return "; ".join([*stack.reasons, *waits, *kept])


def _details(plan: Plan, stack: StackPlan, verbose: bool) -> Iterator[Text]:
    shown = [step for step in stack.steps if verbose or _is_worth_telling(plan, step)]
    if not shown:
        return
    yield styled("")
    yield styled(stack.name, "bold")
    for step in shown:
        yield step_line(step)
        yield from map(_property_line, step.properties)


def _is_worth_telling(plan: Plan, step: Step) -> bool:
    return step.action not in _MUTED and plan.goal is not Action.DESTROY


def step_line(step: Step) -> Text:
    """The resource, behind the sign of what happens to it."""
    sign, style = _SIGNS[step.action]
    return joined((f"  {sign} ", style), (step.type, "dim"), f" {step.name}")


def _property_line(change: PropertyChange) -> Text:
    before, after = ("(none)" if value is None else value for value in (change.before, change.after))
    forced = "  replaces the resource" if change.forces_replacement else ""
    return joined(f"      {change.path}: ", (before, "dim"), f" → {after}", (forced, "magenta"))


def _sum(plan: Plan) -> Text:
    """`Plan: 23 to create, 2 to update, 0 to replace, 0 to delete, 30 unchanged; 14 stacks, 2 skipped`."""
    if plan.is_complete and not plan.changed:
        return joined(("Plan: ", "bold"), f"nothing to do, {count(len(plan.skipped), 'stack')} unchanged")
    summary = plan.summary
    parts = [f"{summary[action]} to {action}" for action in _SUMMED]
    stacks = f"{count(len(plan.changed), 'stack')}, {len(plan.skipped)} skipped as unchanged"
    return joined(("Plan: ", "bold"), f"{', '.join(parts)}, {summary['same']} unchanged; {stacks}")
