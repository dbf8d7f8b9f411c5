"""Runs that die half-way on the real sandbox: found dead, told as it is, retried, and nothing is left over in AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from cloud_core.testing.waiting import wait_for

pytestmark = pytest.mark.xdist_group("sandbox")

TEMPLATE = """
name: crashing
description: Stacks of the workspace's own, of which one takes its time.
environments: {dev: {enabled: true}}
stacks: {place: {enabled: true}, reader: {enabled: true}, slow: {enabled: true}, after: {enabled: true}}
"""


class Deployment:
    """Its stack `slow` is creating its only resource; the others are done or wait for it."""

    def __init__(self, cloud: Any, look: Any, state: Path, seconds: int) -> None:
        self._cloud = cloud
        self._state = state
        self.id = cloud.init("crashing", "crashing")
        cloud.configure(self.id, "slow", seconds=seconds)
        cloud("deploy", self.id, "--auto-approve", "--detach")
        wait_for("the others are done", lambda: look.stacks(self.id).get("reader") == "deployed")
        wait_for("the slow resource is being created", lambda: look.logged(self.id, "wait creating"))

    def hurry(self) -> None:
        """From now on nothing of it takes time."""
        (self._cloud.workspace / f"hurry-{self.id}").touch()

    @property
    def status(self) -> dict[str, Any]:
        return dict(self._cloud.data("status", self.id)["environments"]["dev"])

    @property
    def stacks(self) -> dict[str, str]:
        return {name: stack["status"] for name, stack in self.status["stacks"].items()}

    @property
    def flow(self) -> psutil.Process:
        return psutil.Process(self.status["lease"]["pid"])

    def engines(self) -> list[psutil.Process]:
        """Those of the sandbox's engines that are at work."""
        return [
            process
            for process in psutil.process_iter(["cmdline", "cwd", "name"])
            if process.info["name"] == "pulumi"
            and any("auto.inline" in part for part in process.info["cmdline"] or [])
            and Path(process.info["cwd"] or "/").is_relative_to(self._state)
        ]


@pytest.fixture
def crashing(cloud: Any, look: Any, sandbox: dict[str, Any]) -> Iterator[Callable[..., Deployment]]:
    place = cloud.workspace / "templates" / "custom" / "crashing.yaml"
    place.write_text(TEMPLATE)
    made: list[Deployment] = []

    def make(seconds: int) -> Deployment:
        made.append(Deployment(cloud, look, Path(sandbox["state_dir"]), seconds))
        return made[-1]

    yield make
    for one in made:
        assert cloud("destroy", one.id, "--auto-approve").code == 0


def networks(aws: Callable[[str], Any], deployment_id: str) -> list[str]:
    wanted = [{"Name": "tag:DeploymentId", "Values": [deployment_id]}]
    return [one["VpcId"] for one in aws("ec2").describe_vpcs(Filters=wanted)["Vpcs"]]


def test_a_killed_flow_is_found_dead_and_its_rest_is_retried(
    cloud: Any, aws: Callable[[str], Any], crashing: Callable[..., Deployment]
) -> None:
    deployment = crashing(seconds=300)
    (network,) = networks(aws, deployment.id)
    engines = deployment.engines()
    deployment.flow.kill()
    psutil.wait_procs(engines, timeout=40)

    found = deployment.status
    assert found["operation"]["status"] == "failed"
    assert found["operation"]["message"] == "its processes died"
    assert found["status"] == "failed"
    assert deployment.stacks == {"place": "deployed", "reader": "deployed", "slow": "failed", "after": "pending"}

    left = cloud.data("retry", deployment.id, "--preview")
    assert {one["name"]: one["reason"] for one in left["stacks"]} == {"slow": "interrupted", "after": "never started"}
    deployment.hurry()
    done = cloud.data("retry", deployment.id, "--auto-approve")

    assert {one["stack"]: one["status"] for one in done["results"]} == {"slow": "deployed", "after": "deployed"}
    assert done["retry_of"] == found["operation"]["operation_id"]
    assert deployment.status["status"] == "deployed"
    assert networks(aws, deployment.id) == [network]
    assert cloud("retry", deployment.id).code == 0
    assert cloud.data("deploy", deployment.id, "--auto-approve")["skipped"] == 4


@pytest.mark.extended
def test_a_forced_cancel_leaves_what_a_person_has_to_tell_and_a_retry_then_finishes(
    cloud: Any, aws: Callable[[str], Any], crashing: Callable[..., Deployment]
) -> None:
    deployment = crashing(seconds=300)
    engines = deployment.engines()
    assert cloud("cancel", deployment.id, "--force", "--yes").code == 0
    assert not psutil.wait_procs(engines, timeout=20)[1]
    assert deployment.stacks["slow"] == "failed"

    refused = cloud.error("retry", deployment.id, "--auto-approve")
    (slow,) = [one for one in refused["details"]["results"] if one["stack"] == "slow"]
    assert slow["error_code"] == "PENDING_OPERATIONS"
    assert "creating aws:sandbox/wait:Wait 'wait'" in slow["error"]

    deployment.hurry()
    done = cloud.data("retry", deployment.id, "--auto-approve", "--forget", slow["resource"])

    (slow,) = [one for one in done["results"] if one["stack"] == "slow"]
    assert slow["status"] == "deployed"
    assert any("forgotten" in one for one in slow["repairs"])
    assert deployment.status["status"] == "deployed"
    assert len(networks(aws, deployment.id)) == 1


@pytest.mark.extended
def test_a_drained_operation_lets_its_stacks_finish(cloud: Any, crashing: Callable[..., Deployment]) -> None:
    deployment = crashing(seconds=40)
    assert cloud("cancel", deployment.id, "--drain", "--yes").code == 0
    assert deployment.status["operation"]["status"] == "cancelled"
    assert (deployment.stacks["slow"], deployment.stacks["after"]) == ("deployed", "pending")
    assert cloud("retry", deployment.id, "--auto-approve").code == 0
    assert deployment.status["status"] == "deployed"
