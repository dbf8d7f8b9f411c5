"""Deploys that pass over what is up already: what counts as a change, and what the skip tells."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.events import EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.states import UNCHANGED
from cloud_core.domain.statuses import DeploymentStatus, StackStatus
from cloud_core.domain.values import SecretValue
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World

DEV = EnvironmentName.DEV
CHAIN: dict[str, dict[str, Any]] = {
    "network": {"config": {"cidr": "{{ENV:range}}"}},
    "security": {"dependencies": ["network"], "config": {"text": "in ${network.vpcId}", "key": "${network.token}"}},
    "dns": {},
}
ENVIRONMENT = {"enabled": True, "account": "123456789012", "region": "us-east-1", "config": {"range": "10.0.0.0/16"}}


@pytest.fixture
def world() -> World:
    """A chain that is deployed."""
    world = World(CHAIN, environments={"dev": ENVIRONMENT})
    world.engine.outputs_of["network"] = {"vpcId": "vpc-1", "token": SecretValue("hush-hush")}
    world.deploy()
    world.engine.ran.clear()
    return world


def redeployed(world: World, **changes: Any) -> list[str]:
    """The stacks that the engine ran for another deploy."""
    world.deploy(**changes)
    return [stack for _, stack in world.engine.ran]


def record(world: World, name: str) -> StackRecord:
    found = world.records.stacks.get_stack(DEPLOYMENT_ID, name, DEV)
    assert found is not None
    return found


def test_nothing_changed_runs_no_engine_and_stays_deployed(world: World) -> None:
    before = {name: record(world, name) for name in CHAIN}
    outcome = world.deploy()

    assert outcome.message == "0 stacks deployed, 3 unchanged"
    assert world.engine.ran == []
    assert outcome.environment_status is DeploymentStatus.DEPLOYED
    after = {name: record(world, name).model_copy(update={"fence": 0, "version": 0}) for name in CHAIN}
    assert after == {name: kept.model_copy(update={"fence": 0, "version": 0}) for name, kept in before.items()}


def test_a_skip_tells_its_reason_and_when_the_stack_was_deployed(world: World) -> None:
    operation = world.start()
    world.run(operation)

    ended = world.operations.get(DEPLOYMENT_ID, operation.operation_id)
    assert {result.cause for result in ended.results.values()} == {UNCHANGED}
    told = [
        event.data
        for event in world.records.events.read(DEPLOYMENT_ID)
        if event.operation_id == operation.operation_id and event.event is EventName.STACK_DEPLOYED
    ]
    assert [data["status"] for data in told] == ["skipped"] * len(CHAIN)
    deployed = record(world, "dns").last_deployment
    assert deployed is not None
    assert told[0]["last_deployed_at"] == deployed.completed_at
    assert ended.results["dns"].last_deployed_at == deployed.completed_at


def test_the_records_hold_no_clear_digest_source(world: World) -> None:
    assert "hush" not in record(world, "network").model_dump_json() + record(world, "security").model_dump_json()


def test_force_deploys_everything(world: World) -> None:
    assert sorted(redeployed(world, skip_unchanged=False)) == sorted(CHAIN)


def test_changed_configuration_runs_that_stack_alone(world: World) -> None:
    world.put_manifest({**CHAIN, "dns": {"config": {"zone": "b.example"}}}, {"dev": ENVIRONMENT})
    assert redeployed(world) == ["dns"]


def test_a_value_of_the_environment_changes_those_that_use_it(world: World) -> None:
    world.put_manifest(CHAIN, {"dev": {**ENVIRONMENT, "config": {"range": "10.9.0.0/16"}}})
    assert redeployed(world) == ["network"]


def test_another_region_changes_every_stack(world: World) -> None:
    world.put_manifest(CHAIN, {"dev": {**ENVIRONMENT, "region": "eu-west-1"}})
    assert sorted(redeployed(world)) == sorted(CHAIN)


def test_an_edge_that_is_new_is_recorded_for_the_order_of_a_destroy(world: World) -> None:
    world.put_manifest({**CHAIN, "dns": {"dependencies": ["network"]}}, {"dev": ENVIRONMENT})
    assert redeployed(world) == ["dns"]
    assert record(world, "dns").dependencies == ["network"]


@pytest.mark.parametrize(
    ("outputs", "ran"),
    [
        ({"vpcId": "vpc-1", "token": SecretValue("hush-hush"), "more": 1}, ["network"]),
        ({"vpcId": "vpc-2", "token": SecretValue("hush-hush")}, ["network", "security"]),
        ({"vpcId": "vpc-1", "token": SecretValue("another")}, ["network", "security"]),
        ({"vpcId": SecretValue("vpc-1"), "token": SecretValue("hush-hush")}, ["network", "security"]),
    ],
)
def test_an_upstream_change_runs_its_readers_only_when_what_they_read_changed(
    world: World, outputs: dict[str, Any], ran: list[str]
) -> None:
    world.engine.outputs_of["network"] = outputs
    world.put_manifest({**CHAIN, "network": {"config": {"cidr": "10.7.0.0/16"}}}, {"dev": ENVIRONMENT})
    assert redeployed(world) == ran


def test_another_program_or_plugin_is_a_change(world: World) -> None:
    world.programs.digests["dns"] = "another"
    assert redeployed(world) == ["dns"]
    world.engine.ran.clear()
    world.programs.versions["pulumi-aws"] = "9.0.0"
    assert sorted(redeployed(world)) == sorted(CHAIN)


def test_another_template_is_a_change() -> None:
    templates = {"dns": StackTemplate(name="dns", version="1", description="Zones.")}
    world = World({"dns": {}}, templates)
    world.deploy()
    templates["dns"] = StackTemplate(name="dns", version="2", description="Zones.")
    assert redeployed(world) == ["dns", "dns"]


def test_a_stack_that_is_not_up_is_never_skipped(world: World) -> None:
    dns = record(world, "dns")
    world.records.stacks.update(dns.model_copy(update={"status": StackStatus.FAILED}), fence=dns.fence)
    assert redeployed(world) == ["dns"]


def test_a_stack_that_was_destroyed_is_deployed_again(world: World) -> None:
    world.destroy()
    world.engine.ran.clear()
    assert sorted(redeployed(world)) == sorted(CHAIN)


def test_a_new_reader_of_a_skipped_stack_gets_its_secret(world: World) -> None:
    world.put_manifest({**CHAIN, "dns": {"config": {"key": "${network.token}"}}}, {"dev": ENVIRONMENT})
    assert redeployed(world) == ["dns"]
    assert world.programs.inputs["dns"] == {"key": SecretValue("hush-hush")}
