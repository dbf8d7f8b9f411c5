"""Two workers share a work pool of a Prefect server on PostgreSQL: what runs where, and what happens when one goes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from cli.testing.installed import REGION, CommandLine
from cloud_core.testing.postgresql import Database
from cloud_core.testing.waiting import BUSY_SECONDS, wait_for
from stacks.testing_deployments import Account

# Everything is started by the first test that needs it, on a machine that may be a busy one.
pytestmark = [pytest.mark.production, pytest.mark.timeout(3600)]

Workers = list[Any]
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


class Deployment:
    """Of two stacks; the second one waits for its gate, so that the run lasts until somebody opens it."""

    def __init__(self, cloud: CommandLine, service: Any, account: Account, gate: Path) -> None:
        self._cloud, self._service, self._account, self._gate = cloud, service, account, gate
        self.id = cloud.init("gated", f"shop-{secrets.token_hex(3)}")
        cloud.configure(self.id, "gated", gate=str(gate))

    def begin(self) -> str:
        """Start a deploy; the id of its flow run."""
        return str(self.ask()["flow_run_id"])

    def ask(self, *options: str) -> dict[str, Any]:
        """Ask for a deploy; its operation. It has no flow run yet when somebody else has just asked for it."""
        return dict(self._cloud.data("deploy", self.id, "--auto-approve", "--detach", *options))

    def open(self) -> None:
        self._gate.touch()

    @property
    def status(self) -> dict[str, Any]:
        return dict(self._cloud.data("status", self.id)["environments"]["dev"])

    def flow(self, run: str) -> psutil.Process:
        """The process that holds the environment, once the run stands before the gate."""
        wait_for(f"{self.id} has begun", lambda: "gated-dev" in self._service.tasks_at_work(run), BUSY_SECONDS)
        wait_for(f"{self.id} is before its gate", lambda: stacks_of(self.status)["gated"] == "deploying", BUSY_SECONDS)
        return psutil.Process(self.status["lease"]["pid"])

    def wait_for_end(self, run: str) -> None:
        wait_for(f"the run of {self.id} has ended", lambda: self._service.run(run)["state_type"] in ENDED, BUSY_SECONDS)
        assert self._service.run(run)["state_type"] == "COMPLETED"

    def check_deployed(self) -> None:
        """The records say that it is deployed, and AWS has what they say: each thing once, and nothing else."""
        status = self.status
        assert (status["status"], status["operation"]["status"], status["lease"]) == ("deployed", "success", None)
        assert stacks_of(status) == {"place": "deployed", "gated": "deployed"}
        told, found = self._cloud.data("outputs", self.id)["outputs"], self.in_aws()
        assert found == {stack: {name: told[stack][name] for name in found[stack]} for stack in told}

    def in_aws(self) -> dict[str, dict[str, str]]:
        """The outputs that AWS itself tells."""
        ec2, mine = self._account.client("ec2", REGION), [{"Name": "tag:DeploymentId", "Values": [self.id]}]
        (vpc,) = ec2.describe_vpcs(Filters=mine)["Vpcs"]
        found = {"place": {"vpcId": vpc["VpcId"]}}
        for subnet in ec2.describe_subnets(Filters=mine)["Subnets"]:
            assert "gated" not in found
            assert subnet["VpcId"] == vpc["VpcId"]
            found["gated"] = {"subnetId": subnet["SubnetId"]}
        return found


def stacks_of(status: dict[str, Any]) -> dict[str, str]:
    return {name: stack["status"] for name, stack in status["stacks"].items()}


@pytest.fixture
def new_deployment(
    cloud: CommandLine, service: Any, account: Account, tmp_path: Path
) -> Iterator[Callable[[], Deployment]]:
    made: list[Deployment] = []

    def make() -> Deployment:
        made.append(Deployment(cloud, service, account, tmp_path / f"gate-{len(made)}"))
        return made[-1]

    yield make
    for one in made:
        one.open()  # of a test that failed, so that its run ends


def worker_of(workers: Workers, flow: psutil.Process) -> Any:
    """The one that started the process, which Prefect has told the process, too."""
    (found,) = [worker for worker in workers if worker.has(flow.pid)]
    assert flow.environ()["PREFECT__WORKER_NAME"] == found.name
    return found


def test_prefect_keeps_everything_in_postgresql(service: Any, database: Database) -> None:
    assert database.query("SELECT name FROM work_pool") == "cloud"
    assert "environment" in database.query("SELECT name FROM flow").splitlines()
    assert database.query("SELECT rolsuper FROM pg_roles WHERE rolname = 'prefect'") == "f"
    assert list(service.folder.rglob("*.db")) == []


def test_the_pool_and_the_watch_can_be_made_again_and_a_pause_stays(service: Any) -> None:
    service.type("pause")
    service.type("pool")
    pool = service.api.get("/work_pools/cloud").json()
    defaults = {name: one["default"] for name, one in pool["base_job_template"]["variables"]["properties"].items()}
    assert pool["is_paused"]
    assert (defaults["stream_output"], defaults["working_dir"]) == (False, None)
    assert defaults["command"].endswith("python -m prefect.engine")
    watches = service.api.post("/automations/filter", json={}).json()
    assert [watch["name"] for watch in watches if watch["enabled"]] == ["silent flow runs"]
    service.type("resume")
    assert not service.api.get("/work_pools/cloud").json()["is_paused"]


def test_nobody_gets_in_without_the_password(cloud: CommandLine, service: Any) -> None:
    stranger = CommandLine(cloud.workspace, {"PREFECT_API_AUTH_STRING": "cloud:guessed"})
    error = stranger.error("deploy", stranger.init("gated", "stranger"), "--auto-approve")
    assert (error["code"], error["exit_code"]) == ("FLOW_SERVICE_UNREACHABLE", 6)
    assert "PREFECT_API_AUTH_STRING" in error["message"]
    assert "guessed" not in json.dumps(error)
    health = {one["name"]: one for one in cloud.data("health")["checks"]}
    assert all(one["status"] == "ok" for one in health.values()), health


def test_two_deployments_at_once_run_on_both_workers(
    workers: Workers, new_deployment: Callable[[], Deployment]
) -> None:
    both = [new_deployment(), new_deployment()]
    with ThreadPoolExecutor(len(both)) as threads:
        runs = list(threads.map(Deployment.begin, both))
    assert len(set(runs)) == 2

    flows = [one.flow(run) for one, run in zip(both, runs, strict=True)]
    assert {worker_of(workers, flow).name for flow in flows} == {worker.name for worker in workers}

    for one in both:
        one.open()
    for one, run in zip(both, runs, strict=True):
        one.wait_for_end(run)
        one.check_deployed()


def test_a_worker_is_stopped_as_planned_and_the_other_one_takes_what_comes(
    workers: Workers, service: Any, new_deployment: Callable[[], Deployment]
) -> None:
    running, queued = new_deployment(), new_deployment()
    run = running.begin()
    leaving = worker_of(workers, running.flow(run))
    (staying,) = [worker for worker in workers if worker is not leaving]

    service.type("pause")
    waiting = queued.begin()
    running.open()
    running.wait_for_end(run)
    assert service.run(waiting)["state_type"] == "SCHEDULED"
    service.type("drained")
    leaving.stop()
    service.type("resume")

    assert worker_of([staying], queued.flow(waiting)) is staying
    queued.open()
    queued.wait_for_end(waiting)
    running.check_deployed()
    queued.check_deployed()


def test_a_run_outlives_its_worker(workers: Workers, new_deployment: Callable[[], Deployment]) -> None:
    deployment = new_deployment()
    run = deployment.begin()
    worker = worker_of(workers, deployment.flow(run))
    worker.process.kill()
    worker.process.wait()

    deployment.open()

    deployment.wait_for_end(run)
    deployment.check_deployed()


def test_a_worker_that_dies_with_its_run_is_found_dead_and_the_other_one_finishes(
    cloud: CommandLine, workers: Workers, new_deployment: Callable[[], Deployment]
) -> None:
    deployment = new_deployment()
    flow = deployment.flow(deployment.begin())
    worker = worker_of(workers, flow)
    engines = flow.children(recursive=True)
    (staying,) = [one for one in workers if one is not worker]
    before = deployment.in_aws()
    assert before.keys() == {"place"}

    # As when the memory runs out, or a container is killed.
    worker.process.kill()
    flow.kill()
    worker.process.wait()
    assert not psutil.wait_procs(engines, timeout=60)[1]

    found = deployment.status
    assert (found["status"], found["operation"]["status"]) == ("failed", "failed")
    assert found["operation"]["message"] == "its processes died"
    assert stacks_of(found) == {"place": "deployed", "gated": "failed"}
    left = cloud.data("retry", deployment.id, "--preview")
    assert [(one["name"], one["reason"]) for one in left["stacks"]] == [("gated", "interrupted")]

    retried = cloud.data("retry", deployment.id, "--auto-approve", "--detach")
    assert worker_of([staying], deployment.flow(retried["flow_run_id"])) is staying
    deployment.open()
    deployment.wait_for_end(retried["flow_run_id"])
    assert retried["retry_of"] == found["operation"]["operation_id"]
    deployment.check_deployed()
    assert deployment.in_aws()["place"] == before["place"]


def test_ten_triggers_with_one_key_are_one_run(
    cloud: CommandLine, workers: Workers, service: Any, new_deployment: Callable[[], Deployment]
) -> None:
    deployment = new_deployment()
    # Pushed before: of ten that push an edited manifest, nine are refused already by the version of the record.
    assert cloud("manifest", "push", deployment.id).code == 0
    with ThreadPoolExecutor(10) as threads:
        asked = list(threads.map(lambda _: deployment.ask("--idempotency-key", "release-17"), range(10)))
    assert len({one["operation_id"] for one in asked}) == 1
    (run,) = {one["flow_run_id"] for one in asked} - {None}
    deployment.flow(run)
    refused = cloud.error("deploy", deployment.id, "--auto-approve", "--detach")
    assert (refused["code"], refused["exit_code"]) == ("OPERATION_RUNNING", 5)
    deployment.open()
    deployment.wait_for_end(run)
    deployment.check_deployed()
    assert len(cloud.data("history", deployment.id)["operations"]) == 1


def test_the_lease_lets_one_of_ten_runs_in_whatever_prefect_allows(
    start_workers: Callable[[int], Workers],
    service: Any,
    cloud: CommandLine,
    new_deployment: Callable[[], Deployment],
) -> None:
    """The registered pattern has no limit of Prefect's: ten runs of it begin at the same time, on both workers."""
    workers = start_workers(5)
    deployment = new_deployment()
    assert cloud("manifest", "push", deployment.id).code == 0
    pattern = service.api.get("/deployments/name/environment/any").raise_for_status().json()["id"]
    body = {"parameters": {"deployment_id": deployment.id, "environment": "dev", "action": "deploy"}}
    runs = [service.api.post(f"/deployments/{pattern}/create_flow_run", json=body).json()["id"] for _ in range(10)]

    def states() -> list[str]:
        return [service.run(run)["state_type"] for run in runs]

    wait_for("nine are refused", lambda: states().count("FAILED") == 9, BUSY_SECONDS)
    (winner,) = [run for run in runs if service.run(run)["state_type"] != "FAILED"]
    refused = [service.run(run)["state"]["message"] for run in runs if run != winner]
    holder = deployment.flow(winner)
    assert sum(worker.has(holder.pid) for worker in workers) == 1

    # Although nine newer ones may have been recorded beside it.
    operation = deployment.status["operation"]
    assert (operation["flow_run_id"], operation["status"]) == (winner, "in_progress")
    assert all(operation["operation_id"] in message or "is taking" in message for message in refused), refused
    assert cloud.data("cancel", deployment.id, "--dry-run")["operation_id"] == operation["operation_id"]
    late = cloud.error("deploy", deployment.id, "--auto-approve", "--detach")
    assert (late["code"], late["exit_code"]) == ("OPERATION_RUNNING", 5)

    deployment.open()
    deployment.wait_for_end(winner)
    past = cloud.data("history", deployment.id)["operations"]
    assert sorted(one["status"] for one in past) == ["failed"] * 9 + ["success"]
    status = deployment.status
    assert (status["status"], status["lease"]) == ("deployed", None)
    assert deployment.in_aws().keys() == {"place", "gated"}
