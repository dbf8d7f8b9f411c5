"""When an operation may run only because somebody else agreed to it, and when that agreement no longer counts. Pure.

An operation that needs an approval is asked for with the digests of what it would do: the manifest, the plan, and for a
deploy the program and the template of each stack and the plugins. The approval holds for the same digests; as soon as
one of them differs from what is there now it has lapsed, and so it has when it is too old.

    judge(operation)   AWAITING ──approve──► APPROVED ──► runs
                          │                     │
                          └──────► LAPSED ◄─────┘         ends as cancelled, with the reason
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cloud_core.domain.agreements import ApprovalRequest
from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.errors import PlanDeparted
from cloud_core.domain.fingerprint import changed_parts
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action

Digests = Mapping[str, str]
"""What an approval holds for: `manifest`, `plan`, `program:<stack>`, `template:<stack>`, and the version of each
`plugin:<name>`."""

MANIFEST: Final = "manifest"
PLAN: Final = "plan"
PROGRAM: Final = "program"
TEMPLATE: Final = "template"
PLUGIN: Final = "plugin"
DAY_SECONDS: Final = 86400.0
NOT_IN_TIME: Final = "nobody approved it in time"


@dataclass(frozen=True)
class ApprovalRules:
    """Which environments need an approval. A request may wait `valid_seconds` for it, and it for its run."""

    environments: frozenset[EnvironmentName] = frozenset()
    valid_seconds: float = DAY_SECONDS

    def demand(self, environment: EnvironmentName, action: Action) -> bool:
        """Whether the action needs an approval there: only what changes AWS does."""
        return action.changes_aws and environment in self.environments

    def expire(self, since: str, now: datetime) -> bool:
        """Whether what was asked for, or given, at that time is too old."""
        return now - parse_timestamp(since) > timedelta(seconds=self.valid_seconds)


class Standing(StrEnum):
    NOT_NEEDED = "not_needed"
    AWAITING = "awaiting"
    APPROVED = "approved"
    UNASKED = "unasked"
    """It needs an approval, but has none and waits for none."""
    LAPSED = "lapsed"
    ENDED = "ended"


@dataclass(frozen=True)
class Verdict:
    """`reasons` tell why it lapsed or does not count, a phrase each."""

    standing: Standing
    reasons: tuple[str, ...] = ()


def judge(operation: Operation, digests: Callable[[], Digests], now: datetime, rules: ApprovalRules) -> Verdict:
    """How the operation stands; `digests` gives those of what it would do now, and is asked only when they count."""
    if operation.status.is_terminal:
        return Verdict(Standing.ENDED)
    if operation.approval_request is None and not rules.demand(operation.environment, operation.type):
        return Verdict(Standing.NOT_NEEDED)
    if operation.started_at is not None:
        return Verdict(Standing.APPROVED)  # it was let in, and what it does is pinned in its own process since
    if operation.status.is_waiting and operation.approval_request is not None:
        asked = operation.approval_request
        late = (NOT_IN_TIME,) if is_late(asked, now) else ()
        reasons = (*late, *moved(asked.digests, digests()))
        return Verdict(Standing.LAPSED if reasons else Standing.AWAITING, reasons)
    return _judge_approval(operation, digests, now, rules)


def is_late(asked: ApprovalRequest, now: datetime) -> bool:
    """Whether the request has waited longer than it may."""
    return now > parse_timestamp(asked.until)


def _judge_approval(
    operation: Operation, digests: Callable[[], Digests], now: datetime, rules: ApprovalRules
) -> Verdict:
    approval = operation.approval
    if approval is None:
        asked = operation.approval_request is not None
        return Verdict(Standing.UNASKED, (f"nobody {'has approved' if asked else 'was asked to approve'} it",))
    if approval.approved_by == operation.started_by:
        return Verdict(Standing.UNASKED, ("its own author approved it",))
    late = ("its approval is too old",) if rules.expire(approval.approved_at, now) else ()
    reasons = (*late, *moved(approval.digests, digests()))
    return Verdict(Standing.LAPSED if reasons else Standing.APPROVED, reasons)


def moved(before: Digests, now: Digests) -> tuple[str, ...]:
    """What has changed, a phrase each: `the program of network has changed`."""
    return tuple(f"{describe(part)} {_happened(part, before, now)}" for part in changed_parts(before, now))


def describe(part: str) -> str:
    """The part of `Digests` in words."""
    kind, _, name = part.partition(":")
    if kind == PLUGIN:
        return f"the plugin {name}"
    return f"the {kind} of {name}" if name else f"the {kind}"


def _happened(part: str, before: Digests, now: Digests) -> str:
    if part not in now:
        return "is gone"
    return "is new" if part not in before else "has changed"


def require_approved_program(operation: Operation, stack: str, digest: str) -> None:
    """PlanDeparted when the stack's turn has come and its program is not the approved one: files may be edited while a
    run is on its way to them."""
    approved = operation.approval.digests.get(f"{PROGRAM}:{stack}") if operation.approval else None
    if approved not in (None, digest):
        departure = f"{describe(f'{PROGRAM}:{stack}')} has changed since it was approved"
        raise PlanDeparted(
            f"stack {stack!r} was not deployed: {departure}",
            stack=stack,
            resource=None,
            diagnostics=[],
            departures=[departure],
            suggestion="start the operation again, and have it approved",
        )
