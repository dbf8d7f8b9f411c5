"""Idempotency keys of what is asked for from elsewhere: the same operation, whatever has become true since."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud_core.domain.errors import Conflict, OperationRunning, StackFailed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, OperationStatus
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.retries import RetryWish
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.edge import FakeEdge
from cloud_core.testing.flows import FakeFlowRunner
from cloud_core.testing.in_memory.operations import InMemoryOperations
from cloud_core.testing.records import InMemoryRecords

DEV, STAGE, PROD = EnvironmentName
BROKEN = StackFailed("dns is broken", stack="dns", resource=None, diagnostics=[])
WISH = StartOperation(ID, DEV, Action.DEPLOY, "ann", idempotency_key="release-7")


class CountedOperations(InMemoryOperations):
    """Counts how often a key is looked for, and the newest operations are read."""

    keys = 0
    lists = 0

    def get_by_key(self, deployment_id: str, idempotency_key: str) -> Operation | None:
        self.keys += 1
        return super().get_by_key(deployment_id, idempotency_key)

    def list_by_deployment(self, *arguments: Any, **named: Any) -> Any:
        self.lists += 1
        return super().list_by_deployment(*arguments, **named)


@pytest.fixture
def edge(tmp_path: Path) -> FakeEdge:
    return FakeEdge(tmp_path)


def failed(edge: FakeEdge) -> str:
    """A deploy whose stack `dns` failed once."""
    edge.world.engine.outputs_of["dns"] = [BROKEN]
    operation = edge.record_operations.deploy(replace(WISH, idempotency_key=None))
    edge.clock.advance(1)
    return operation.operation_id


class TestRetry:
    def test_the_same_key_gives_the_same_operation_when_nothing_is_left_by_now(self, edge: FakeEdge) -> None:
        failed(edge)
        wish = RetryWish(ID, DEV, "ann")
        first = edge.record_operations.retry(wish, "again-1")
        assert edge.history.operation(ID, first.operation_id).status is OperationStatus.SUCCESS
        edge.clock.advance(1)
        assert edge.record_operations.retry(wish, "again-1").operation_id == first.operation_id
        with pytest.raises(Conflict, match="nothing is left"):
            edge.record_operations.retry(wish, "again-2")

    def test_nor_does_it_matter_that_it_still_runs(self, edge: FakeEdge) -> None:
        wish = RetryWish(ID, DEV, "ann", failed(edge))
        edge.world.flows = FakeFlowRunner()
        first = edge.record_operations.retry(wish, "again-1")
        assert edge.record_operations.retry(wish, "again-1").operation_id == first.operation_id
        assert edge.record_operations.retry(replace(wish, operation_id=None), "again-1") == first
        with pytest.raises(OperationRunning):
            edge.record_operations.retry(RetryWish(ID, DEV, "ann"), "again-2")

    @pytest.mark.parametrize(
        "changes", [{"operation_id": "op-another"}, {"environment": PROD}, {"stacks": ("network",)}], ids=str
    )
    def test_a_key_does_not_stand_for_another_retry(self, edge: FakeEdge, changes: dict[str, Any]) -> None:
        wish = RetryWish(ID, DEV, "ann", failed(edge))
        first = edge.record_operations.retry(wish, "again-1")
        assert edge.record_operations.retry(replace(wish, stacks=("dns",)), "again-1") == edge.history.operation(
            ID, first.operation_id
        )
        with pytest.raises(Conflict, match=f"stands for another operation: {first.operation_id}"):
            edge.record_operations.retry(replace(wish, **changes), "again-1")

    def test_nor_does_that_of_a_deploy(self, edge: FakeEdge) -> None:
        edge.record_operations.deploy(WISH)
        with pytest.raises(Conflict, match="a deploy of dev"):
            edge.record_operations.retry(RetryWish(ID, DEV, "ann"), "release-7")


class TestDeploy:
    def test_the_same_key_gives_the_deploy_by_a_plan_that_does_not_hold_any_more(self, edge: FakeEdge) -> None:
        looking = replace(WISH, action=Action.PREVIEW, previews=Action.DEPLOY, idempotency_key=None)
        plan = edge.record_operations.deploy(looking)
        edge.clock.advance(1)
        wish = replace(WISH, plan_id=plan.operation_id)
        first = edge.record_operations.deploy(wish)
        edge.clock.advance(1)
        edge.world.put_manifest({"network": {"config": {"size": 2}}})
        assert edge.record_operations.deploy(wish).operation_id == first.operation_id
        with pytest.raises(Conflict, match="the manifest moved on"):
            edge.record_operations.deploy(replace(wish, idempotency_key="release-8"))

    def test_key_and_newest_operation_are_read_once(self, edge: FakeEdge) -> None:
        records = edge.world.records
        assert isinstance(records, InMemoryRecords)
        records.operations = counted = CountedOperations()
        edge.world.flows = FakeFlowRunner()
        first = edge.record_operations.deploy(WISH)
        assert (counted.keys, counted.lists) == (1, 2)  # to take its turn; to end what waits for an approval
        assert edge.record_operations.deploy(WISH).operation_id == first.operation_id
        assert (counted.keys, counted.lists) == (2, 2)
