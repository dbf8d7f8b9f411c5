"""`cloud schedule set|list|pause|resume|remove`: what the flow service runs by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.help import new_app
from cli.options import AnyEnvironment, Confirm, DeploymentId, Environment, choice
from cli.prompts import Consent, confirm_change
from cli.schedules import next_words, render_schedules
from cli.session import Session, command
from cli.text import joined, styled
from cloud_core.domain.names import EnvironmentName

if TYPE_CHECKING:
    from cloud_core.ports.schedules import Schedule, ScheduleKey

app = new_app(help="What the flow service runs by itself, at set times; operators see it in the flow service's pages.")

_ACTIONS: Final = ("deploy", "refresh", "drift")
Action = Annotated[str, choice("--action", "-a", words=_ACTIONS, help="What is run. Drift reads only.")]


@command(app, "set")
def schedule_set(
    session: Session,
    deployment_id: DeploymentId,
    action: Action,
    cron: Annotated[
        str, typer.Option("--cron", metavar="CRON", help="When: minute, hour, day, month, weekday; or @daily.")
    ],
    environment: Environment = EnvironmentName.DEV,
    timezone: Annotated[
        str, typer.Option("--timezone", "--tz", metavar="ZONE", help="Whose clock, like Europe/Berlin.")
    ] = "UTC",
    paused: Annotated[bool, typer.Option("--paused", help="Make it, and let it rest until it is resumed.")] = False,
    confirm: Confirm = None,
) -> None:
    """Run an action of an environment at set times. The action's earlier schedule is replaced.

    A run that finds the environment busy is skipped; none waits for another one. Prod is never deployed by a schedule.
    """
    # Lazy for start-up time: only this command needs it.
    from cloud_core.ports.schedules import WantedSchedule

    key = _key(deployment_id, environment, action)
    wanted = WantedSchedule(key, cron, timezone, paused)
    if session.dry_run:
        times = session.services.schedules.rehearse(wanted)
        data = {"next_runs": [moment.isoformat() for moment in times]}
        shown = ", ".join(f"{moment:%Y-%m-%d %H:%M}" for moment in times)
        session.output.answer(
            data, lambda: styled(f"Would run {action} of {environment.value} at {shown} ({timezone}).")
        )
        return
    _confirm(session, f"Schedule {action} of prod?", key, confirm)
    _tell(session, session.services.schedules.set(wanted), deployment_id)


@command(app, "list")
def schedule_list(session: Session, deployment_id: DeploymentId, environment: AnyEnvironment = None) -> None:
    """List the schedules, with their next and last runs; also those that were made in the flow service's pages."""
    found = session.services.schedules.list(deployment_id, environment)
    data = {"schedules": [one.to_data() for one in found], "total": len(found)}
    now = session.services.clock.now()
    session.output.answer(data, lambda: render_schedules(found, now))


@command(app, "pause")
def schedule_pause(
    session: Session,
    deployment_id: DeploymentId,
    action: Action,
    environment: Environment = EnvironmentName.DEV,
    confirm: Confirm = None,
) -> None:
    """Let a schedule rest until it is resumed."""
    _set_paused(session, _key(deployment_id, environment, action), True, confirm)


@command(app, "resume")
def schedule_resume(
    session: Session,
    deployment_id: DeploymentId,
    action: Action,
    environment: Environment = EnvironmentName.DEV,
    confirm: Confirm = None,
) -> None:
    """Let a schedule that rests go on."""
    _set_paused(session, _key(deployment_id, environment, action), False, confirm)


@command(app, "remove")
def schedule_remove(
    session: Session,
    deployment_id: DeploymentId,
    action: Action,
    environment: Environment = EnvironmentName.DEV,
    confirm: Confirm = None,
) -> None:
    """Remove a schedule, and the runs that it planned. One that has begun goes on."""
    key = _key(deployment_id, environment, action)
    if session.dry_run:
        _rehearse(session, key, "removed")
        return
    _confirm(session, f"Remove the schedule for {action} of prod?", key, confirm)
    session.services.schedules.remove(key)
    data = {"deployment_id": deployment_id, "environment": environment.value, "action": action}
    session.output.answer(
        {**data, "removed": True}, lambda: joined(("✓ ", "green"), f"{action} of {environment.value} runs no more.")
    )


def _set_paused(session: Session, key: ScheduleKey, paused: bool, typed: str | None) -> None:
    word, name = "Pause" if paused else "Resume", key.action.value
    if session.dry_run:
        _rehearse(session, key, f"{word.lower()}d")
        return
    _confirm(session, f"{word} the schedule for {name} of prod?", key, typed)
    _tell(session, session.services.schedules.pause(key, paused), key.deployment_id)


def _rehearse(session: Session, key: ScheduleKey, done: str) -> None:
    """What would become of the schedule, which must be there."""
    session.services.schedules.require(key)
    environment, action = key.environment.value, key.action.value
    data = {"deployment_id": key.deployment_id, "environment": environment, "action": action, "would_be": done}
    session.output.answer(data, lambda: styled(f"Would be {done}: the schedule for {action} of {environment}"))


def _key(deployment_id: str, environment: EnvironmentName, action: str) -> ScheduleKey:
    # Lazy for start-up time: pydantic comes with it.
    from cloud_core.domain.statuses import Action
    from cloud_core.ports.schedules import ScheduleKey

    return ScheduleKey(deployment_id, environment, Action(action))


def _confirm(session: Session, question: str, key: ScheduleKey, typed: str | None) -> None:
    """Only prod asks: elsewhere the command says it all."""
    if key.environment is EnvironmentName.PROD or typed is not None:
        confirm_change(session.output, question, key.deployment_id, key.environment, Consent(typed_id=typed))


def _tell(session: Session, one: Schedule, deployment_id: str) -> None:
    what = f"{one.action} of {deployment_id} {one.environment.value}: {one.rule} ({one.timezone}), "
    now = session.services.clock.now()
    session.output.answer(one.to_data(), lambda: joined(("✓ ", "green"), what, next_words(one, now)))
    if one.page:
        session.output.note(styled(f"  its page: {one.page}", "dim"))
    if one.carrier_paused:
        session.output.warn(f"all schedules of {one.carrier} are paused in the flow service: resume it in its pages")
