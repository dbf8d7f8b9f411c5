"""Operations that wait for an approval, as people see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.exit_codes import Exit
from cli.following import operation_answer
from cli.text import facts, joined, status_text, styled, table
from cli.wording import UNTOUCHED, count, local_time, occasion
from cloud_core.domain.approvals import PLAN, PLUGIN, PROGRAM, describe

if TYPE_CHECKING:
    from rich.text import Text

    from cli.session import Session
    from cloud_core.domain.approvals import Digests
    from cloud_core.domain.records import Operation
    from cloud_core.services.looking.report import EnvironmentReport

_SHOWN_DIGITS = 12


def tell_awaiting(session: Session, operation: Operation) -> Exit:
    """It was accepted, and nothing runs: who can change that, and how."""
    place = operation.deployment_id
    request = operation.approval_request
    session.output.answer(
        operation_answer(session, operation),
        lambda: [
            joined(
                ("◌ ", "yellow"),
                (operation.operation_id, "bold"),
                f" waits for somebody else's approval, until {local_time(request.until if request else None)}: "
                "nothing runs, and nothing is held",
            ),
            styled(f"  approve it    cloud approve {place} {operation.operation_id}"),
            styled(f"  take it back  cloud approve {place} {operation.operation_id} --reject"),
            styled(f"  follow it     cloud status {place} --environment {operation.environment.value} --watch"),
        ],
    )
    return Exit.AWAITING_APPROVAL


def will_not_run(operation: Operation) -> Text:
    """It was ended while it waited: nothing of it has to stop first."""
    return joined(("– ", "yellow"), (operation.operation_id, "bold"), f" will not run: {operation.message}")


def render_request(operation: Operation, report: EnvironmentReport) -> list[Any]:
    """What would be done, who asked for it, and the digests that an approval would hold for."""
    where = f"{operation.deployment_id} {operation.environment.value}"
    heading = joined(
        (f"To be approved: {operation.type.value} of {where}", "bold"), (f"  {operation.operation_id}", "dim")
    )
    stacks = _stack_rows(operation, report)
    return [
        heading,
        facts(_facts(operation, report)),
        styled(""),
        table(("Layer", "Stack", "Now", "Resources", "Program"), stacks, right=("Layer", "Resources")),
        styled(f"\n{count(len(stacks), 'stack')}"),
    ]


def approval_facts(operation: Operation) -> dict[str, str]:
    """Of an operation that needed an approval: who gave it and when, or until when it may be given."""
    request, approval = operation.approval_request, operation.approval
    if approval is not None:
        said = f": {approval.comment}" if approval.comment else ""
        return {"approved": f"{local_time(approval.approved_at)} by {approval.approved_by}{said}"}
    return {"approval": f"may be given until {local_time(request.until)}"} if request else {}


def digest_lines(operation: Operation) -> list[Text]:
    """Each digest that the approval holds for, in full."""
    return [
        joined((f"  {describe(part).removeprefix('the ')}: ", "dim"), digest)
        for part, digest in _digests(operation).items()
    ]


def _digests(operation: Operation) -> Digests:
    """What it was approved, or is to be approved, for."""
    held = operation.approval or operation.approval_request
    return held.digests if held else {}


def _facts(operation: Operation, report: EnvironmentReport) -> list[tuple[str, str]]:
    request, digests = operation.approval_request, _digests(operation)
    others = [
        f"{describe(part).removeprefix('the plugin ')} {digest}"
        for part, digest in digests.items()
        if part.startswith(f"{PLUGIN}:")
    ]
    found = {
        "asked by": f"{operation.started_by}, {local_time(operation.created_at)}",
        "until": local_time(request.until) if request else "",
        "asked as": occasion(operation),
        "place": f"account {report.account}, {report.region}",
        "manifest": f"version {operation.manifest_version}, {_short(operation.digest)}",
        "plan": f"{operation.plan_id}, {_short(digests.get(PLAN, ''))}" if operation.plan_id else "",
        "plugins": ", ".join(others),
        **_rollback_facts(operation),
        "if it fails": "it is taken back, once that is approved too" if operation.rollback_on_error else "",
        "skips": "" if operation.skip_unchanged or not others else "nothing: unchanged stacks are deployed too",
    }
    return [(name, value) for name, value in found.items() if value]


def _rollback_facts(operation: Operation) -> dict[str, str]:
    """What an automatic rollback takes back, and what it leaves."""
    wish = operation.rollback
    if wish is None:
        return {}
    back = [name for name in operation.stacks if name not in wish.destroys]
    return {
        "takes back": wish.of,
        "puts back": f"{', '.join(back)} to version {wish.version}" if back else "",
        "destroys": ", ".join(wish.destroys),
        "leaves": ", ".join(f"{name} ({why})" for name, why in wish.left.items()),
    }


def _stack_rows(operation: Operation, report: EnvironmentReport) -> list[list[str | Text]]:
    now = {stack.name: stack for stack in report.stacks}
    digests = _digests(operation)
    return [
        [
            str(number),
            styled(name, "bold"),
            status_text(now[name].status.value, UNTOUCHED.get(now[name].status.value)) if name in now else "–",
            str(now[name].resource_count or "") if name in now else "",
            styled(_short(digests.get(f"{PROGRAM}:{name}", "–")), "dim"),
        ]
        for number, layer in enumerate(operation.layers, 1)
        for name in layer
    ]


def _short(digest: str) -> str:
    """Enough of a digest to tell it from others: its first digits."""
    return digest.rpartition(":")[2][:_SHOWN_DIGITS]
