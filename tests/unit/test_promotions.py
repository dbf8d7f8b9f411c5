"""Promoting what succeeded in one environment to the next, and every reason not to."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.domain.steps import Step
from cloud_core.services.records.statuses import require_deployment
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.edge import CHAIN

PROD = EnvironmentName.PROD


@pytest.fixture
def cli(cli: Any) -> Any:
    """Dev is deployed; stage is off."""
    assert cli("deploy", ID, "--auto-approve").code == 0
    cli.edge.clock.advance(1)
    return cli


def status_of(cli: Any, environment: str) -> DeploymentStatus | None:
    return require_deployment(cli.edge.world.records.deployments, ID).environment_status.get(environment)


def test_deploys_the_same_version_in_the_target(cli: Any) -> None:
    assert cli("promote", ID, "dev", "prod", "--confirm", ID).code == 0
    operation = cli.edge.operations.latest(ID, PROD)
    assert (operation.environment, operation.manifest_version) == (PROD, 1)
    assert "deploy (promoted from dev)" in cli("history", ID, "-e", "prod").out
    assert cli.json("history", ID)["data"]["operations"][0]["promoted_from"] == "dev"
    assert status_of(cli, "prod") is DeploymentStatus.DEPLOYED


def test_prod_wants_its_id(cli: Any) -> None:
    assert cli("promote", ID, "dev", "prod", "--auto-approve").code == 2
    assert cli.edge.operations.latest(ID, PROD) is None


def test_can_be_rehearsed(cli: Any) -> None:
    data = cli.json("promote", ID, "dev", "prod", "--dry-run")["data"]
    assert (data["environment"], data["total_stacks"]) == ("prod", 4)
    assert "4 stacks" in cli("promote", ID, "dev", "prod", "--dry-run").out
    assert cli.edge.operations.latest(ID, PROD) is None


@pytest.mark.parametrize(("source", "target"), [("prod", "dev"), ("dev", "dev")])
def test_goes_forward_only(cli: Any, source: str, target: str) -> None:
    assert cli("promote", ID, source, target, "--auto-approve").code == 3
    assert "does not come after" in cli.err


def test_of_an_unknown_environment_is_a_usage_error(cli: Any) -> None:
    assert cli("promote", ID, "dev", "staging").code == 2


def test_of_what_is_not_deployed_is_refused(cli: Any) -> None:
    assert cli("promote", ID, "stage", "prod", "--confirm", ID).code == 5
    assert "stage is initialized, not deployed" in cli.err


def test_every_reason_is_told_at_once(cli: Any) -> None:
    record = require_deployment(cli.edge.world.records.deployments, ID)
    cli.edge.world.put_manifest({**CHAIN, "dns": {"config": {"size": 3}}}, record.manifest["environments"])
    cli.edge.world.programs.digests["network"] = "another"
    document = cli.json("promote", ID, "dev", "prod", "--confirm", ID)
    assert cli.code == 5
    assert document["error"]["details"]["reasons"] == [
        "version 2 of the manifest was not deployed in dev yet, the last one was 1",
        "the program of network has changed since it was deployed in dev",
    ]
    assert cli.edge.operations.latest(ID, PROD) is None


def test_of_what_drifted_is_refused_until_a_deploy_has_put_it_right(cli: Any) -> None:
    world = cli.edge.world
    drifted = [Step("update", "urn:network", "aws:test:Thing", "network")]
    world.engine.drift_of["network"] = drifted
    cli("refresh", ID, "--preview")
    assert cli("promote", ID, "dev", "prod", "--confirm", ID).code == 5
    assert "AWS differs from the state of network in 1 resource" in cli.err
    cli("refresh", ID)
    assert cli("promote", ID, "dev", "prod", "--confirm", ID).code == 5
    assert "the state of network is not the one that a deploy has left" in cli.err
    world.clock.advance(1)
    cli("deploy", ID, "--auto-approve")
    assert cli("promote", ID, "dev", "prod", "--confirm", ID).code == 0
