"""Finding an environment's newest operation: in as few records as it takes, however many others are newer."""

from __future__ import annotations

import pytest

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation
from cloud_core.ports.records import Page
from cloud_core.services.records.operations import latest_operation, newest_first
from cloud_core.testing.builders import DEPLOYMENT_ID, an_operation
from cloud_core.testing.in_memory.operations import InMemoryOperations

DEV, PROD = EnvironmentName.DEV, EnvironmentName.PROD


class Counted(InMemoryOperations):
    """Notes how many records each page held."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[int] = []

    def list_by_deployment(self, deployment_id: str, limit: int = 20, next_token: str | None = None) -> Page[Operation]:
        page = super().list_by_deployment(deployment_id, limit, next_token)
        self.read.append(len(page.items))
        return page


@pytest.fixture
def operations() -> Counted:
    """One of prod, and fifty of dev after it."""
    kept = Counted()
    for number in range(51):
        environment = PROD if number == 0 else DEV
        created_at = f"2026-01-02T03:{number:02d}:00.000Z"
        kept.create(an_operation(f"op-{number:02d}", environment=environment, created_at=created_at))
    return kept


def test_the_newest_is_found_without_reading_the_history(operations: Counted) -> None:
    found = latest_operation(operations, DEPLOYMENT_ID, DEV)
    assert found is not None
    assert found.operation_id == "op-50"
    assert operations.read == [2]


def test_one_behind_many_others_is_found_too(operations: Counted) -> None:
    found = latest_operation(operations, DEPLOYMENT_ID, PROD)
    assert found is not None
    assert found.operation_id == "op-00"
    assert operations.read == [2, 4, 8, 16, 20, 1]


def test_the_history_is_read_whole_and_in_order(operations: Counted) -> None:
    names = [one.operation_id for one in newest_first(operations, DEPLOYMENT_ID)]
    assert names == [f"op-{number:02d}" for number in range(50, -1, -1)]
    assert operations.read == [20, 20, 11]
