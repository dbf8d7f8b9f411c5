"""Following an operation: one view that is redrawn on a terminal, one line a change anywhere else."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

import typer

from cli.event_lines import event_line
from cli.exit_codes import Exit
from cli.output import Output
from cli.text import joined, styled
from cli.wording import count, duration, stopwatch
from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.errors import NotAuthenticated, NotPermitted, Unavailable
from cloud_core.services.looking.report import operation_data

if TYPE_CHECKING:
    from rich.text import Text

    from cli.live_view import LiveView
    from cli.session import Session
    from cloud_core.domain.graph import StackGraph
    from cloud_core.domain.progress import OperationView
    from cloud_core.domain.records import Operation
    from cloud_core.ports.clock import Clock
    from cloud_core.services.looking.watching import Ending, Look

_STILL_SECONDS: Final = 60.0
"""Without a change for so long, the lines say what is still running: a silent job looks dead."""


class View(Protocol):
    """What looks are shown with; the block around it is the time of following."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def take(self, look: Look) -> None: ...


def follow(
    session: Session,
    operation: Operation,
    graph: StackGraph | None = None,
    on_interrupt: Callable[[Session, Operation], None] | None = None,
) -> Ending:
    """Show the operation until it has ended. Ctrl-C lets go of it: the operation goes on unless `on_interrupt` does
    something about it, and typer.Exit is raised."""
    view = _view(session.output, session.services.clock)
    try:
        with view:
            for look in session.services.watching.follow(operation, graph):
                view.take(look)
                if look.ending is not None:
                    return look.ending
    except (Unavailable, NotAuthenticated, NotPermitted):
        # Whoever looks is away, or may look no more: that stops nothing.
        tell_detached(session, operation)
        raise
    except KeyboardInterrupt:
        (on_interrupt or tell_detached)(session, operation)
        raise typer.Exit(Exit.INTERRUPTED) from None
    raise AssertionError("following ends with an ending")


def tell_detached(session: Session, operation: Operation) -> None:
    """The operation goes on without us: how to come back, and how to stop it."""
    place = operation.place
    session.output.note(
        joined(("Detached: ", "bold"), f"operation {operation.operation_id} goes on."),
        styled(f"  come back  cloud status {place} --watch"),
        styled(f"  stop it    cloud cancel {place}"),
        *tell_page(session, operation),
    )


def operation_answer(session: Session, operation: Operation) -> dict[str, Any]:
    """The `data` of a command that answers with an operation: its own, and where its run can be seen."""
    return {**operation_data(operation), "flow_run_url": session.services.flow_run_url(operation.flow_run_id)}


def tell_page(session: Session, operation: Operation) -> list[Text]:
    """Where the run can be seen, when there are pages."""
    url = session.services.flow_run_url(operation.flow_run_id)
    return [styled(f"  see it     {url}")] if url else []


def _view(output: Output, clock: Clock) -> View:
    return _Live(output, clock) if output.is_live else _Lines(output, clock)


class _Live:
    """On a terminal."""

    def __init__(self, output: Output, clock: Clock) -> None:
        # Lazy for start-up time: it draws with most of rich.
        from cli.live_view import LiveView

        self._view: LiveView = LiveView(output.stderr, clock.now)
        self._verbose = output.verbose

    def __enter__(self) -> Self:
        self._view.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._view.__exit__(kind, error, traceback)

    def take(self, look: Look) -> None:
        if self._verbose:
            for line in _lines(look, verbose=True):
                self._view.notice(line)
        if look.notice:
            self._view.notice(styled(look.notice, "yellow"))
        self._view.show(look.view)


class _Lines:
    """In a log, or on a terminal that can't redraw."""

    def __init__(self, output: Output, clock: Clock) -> None:
        self._output = output
        self._clock = clock
        self._spoke = clock.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    def take(self, look: Look) -> None:
        lines = _lines(look, self._output.verbose)
        if look.notice:
            lines.append(styled(f"        {look.notice}", "yellow"))
        now = self._clock.monotonic()
        if not lines and now - self._spoke >= _STILL_SECONDS and look.ending is None:
            lines = [self._still(look.view)]
        if lines:
            self._spoke = now
            self._output.note(*lines)

    def _still(self, view: OperationView) -> Text:
        now = self._clock.now()
        running = [
            f"{stack.name} ({count(stack.done, 'resource')}, {duration(stack.elapsed(now))})"
            for stack in view.stacks.values()
            if stack.is_running
        ]
        what = f"still running: {', '.join(running)}" if running else "still waiting"
        return joined((f"{stopwatch(view.elapsed(now)):>6}  ", "dim"), what)


def _lines(look: Look, verbose: bool) -> list[Text]:
    """The look's events, with the time since the operation was accepted and the stack's name in columns."""
    width = max([len("operation"), *map(len, look.view.stacks)])
    lines = []
    for event in look.events:
        line = event_line(event, verbose)
        if line is not None:
            since = max(0.0, (parse_timestamp(event.timestamp) - look.view.created_at).total_seconds())
            name = event.stack_name or "operation"
            lines.append(joined((f"{stopwatch(since):>6}  ", "dim"), (f"{name:<{width}}  ", "bold"), line))
    return lines
