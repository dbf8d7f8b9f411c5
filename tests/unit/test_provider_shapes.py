"""How AWS writes a value, and what Pulumi's form of it is: both ways lead back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.provider.shapes import BLOCK, BYTES, FLAG, NUMBER, PLAIN, Shape, block, many, only, pairs

ENCRYPTION = block({"sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"})
ENVIRONMENT = block({"variables": ("Variables", PLAIN)})
ORIGINS = block({"trusted": ("TrustedSigners", many())})


@pytest.mark.parametrize(
    ("shape", "pulumi", "aws"),
    [
        (BLOCK, {"vpcId": "a", "parts": [{"ipCount": 1}]}, {"VpcId": "a", "Parts": [{"IpCount": 1}]}),
        (BLOCK, [{"key": "a"}], [{"Key": "a"}]),
        (block(lower=True), {"logDriver": "awslogs"}, {"logDriver": "awslogs"}),
        (ENCRYPTION, {"apply": {"sseAlgorithm": "aws:kms"}}, {"Apply": {"SSEAlgorithm": "aws:kms"}}),
        (ENVIRONMENT, {"variables": {"LOG_LEVEL": "x"}}, {"Variables": {"LOG_LEVEL": "x"}}),
        (ORIGINS, {"trusted": ["a"]}, {"TrustedSigners": {"Quantity": 1, "Items": ["a"]}}),
        (pairs(), {"QueueName": "tasks"}, [{"Name": "QueueName", "Value": "tasks"}]),
        (pairs("key", "value"), {"a": "b"}, [{"key": "a", "value": "b"}]),
        (many(BLOCK), [{"httpPort": 80}], {"Quantity": 1, "Items": [{"HttpPort": 80}]}),
        (many(), [], {"Quantity": 0, "Items": []}),
        (only(BLOCK), {"type": "x"}, [{"Type": "x"}]),
        (NUMBER, 300, "300"),
        (NUMBER, 0.5, "0.5"),
        (FLAG, True, "true"),
        (FLAG, False, "false"),
        (BYTES, "aGk=", b"hi"),
    ],
)
def test_there_and_back(shape: Shape, pulumi: Any, aws: Any) -> None:
    assert shape.send(pulumi) == aws
    assert shape.tell(aws) == pulumi


def test_times_are_told_as_text_at_any_depth() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert PLAIN.tell([{"at": moment}]) == [{"at": "2026-01-02T00:00:00+00:00"}]
    assert BLOCK.tell({"Status": {"At": moment}}) == {"status": {"at": "2026-01-02T00:00:00+00:00"}}


def test_what_is_not_given_is_not_sent() -> None:
    assert BLOCK.send({"a": None, "b": False}) == {"B": False}
    assert only().tell([]) is None
    assert many().tell({"Quantity": 0}) == []
