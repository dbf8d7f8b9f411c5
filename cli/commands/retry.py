"""`cloud retry`, also as `cloud resume`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.exit_codes import Exit
from cli.help import new_app
from cli.options import AutoApprove, Confirm, DeploymentId, Detach, Environment, Preview, UsageProblem
from cli.prompts import Consent, confirm_change
from cli.session import Session, command
from cli.text import joined, styled, table
from cli.wording import count
from cloud_core.domain.names import EnvironmentName

if TYPE_CHECKING:
    from cloud_core.domain.records import Operation
    from cloud_core.domain.wishes import RepairWish
    from cloud_core.services.operations.retries import Retry

app = new_app()
Names = list[str] | None
Repair = Annotated[
    bool, typer.Option("--repair", help="Repair what an interrupted run left; prod is not repaired without it.")
]
Adopt = Annotated[
    Names,
    typer.Option("--adopt", metavar="URN=ID", help="A creation that never ended: AWS has the resource, under this id."),
]
Forget = Annotated[
    Names, typer.Option("--forget", metavar="URN", help="A creation that never ended: AWS has no such resource.")
]
BreakLock = Annotated[
    Names,
    typer.Option("--break-lock", metavar="STACK", help="Remove the engine's lock; its owner is gone for certain."),
]


@command(app, "retry")
def retry(
    session: Session,
    deployment_id: DeploymentId,
    environment: Environment = EnvironmentName.DEV,
    operation: Annotated[
        str | None, typer.Option("--operation", metavar="OPERATION", help="This one; else the newest.")
    ] = None,
    stack: Annotated[
        Names, typer.Option("--stack", metavar="STACK", help="Only this one of what is left; repeatable.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything, not only what is left.")] = False,
    latest: Annotated[
        bool, typer.Option("--latest", help="With the record's manifest, although it moved on since.")
    ] = False,
    repair: Repair = False,
    adopt: Adopt = None,
    forget: Forget = None,
    break_lock: BreakLock = None,
    preview: Preview = False,
    auto_approve: AutoApprove = False,
    confirm: Confirm = None,
    detach: Detach = False,
) -> Exit:
    """Do what an operation left undone: stacks that failed, were cancelled or never started, and their dependents.

    It is a new operation of the same kind, with the same version of the manifest. What an interrupted run left is
    repaired first, and told.
    """
    # Lazy for start-up time: pydantic comes with it.
    from cli.starting import user_name
    from cloud_core.services.operations.retries import RetryWish

    said = _repair_wish(repair, adopt or [], forget or [], break_lock or [])
    wish = RetryWish(
        deployment_id, environment, user_name(), operation, tuple(stack or ()), everything, latest, repair=said
    )
    found = session.services.retries.prepare(wish)
    if found.request is None:
        return _tell_nothing(session, deployment_id, environment, found.ended)
    return _retry(session, found, Consent(auto_approve, confirm), preview or session.dry_run, detach)


def _retry(session: Session, found: Retry, consent: Consent, rehearse: bool, detach: bool) -> Exit:
    """Show what is left, ask, start, follow."""
    # Lazy for start-up time, as above.
    from cli.starting import start_and_follow

    request, plan = found.request, found.plan
    assert request is not None
    assert plan is not None
    if rehearse:
        session.output.answer(found.to_data(), lambda: render_retry(found))
        return Exit.SUCCESS
    session.output.print(*render_retry(found))
    stacks = count(len(plan.graph.names), "stack")
    question = f"Retry the {request.action.value} of {stacks} in {request.environment.value}?"
    confirm_change(session.output, question, request.deployment_id, request.environment, consent)
    return start_and_follow(session, request, plan.graph, detach)


def render_retry(found: Retry) -> list[Any]:
    """The operation, what is left of it by stack, and what has to be repaired."""
    data = found.to_data()
    rows = [
        [styled(one["name"], "bold"), one["reason"], ", ".join(one["dependencies"]) or "–"] for one in data["stacks"]
    ]
    repairs = [(one["name"], text) for one in data["stacks"] for text in one["repairs"]]
    place = f"{data['deployment_id']} {data['environment']}"
    return [
        joined((f"Left of the {data['type']} of {place}", "bold"), (f"  {data['retry_of']}", "dim")),
        styled(""),
        table(("Stack", "Why", "Waits for"), rows),
        *([styled(""), styled("To be repaired first:", "yellow")] if repairs else []),
        *(joined("  ", (stack, "bold"), f"  {text}") for stack, text in repairs),
        styled(f"\n{count(len(rows), 'stack')}"),
    ]


def _repair_wish(repair: bool, adopt: list[str], forget: list[str], break_lock: list[str]) -> RepairWish:
    # Lazy for start-up time, as above.
    from cloud_core.domain.wishes import RepairWish

    adopted: dict[str, str] = {}
    for text in adopt:
        urn, _, identity = text.partition("=")
        if not urn.startswith("urn:") or not identity:
            raise UsageProblem(f"--adopt takes URN=ID, as the error of the stack shows it, not {text!r}")
        adopted[urn] = identity
    for urn in forget:
        if not urn.startswith("urn:"):
            raise UsageProblem(f"--forget takes a URN, as the error of the stack shows it, not {urn!r}")
    if both := sorted(adopted.keys() & set(forget)):
        raise UsageProblem(f"{both[0]} can't be both adopted and forgotten")
    return RepairWish(allowed=repair, adopt=adopted, forget=forget, break_locks=break_lock)


def _tell_nothing(session: Session, deployment_id: str, environment: EnvironmentName, ended: Operation | None) -> Exit:
    # Lazy for start-up time, as above.
    from cloud_core.services.looking.report import operation_data

    what = f"{ended.operation_id} has ended: {ended.status.value}" if ended else "nothing has run yet"
    text = f"Nothing to retry in {deployment_id} {(ended.environment if ended else environment).value}: {what}."
    session.output.answer(operation_data(ended) if ended else {}, lambda: styled(text))
    return Exit.SUCCESS
