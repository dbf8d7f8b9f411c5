"""Taking a failed deploy back: what goes, what is put back, what stays, and what is told when it can't be done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cloud_core.domain.errors import EngineCancelled, InvalidInput, StackFailed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus
from cloud_core.domain.steps import Step
from cloud_core.domain.stopping import CancelLevel
from cloud_core.services.operations.retries import RetryService, RetryWish
from cloud_core.services.operations.rollbacks import RollbackService
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.runs.cancelling import obey
from cloud_core.services.runs.run import OperationRun, Unwritten
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.clock import ScriptedClock
from cloud_core.testing.edge import RunAtOnce
from cloud_core.testing.engine import FakeEngine
from cloud_core.testing.world import World

DEV = EnvironmentName.DEV
Stacks = Mapping[str, Mapping[str, Any]]
OLD: Stacks = {"network": {"config": {"size": 1}}, "web": {"dependencies": ["network"]}}
NEW: Stacks = {
    "network": {"config": {"size": 2}},
    "cache": {"dependencies": ["network"]},
    "web": {"dependencies": ["network", "cache"], "config": {"size": 2}},
    "alarm": {"dependencies": ["web"]},
}


def broken(stack: str) -> StackFailed:
    return StackFailed(f"{stack} is broken", stack=stack, resource=None, diagnostics=[])


class Scene:
    """A world in which `old` was deployed, if given; the flow service runs everything at once, but for what waits."""

    def __init__(self, old: Stacks | None, new: Stacks) -> None:
        self.world = World(old or new)
        self.world.flows = RunAtOnce(self.world.run)
        self.world.programs._names = sorted({*new, *(old or {})})
        if old is not None:
            self.world.start()
            self.tick()
            self.world.put_manifest(new)
        self.world.engine.ran.clear()

    def tick(self) -> None:
        self.world.clock.advance(1)

    def deploy(self, failing: str | None = "alarm", once: bool = True, **changes: Any) -> Operation:
        """A deploy that fails at that stack, if any; `once` lets the next run of it succeed."""
        if failing is not None:
            self.world.engine.outputs_of[failing] = [broken(failing)] if once else broken(failing)
        operation = self.world.start(**{"rollback_on_error": True, **changes})
        self.tick()
        return self.world.operations.get(ID, operation.operation_id)

    def rollback(self, failed: Operation) -> Operation:
        assert failed.rolled_back_by is not None
        return self.world.operations.get(ID, failed.rolled_back_by)

    def standing(self) -> dict[str, str]:
        stored = self.world.records.stacks.list_by_deployment(ID, DEV)
        return {one.stack_name: one.status.value for one in stored}

    @property
    def environment(self) -> DeploymentStatus:
        return require_deployment(self.world.records.deployments, ID).environment_status[DEV.value]

    def size(self, stack: str) -> Any:
        return require_deployment(self.world.records.deployments, ID).manifest["stacks"][stack].get("config")


@pytest.fixture
def scene() -> Scene:
    return Scene(OLD, NEW)


class TestWhatIsTakenBack:
    def test_changed_stacks_are_put_back_and_new_ones_go(self, scene: Scene) -> None:
        failed = scene.deploy()
        rollback = scene.rollback(failed)

        assert failed.status is OperationStatus.FAILED
        assert failed.message == f"failed: alarm; rolled back by {rollback.operation_id}"
        assert (rollback.type, rollback.status) == (Action.ROLLBACK, OperationStatus.SUCCESS)
        assert rollback.rollback is not None
        assert (rollback.rollback.of, rollback.rollback.version) == (failed.operation_id, 1)
        assert rollback.destroys == ["alarm", "cache"]
        assert rollback.message == "2 stacks deployed, 2 stacks destroyed"
        assert scene.standing() == {
            "network": "deployed",
            "web": "deployed",
            "cache": "destroyed",
            "alarm": "destroyed",
        }
        assert scene.environment is DeploymentStatus.ROLLED_BACK

    def test_nothing_goes_before_those_that_use_it(self, scene: Scene) -> None:
        scene.deploy()
        taken = scene.world.engine.ran[4:]
        assert taken == [("up", "network"), ("destroy", "alarm"), ("up", "web"), ("destroy", "cache")]

    def test_the_record_says_again_what_runs(self, scene: Scene) -> None:
        rollback = scene.rollback(scene.deploy())
        record = require_deployment(scene.world.records.deployments, ID)
        assert (record.manifest_version, rollback.manifest_version) == (3, 3)
        assert (scene.size("network"), set(record.manifest["stacks"])) == ({"size": 1}, {"network", "web"})

    def test_of_a_first_deploy_all_goes_in_reverse(self) -> None:
        scene = Scene(None, NEW)
        scene.deploy()
        assert scene.world.engine.ran[4:] == [("destroy", name) for name in ("alarm", "web", "cache", "network")]
        assert set(scene.standing().values()) == {"destroyed"}
        assert scene.environment is DeploymentStatus.ROLLED_BACK
        assert require_deployment(scene.world.records.deployments, ID).manifest_version == 1

    def test_what_the_deploy_never_touched_is_left_alone(self, scene: Scene) -> None:
        rollback = scene.rollback(scene.deploy("cache"))
        assert rollback.stacks == ["cache", "network"]
        assert ("up", "web") not in scene.world.engine.ran

    def test_a_deploy_of_single_stacks_leaves_the_status_of_the_environment(self, scene: Scene) -> None:
        rollback = scene.rollback(scene.deploy("network", stacks=["network"]))
        assert (rollback.stacks, rollback.settles_environment) == (["network"], False)
        assert scene.environment is DeploymentStatus.DEPLOYED

    def test_it_can_be_deployed_again_afterwards(self, scene: Scene) -> None:
        scene.deploy()
        scene.world.put_manifest(NEW)
        assert scene.deploy(None).status is OperationStatus.SUCCESS
        assert scene.environment is DeploymentStatus.DEPLOYED


class TestWhatStays:
    def left(self, old: Stacks | None, new: Stacks, failing: str = "alarm") -> tuple[Scene, dict[str, str]]:
        scene = Scene(old, new)
        wish = scene.rollback(scene.deploy(failing)).rollback
        assert wish is not None
        return scene, wish.left

    def test_protected_stacks_are_neither_changed_nor_destroyed(self) -> None:
        new = {**NEW, "network": {**NEW["network"], "protect": True}, "cache": {**NEW["cache"], "protect": True}}
        scene, left = self.left(OLD, new)
        assert left == {"network": "protect is set", "cache": "protect is set"}
        assert scene.world.engine.ran.count(("up", "network")) == 1
        assert scene.standing()["cache"] == "deployed"

    def test_a_stack_that_was_protected_before_stays_too(self) -> None:
        old = {**OLD, "network": {**OLD["network"], "protect": True}}
        assert self.left(old, NEW)[1] == {"network": "protect is set"}

    def test_a_new_stack_stays_as_long_as_one_that_stays_needs_it(self) -> None:
        new = {**NEW, "alarm": {**NEW["alarm"], "dependencies": ["cache"], "protect": True}}
        _, left = self.left(OLD, new)
        assert left == {"alarm": "protect is set", "cache": "alarm needs it and stays"}

    def test_a_new_stack_with_protected_resources_stays(self) -> None:
        scene = Scene(OLD, NEW)
        scene.world.engine.protects.add("cache")
        wish = scene.rollback(scene.deploy()).rollback
        assert wish is not None
        assert wish.left == {"cache": "it holds protected resources"}

    def test_so_does_one_of_which_that_can_not_be_told(self) -> None:
        class Unreadable(FakeEngine):
            def protected(self, target: Any) -> list[str]:
                raise broken(target.stack)

        class OtherWorld(World):
            def new_engine(self) -> FakeEngine:
                return Unreadable()

        world = OtherWorld(NEW)
        world.flows = RunAtOnce(world.run)
        world.engine.outputs_of["network"] = broken("network")
        failed = world.operations.get(ID, world.start(rollback_on_error=True).operation_id)
        assert failed.rolled_back_by is None
        assert "nothing can be: network (whether it is protected can't be told: network is broken)" in str(
            failed.message
        )

    def test_a_stack_that_an_earlier_failure_left_and_the_manifest_did_not_have(self) -> None:
        scene = Scene(OLD, NEW)
        scene.deploy("cache", rollback_on_error=False)
        wish = scene.rollback(scene.deploy()).rollback
        assert wish is not None
        assert wish.left == {"cache": "version 1 does not have it"}

    def test_without_an_earlier_deploy_what_was_there_stays(self) -> None:
        scene = Scene(None, NEW)
        scene.deploy("network", rollback_on_error=False)
        wish = scene.rollback(scene.deploy()).rollback
        assert wish is not None
        assert (wish.left, wish.version) == ({"network": "no manifest was deployed as a whole before"}, None)

    def test_after_a_destroy_nothing_was_there_before(self) -> None:
        scene = Scene(OLD, NEW)
        scene.world.start(Action.DESTROY)
        scene.tick()
        wish = scene.rollback(scene.deploy()).rollback
        assert wish is not None
        assert (wish.left, wish.version, len(wish.destroys)) == ({}, None, 4)

    def test_with_the_same_manifest_nothing_can_be_put_back(self) -> None:
        scene = Scene(OLD, OLD)
        scene.world.programs.digests["web"] = "another program"
        failed = scene.deploy("web")
        assert failed.rolled_back_by is None
        assert failed.message == (
            "failed: web; not rolled back: of what it changed nothing can be: "
            "web (version 1 was deployed before too, and programs are not kept)"
        )


class TestWhenNot:
    def test_it_is_off_by_default(self, scene: Scene) -> None:
        failed = scene.deploy(rollback_on_error=False)
        assert (failed.rolled_back_by, failed.existed, failed.message) == (None, [], "failed: alarm")
        assert scene.environment is DeploymentStatus.PARTIAL

    def test_a_success_is_not_taken_back(self, scene: Scene) -> None:
        assert scene.deploy(None).rolled_back_by is None

    @pytest.mark.parametrize("level", [CancelLevel.DRAIN, CancelLevel.INTERRUPT])
    def test_nor_is_what_somebody_stopped(self, scene: Scene, level: CancelLevel) -> None:
        scene.world.flows.run = lambda operation: None  # type: ignore[attr-defined]
        operation = scene.world.start(rollback_on_error=True)
        scene.world.engine.outputs_of["network"] = broken("network")
        with scene.world.executions.running(ID, operation.operation_id) as run:
            scene.world.drive(run)
            obey(run, level)
            scene.world.executions.finish(run, scene.world.automatic_rollbacks.decide)
        assert scene.world.automatic_rollbacks.begin(run) is None
        ended = scene.world.operations.get(ID, operation.operation_id)
        assert ended.message == "failed: network; not rolled back: it was asked to stop"

    def test_nor_what_the_records_do_not_know_yet(self, scene: Scene) -> None:
        scene.world.flows.run = lambda operation: None  # type: ignore[attr-defined]
        scene.world.engine.outputs_of["network"] = broken("network")
        operation = scene.world.start(rollback_on_error=True)
        with scene.world.executions.running(ID, operation.operation_id) as run:
            scene.world.drive(run)
            waiting = scene.world.stacks.records.read(run, "network")
            run.note_unwritten(Unwritten(waiting, lambda: None, since=float("inf")))
            scene.world.executions.finish(run, scene.world.automatic_rollbacks.decide)
        message = scene.world.operations.get(ID, operation.operation_id).message
        assert "not rolled back: the records do not know yet what was done" in str(message)

    def test_cancelled_is_not_failed(self, scene: Scene) -> None:
        scene.world.engine.outputs_of["network"] = [
            EngineCancelled("stopped", stack="network", resource=None, diagnostics=[])
        ]
        assert scene.deploy(None).rolled_back_by is None

    def test_a_failure_that_changed_nothing_leaves_nothing_to_take_back(self) -> None:
        scene = Scene(OLD, OLD)
        plan = scene.world.start(Action.PREVIEW, previews=Action.DEPLOY)
        scene.world.programs.digests["web"] = "another program"
        scene.world.engine.steps_of["web"] = (Step("delete", "urn:web", "aws:test:Thing", "web"),)
        failed = scene.deploy(None, plan_id=plan.operation_id)
        assert failed.message == "failed: web; not rolled back: it changed nothing"

    def test_nor_while_another_owner_has_the_environment(self, scene: Scene) -> None:
        scene.world.flows.run = lambda operation: None  # type: ignore[attr-defined]
        operation = scene.world.start(rollback_on_error=True)
        with scene.world.executions.running(ID, operation.operation_id) as run:
            lease = scene.world.records.leases.get(ID, DEV)
            assert lease is not None
            scene.world.records.leases.break_lease(lease)
            run.lease.beat()
            scene.world.drive(run)
            scene.world.stacks.deploy(run, "network", 1)
            scene.world.executions.finish(run, scene.world.automatic_rollbacks.decide)
        assert run.undoing is not None
        assert run.undoing.words == "not rolled back: another owner has the environment"


class TestWhenItFails:
    def test_a_manifest_that_moved_on_meanwhile_is_not_overwritten(self, scene: Scene) -> None:
        scene.world.flows.run = lambda operation: None  # type: ignore[attr-defined]
        scene.world.engine.outputs_of["alarm"] = broken("alarm")
        operation = scene.world.start(rollback_on_error=True)
        with scene.world.executions.running(ID, operation.operation_id) as run:
            scene.world.drive(run)
            scene.world.executions.finish(run, scene.world.automatic_rollbacks.decide)
        scene.world.put_manifest({**NEW, "network": {"config": {"size": 3}}})
        assert scene.world.automatic_rollbacks.begin(run) is None
        ended = scene.world.operations.get(ID, operation.operation_id)
        assert ended.rolled_back_by is None
        assert "failed: alarm; not rolled back: the manifest of D1BRV40 was changed since" in str(ended.message)
        assert scene.size("network") == {"size": 3}

    def test_a_rollback_that_fails_is_told_and_can_be_retried(self, scene: Scene) -> None:
        scene.world.engine.outputs_of["cache"] = [{}, broken("cache")]
        failed = scene.deploy()
        rollback = scene.rollback(failed)
        assert (rollback.status, rollback.message) == (OperationStatus.FAILED, "failed: cache")
        assert scene.environment == "failed"

        retries = RetryService(
            scene.world.records, scene.world.operations, scene.world.operation_plans, scene.world.engine
        )
        found = retries.prepare(RetryWish(ID, DEV, "ann"))
        assert found.request is not None
        assert found.request.action is Action.ROLLBACK
        assert dict(found.reasons) == {
            "cache": "failed: cache is broken",
            "network": "depends on cache",
            "web": "depends on cache",
        }
        scene.world.engine.ran.clear()
        scene.world.operations.start(found.request)
        assert scene.world.engine.ran == [("destroy", "cache")]
        assert scene.standing()["cache"] == "destroyed"
        assert scene.environment is DeploymentStatus.ROLLED_BACK
        scene.tick()
        assert retries.prepare(RetryWish(ID, DEV, "ann")).request is None

    def test_a_flow_service_that_is_away_leaves_a_rollback_that_says_so(self, scene: Scene) -> None:
        world = scene.world
        world.engine.during["alarm"] = lambda: setattr(world.flows, "is_down", True)
        failed = scene.deploy()
        rollback = scene.rollback(failed)
        assert (rollback.status, rollback.message) == (OperationStatus.FAILED, "the flow service can't be reached")
        assert scene.standing()["cache"] == "deployed"

    def test_a_manifest_that_was_not_kept_is_told(self, scene: Scene) -> None:
        scene.world.records.deployments._manifests.clear()  # type: ignore[attr-defined]
        failed = scene.deploy()
        assert failed.rolled_back_by is None
        assert "failed: alarm; not rolled back: version 1 of the manifest of D1BRV40 is not kept" in str(failed.message)


class TestFollowing:
    """Whoever saw the deploy fail waits for the rollback: the flow queues it a moment after the deploy's end."""

    @pytest.fixture
    def clock(self) -> ScriptedClock:
        return ScriptedClock()

    @pytest.fixture
    def world(self, clock: ScriptedClock) -> World:
        world = World(NEW, clock=clock)
        world.engine.outputs_of["alarm"] = broken("alarm")
        return world

    @pytest.fixture
    def rollbacks(self, world: World) -> RollbackService:
        return RollbackService(world.records, world.operation_plans, world.clock)

    def failed(self, world: World) -> OperationRun:
        """A deploy that has ended, and whose rollback was decided on but not begun."""
        operation = world.start(rollback_on_error=True)
        with world.executions.running(ID, operation.operation_id) as run:
            world.drive(run)
            world.executions.finish(run, world.automatic_rollbacks.decide)
        return run

    def test_one_that_begins_a_moment_later_is_found(
        self, world: World, clock: ScriptedClock, rollbacks: RollbackService
    ) -> None:
        run = self.failed(world)
        clock.after(3, lambda: world.automatic_rollbacks.begin(run))
        failed, rollback = rollbacks.automatic(run.operation)
        assert rollback is not None
        assert rollback.operation_id == failed.rolled_back_by
        assert sum(clock.slept) < 4

    def test_one_that_could_not_begin_is_waited_for_no_longer(
        self, world: World, clock: ScriptedClock, rollbacks: RollbackService
    ) -> None:
        run = self.failed(world)

        def take_the_environment() -> None:
            world.start()
            world.automatic_rollbacks.begin(run)

        clock.after(3, take_the_environment)
        failed, rollback = rollbacks.automatic(run.operation)
        assert (rollback, failed.rolled_back_by) == (None, None)
        assert "not rolled back: operation" in str(failed.message)
        assert sum(clock.slept) < 4

    def test_one_that_does_not_come_is_given_up(
        self, world: World, clock: ScriptedClock, rollbacks: RollbackService
    ) -> None:
        run = self.failed(world)
        failed, rollback = rollbacks.automatic(run.operation)
        assert rollback is None
        assert failed.rolled_back_by is not None
        assert 30 <= sum(clock.slept) < 31


def test_it_is_not_started_in_the_pages(scene: Scene) -> None:
    with pytest.raises(InvalidInput, match="takes back a deploy that failed"):
        scene.world.operations.adopt(ID, DEV, Action.ROLLBACK, "run-1", 1)
