"""An operation that was refused, or still waits, is recorded beside the one at work and is newer than it.

So it goes whenever the flow service starts a second run: without its limit, or when it calls a live run crashed and
gives its place away. Everything that is asked about the environment is about the operation that holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from cloud_core.domain.errors import OperationRunning
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.runs.run import OperationRun
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.flows import FakeFlowRunner
from cloud_core.testing.world import World

ID, DEV = DEPLOYMENT_ID, EnvironmentName.DEV


@dataclass(frozen=True)
class Scene:
    """`holder` is at work; `newer` was accepted after it."""

    holder: Operation
    newer: Operation
    run: OperationRun


def adopted(world: World, flow_run_id: str, action: Action = Action.DEPLOY) -> Operation:
    """The operation of a run that was started in the flow service's pages."""
    world.flows.states[flow_run_id] = "running"
    return world.operations.adopt(ID, DEV, action, flow_run_id, 1)


@contextmanager
def refused(world: World) -> Iterator[Scene]:
    holder = adopted(world, "run-1")
    with world.executions.running(ID, holder.operation_id) as run:
        world.clock.advance(1)
        newer = adopted(world, "run-2")
        with pytest.raises(OperationRunning):
            world.run(newer)
        world.clock.advance(1)
        run.events.flush()  # a line waits for others
        yield Scene(holder, world.operations.get(ID, newer.operation_id), run)
        world.drive(run)
        world.executions.finish(run)


@contextmanager
def queued(world: World) -> Iterator[Scene]:
    """Accepted while the run of the other one was starting; the flow service lets it wait for that."""
    holder = adopted(world, "run-1")
    world.clock.advance(1)
    newer = adopted(world, "run-2")
    with world.executions.running(ID, holder.operation_id) as run:
        run.events.flush()
        yield Scene(holder, newer, run)
        world.drive(run)
        world.executions.finish(run)


@pytest.fixture
def world(cli: Any) -> World:
    cli.edge.world.flows = FakeFlowRunner()
    return cli.edge.world  # type: ignore[no-any-return]


@pytest.fixture(params=[refused, queued])
def beside(request: pytest.FixtureRequest, world: World) -> Iterator[Scene]:
    with request.param(world) as scene:
        yield scene


def test_the_refused_one_is_told_with_the_one_that_is_at_work(world: World) -> None:
    with refused(world) as scene:
        assert scene.newer.status is OperationStatus.FAILED
        assert scene.newer.message is not None
        assert scene.holder.operation_id in scene.newer.message


def test_the_status_is_that_of_the_one_at_work(cli: Any, beside: Scene) -> None:
    found = cli.json("status", ID, "--environment", "dev")["data"]
    assert (found["operation_id"], found["lease"]["operation_id"]) == (beside.holder.operation_id,) * 2
    assert found["operation"]["status"] == "in_progress"


def test_once_that_has_ended_the_status_is_still_not_the_refused_one(cli: Any, world: World) -> None:
    with refused(world) as scene:
        pass
    found = cli.json("status", ID, "--environment", "dev")["data"]
    assert (found["operation_id"], found["operation"]["status"]) == (scene.holder.operation_id, "success")
    last, refused_one = cli("status", ID, "--environment", "dev").out.splitlines()[3:5]
    assert last.startswith(f"last: deploy {scene.holder.operation_id} by prefect-ui")
    assert refused_one.startswith(f"  deploy {scene.newer.operation_id} by prefect-ui, ")
    assert "never began: operation " in refused_one
    assert [one["operation_id"] for one in cli.json("history", ID)["data"]["operations"]] == [
        scene.newer.operation_id,
        scene.holder.operation_id,
    ]


def test_a_refused_one_is_told_when_nothing_else_was(cli: Any, world: World) -> None:
    world.flows.is_down = True
    assert cli("deploy", ID, "--auto-approve").code == 6
    assert "the flow service can't be reached" in cli("status", ID, "--environment", "dev").out


