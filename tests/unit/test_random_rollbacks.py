"""Random deploys that fail and are taken back: afterwards all is as it was, and a deploy has nothing to do."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from cloud_core.domain.errors import StackFailed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import DeploymentStatus, OperationStatus, StackStatus
from cloud_core.services.operations.retries import RetryService, RetryWish
from cloud_core.services.records.statuses import require_deployment
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.edge import RunAtOnce
from cloud_core.testing.world import World

DEV = EnvironmentName.DEV
Stacks = dict[str, dict[str, Any]]


def some_stacks(chance: random.Random, names: list[str], size: int) -> Stacks:
    """Each on some of those before it, with a configuration of that size or none."""
    return {
        name: {
            "dependencies": sorted(chance.sample(names[:place], min(place, chance.randint(0, 2)))),
            "config": {"size": size} if chance.random() < 0.6 else {},
        }
        for place, name in enumerate(names)
    }


def broken(stack: str) -> StackFailed:
    return StackFailed(f"{stack} is broken", stack=stack, resource=None, diagnostics=[])


def standing(world: World) -> set[str]:
    stored = world.records.stacks.list_by_deployment(DEPLOYMENT_ID, DEV)
    return {one.stack_name for one in stored if one.status is StackStatus.DEPLOYED}


def to_its_end(world: World, rollback: Operation) -> None:
    """As often as `cloud retry` has to be said."""
    retries = RetryService(world.records, world.operations, world.operation_plans, world.engine)
    for _ in range(3):
        world.clock.advance(1)
        found = retries.prepare(RetryWish(DEPLOYMENT_ID, DEV, "ann"))
        if found.request is None:
            return
        rollback = world.operations.get(DEPLOYMENT_ID, world.operations.start(found.request).operation_id)
    assert rollback.status is OperationStatus.SUCCESS


@settings(max_examples=25, print_blob=True)
@given(st.integers(0, 2**32), st.integers(1, 14))
def test_afterwards_all_is_as_it_was(seed: int, size: int) -> None:
    note(f"seed {seed}, {size} stacks")
    chance = random.Random(seed)
    names = [f"s{number:02}" for number in range(size)]
    old = some_stacks(chance, [name for name in names if chance.random() < 0.6], 1)
    chance.shuffle(names)
    new = some_stacks(chance, names, 2)
    world = World(old)
    world.programs._names = sorted(names)
    began: dict[str, int] = {}

    def run(operation: Operation) -> None:
        began[operation.operation_id] = len(world.engine.ran)
        world.run(operation)

    world.flows = RunAtOnce(run)
    if old:
        world.start()
    before = standing(world)
    world.clock.advance(1)
    world.put_manifest(new)
    failing = chance.choice(names)
    world.engine.outputs_of = {name: [{}, broken(name)] for name in names if chance.random() < 0.1}
    world.engine.outputs_of[failing] = [broken(failing)]
    world.engine.ran.clear()

    failed = world.operations.get(DEPLOYMENT_ID, world.start(rollback_on_error=True).operation_id)

    if failed.status is OperationStatus.SUCCESS:  # what would fail was not changed
        return
    note(str(failed.message))
    if failed.rolled_back_by is not None:
        rollback = world.operations.get(DEPLOYMENT_ID, failed.rolled_back_by)
        assert rollback.rollback is not None
        taken = [stack for _, stack in world.engine.ran[began[rollback.operation_id] :]]
        assert rollback.rollback.left.keys() <= before
        check_order(taken, new, rollback)
        to_its_end(world, rollback)
        assert require_deployment(world.records.deployments, DEPLOYMENT_ID).environment_status[DEV.value] is (
            DeploymentStatus.ROLLED_BACK
        )
    assert standing(world) | ({failing} & before) == before
    if old and standing(world) == before:
        world.engine.ran.clear()
        world.clock.advance(1)
        world.start()
        assert world.engine.ran == []


def check_order(taken: list[str], new: Stacks, rollback: Operation) -> None:
    """No stack went while another one of the failed deploy still used it."""
    for place, stack in enumerate(taken):
        if stack in rollback.destroys:
            users = {name for name, section in new.items() if stack in section["dependencies"]}
            assert not users & set(taken[place + 1 :]), f"{stack} went before {users & set(taken[place + 1 :])}"
