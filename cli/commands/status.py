"""`cloud status`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.event_lines import first_line, resource_words
from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import AnyEnvironment, DeploymentId, UsageProblem, number
from cli.session import Session, command
from cli.text import joined, status_text, styled, table
from cli.wording import UNTOUCHED, age, count, duration

if TYPE_CHECKING:
    from datetime import datetime

    from rich.text import Text

    from cloud_core.services.looking.report import EnvironmentReport, StackReport, StatusReport

app = new_app()


@command(app, "status")
def status(
    session: Session,
    deployment_id: DeploymentId,
    environment: AnyEnvironment = None,
    all_environments: Annotated[bool, typer.Option("--all-environments", help="Disabled ones too.")] = False,
    stack: Annotated[str | None, typer.Option("--stack", metavar="STACK", help="Only this stack.")] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow what runs until it has ended.")] = False,
    refresh_interval: Annotated[
        float,
        typer.Option(
            "--refresh-interval", metavar="SECONDS", parser=number(float, 0.2), help="Of --watch with --json."
        ),
    ] = 5.0,
) -> Exit | None:
    """Show how a deployment stands, in all enabled environments or in one."""
    service = session.services.status
    report = service.report(deployment_id, environment, stack, all_environments)
    if watch and session.options.json:
        look_again = partial(service.report, deployment_id, environment, stack, all_environments)
        return _watch_as_json(session, report, look_again, environment is not None, refresh_interval)
    if watch and report.running:
        return _watch(session, report)
    data = report.to_data(flat=environment is not None)
    now = session.services.clock.now()
    session.output.answer(data, lambda: render_status(report, now))
    return None


def _watch(session: Session, report: StatusReport) -> Exit:
    """Follow the one operation that runs; its exit code is the command's."""
    # Lazy for start-up time: rich and pydantic come with it.
    from cli.following import follow
    from cli.results import tell_ending

    running = report.running
    if len(running) > 1:
        names = " and ".join(one.environment.value for one in running)
        raise UsageProblem(f"operations run in {names}: choose one with --environment")
    operation = running[0].operation
    assert operation is not None
    return tell_ending(session, follow(session, operation))


def _watch_as_json(
    session: Session, report: StatusReport, look_again: Callable[[], StatusReport], flat: bool, interval: float
) -> Exit:
    """A status a line, until nothing runs any more."""
    while True:
        session.output.line(report.to_data(flat))
        if not report.running:
            return Exit.SUCCESS
        session.services.clock.sleep(interval)
        report = look_again()


def render_status(report: StatusReport, now: datetime) -> list[Any]:
    """The deployment in a line, then each environment with its stacks."""
    one = report.deployment
    parts: list[Any] = [
        joined((one.deployment_id, "bold"), f"  {one.organization} / {one.project}  ", status_text(one.status.value))
    ]
    for environment in report.environments:
        parts += [styled(""), *_environment(environment, now)]
    if not report.environments:
        parts.append(styled("No environment is enabled."))
    return parts


def _environment(report: EnvironmentReport, now: datetime) -> list[Any]:
    place = f"  account {report.account}, {report.region}, {count(report.resource_count, 'resource')}"
    parts: list[Any] = [
        joined((report.environment.value, "bold"), "  ", status_text(report.status), (place, "dim")),
        *_operation(report, now),
    ]
    if report.stacks:
        headings = ("Name", "Status", "Resources", "Last Updated", "")
        rows = [_row(stack, now) for stack in report.stacks]
        parts += [styled(""), table(headings, rows, right=("Resources",))]
    return parts


def _operation(report: EnvironmentReport, now: datetime) -> list[Text]:
    """The running operation with its owner, or the newest one and how it ended."""
    # Lazy for start-up time: pydantic comes with it.
    from cloud_core.domain.statuses import OperationStatus

    operation = report.operation
    if operation is None:
        return []
    what = f"{operation.type.value} {operation.operation_id} by {operation.started_by}"
    if operation.status.is_waiting:
        waits = f"{what} waits for somebody else's approval, asked for {age(operation.created_at, now)}"
        way_out = f"  approve it with 'cloud approve {operation.deployment_id} {operation.operation_id}'"
        return [status_text(operation.status.value, waits), styled(way_out, "dim")]
    if not report.is_running:
        is_success = operation.status is OperationStatus.SUCCESS
        how = operation.status.value if is_success else operation.message or operation.status.value
        last = [styled(f"last: {what}, {age(operation.completed_at, now)}, {how}", "dim"), *_refused(report, now)]
        # It would be the newest one itself.
        lost = "! its rollback has not begun: what it changed stays as it is until the next deploy"
        return [*last, styled(lost, "yellow")] if operation.rolled_back_by else last
    left = f", about {duration(report.seconds_left)} left" if report.seconds_left else ""
    progress = f"  {report.percent} % after {duration(report.duration_seconds)}{left}"
    lines = [joined(status_text(operation.status.value, what), (progress, "dim"))]
    owner = report.lease.owner if report.lease else None
    if report.lease is not None and owner is not None:
        where = f"on {owner.host.partition('/')[0]}, process {owner.flow_process.pid}"
        beat = age(report.lease.renewed_at, now)
        lines.append(styled(f"  held by {owner.operation_id} {where}, last heartbeat {beat}", "dim"))
    return lines


def _refused(report: EnvironmentReport, now: datetime) -> list[Text]:
    """What was asked for after that, and did nothing."""
    one = report.refused
    if one is None:
        return []
    what = f"{one.type.value} {one.operation_id} by {one.started_by}, {age(one.completed_at, now)}"
    return [styled(f"  {what}, never began: {first_line(one.message)}", "dim")]


def _row(stack: StackReport, now: datetime) -> list[str | Text]:
    status = stack.status.value
    word = UNTOUCHED.get(status) if stack.view is None else None
    return [
        styled(stack.name, "bold"),
        status_text(status, word),
        str(stack.resource_count or "") if stack.view is None else _done(stack),
        age(stack.updated_at, now),
        _detail(stack, now),
    ]


def _detail(stack: StackReport, now: datetime) -> Text:
    """Why it failed, what it is at, that AWS differs from it, or that the manifest has dropped it."""
    if stack.status.value == "failed" and stack.error:
        return styled(first_line(stack.error), "red")
    current = stack.view.current if stack.view else None
    if current is not None:
        return styled(f"{current.action} {resource_words(current.type, current.name)}", "dim")
    if stack.drift is not None:
        found = f"drifted: {count(stack.drift.count, 'resource')}, found {age(stack.drift.found_at, now)}"
        return styled(found, "yellow")
    return styled("" if stack.is_enabled else "off in the manifest, but still deployed", "dim")


def _done(stack: StackReport) -> str:
    assert stack.view is not None
    return f"{stack.view.done}/{stack.view.total}" if stack.view.total else str(stack.view.done or "")
