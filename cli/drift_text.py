"""Where AWS differs from what was deployed, as people read it: stack by stack, then the sum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cli.event_lines import first_line
from cli.plan_text import step_line
from cli.text import joined, status_text, styled
from cli.wording import count
from cloud_core.domain.schedule import cause_words
from cloud_core.domain.statuses import Action
from cloud_core.domain.steps import PropertyChange, Step

if TYPE_CHECKING:
    from rich.text import Text

    from cloud_core.domain.drift import Findings, StackFindings

_TITLES = {Action.DRIFT: "Comparison of", Action.REFRESH: "Refresh of"}
_ABSENT = "(none)"


def render_findings(findings: Findings) -> list[Any]:
    """Everything that was found."""
    title = f"{_TITLES[findings.action]} {findings.deployment_id} {findings.environment}"
    width = max(len(stack.name) for stack in findings.stacks)
    lines = [line for stack in findings.stacks for line in _stack(stack, width)]
    return [styled(title, "bold"), styled(""), *lines, styled(""), sum_line(findings)]


def sum_line(findings: Findings) -> Text:
    """`Drift: 2 of 4 stacks, 3 resources differ from AWS`, or that there is none."""
    unknown = f"; {count(len(findings.unknown), 'stack')} not known" if findings.unknown else ""
    total = count(len(findings.stacks), "stack")
    if not findings.drifted:
        sound = "no stack that is known differs" if unknown else f"{total} as in AWS"
        return joined(("No drift: ", "bold green" if not unknown else "bold"), f"{sound}{unknown}")
    number = findings.resource_count
    verb = "differs" if number == 1 else "differ"
    taken = ", and are in the state now" if findings.action is Action.REFRESH else ""
    return joined(
        ("Drift: ", "bold yellow"),
        f"{len(findings.drifted)} of {total}, {count(number, 'resource')} {verb} from AWS{taken}{unknown}",
    )


def next_steps(findings: Findings) -> list[str]:
    """What to do about it; nothing where nothing was found."""
    place = f"{findings.deployment_id} --environment {findings.environment}"
    if not findings.drifted:
        return []
    if findings.action is Action.REFRESH:
        return [f"what the next deploy puts right: cloud plan {place}"]
    return [
        f"put it right: cloud deploy {place}",
        f"take it into the state: cloud refresh {place}",
    ]


def _stack(stack: StackFindings, width: int) -> Iterator[Text]:
    yield joined((f"{stack.name:<{width}}", "bold"), "   ", _verdict(stack))
    for step in stack.steps:
        yield _step(step)
        yield from map(_property, step.properties)


def _verdict(stack: StackFindings) -> Text:
    if not stack.is_known:
        why = stack.note or first_line(stack.error) or cause_words(stack.cause)
        word = "not known" if stack.note else stack.status.value
        return joined(status_text("warning" if stack.note else word, word), f": {why}" if why else "")
    number = len(stack.steps)
    if not number:
        return styled("no change", "dim")
    return styled(f"{count(number, 'resource')} {'differs' if number == 1 else 'differ'}", "yellow")


def _step(step: Step) -> Text:
    return joined(step_line(step), (": gone from AWS" if step.action == "delete" else "", "red"))


def _property(change: PropertyChange) -> Text:
    expected, actual = (_ABSENT if value is None else value for value in (change.before, change.after))
    return joined(f"      {change.path}: ", ("expected ", "dim"), expected, (", actual ", "dim"), actual)
