"""When an approval is needed, when it holds, and what makes it lapse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cloud_core.domain.agreements import Approval, ApprovalRequest
from cloud_core.domain.approvals import ApprovalRules, Standing, judge, moved, require_approved_program
from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import PlanDeparted
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, OperationStatus
from cloud_core.testing.builders import NOW, an_operation
from cloud_core.testing.clock import START

PROD, DEV = EnvironmentName.PROD, EnvironmentName.DEV
RULES = ApprovalRules(frozenset({PROD}), valid_seconds=3600)
DIGESTS = {"manifest": "m1", "program:network": "p1", "plugin:aws": "7.1.0"}
ASKED = ApprovalRequest(digests=DIGESTS, until=timestamp(START + timedelta(hours=1)))
GIVEN = Approval(approved_by="bob", approved_at=NOW, digests=DIGESTS)
WAITING: dict[str, Any] = {"status": OperationStatus.AWAITING_APPROVAL, "approval_request": ASKED}
APPROVED: dict[str, Any] = {"approval_request": ASKED, "approval": GIVEN}
CHANGED = {**DIGESTS, "program:network": "p2"}
LATE = timedelta(hours=1, seconds=1)


def operation(environment: EnvironmentName = PROD, **fields: Any) -> Operation:
    return an_operation(environment=environment, **fields)


@pytest.mark.parametrize(
    ("one", "after", "now", "standing", "reasons"),
    [
        (operation(DEV), timedelta(), DIGESTS, Standing.NOT_NEEDED, ()),
        (operation(type=Action.REFRESH), timedelta(), DIGESTS, Standing.NOT_NEEDED, ()),
        (operation(type=Action.PREVIEW), timedelta(), DIGESTS, Standing.NOT_NEEDED, ()),
        (operation(), timedelta(), DIGESTS, Standing.UNASKED, ("nobody was asked to approve it",)),
        (operation(**WAITING), timedelta(), DIGESTS, Standing.AWAITING, ()),
        (operation(DEV, **WAITING), timedelta(), DIGESTS, Standing.AWAITING, ()),
        (operation(**WAITING), timedelta(hours=1), DIGESTS, Standing.AWAITING, ()),
        (operation(**WAITING), LATE, DIGESTS, Standing.LAPSED, ("nobody approved it in time",)),
        (operation(**WAITING), timedelta(), CHANGED, Standing.LAPSED, ("the program of network has changed",)),
        (operation(**APPROVED), timedelta(), DIGESTS, Standing.APPROVED, ()),
        (operation(DEV, **APPROVED), timedelta(), CHANGED, Standing.LAPSED, ("the program of network has changed",)),
        (operation(**APPROVED), timedelta(), CHANGED, Standing.LAPSED, ("the program of network has changed",)),
        (operation(**APPROVED), LATE, DIGESTS, Standing.LAPSED, ("its approval is too old",)),
        (
            operation(**APPROVED, started_by="bob"),
            timedelta(),
            DIGESTS,
            Standing.UNASKED,
            ("its own author approved it",),
        ),
        (
            operation(approval_request=ASKED),
            timedelta(),
            DIGESTS,
            Standing.UNASKED,
            ("nobody has approved it",),
        ),
        (operation(**APPROVED, started_at=NOW), LATE, CHANGED, Standing.APPROVED, ()),
        (operation(**WAITING | {"status": OperationStatus.CANCELLED}), LATE, CHANGED, Standing.ENDED, ()),
    ],
)
def test_how_an_operation_stands(
    one: Operation, after: timedelta, now: dict[str, str], standing: Standing, reasons: tuple[str, ...]
) -> None:
    verdict = judge(one, lambda: now, START + after, RULES)
    assert (verdict.standing, verdict.reasons) == (standing, reasons)


def test_everything_that_moved_is_told() -> None:
    verdict = judge(operation(**WAITING), lambda: {**CHANGED, "manifest": "m2"}, START + LATE, RULES)
    assert verdict.reasons == (
        "nobody approved it in time",
        "the manifest has changed",
        "the program of network has changed",
    )


def test_what_needs_no_approval_is_not_looked_into() -> None:
    def never() -> dict[str, str]:
        raise AssertionError("asked for the digests")

    assert judge(operation(DEV), never, START, RULES).standing is Standing.NOT_NEEDED


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ({"manifest": "1"}, {"manifest": "1"}, ()),
        ({"plan": "1"}, {"plan": "2"}, ("the plan has changed",)),
        ({"template:dns": "1"}, {}, ("the template of dns is gone",)),
        ({}, {"plugin:aws": "7.2.0"}, ("the plugin aws is new",)),
    ],
)
def test_differences_are_named(before: dict[str, str], now: dict[str, str], words: tuple[str, ...]) -> None:
    assert moved(before, now) == words


class TestTheProgramWhoseTurnHasCome:
    def test_is_the_approved_one(self) -> None:
        require_approved_program(operation(**APPROVED), "network", "p1")
        require_approved_program(operation(), "network", "any")

    def test_or_is_not_deployed(self) -> None:
        with pytest.raises(PlanDeparted, match="the program of network has changed since it was approved"):
            require_approved_program(operation(**APPROVED), "network", "p2")
