"""Going back to an earlier manifest: where to, what it changes, and that it is deployed like any other."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.errors import InvalidInput, NotFound, StackFailed, StackNotFound
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.services.records.statuses import require_deployment
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.flows import FakeFlowRunner

DEV = EnvironmentName.DEV
STACKS: dict[str, dict[str, Any]] = {
    "network": {"config": {"size": 1}},
    "security": {"dependencies": ["network"], "config": {"size": 1}},
    "secrets": {"dependencies": ["security"]},
    "dns": {"config": {"size": 1}},
}


@pytest.fixture
def cli(cli: Any) -> Any:
    """Version 1 without configuration was deployed, then version 2, and 3 is the present one."""
    edge = cli.edge
    assert cli("deploy", ID, "--auto-approve").code == 0
    for number in (2, 3):
        edge.clock.advance(1)
        changed = {name: {**section, "config": {"size": number}} for name, section in STACKS.items() if name != "dns"}
        edge.world.put_manifest(
            {**changed, "dns": {}}, require_deployment(edge.world.records.deployments, ID).manifest["environments"]
        )
        if number == 2:
            assert cli("deploy", ID, "--auto-approve").code == 0
    edge.clock.advance(1)
    edge.world.engine.ran.clear()
    return cli


def version(cli: Any) -> int:
    return require_deployment(cli.edge.world.records.deployments, ID).manifest_version


def size_of(cli: Any, stack: str) -> Any:
    return require_deployment(cli.edge.world.records.deployments, ID).manifest["stacks"][stack].get("config")


def test_goes_back_to_what_was_deployed_last_and_only_what_differs_is_deployed(cli: Any) -> None:
    cli.edge.world.programs.digests["network"] = "another"
    assert cli("rollback", ID, "--auto-approve").code == 0
    assert "Back to version 2 of the manifest from 3" in cli.out
    assert "stacks.network.config.size" in cli.out
    assert "The record is version 4 now" in cli.err
    assert (version(cli), size_of(cli, "network")) == (4, {"size": 2})
    ran = [step for step in cli.edge.world.engine.ran if step[0] == "up"]
    assert ran == [("up", "network")]


def test_a_version_can_be_named(cli: Any) -> None:
    assert cli("rollback", ID, "--to-version", "1", "--auto-approve").code == 0
    assert size_of(cli, "network") is None
    assert "deploy (back to version 1)" in cli("history", ID).out
    assert cli.json("history", ID, "--type", "deploy")["data"]["operations"][0]["back_to_version"] == 1


def test_a_preview_writes_nothing(cli: Any) -> None:
    data = cli.json("rollback", ID, "--to-version", "1", "--preview")["data"]
    assert (data["from_version"], data["to_version"]) == (3, 1)
    assert {stack["status"] for stack in data["plan"]["stacks"]} == {"previewed", "skipped"}
    assert version(cli) == 3
    assert cli.json("rollback", ID, "--dry-run")["data"]["plan"] is None
    assert "up" not in {action for action, _ in cli.edge.world.engine.ran}


def test_one_stack_can_go_back_alone(cli: Any) -> None:
    assert cli.json("rollback", ID, "--stack", "security", "--preview")["data"]["changes"]
    assert cli("rollback", ID, "--stack", "security", "--auto-approve").code == 0
    assert (size_of(cli, "security"), size_of(cli, "network")) == ({"size": 2}, {"size": 3})
    deploy = cli.edge.operations.latest(ID, DEV)
    assert deploy.stacks == ["security"]
    assert deploy.plan_id is not None


def test_one_stack_is_previewed_with_its_section_of_then_and_nothing_else(cli: Any) -> None:
    world = cli.edge.world
    plan = cli.json("rollback", ID, "--to-version", "1", "--stack", "security", "--preview")["data"]["plan"]
    assert [(stack["name"], stack["status"]) for stack in plan["stacks"]] == [("security", "previewed")]
    assert world.engine.ran == [("preview", "security")]
    operation = world.operations.get(ID, plan["operation_id"])
    deployment, seen = world.operation_plans.load(operation)
    assert deployment.manifest["stacks"]["security"].get("config") is None
    assert deployment.manifest["stacks"]["network"]["config"] == {"size": 3}
    assert list(seen.graph.names) == ["security"]
    assert version(cli) == 3


def test_one_stack_does_only_what_was_previewed(cli: Any) -> None:
    cli("rollback", ID, "--stack", "security", "--auto-approve")
    deploy = cli.edge.operations.latest(ID, DEV)
    plan = cli.edge.plans.read(ID, deploy.plan_id)
    assert (plan.digest, plan.confined_to) == (deploy.digest, ("security",))


def test_one_stack_that_can_not_be_deployed_leaves_the_manifest_as_it_is(cli: Any) -> None:
    cli("destroy", ID, "--auto-approve")
    cli.edge.clock.advance(1)
    assert cli("rollback", ID, "--to-version", "1", "--stack", "security", "--auto-approve").code == 3
    assert "security needs stacks that are not deployed in dev: network" in cli.err
    assert version(cli) == 3


def test_stacks_that_the_earlier_version_does_not_have_are_named_and_stay(cli: Any) -> None:
    record = require_deployment(cli.edge.world.records.deployments, ID)
    cli.edge.world.put_manifest({**STACKS, "api": {}}, record.manifest["environments"])
    cli.edge.world.programs._names.append("api")
    cli.edge.world.start(Action.DEPLOY)
    cli.edge.clock.advance(1)
    assert cli("rollback", ID, "--to-version", "1", "--auto-approve").code == 0
    assert "not in that version: api; they stay" in cli.out
    assert cli.edge.world.records.stacks.get_stack(ID, "api", DEV).status.value == "deployed"


def test_prod_wants_its_id(cli: Any) -> None:
    assert cli("rollback", ID, "-e", "prod", "--to-version", "1", "--auto-approve").code == 2
    assert version(cli) == 3


def test_what_can_not_be_previewed_is_not_gone_back_to(cli: Any) -> None:
    cli.edge.world.programs.digests["dns"] = "another"
    cli.edge.world.engine.outputs_of["dns"] = StackFailed("no", stack="dns", resource=None)
    assert cli("rollback", ID, "--auto-approve").code == 1
    assert version(cli) == 3


def test_says_when_there_is_nothing_to_go_back_to(cli: Any) -> None:
    rollbacks = cli.edge.rollbacks
    with pytest.raises(NotFound, match="version 9 of the manifest"):
        rollbacks.find(ID, DEV, 9)
    with pytest.raises(InvalidInput, match="says the same as the present one"):
        rollbacks.find(ID, DEV, 3)
    with pytest.raises(NotFound, match=r"stage of .* was never deployed with another manifest"):
        rollbacks.find(ID, EnvironmentName.STAGE)
    with pytest.raises(StackNotFound):
        rollbacks.find(ID, DEV, 1, "web")


def test_while_another_operation_runs_nothing_is_written(cli: Any) -> None:
    cli.edge.world.flows = FakeFlowRunner()
    cli.edge.world.start(Action.DEPLOY)
    for options in ([], ["--stack", "network"]):
        assert cli("rollback", ID, *options, "--auto-approve").code == 5
        assert "Looking ahead" not in cli.err
    assert version(cli) == 3
