"""Retrying what an operation left undone, over fakes."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.errors import EngineCancelled, InvalidInput, OperationRunning, StackFailed, VersionConflict
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus
from cloud_core.domain.stopping import CancelLevel
from cloud_core.ports.engine import PendingChange
from cloud_core.services.operations.executions import Outcome
from cloud_core.services.operations.retries import Retry, RetryService, RetryWish
from cloud_core.services.runs.cancelling import obey
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.world import World

DEV = EnvironmentName.DEV
STACKS: dict[str, dict[str, Any]] = {
    "network": {},
    "security": {"dependencies": ["network"]},
    "secrets": {"dependencies": ["security"]},
    "dns": {},
}
BROKEN = StackFailed("stack 'security' failed:\nInvalidVpc", stack="security", resource=None, diagnostics=[])


class Scene:
    def __init__(self) -> None:
        self.world = World(STACKS)
        self.retries = RetryService(
            self.world.records, self.world.operations, self.world.operation_plans, self.world.engine
        )

    def prepare(self, **changes: Any) -> Retry:
        return self.retries.prepare(RetryWish(DEPLOYMENT_ID, DEV, "ann", **changes))

    def left(self, **changes: Any) -> dict[str, str]:
        return dict(self.prepare(**changes).reasons)

    def retry(self, **changes: Any) -> Outcome:
        """Retry, a second after whatever was before."""
        request = self.prepare(**changes).request
        assert request is not None
        self.world.clock.advance(1)
        return self.world.run(self.world.operations.start(request))

    def fail(self) -> Operation:
        """A deploy whose stack `security` fails."""
        self.world.engine.outputs_of["security"] = BROKEN
        operation = self.world.start()
        self.world.run(operation)
        del self.world.engine.outputs_of["security"]
        return operation

    def die(self) -> Operation:
        """A deploy that is killed when `network` is done and `security` is at work."""
        operation = self.world.start()
        running = self.world.executions.running(DEPLOYMENT_ID, operation.operation_id)
        run = running.__enter__()
        self.world.stacks.deploy(run, "network", 1)
        run.events.flush()
        record = self.world.stacks.records.read(run, "security")
        changing = {"status": Action.DEPLOY.running, "last_operation_id": operation.operation_id}
        self.world.records.stacks.update(record.model_copy(update=changing), fence=run.lease.fence)
        self.world.processes.end(self.world.processes.current())
        self.world.processes.become(2000)
        self.running = running
        return operation

    @property
    def status(self) -> DeploymentStatus:
        deployment = self.world.records.deployments.get_by_id(DEPLOYMENT_ID)
        assert deployment is not None
        return deployment.environment_status[DEV.value]


@pytest.fixture
def scene() -> Scene:
    return Scene()


class TestWhatIsLeft:
    def test_is_what_failed_and_what_never_started_because_of_it(self, scene: Scene) -> None:
        scene.fail()
        assert scene.left() == {
            "security": "failed: stack 'security' failed:",
            "secrets": "never started",
        }

    def test_is_nothing_before_the_first_operation_and_after_a_success(self, scene: Scene) -> None:
        assert scene.prepare() == Retry(None)
        scene.world.deploy()
        found = scene.prepare()
        assert (found.request, found.reasons) == (None, {})
        assert found.ended is not None
        assert found.ended.status is OperationStatus.SUCCESS

    def test_of_a_cancelled_operation_is_what_did_not_begin(self, scene: Scene) -> None:
        operation = scene.world.start()
        scene.world.operations.request_cancel(DEPLOYMENT_ID, operation.operation_id)
        scene.world.run(operation)
        assert set(scene.left().values()) == {"never started"}

    def test_nor_did_begin_what_a_flow_that_was_broken_off_had_not_come_to(self, scene: Scene) -> None:
        operation = scene.world.start()
        running = scene.world.executions.running(DEPLOYMENT_ID, operation.operation_id)
        with pytest.raises(KeyboardInterrupt), running as run:  # noqa: PT012 - it ends the block
            scene.world.stacks.deploy(run, "network", 1)
            run.stop.request()
            raise KeyboardInterrupt
        assert scene.left() == {"dns": "never started", "security": "never started", "secrets": "never started"}

    def test_a_stack_that_was_stopped_at_work_was_cancelled(self, scene: Scene) -> None:
        scene.world.engine.outputs_of["security"] = [EngineCancelled("stopped on request", stack="security")]
        scene.world.deploy()
        assert scene.left() == {"security": "cancelled", "secrets": "never started"}

    def test_of_an_operation_that_died_is_told_by_the_records(self, scene: Scene) -> None:
        operation = scene.die()
        assert scene.left() == {"dns": "never started", "security": "interrupted", "secrets": "never started"}
        ended = scene.world.operations.get(DEPLOYMENT_ID, operation.operation_id)
        assert ended.message == "its processes died"

    def test_is_nothing_that_it_had_found_unchanged(self, scene: Scene) -> None:
        scene.world.deploy()
        scene.world.clock.advance(1)
        scene.world.programs.digests["security"] = "another program"
        scene.die()
        assert scene.left() == {"dns": "never started", "security": "interrupted", "secrets": "never started"}
        assert scene.retry().status is OperationStatus.SUCCESS
        assert scene.status is DeploymentStatus.DEPLOYED

    def test_takes_in_what_depends_on_it_although_it_was_done(self, scene: Scene) -> None:
        scene.world.deploy()
        scene.world.clock.advance(1)
        scene.world.engine.outputs_of["network"] = BROKEN
        operation = scene.world.start(skip_unchanged=False, stacks=["network", "dns"])
        scene.world.run(operation)
        assert scene.left() == {"network": "failed: stack 'security' failed:"}
        del scene.world.engine.outputs_of["network"]
        assert scene.left(everything=True) == {"dns": "asked for", "network": "asked for"}

    def test_names_for_a_dependent_what_it_depends_on(self, scene: Scene) -> None:
        operation = scene.fail()
        stored = scene.world.operations.get(DEPLOYMENT_ID, operation.operation_id)
        done = stored.results["network"].model_copy(update={"stack_name": "secrets"})
        changed = stored.model_copy(update={"results": {**stored.results, "secrets": done}})
        scene.world.records.operations.update(changed)
        assert scene.left()["secrets"] == "depends on security"

    def test_can_be_asked_of_an_older_operation(self, scene: Scene) -> None:
        first = scene.fail()
        scene.world.clock.advance(1)
        scene.world.deploy()
        assert scene.left() == {}
        assert list(scene.left(operation_id=first.operation_id)) == ["security", "secrets"]


class TestTheRetry:
    def test_does_only_what_is_left_and_completes_the_environment(self, scene: Scene) -> None:
        first = scene.fail()
        assert scene.status is DeploymentStatus.PARTIAL
        scene.world.engine.ran.clear()

        outcome = scene.retry()

        assert outcome.status is OperationStatus.SUCCESS
        assert scene.world.engine.ran == [("up", "security"), ("up", "secrets")]
        assert scene.status is DeploymentStatus.DEPLOYED
        latest = scene.world.operations.latest(DEPLOYMENT_ID, DEV)
        assert latest is not None
        assert (latest.retry_of, latest.stacks) == (first.operation_id, ["security", "secrets"])
        assert latest.manifest_version == first.manifest_version

    def test_that_is_confined_leaves_the_environment_partial_and_the_rest_to_the_next(self, scene: Scene) -> None:
        scene.fail()
        assert scene.retry(stacks=("security",)).status is OperationStatus.SUCCESS
        assert scene.status is DeploymentStatus.PARTIAL
        assert list(scene.left()) == ["secrets"]
        assert scene.retry().environment_status is DeploymentStatus.DEPLOYED
        assert scene.left() == {}

    def test_that_fails_can_be_retried(self, scene: Scene) -> None:
        scene.fail()
        scene.world.engine.outputs_of["security"] = BROKEN
        assert scene.retry().status is OperationStatus.FAILED
        assert scene.status is DeploymentStatus.PARTIAL
        del scene.world.engine.outputs_of["security"]
        assert scene.retry().environment_status is DeploymentStatus.DEPLOYED

    def test_of_single_stacks_leaves_the_environments_status_alone(self, scene: Scene) -> None:
        scene.world.engine.outputs_of["dns"] = BROKEN
        scene.world.run(scene.world.start(stacks=["dns"]))
        del scene.world.engine.outputs_of["dns"]
        assert scene.retry().environment_status is None

    def test_of_a_destroy_goes_on_destroying(self, scene: Scene) -> None:
        scene.world.deploy()
        scene.world.clock.advance(1)
        scene.world.engine.outputs_of["network"] = BROKEN
        scene.world.destroy()
        del scene.world.engine.outputs_of["network"]
        assert list(scene.left()) == ["network"]
        assert scene.retry().environment_status is DeploymentStatus.DESTROYED

    def test_of_everything_does_it_all_again(self, scene: Scene) -> None:
        scene.world.deploy()
        scene.world.engine.ran.clear()
        scene.retry(everything=True)
        assert len(scene.world.engine.ran) == len(STACKS)

    def test_tells_what_has_to_be_repaired_first(self, scene: Scene) -> None:
        scene.fail()
        change = PendingChange("creating", "urn:group", "aws:ec2/securityGroup:SecurityGroup", "web")
        scene.world.engine.pending_of["security"] = [change]
        assert scene.prepare().repairs == {
            "security": ["aws:ec2/securityGroup:SecurityGroup 'web' was interrupted while creating"]
        }

    def test_says_when_that_can_not_be_told(self, scene: Scene) -> None:
        scene.fail()
        scene.world.engine.unreadable = BROKEN
        assert scene.prepare().repairs["security"][0].startswith("can't be told from here: ")


class TestRefusals:
    def test_while_it_runs(self, scene: Scene) -> None:
        operation = scene.world.start()
        with pytest.raises(OperationRunning, match=operation.operation_id) as caught:
            scene.prepare()
        assert caught.value.context["operation_id"] == operation.operation_id

    def test_of_another_manifest_unless_it_is_asked_for(self, scene: Scene) -> None:
        first = scene.fail()
        scene.world.put_manifest({**STACKS, "dns": {"config": {"size": 2}}})
        with pytest.raises(VersionConflict, match="version 1, the record of D1BRV40 has version 2") as caught:
            scene.prepare()
        assert "--latest" in (caught.value.suggestion or "")
        request = scene.prepare(latest=True).request
        assert request is not None
        assert request.retry_of == first.operation_id

    def test_of_a_stack_with_nothing_left(self, scene: Scene) -> None:
        scene.fail()
        with pytest.raises(InvalidInput, match="nothing is left to do of stack 'dns'; there is of: security, secrets"):
            scene.prepare(stacks=("dns",))

    def test_of_an_operation_that_only_looked(self, scene: Scene) -> None:
        looked = scene.world.start(Action.PREVIEW, previews=Action.DEPLOY)
        with pytest.raises(InvalidInput, match="is a preview"):
            scene.prepare(operation_id=looked.operation_id)


class TestLevelsOfCancel:
    def test_a_level_can_be_raised_and_never_lowered(self, scene: Scene) -> None:
        operation = scene.world.start()
        for asked, kept in ((1, 1), (3, 3), (2, 3)):
            found = scene.world.operations.request_cancel(DEPLOYMENT_ID, operation.operation_id, CancelLevel(asked))
            assert found.cancel_level == kept

    def test_draining_lets_what_runs_finish_and_starts_nothing_more(self, scene: Scene) -> None:
        operation = scene.world.start()
        with scene.world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:

            def drain() -> None:
                scene.world.operations.request_cancel(DEPLOYMENT_ID, operation.operation_id, CancelLevel.DRAIN)
                obey(run, scene.world.executions.cancel_level(run))

            scene.world.engine.during["network"] = drain
            scene.world.drive(run)
            outcome = scene.world.executions.finish(run)
        stored = scene.world.operations.get(DEPLOYMENT_ID, operation.operation_id)
        assert {name: one.status.value for name, one in stored.results.items()} == {
            "dns": "deployed",
            "network": "deployed",
            "security": "cancelled",
            "secrets": "cancelled",
        }
        assert outcome.status is OperationStatus.CANCELLED

    @pytest.mark.parametrize(("level", "is_killed"), [(CancelLevel.INTERRUPT, False), (CancelLevel.KILL, True)])
    def test_the_others_stop_the_engines_and_are_told_once(
        self, scene: Scene, level: CancelLevel, is_killed: bool
    ) -> None:
        operation = scene.world.start()
        with scene.world.executions.running(DEPLOYMENT_ID, operation.operation_id) as run:
            obey(run, None)
            for _ in range(2):
                obey(run, level)
            assert (run.stop.is_set, run.stop.at_once.is_set) == (True, is_killed)
            scene.world.drive(run)
            scene.world.executions.finish(run)
        told = [one for one in scene.world.records.events.read(DEPLOYMENT_ID) if one.event.value.endswith("cancelling")]
        assert [one.data["level"] for one in told] == [level]
