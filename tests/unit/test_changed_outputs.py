"""What an upstream stack gives changes, becomes secret or is gone: its readers are told so in the same run."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.domain.statuses import DeploymentStatus, OperationStatus, StackStatus
from cloud_core.domain.values import SecretValue, Value
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World

ENVIRONMENT = {"enabled": True, "account": "123456789012", "region": "us-east-1"}
VALUE = "arn-of-the-first"


def chain(version: int) -> dict[str, dict[str, Any]]:
    """A giver, its reader, a reader of the reader, and one that reads nothing."""
    return {
        "giver": {"config": {"version": version}},
        "reader": {"dependencies": ["giver"], "config": {"text": "in ${giver.arn}"}},
        "last": {"dependencies": ["reader"], "config": {"name": "${reader.name}"}},
        "other": {},
    }


@pytest.fixture
def world() -> World:
    """It is deployed, with an output in the clear."""
    world = World(chain(1), environments={"dev": ENVIRONMENT})
    world.engine.outputs_of |= {"giver": {"arn": VALUE}, "reader": {"name": "first"}}
    world.deploy()
    world.engine.ran.clear()
    return world


def redeployed(world: World, outputs: dict[str, Value]) -> Any:
    """The outcome of a deploy after which the giver gives these."""
    world.engine.outputs_of["giver"] = outputs
    world.put_manifest(chain(2), {"dev": ENVIRONMENT})
    return world.deploy()


def logged(world: World) -> list[str]:
    return [line.model_dump_json() for line in world.records.logs.get_logs(DEPLOYMENT_ID, limit=1000).items]


def record(world: World, name: str) -> StackRecord:
    found = world.records.stacks.get_stack(DEPLOYMENT_ID, name, EnvironmentName.DEV)
    assert found is not None
    return found


def test_a_changed_one_reaches_its_reader_as_it_is_after_the_change(world: World) -> None:
    assert redeployed(world, {"arn": "arn-of-the-second"}).status is OperationStatus.SUCCESS
    assert world.programs.inputs["reader"] == {"text": "in arn-of-the-second"}
    assert [stack for _, stack in world.engine.ran] == ["giver", "reader"]


def test_one_that_became_secret_is_secret_for_its_reader_and_nowhere_in_the_clear(world: World) -> None:
    after, lines = world.records.events.last_seq(DEPLOYMENT_ID), logged(world)
    assert redeployed(world, {"arn": SecretValue(VALUE)}).status is OperationStatus.SUCCESS
    assert world.programs.inputs["reader"] == {"text": SecretValue(f"in {VALUE}")}

    told = [
        *(record(world, name).model_dump_json() for name in chain(2)),
        *(event.model_dump_json() for event in world.records.events.read(DEPLOYMENT_ID, after)),
        *(line for line in logged(world) if line not in lines),
    ]
    assert [text for text in told if VALUE in text] == []
    assert record(world, "giver").secret_outputs == ["arn"]


def test_one_that_is_gone_fails_its_reader_by_name_and_changes_nothing_behind_it(world: World) -> None:
    before = record(world, "last")
    outcome = redeployed(world, {"id": "1"})
    assert outcome.status is OperationStatus.FAILED
    assert outcome.environment_status is DeploymentStatus.PARTIAL
    assert world.engine.ran == [("up", "giver")]

    results = world.operations.get(DEPLOYMENT_ID, str(record(world, "reader").last_operation_id)).results
    assert "has no output 'arn'" in (results["reader"].error or "")
    assert results["last"].cause == "dependency_failed:reader"
    assert record(world, "giver").status is StackStatus.DEPLOYED
    assert record(world, "last").outputs == before.outputs


def test_a_reader_that_failed_for_it_is_deployed_once_it_is_given_again(world: World) -> None:
    redeployed(world, {"id": "1"})
    world.engine.outputs_of["giver"] = {"arn": "arn-of-the-third"}
    world.put_manifest(chain(3), {"dev": ENVIRONMENT})
    assert world.deploy().environment_status is DeploymentStatus.DEPLOYED
    assert world.programs.inputs["reader"] == {"text": "in arn-of-the-third"}
