"""What those who follow from elsewhere are told: events by their numbers, and how an operation's run is."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.errors import OperationNotFound
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action
from cloud_core.services.operations.guards import StartOperation
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.edge import FakeEdge
from cloud_core.testing.flows import FakeFlowRunner


@pytest.fixture
def edge(tmp_path: Any) -> FakeEdge:
    return FakeEdge(tmp_path)


def start(edge: FakeEdge) -> Any:
    return edge.operations.start(StartOperation(ID, EnvironmentName.DEV, Action.DEPLOY, "ann"))


class TestEvents:
    def test_come_in_order_from_a_number_on(self, edge: FakeEdge) -> None:
        operation = start(edge)
        first = edge.events.after(ID, 0, 3)
        rest = edge.events.after(ID, 3, 500)
        numbers = [one.seq for one in (*first.events, *rest.events)]
        assert numbers == list(range(1, first.last_seq + 1))
        assert {one["operation_id"] for one in rest.to_data()["events"]} == {operation.operation_id}

    def test_of_none_only_the_newest_number_is_told(self, edge: FakeEdge) -> None:
        assert edge.events.after(ID, 0, 0).to_data() == {"deployment_id": ID, "events": [], "last_seq": 0}
        start(edge)
        assert edge.events.after(ID, 0, 0).last_seq > 0


class TestTheRun:
    def test_of_an_operation_that_waits_is_asked_for(self, edge: FakeEdge) -> None:
        edge.world.flows = FakeFlowRunner()
        operation = start(edge)
        told = edge.events.run(ID, operation.operation_id).to_data()
        assert (told["is_over"], told["flow_run_id"]) == (False, operation.flow_run_id)
        assert told["state"]

    def test_of_one_that_is_over_is_not(self, edge: FakeEdge) -> None:
        operation = start(edge)
        edge.world.flows.is_down = True
        told = edge.events.run(ID, operation.operation_id).to_data()
        assert (told["is_over"], told["state"], told["url"]) == (True, None, None)

    def test_of_none_is_an_error(self, edge: FakeEdge) -> None:
        with pytest.raises(OperationNotFound):
            edge.events.run(ID, "op-000000000000")
