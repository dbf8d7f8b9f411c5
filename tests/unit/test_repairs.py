"""What an interrupted run left is repaired before a stack runs again, over fakes: told, and never guessed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cloud_core.domain.errors import StackFailed
from cloud_core.domain.events import EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackResult
from cloud_core.domain.statuses import Action, OperationStatus
from cloud_core.domain.wishes import RepairWish
from cloud_core.ports.engine import BEGUN, CREATING, LOOKED_UP, Found, PendingChange
from cloud_core.services.operations.guards import StartOperation
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World

PLACE = {"enabled": True, "account": "123456789012", "region": "us-east-1"}
HOST = "host-a"
BUCKET = PendingChange(CREATING, "urn:bucket", "aws:s3/bucket:Bucket", "logs", identity="shop-logs")
VPC = PendingChange(CREATING, "urn:vpc", "aws:ec2/vpc:Vpc", "vpc")
POLICY = PendingChange(CREATING, "urn:policy", "aws:s3/bucketPolicy:BucketPolicy", "policy", is_overwritten=True)
ROLE = PendingChange("updating", "urn:role", "aws:iam/role:Role", "role", identity="role")


class Scene:
    """A stack whose last run was interrupted."""

    def __init__(self) -> None:
        self.world = World({"network": {}}, environments={"dev": PLACE, "prod": PLACE})
        self.engine = self.world.engine

    def interrupt(self, *left: PendingChange, environment: str = "dev") -> None:
        broken = StackFailed("stack 'network' failed", stack="network", resource=None, diagnostics=[])
        self.engine.outputs_of["network"] = [broken]
        self.run(environment)
        self.engine.pending_of["network"] = list(left)

    def run(self, environment: str = "dev", **said: Any) -> StackResult:
        self.world.clock.advance(1)
        operation = self.world.operations.start(self.request(environment, said))
        self.world.run(operation)
        return self.world.operations.get(DEPLOYMENT_ID, operation.operation_id).results["network"]

    @staticmethod
    def request(environment: str, said: dict[str, Any]) -> StartOperation:
        name = EnvironmentName(environment)
        return StartOperation(DEPLOYMENT_ID, name, Action.DEPLOY, "ann", repair=RepairWish(**said))

    def lock(self, pid: int, host: str = HOST) -> None:
        self.engine.locked_by["network"] = [{"user": "ann", "host": host, "pid": pid, "since": "2026-01-02"}]


@pytest.fixture
def scene() -> Scene:
    return Scene()


class TestPendingChanges:
    def test_a_creation_that_aws_knows_by_name_is_looked_up_and_told(self, scene: Scene) -> None:
        scene.interrupt(BUCKET)
        scene.engine.in_aws["shop-logs"] = Found.OURS
        result = scene.run()
        assert result.status.value == "deployed"
        assert scene.engine.repaired == [("network", {"urn:bucket": "shop-logs"})]
        (said,) = result.repairs
        assert said == (
            "aws:s3/bucket:Bucket 'logs', which was interrupted while creating, was looked up in AWS as shop-logs: "
            "it is there"
        )
        (told,) = [
            one for one in scene.world.records.events.read(DEPLOYMENT_ID) if one.event is EventName.STACK_REPAIRED
        ]
        assert told.data["message"] == said

    def test_one_that_is_not_there_is_made(self, scene: Scene) -> None:
        scene.interrupt(BUCKET)
        result = scene.run()
        assert result.repairs[0].endswith("it is not there")
        assert result.status.value == "deployed"

    def test_what_is_made_again_without_a_second_one_is_forgotten_and_the_rest_read_anew(self, scene: Scene) -> None:
        scene.interrupt(POLICY, ROLE)
        assert [said.partition(", was ")[2] for said in scene.run().repairs] == [
            "forgotten: it is made again",
            "read anew from AWS",
        ]
        assert scene.engine.repaired == [("network", {})]

    def test_one_that_only_a_person_can_tell_stops_with_both_ways_on(self, scene: Scene) -> None:
        scene.interrupt(BUCKET, VPC)
        result = scene.run()
        assert result.error_code == "PENDING_OPERATIONS"
        assert "creating aws:ec2/vpc:Vpc 'vpc' (urn:vpc)" in (result.error or "")
        assert scene.engine.repaired == []
        (told,) = [
            one for one in scene.world.records.events.read(DEPLOYMENT_ID)[-4:] if one.event is EventName.STACK_FAILED
        ]
        for way in ("--adopt urn:vpc=ITS_ID", "--forget urn:vpc"):
            assert f"cloud retry {DEPLOYMENT_ID} --environment dev {way}" in told.data["suggestion"]

    @pytest.mark.parametrize(
        ("said", "adopted"),
        [({"adopt": {"urn:vpc": "vpc-1"}}, {"urn:vpc": "vpc-1"}), ({"forget": ["urn:vpc"]}, {})],
    )
    @pytest.mark.parametrize("kind", sorted(BEGUN))
    def test_a_person_says_which(self, scene: Scene, kind: str, said: dict[str, Any], adopted: dict[str, str]) -> None:
        scene.interrupt(replace(VPC, kind=kind))
        scene.engine.in_aws["vpc-1"] = Found.UNPROVEN
        result = scene.run(**said)
        assert result.status.value == "deployed"
        assert scene.engine.repaired == [("network", adopted)]
        assert result.repairs[0].endswith("it is there" if adopted else "forgotten: it is made again")

    def test_one_without_the_stacks_tags_is_not_taken(self, scene: Scene) -> None:
        scene.interrupt(BUCKET)
        scene.engine.in_aws["shop-logs"] = Found.UNPROVEN
        result = scene.run()
        assert "as shop-logs, but without the tags of stack 'network'" in (result.error or "")
        assert scene.engine.pending_of["network"][0].kind == LOOKED_UP

        assert scene.run(adopt={"urn:bucket": "shop-logs"}).status.value == "deployed"

    def test_prod_is_repaired_only_on_request(self, scene: Scene) -> None:
        scene.interrupt(BUCKET, environment="prod")
        result = scene.run("prod")
        assert "in prod nothing is repaired unless it is asked for" in (result.error or "")
        assert scene.engine.repaired == []
        assert scene.run("prod", allowed=True).status.value == "deployed"


class TestLocks:
    def test_that_of_a_dead_engine_is_removed_and_told(self, scene: Scene) -> None:
        scene.lock(pid=999)
        result = scene.run()
        assert result.status.value == "deployed"
        assert result.repairs == [
            "the engine's lock of ann on host host-a (process 999, since 2026-01-02) was removed: it is gone"
        ]

    def test_that_of_an_engine_of_the_dead_owner_is_removed_although_its_number_is_taken(self, scene: Scene) -> None:
        operation = scene.world.start()
        running = scene.world.executions.running(DEPLOYMENT_ID, operation.operation_id)
        run = running.__enter__()
        engine = scene.world.processes.start(4321)
        run.lease.register_engine(engine)
        for process in (engine, scene.world.processes.current()):
            scene.world.processes.end(process)
        scene.world.processes.become(2000)
        scene.world.processes.start(4321)
        scene.lock(pid=4321)
        assert scene.run().status.value == "deployed"

    @pytest.mark.parametrize(("pid", "host"), [(1000, HOST), (999, "host-b")])
    def test_one_that_may_be_alive_is_refused_with_its_owner_and_the_way_out(
        self, scene: Scene, pid: int, host: str
    ) -> None:
        scene.lock(pid, host)
        result = scene.run()
        assert result.error_code == "ENGINE_LOCKED"
        assert f"locked by ann on host {host} (process {pid}, since 2026-01-02)" in (result.error or "")
        told = scene.world.records.events.read(DEPLOYMENT_ID)[-2]
        assert "--break-lock network" in told.data["suggestion"]

    def test_one_of_another_host_can_be_broken_by_hand_one_of_a_living_process_here_never(self, scene: Scene) -> None:
        scene.lock(1000)
        assert scene.run(break_locks=["network"]).error_code == "ENGINE_LOCKED"
        scene.lock(999, "host-b")
        result = scene.run(break_locks=["network"])
        assert result.status.value == "deployed"
        assert result.repairs[0].endswith("was removed: as asked for")

    def test_one_of_nobody_known_is_refused_and_can_be_broken_by_hand(self, scene: Scene) -> None:
        scene.engine.locked_by["network"] = []
        assert "is locked by another engine run" in (scene.run().error or "")
        assert "lock of somebody unknown was removed" in scene.run(break_locks=["network"]).repairs[0]

    def test_in_prod_none_is_removed_unless_it_is_asked_for(self, scene: Scene) -> None:
        scene.lock(pid=999)
        assert scene.run("prod").error_code == "ENGINE_LOCKED"
        assert scene.run("prod", allowed=True).status.value == "deployed"

    def test_a_destroy_removes_it_too(self, scene: Scene) -> None:
        scene.run()
        scene.lock(pid=999)
        scene.world.clock.advance(1)
        assert scene.world.destroy().status is OperationStatus.SUCCESS
