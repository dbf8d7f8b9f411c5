"""Which wire type carries which event."""

from __future__ import annotations

import pytest

from cloud_core.domain.events import Event, EventName
from cloud_core.domain.records import LogLevel
from cloud_core.services.records.events import log_entry
from cloud_core.testing.builders import an_event

NAMES_BY_TYPE = {
    "deployment.status": """
        deployment_started deployment_complete deployment_failed deployment_cancelled deployment_cancelling
        deployment_awaiting_approval deployment_approved
        stack_deploying stack_progress stack_skipped stack_checking stack_checked stack_repaired stack_retrying
    """,
    "stack.deployed": "stack_deployed",
    "stack.failed": "stack_failed",
    "log.created": """
        resource_creating resource_created resource_updating resource_updated resource_deleting resource_deleted
        resource_failed log
    """,
}


def test_every_event_goes_out_under_one_type() -> None:
    expected = {name: kind for kind, names in NAMES_BY_TYPE.items() for name in names.split()}
    assert {name.value: an_event(event=name).type.value for name in EventName} == expected


def test_numbering_an_event_keeps_its_type() -> None:
    draft = an_event(event=EventName.STACK_FAILED)
    assert Event(**draft.model_dump(), seq=1).type is draft.type


def test_three_events_end_an_operation() -> None:
    assert {name.value for name in EventName if name.is_terminal} == {
        "deployment_complete",
        "deployment_failed",
        "deployment_cancelled",
    }


@pytest.mark.parametrize(
    ("event", "data", "level"),
    [
        (EventName.LOG, {"message": "m", "level": "warn"}, LogLevel.WARN),
        (EventName.LOG, {"message": "m", "level": "loud"}, LogLevel.INFO),
        (EventName.LOG, {"message": "m"}, LogLevel.INFO),
        (EventName.STACK_FAILED, {"level": "info"}, LogLevel.ERROR),
    ],
)
def test_a_line_keeps_its_level_and_a_failure_is_an_error(
    event: EventName, data: dict[str, str], level: LogLevel
) -> None:
    assert log_entry(an_event(event=event, data=data)).log_level is level
