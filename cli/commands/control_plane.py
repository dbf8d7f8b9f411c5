"""`cloud control-plane deploy|status|destroy`: what the platform itself stands on in AWS."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import EvenIfLive, confirm_name
from cli.prompts import confirm_end
from cli.session import Session, command
from cli.text import facts, joined, styled
from cli.wording import count, duration

if TYPE_CHECKING:
    from cloud_core.ports.engine import ResourceEvent
    from cloud_core.services.control_plane.service import PlaneReport

app = new_app(
    help="What the platform itself stands on in AWS: tables, users, sockets, GraphQL. See docs/control-plane.md."
)

_DONE: Final = {"create": "made", "update": "changed", "delete": "deleted", "replace": "made anew"}
_INTERRUPTED: Final = "Interrupted: the engine was stopped. Run the command again to go on."


@command(app, "deploy")
def deploy(
    session: Session,
    unprotected: Annotated[
        bool, typer.Option("--unprotected", help="Let Pulumi and AWS delete tables and users: for trying it out.")
    ] = False,
) -> Exit:
    """Make the control plane, or bring it to what this version of the platform says.

    Its names begin with CLOUD_AWS__TABLE_PREFIX. It works in the account of your own credentials, in the region
    CLOUD_AWS__RECORDS_REGION; in the sandbox, in the AWS of the records.
    """
    service = session.services.control_plane(protect=not unprotected)
    if session.dry_run:
        report = service.preview()
        session.output.answer(report.to_data(), lambda: _outlook(report, "Nothing would change."))
        return Exit.SUCCESS
    return _watched(session, lambda tell: service.deploy(tell), _deployed)


@command(app, "status")
def status(
    session: Session,
    as_lines: Annotated[
        bool, typer.Option("--env", help="Only the settings that lead to it, as lines for a shell.")
    ] = False,
) -> Exit:
    """Show the control plane, and the settings that lead to it. Ends with 6 when there is none.

    What is shown is what the engine's state tells; how the tables are, AWS.
    """
    report = session.services.control_plane().status()
    if as_lines:
        for name, value in report.settings.items():
            session.output.show(f"export {name}={shlex.quote(value)}")
    else:
        session.output.answer(report.to_data(), lambda: _render(report))
    return Exit.SUCCESS if report.state.is_deployed else Exit.UNAVAILABLE


@command(app, "destroy")
def destroy(
    session: Session,
    force: EvenIfLive = False,
    confirm: Annotated[str | None, confirm_name("NAME", "The control plane's name")] = None,
) -> Exit:
    """Delete the control plane with all that it holds: records, users, history, logs. There is no way back.

    Refused while deployments live. What they have in AWS stays there; so do the engine's states.
    """
    service = session.services.control_plane()
    if session.dry_run:
        report = service.preview_destroy(force)
        session.output.answer(report.to_data(), lambda: _outlook(report, "There is no control plane."))
        return Exit.SUCCESS
    service.require_destroyable(force)
    known = service.status().state.resources
    doomed = f"the control plane, {count(known, 'resource')}, with all records and users" if known else None
    confirm_end(session.output, doomed, service.plane.name, confirm)
    return _watched(session, lambda tell: service.destroy(force, tell), _destroyed)


Work = Callable[[Callable[["ResourceEvent"], None]], "PlaneReport"]


def _watched(session: Session, work: Work, render: Callable[[PlaneReport], list[Any]]) -> Exit:
    """Each resource on stderr as it is done, then the answer."""

    def tell(event: ResourceEvent) -> None:
        if event.phase == "done" and (word := _DONE.get(event.action.value)):
            session.output.note(styled(f"  {word}  {event.type} {event.name}", "dim"))

    try:
        report = work(tell)
    except KeyboardInterrupt:
        session.output.note(styled(_INTERRUPTED))
        return Exit.INTERRUPTED
    session.output.answer(report.to_data(), lambda: render(report))
    return Exit.SUCCESS


def _deployed(report: PlaneReport) -> list[Any]:
    took = f"{_changes(report) or 'nothing had changed'}, in {duration(report.state.seconds)}"
    return [joined(("✓ ", "green"), f"The control plane {report.plane.name} is deployed: {took}"), *_settings(report)]


def _destroyed(report: PlaneReport) -> list[Any]:
    done = _changes(report)
    return [
        styled(f"The control plane {report.plane.name} is gone: {done}." if done else "There was no control plane.")
    ]


def _outlook(report: PlaneReport, nothing: str) -> list[Any]:
    would = _changes(report)
    return [styled(f"The control plane {report.plane.name} in {report.plane.region}: {would}." if would else nothing)]


def _render(report: PlaneReport) -> list[Any]:
    if not report.state.is_deployed:
        return [styled(f"There is no control plane {report.plane.name}. Run 'cloud control-plane deploy'.")]
    heading = f"The control plane {report.plane.name} in {report.plane.region}: "
    return [styled(heading + count(report.state.resources, "resource")), *_settings(report)]


def _settings(report: PlaneReport) -> list[Any]:
    text = "Settings that lead to it ('cloud control-plane status --env' prints them for a shell):"
    return [styled(f"\n{text}", "dim"), facts(report.settings.items())]


def _changes(report: PlaneReport) -> str:
    """`17 create`; nothing when nothing changes."""
    return ", ".join(f"{number} {action}" for action, number in report.state.changes.items() if action != "same")
