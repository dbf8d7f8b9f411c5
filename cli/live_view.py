"""The view of all stacks that is redrawn in place on a terminal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cli.event_lines import first_line, resource_words
from cli.text import STATUS_MARKS, joined, styled
from cli.wording import count, duration, stopwatch
from cloud_core.domain.progress import OperationView, StackView
from cloud_core.domain.schedule import cause_words
from cloud_core.domain.statuses import OperationStatus, StackStatus

_REFRESHES_A_SECOND: Final = 8
_LINES_AROUND: Final = 7
_BAR_WIDTH: Final = 30
_DOING: Final = {
    "deploy": "Deploying",
    "destroy": "Destroying",
    "preview": "Looking ahead at",
    "refresh": "Refreshing",
    "drift": "Comparing",
}


class LiveView:
    """A context manager; what `notice` writes stays above the view, which is gone when the block ends."""

    def __init__(self, console: Console, now: Callable[[], datetime], view: OperationView | None = None) -> None:
        self._now = now
        self._view = view
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(
            get_renderable=self._render,
            console=console,
            refresh_per_second=_REFRESHES_A_SECOND,
            transient=True,
            vertical_overflow="crop",
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, view: OperationView) -> None:
        self._view = view
        self._live.refresh()

    def notice(self, text: RenderableType) -> None:
        self._live.console.print(text)

    def _render(self) -> RenderableType:
        if self._view is None:
            return styled("")
        return draw(self._view, self._now(), self._live.console.height, self._spinner)


def draw(view: OperationView, now: datetime, height: int, spinner: Spinner | None = None) -> Group:
    """The whole view, in at most so many lines: what runs and what failed is always there."""
    return Group(_title(view, now), "", _stacks(view, now, height - _LINES_AROUND, spinner), "", _footer(view, now))


def _title(view: OperationView, now: datetime) -> Text:
    words = {
        OperationStatus.AWAITING_APPROVAL: "Waiting for an approval:",
        OperationStatus.PENDING: "Waiting for a runner:",
        OperationStatus.CANCELLING: "Cancelling:",
    }
    doing = words.get(view.status, _DOING[view.action.value])
    return joined((f"{doing} {view.deployment_id} {view.environment}", "bold"), (f"  {view.operation_id}", "dim"))


def _stacks(view: OperationView, now: datetime, lines: int, spinner: Spinner | None) -> Table:
    # Expanded, so that only the last column is cut when a name is long.
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False, expand=True)
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    # Wide enough from the start, so that nothing jumps when a stack begins.
    table.add_column(no_wrap=True, min_width=len("deploying"))
    table.add_column(justify="right", no_wrap=True, min_width=len("12/34"))
    table.add_column(justify="right", no_wrap=True, min_width=len("59.9 s"))
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    shown, hidden = _chosen(list(view.stacks.values()), lines)
    for stack in shown:
        table.add_row(*_row(view, stack, now, spinner))
    for status, number in hidden:
        table.add_row("", joined((f"and {number} {status}", "dim")), "", "", "", "")
    return table


def _chosen(stacks: list[StackView], lines: int) -> tuple[list[StackView], list[tuple[str, int]]]:
    """The stacks to show, in order, and how many of each status are hidden: finished ones go first, then waiting."""
    if len(stacks) <= lines:
        return stacks, []
    hideable = [stack for stack in stacks if stack.has_ended and stack.status is not StackStatus.FAILED]
    hideable += [stack for stack in reversed(stacks) if stack.status is StackStatus.PENDING]
    hidden = {stack.name for stack in hideable[: len(stacks) - max(lines - 3, 1)]}
    counts: dict[str, int] = {}
    for stack in stacks:
        if stack.name in hidden:
            word = "waiting" if stack.status is StackStatus.PENDING else stack.status.value
            counts[word] = counts.get(word, 0) + 1
    return [stack for stack in stacks if stack.name not in hidden], list(counts.items())


def _row(view: OperationView, stack: StackView, now: datetime, spinner: Spinner | None) -> list[RenderableType]:
    mark, style = STATUS_MARKS.get(stack.status.value, ("○", "dim"))
    lead: RenderableType = spinner if stack.is_running and spinner else styled(mark, style)
    word = "waiting" if stack.status is StackStatus.PENDING else stack.status.value
    return [
        lead,
        styled(stack.name, "bold" if stack.is_running else ""),
        styled(word, style),
        styled(_resources(stack), "dim"),
        styled(duration(stack.elapsed(now)), "dim"),
        _detail(view, stack, now),
    ]


def _resources(stack: StackView) -> str:
    if stack.total:
        return f"{stack.done}/{stack.total}"
    return str(stack.done) if stack.done else ""


def _detail(view: OperationView, stack: StackView, now: datetime) -> Text:
    """What it is at, why it waits, or why it ended so."""
    if stack.is_running:
        left = view.estimates.get(stack.name, 0.0) - (stack.elapsed(now) or 0.0)
        about = f"about {duration(left)} left  " if left > 1 else ""
        current = stack.current
        doing = f"{current.action} {resource_words(current.type, current.name)}" if current else ""
        return joined((about, "dim"), doing)
    if stack.status is StackStatus.PENDING:
        waits = view.waits_for(stack.name)
        return styled(f"for {', '.join(waits)}" if waits else "", "dim")
    if stack.error:
        return styled(first_line(stack.error), "red")
    return styled(cause_words(stack.cause), "dim")


def _footer(view: OperationView, now: datetime) -> Any:
    counts, left = view.counts, view.remaining(now)
    parts = [
        f"{counts.ended} of {count(counts.total, 'stack')}",
        count(view.resources_done, "resource"),
        stopwatch(view.elapsed(now)),
        *([f"about {duration(left)} left"] if left is not None and left > 1 else []),
    ]
    bar = Table.grid(padding=(0, 2, 0, 0))
    bar.add_row(_bar(view.percent), f"{view.percent} %", styled("  ".join(parts), "dim"))
    return bar


def _bar(percent: int) -> ProgressBar:
    return ProgressBar(100, percent, width=_BAR_WIDTH, style="dim", complete_style="cyan", finished_style="green")
