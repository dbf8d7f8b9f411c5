"""What a subscription asks for, and which messages are among it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from cloud_core.domain.connections import Filters, Subscription
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.events import EventType
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.progress import OperationView
from cloud_core.domain.records import LogLevel
from cloud_core.testing.clock import START, FakeClock
from cloud_core.testing.recordings import Recording
from realtime.broadcaster import Subscriber
from realtime.clients.python.followed import Followed, Verdict
from realtime.filters import read_channel
from realtime.limits import Limits
from realtime.matching import wants
from realtime.protocol import Message, MessageType, Request, read_request
from realtime.story import Story

ID = "D1BRV40"
LOG, STATUS = MessageType.LOG_CREATED, MessageType.DEPLOYMENT_STATUS


def asked(**more: Any) -> Request:
    return read_request(json.dumps({"action": "subscribe", **more}))


def message(seq: int | None = 1, kind: MessageType = LOG, environment: str = "dev", **data: Any) -> Message:
    return Message(kind, "-", ID, data, seq, data.pop("operation_id", "op-1"), environment)


def test_filters_are_read_in_any_case() -> None:
    request = asked(deployment_id=ID, environment="dev", types=["log.created"], min_level="WARN", last_seq=3)
    wanted = Filters(EnvironmentName.DEV, frozenset({EventType.LOG_CREATED}), LogLevel.WARN)
    assert request == Request("subscribe", ID, 3, wanted)
    assert asked(deployment_id=ID, environment=None, types=None, min_level=None).filters == Filters()


@pytest.mark.parametrize(
    ("field", "value", "choices"),
    [
        ("environment", "test", "dev, stage, prod"),
        ("types", "log.created", "deployment.status, stack.deployed, stack.failed, log.created"),
        ("types", ["pong"], "deployment.status, stack.deployed, stack.failed, log.created"),
        ("types", [{}], "deployment.status"),
        ("min_level", 3, "debug, info, warn, error"),
    ],
)
def test_a_filter_that_is_none_is_named_with_its_choices(field: str, value: Any, choices: str) -> None:
    with pytest.raises(InvalidInput, match=f"{field} is .*{choices}") as refused:
        asked(deployment_id=ID, **{field: value})
    assert refused.value.context["field"] == field


@pytest.mark.parametrize(
    ("channel", "wanted"),
    [
        (f"deployments/{ID}", Filters()),
        (f"deployments/{ID}-stage", Filters(environment=EnvironmentName.STAGE)),
        (f"deployments/{ID}/environments/prod", Filters(environment=EnvironmentName.PROD)),
        (f"deployments/{ID}/operations/op-5589147d08a2", Filters(operation_id="op-5589147d08a2")),
        (f"deployments/{ID}/stacks/database-rds", Filters(stack_name="database-rds")),
    ],
)
@pytest.mark.parametrize("name", ["action", "type"])
def test_a_channel_names_the_deployment_and_what_of_it(name: str, channel: str, wanted: Filters) -> None:
    assert read_request(json.dumps({name: "subscribe", "channel": channel})) == Request("subscribe", ID, None, wanted)
    assert read_request(json.dumps({name: "unsubscribe", "channel": channel})).deployment_id == ID


@pytest.mark.parametrize("channel", [None, 7, "", "deployments", f"deployments/{ID}-test", f"deployments/{ID}/logs/x"])
def test_a_channel_that_is_none_is_refused_with_the_way_out(channel: Any) -> None:
    with pytest.raises(InvalidInput, match="channel") as refused:
        read_channel(channel, Filters())
    assert "deployments/<id>" in str(refused.value.context["suggestion"])


def test_what_passes_each_filter() -> None:
    end = message(9, STATUS, operation_status="success")
    warning, line = message(1, level="warn", stack_name="network"), message(2, level="info", stack_name="dns")
    progress = message(None, STATUS, event="deployment_progress")
    every = [warning, line, progress, end]

    def among(**fields: Any) -> list[Message]:
        return [one for one in every if wants(Filters(**fields), one)]

    assert among() == every
    assert among(environment=EnvironmentName.DEV) == every
    assert among(environment=EnvironmentName.PROD) == []
    assert among(types=frozenset({EventType.LOG_CREATED})) == [warning, line, end]
    assert among(min_level=LogLevel.WARN) == [warning, progress, end]
    assert among(stack_name="dns") == [line, end]
    assert among(operation_id="op-2") == []


def numbers_of(messages: Iterable[Message]) -> list[tuple[str, int | None, int | None]]:
    return [(one.type.value, one.after_seq, one.seq) for one in messages]


def a_subscriber(filters: Filters, passed: int = 3) -> Subscriber:
    return Subscriber(Subscription("c", ID, "-", 0, filters=filters), 0, Limits(passed=passed), FakeClock())


def test_a_message_tells_which_one_came_before_it_and_long_silence_how_far_it_goes() -> None:
    subscriber = a_subscriber(Filters(min_level=LogLevel.ERROR))
    lines = [message(seq, level="error" if seq in (2, 9) else "info") for seq in range(1, 12)]
    told = list(subscriber.wanted(lines, 0, end=11))
    assert numbers_of(told) == [
        ("log.created", 0, 2),
        ("passed", 2, 5),
        ("passed", 5, 8),
        ("log.created", 8, 9),
        ("passed", 9, 11),
    ]


def test_without_filters_messages_are_as_they_were() -> None:
    lines = [message(seq) for seq in (1, 2)]
    assert list(a_subscriber(Filters()).wanted(lines, 0, end=2)) == lines


@pytest.mark.parametrize("cut", range(0, 40, 3))
def test_a_client_with_filters_misses_nothing_wherever_it_drops(cut: int) -> None:
    """It follows what is sent, drops, and goes on with its last number."""
    lines = [message(seq, level=("debug", "info", "warn", "error")[seq * 7 % 4]) for seq in range(1, 41)]
    subscriber, followed = a_subscriber(Filters(min_level=LogLevel.WARN)), Followed(0)
    first = list(subscriber.wanted(lines[:cut], 0))
    before = [one for one in first if followed.judge(json.loads(one.text)) is Verdict.TAKE]
    after = followed.last_seq or 0
    again = subscriber.wanted(lines[after:], after, end=40)
    judged = [(followed.judge(json.loads(one.text)), one) for one in again]
    assert Verdict.ASK_AGAIN not in [verdict for verdict, _ in judged]
    seen = chain(before, (one for verdict, one in judged if verdict is Verdict.TAKE))
    assert [one.seq for one in seen] == [one.seq for one in lines if (one.data or {})["level"] in ("warn", "error")]
    assert followed.last_seq == 40


def test_only_one_environment_is_in_its_snapshot() -> None:
    """As a recorded run shows it."""
    recording = Recording.read(Path(__file__).parent / "recordings" / "killed_and_retried.jsonl")
    known = {one.operation_id: one for one in recording.begun}
    story = Story(recording.deployment.deployment_id, lambda name: OperationView.begin(known[name]))
    for event in recording.events:
        story.skip(event)
    dev = story.snapshot(recording.deployment, START, EnvironmentName.DEV)
    prod = story.snapshot(recording.deployment, START, EnvironmentName.PROD)
    assert dev == story.snapshot(recording.deployment, START)
    assert (dict(prod.data or {})["environments"], prod.environment) == ({}, None)