def test_a_stack_at_work_is_not_told_interrupted(cli: Any, world: World) -> None:
    with refused(world) as scene:
        record = world.stacks.records.read(scene.run, "network")
        changing = {"status": StackStatus.DEPLOYING, "last_operation_id": scene.holder.operation_id}
        world.records.stacks.update(record.model_copy(update=changing), fence=scene.run.lease.fence)
        network = cli.json("status", ID, "--environment", "dev")["data"]["stacks"]["network"]
        assert (network["status"], network["error"]) == ("deploying", None)


def test_the_status_that_is_watched_follows_the_one_at_work(cli: Any, world: World) -> None:
    with refused(world) as scene:

        def end() -> None:
            world.drive(scene.run)
            world.executions.finish(scene.run)

        cli.edge.clock.after(5, end)
        assert cli("status", ID, "--environment", "dev", "--watch").code == 0
        assert "✓ Deployed 4 stacks" in cli.out


def test_a_cancel_stops_the_one_at_work(cli: Any, world: World, beside: Scene) -> None:
    assert cli("cancel", ID, "--auto-approve", "--detach").code == 0
    holder, newer = (world.operations.get(ID, one.operation_id) for one in (beside.holder, beside.newer))
    assert (holder.status, holder.cancel_requested) == (OperationStatus.CANCELLING, True)
    assert not newer.cancel_requested


@pytest.mark.parametrize(
    "command",
    [
        ("deploy", ID, "--auto-approve"),
        ("destroy", ID, "--auto-approve"),
        ("retry", ID, "--auto-approve"),
        ("refresh", ID),
    ],
)
def test_whoever_comes_is_refused_with_its_name(
    cli: Any, world: World, beside: Scene, command: tuple[str, ...]
) -> None:
    world.stacks.deploy(beside.run, "network", 1)  # so that there is something to destroy
    assert cli(*command, "--detach").code == 5
    assert beside.holder.operation_id in cli.err
    assert world.flows.submitted == []


def test_a_deploy_can_attach_to_the_one_at_work(world: World, beside: Scene) -> None:
    wish = StartOperation(ID, DEV, Action.DEPLOY, "ann")
    joined = world.operations.turns.to_join(wish, attach=True)
    assert joined is not None
    assert joined.operation_id == beside.holder.operation_id


def test_a_key_asked_for_again_still_gives_its_operation(world: World) -> None:
    with queued(world) as scene:
        for one in (scene.holder, scene.newer):
            wish = StartOperation(ID, DEV, Action.DEPLOY, "ann", idempotency_key=one.idempotency_key)
            assert world.operations.start(wish).operation_id == one.operation_id


def test_the_logs_are_those_of_the_one_at_work(cli: Any, beside: Scene) -> None:
    cli("logs", ID, "--environment", "dev")
    assert "started" in cli.out
    assert {one["operation"] for one in cli.json("logs", ID, "--environment", "dev")["data"]["logs"]} == {
        beside.holder.operation_id
    }


def test_the_history_has_both(cli: Any, beside: Scene) -> None:
    told = [one["operation_id"] for one in cli.json("history", ID)["data"]["operations"]]
    assert told == [beside.newer.operation_id, beside.holder.operation_id]


def test_one_at_work_that_died_makes_way_for_the_newest(cli: Any, world: World) -> None:
    holder = adopted(world, "run-1")
    running = world.executions.running(ID, holder.operation_id)
    running.__enter__()
    world.clock.advance(1)
    newer = adopted(world, "run-2")
    world.processes.end(world.processes.current())
    world.processes.become(2000)

    found = cli.json("status", ID, "--environment", "dev")["data"]

    assert found["operation_id"] == newer.operation_id
    assert world.operations.get(ID, holder.operation_id).message == "its processes died"
    assert cli("deploy", ID, "--auto-approve", "--detach").code == 5
    assert newer.operation_id in cli.err
