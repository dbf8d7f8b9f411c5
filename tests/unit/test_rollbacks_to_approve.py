"""`--rollback-on-error` where changes need an approval: the rollback waits for its own, with nothing put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cloud_core.domain.approvals import ApprovalRules
from cloud_core.domain.errors import ApprovalLapsed, FlowServiceUnreachable, NotPermitted, PlanDeparted, StackFailed
from cloud_core.domain.events import EventName
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment, Operation
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus
from cloud_core.services.operations.approvals import ApprovalService
from cloud_core.services.operations.retries import RetryService, RetryWish
from cloud_core.services.records.statuses import require_deployment
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.edge import RunAtOnce
from cloud_core.testing.world import World

DEV = EnvironmentName.DEV
Stacks = Mapping[str, Mapping[str, Any]]
OLD: Stacks = {"network": {"config": {"size": 1}}, "web": {"dependencies": ["network"]}}
NEW: Stacks = {
    "network": {"config": {"size": 2}},
    "web": {"dependencies": ["network"], "config": {"size": 2}},
    "alarm": {"dependencies": ["web"]},
}


class Scene:
    """`OLD` was deployed, then a deploy of `NEW` by ann, approved by bob, has failed at its last stack."""

    def __init__(self, new: Stacks = NEW) -> None:
        self.world = world = World(OLD)
        world.flows = RunAtOnce(world.run)
        world.programs._names = sorted(NEW)
        world.start()
        self.tick()
        world.put_manifest(new)
        world.gate.rules = ApprovalRules(frozenset({DEV}), valid_seconds=3600)
        self.approvals = ApprovalService(world.records, world.operations, world.gate, world.clock)
        world.engine.outputs_of["alarm"] = [StackFailed("alarm is broken", stack="alarm", resource=None)]
        self.deploy = world.start(rollback_on_error=True)
        assert self.deploy.status is OperationStatus.AWAITING_APPROVAL
        self.tick()
        self.approvals.approve(self.deploy, "bob")
        self.tick()
        world.engine.ran.clear()

    def tick(self) -> None:
        self.world.clock.advance(1)

    @property
    def failed(self) -> Operation:
        return self.world.operations.get(ID, self.deploy.operation_id)

    @property
    def rollback(self) -> Operation:
        assert self.failed.rolled_back_by is not None
        return self.world.operations.get(ID, self.failed.rolled_back_by)

    @property
    def record(self) -> Deployment:
        return require_deployment(self.world.records.deployments, ID)


@pytest.fixture
def scene() -> Scene:
    return Scene()


class TestWaiting:
    def test_nothing_is_put_back_and_nothing_runs(self, scene: Scene) -> None:
        rollback = scene.rollback
        assert (rollback.type, rollback.status) == (Action.ROLLBACK, OperationStatus.AWAITING_APPROVAL)
        assert (rollback.flow_run_id, rollback.started_by) == (None, "ann")
        assert (scene.record.manifest_version, set(scene.record.manifest["stacks"])) == (2, set(NEW))
        assert scene.world.engine.ran == []
        assert scene.record.environment_status["dev"] is DeploymentStatus.PARTIAL

    def test_the_deploy_does_not_say_that_it_was_rolled_back(self, scene: Scene) -> None:
        identity = scene.rollback.operation_id
        assert scene.failed.message == f"failed: alarm; to be rolled back by {identity}, once that is approved"

    def test_it_is_asked_for_with_digests_of_what_it_puts_back(self, scene: Scene) -> None:
        request = scene.rollback.approval_request
        assert request is not None
        assert {"manifest", "plugin:pulumi", "program:network", "program:web"} == set(request.digests)
        then = scene.world.records.deployments.kept_manifest(ID, 1)
        assert then is not None
        assert request.digests["manifest"] == then.digest == scene.rollback.digest

    def test_it_is_told(self, scene: Scene) -> None:
        events = scene.world.records.events.read(ID)
        told = [one.event for one in events if one.operation_id == scene.rollback.operation_id]
        assert told == [EventName.DEPLOYMENT_AWAITING_APPROVAL]

    def test_its_author_is_that_of_the_deploy(self, scene: Scene) -> None:
        with pytest.raises(NotPermitted, match="somebody else has to approve it"):
            scene.approvals.approve(scene.rollback, "ann")


class TestApproved:
    def test_the_manifest_goes_back_and_then_the_stacks(self, scene: Scene) -> None:
        scene.approvals.approve(scene.rollback, "bob")
        assert (scene.record.manifest_version, set(scene.record.manifest["stacks"])) == (3, set(OLD))
        assert (scene.rollback.status, scene.rollback.manifest_version) == (OperationStatus.SUCCESS, 3)
        assert scene.world.engine.ran == [("up", "network"), ("destroy", "alarm"), ("up", "web")]
        assert scene.record.environment_status["dev"] is DeploymentStatus.ROLLED_BACK

    def test_protected_stacks_stay(self) -> None:
        scene = Scene({**NEW, "network": {**NEW["network"], "protect": True}})
        assert scene.rollback.rollback is not None
        assert scene.rollback.rollback.left == {"network": "protect is set"}
        scene.approvals.approve(scene.rollback, "bob")
        assert ("up", "network") not in scene.world.engine.ran

    def test_another_program_since_makes_it_lapse(self, scene: Scene) -> None:
        scene.world.programs.digests["web"] = "another program"
        with pytest.raises(ApprovalLapsed, match="the program of web has changed"):
            scene.approvals.approve(scene.rollback, "bob")
        assert scene.record.manifest_version == 2

    def test_a_program_that_is_edited_after_it_is_not_run(self, scene: Scene) -> None:
        scene.world.engine.during["network"] = lambda: scene.world.programs.digests.update(web="another program")
        scene.approvals.approve(scene.rollback, "bob")
        assert scene.rollback.results["web"].error_code == PlanDeparted.code

    def test_another_manifest_since_makes_it_lapse(self, scene: Scene) -> None:
        scene.world.put_manifest({**NEW, "network": {"config": {"size": 3}}})
        with pytest.raises(ApprovalLapsed, match="the manifest has changed"):
            scene.approvals.approve(scene.rollback, "bob")
        assert scene.record.manifest["stacks"]["network"]["config"] == {"size": 3}

    def test_a_run_that_can_not_be_queued_leaves_it_waiting_and_approvable(self, scene: Scene) -> None:
        scene.world.flows.is_down = True
        with pytest.raises(FlowServiceUnreachable):
            scene.approvals.approve(scene.rollback, "bob")
        assert scene.rollback.status is OperationStatus.AWAITING_APPROVAL
        scene.world.flows.is_down = False
        scene.approvals.approve(scene.rollback, "bob")
        assert (scene.rollback.status, scene.record.manifest_version) == (OperationStatus.SUCCESS, 3)


class TestRejected:
    def test_all_stays_as_it_is(self, scene: Scene) -> None:
        scene.approvals.reject(scene.rollback, "bob")
        assert scene.rollback.status is OperationStatus.CANCELLED
        assert (scene.record.manifest_version, scene.world.engine.ran) == (2, [])

    def test_another_deploy_takes_its_place(self, scene: Scene) -> None:
        newer = scene.world.start()
        assert scene.rollback.message == f"{newer.operation_id}, a deploy by ann, was accepted in its place"

    def test_it_can_be_asked_for_again(self, scene: Scene) -> None:
        scene.approvals.reject(scene.rollback, "bob")
        world = scene.world
        retries = RetryService(world.records, world.operations, world.operation_plans, world.engine)
        request = retries.prepare(RetryWish(ID, DEV, "ann")).request
        assert request is not None
        scene.tick()
        again = world.operations.start(request)
        assert (again.type, again.status) == (Action.ROLLBACK, OperationStatus.AWAITING_APPROVAL)
        assert scene.record.manifest_version == 2
        scene.approvals.approve(again, "bob")
        assert world.operations.get(ID, again.operation_id).status is OperationStatus.SUCCESS
        assert (scene.record.manifest_version, set(scene.record.manifest["stacks"])) == (3, set(OLD))
