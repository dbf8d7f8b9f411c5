"""How a deploy ended that failed and was to be taken back: never well, even when all of that went well."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cli.exit_codes import Exit
from cli.following import operation_answer
from cli.problems import Problem
from cli.results import FAILED_CODE, next_steps, tell_ending
from cli.text import joined, styled
from cli.wording import local_time
from cloud_core.domain.records import Operation
from cloud_core.services.looking.report import operation_data

if TYPE_CHECKING:
    from cli.session import Session
    from cloud_core.services.looking.watching import Ending

_ROLLED_BACK: Final = re.compile(r"; (?:to be )?rolled back by ")


def tell_taken_back(session: Session, failed: Ending, after: Ending | None) -> Exit:
    """`after` is how the rollback ended; None when it never began. Always fails: nothing was deployed."""
    rollback = after.operation if after else None
    return _tell(session, failed, rollback, after, (summary(failed, after), _steps(failed, after)))


def tell_to_be_taken_back(session: Session, failed: Ending, rollback: Operation) -> Exit:
    """The rollback waits for an approval of its own. Always fails: nothing was deployed, nor taken back."""
    request = rollback.approval_request
    until = local_time(request.until if request else None)
    waits = f"its rollback {rollback.operation_id} waits for somebody else's approval, until {until}"
    summary = f"the deploy {_failure(failed)}; {waits}: nothing is taken back before"
    place = f"{rollback.deployment_id} {rollback.operation_id}"
    steps = [f"approve it: cloud approve {place}", f"leave all as it is: cloud approve {place} --reject"]
    return _tell(session, failed, rollback, None, (summary, steps))


def _tell(
    session: Session, failed: Ending, rollback: Operation | None, after: Ending | None, said: tuple[str, list[str]]
) -> Exit:
    """Both endings, as far as there are, then `said`: a sentence about both, and the ways on."""
    output = session.output
    summary, steps = said
    if output.as_json:
        data = _data(session, failed, rollback)
        output.fail(Problem(FAILED_CODE, summary, Exit.FAILED, data, steps))
        return Exit.FAILED
    tell_ending(session, failed)
    if after is not None:
        tell_ending(session, after)
    output.print(joined(("✗ ", "red"), summary))
    output.note(*(styled(f"  {step}", "dim") for step in steps))
    return Exit.FAILED


def summary(failed: Ending, after: Ending | None) -> str:
    """What became of both, in one sentence."""
    message = _failure(failed)
    if after is None:
        why = message if "not rolled back" in message else f"{message}; its rollback has not begun"
        return f"the deploy {why}"
    if after.broken is not None:
        return f"the deploy {message}; how far it was rolled back is not known: {after.broken}"
    if not after.is_success:
        return f"the deploy {message}; its rollback {after.operation.status.value} too: {after.operation.message}"
    return f"the deploy {message}; it was rolled back: {_taken_back(after.operation)}"


def _failure(failed: Ending) -> str:
    """What the deploy says of itself, without its rollback."""
    return _ROLLED_BACK.split(failed.operation.message or "")[0]


def _taken_back(rollback: Operation) -> str:
    wish = rollback.rollback
    assert wish is not None
    back = [name for name in rollback.stacks if name not in wish.destroys]
    parts = [
        f"{', '.join(back)} back to version {wish.version}" if back else "",
        f"{', '.join(wish.destroys)} destroyed" if wish.destroys else "",
        "left as they are: " + ", ".join(f"{name} ({why})" for name, why in wish.left.items()) if wish.left else "",
    ]
    return "; ".join(filter(None, parts))


def _steps(failed: Ending, after: Ending | None) -> list[str]:
    """Where to go from there."""
    operation = failed.operation
    place = operation.place
    if after is None:
        return [f"see how it stands: cloud status {place}", f"bring it to the record's manifest: cloud deploy {place}"]
    if not after.is_success:
        return [step.strip() for step in next_steps(after)]
    moved = after.operation.manifest_version
    if moved == operation.manifest_version:
        return []
    return [
        f"the record is version {moved} now; see what your file has else: cloud manifest diff {operation.deployment_id}"
    ]


def _data(session: Session, failed: Ending, rollback: Operation | None) -> dict[str, object]:
    """The failed operation's data, and the one that took it back under `taken_back`."""
    taken_back = operation_data(rollback) if rollback else None
    return {**operation_answer(session, failed.operation), "taken_back": taken_back}
