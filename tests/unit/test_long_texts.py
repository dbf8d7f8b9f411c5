"""Texts that are longer than what keeps them can hold."""

from __future__ import annotations

import json

import pytest

from cloud_core.adapters.dynamodb.models import operation_to_item, to_item
from cloud_core.adapters.dynamodb.serializer import to_attributes
from cloud_core.domain.errors import StackFailed
from cloud_core.domain.events import EventName
from cloud_core.domain.long_texts import LONGEST_REASON, shortened
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import OperationStatus
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World


def test_what_fits_stays_as_it_is() -> None:
    assert shortened("x" * 100, 100) == "x" * 100


@pytest.mark.parametrize("length", [101, 10_000])
def test_of_what_does_not_the_beginning_and_the_end_stay(length: int) -> None:
    text = "begin" + "." * (length - 8) + "end"
    found = shortened(text, 100)
    assert found.startswith("begin")
    assert found.endswith("end")
    assert f"{length - 100} characters are left out" in found


def test_a_program_that_says_a_lot_and_fails_is_told_and_kept() -> None:
    """Each of a hundred stacks prints a megabyte: the operation ends all the same, and the store can hold it."""
    world = World({f"stack-{number}": {} for number in range(100)})
    for number in range(100):
        world.engine.outputs_of[f"stack-{number}"] = StackFailed("printed: " + "x" * 1_000_000)
    outcome = world.deploy()
    assert outcome.status is OperationStatus.FAILED
    operation = world.records.operations.list_by_deployment(DEPLOYMENT_ID).items[0]
    assert to_attributes({"PK": "x", "SK": "x", **operation_to_item(operation)})
    record = world.records.stacks.get_stack(DEPLOYMENT_ID, "stack-0", EnvironmentName.DEV)
    assert record is not None
    assert to_attributes(to_item(record))
    told = [one for one in world.records.events.read(DEPLOYMENT_ID, limit=1000) if one.event is EventName.STACK_FAILED]
    assert len(told) == 100
    assert all(len(json.dumps(one.data)) < 2 * LONGEST_REASON for one in told)
