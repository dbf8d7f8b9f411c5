"""What every `OperationRepository` promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from cloud_core.domain.agreements import Approval, ApprovalRequest
from cloud_core.domain.errors import AlreadyExists, InvalidInput, OperationNotFound, VersionConflict
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Operation, StackResult
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus
from cloud_core.ports.records import Records
from cloud_core.testing.builders import DEPLOYMENT_ID, an_operation


def test_an_operation_comes_back_as_it_was_created(records: Records) -> None:
    result = StackResult(stack_name="dns", status=StackStatus.FAILED, duration_seconds=1.25, changes={"create": 2})
    operation = an_operation(
        type=Action.DESTROY,
        environment=EnvironmentName.PROD,
        status=OperationStatus.CANCELLING,
        stacks=["dns"],
        layers=[["network"], ["dns", "security"]],
        results={"dns": result},
        fail_fast=True,
        idempotency_key="key",
        message="größer",
    )
    assert records.operations.create(operation) == operation
    assert records.operations.get(DEPLOYMENT_ID, "op-1") == operation


def test_an_approval_comes_back_with_all_that_it_holds_for(records: Records) -> None:
    digests = {"manifest": "sha256:1", "program:network": "sha256:2", "plugin:pulumi-aws": "7.1.0"}
    waiting = records.operations.create(
        an_operation(
            environment=EnvironmentName.PROD,
            status=OperationStatus.AWAITING_APPROVAL,
            approval_request=ApprovalRequest(digests=digests, until="2026-01-03T03:04:05.000Z"),
        )
    )
    assert records.operations.get(DEPLOYMENT_ID, "op-1") == waiting
    approval = Approval(approved_by="bob", approved_at="2026-01-02T04:00:00.000Z", digests=digests, comment="für Größe")
    changes = {"status": OperationStatus.PENDING, "approval": approval}
    records.operations.update(waiting.model_copy(update=changes))
    found = records.operations.get(DEPLOYMENT_ID, "op-1")
    assert found is not None
    assert (found.approval, found.approval_request) == (approval, waiting.approval_request)
    again = records.operations.update(found.model_copy(update={"approval": None}))
    assert again.approval is None
    assert records.operations.get(DEPLOYMENT_ID, "op-1") == again


def test_a_missing_operation_is_none(records: Records) -> None:
    records.operations.create(an_operation())
    assert records.operations.get(DEPLOYMENT_ID, "op-2") is None
    assert records.operations.get("D000000", "op-1") is None


def test_an_operation_is_found_by_its_key(records: Records) -> None:
    records.operations.create(an_operation("op-0"))
    created = records.operations.create(an_operation(idempotency_key="key"))
    ended = records.operations.update(created.model_copy(update={"status": OperationStatus.SUCCESS}))
    assert records.operations.get_by_key(DEPLOYMENT_ID, "key") == ended
    assert records.operations.get_by_key(DEPLOYMENT_ID, "another") is None
    assert records.operations.get_by_key("D000000", "key") is None


@pytest.mark.parametrize("created_at", ["2026-01-02T03:04:05.000Z", "2026-01-02T03:04:06.000Z"])
def test_a_taken_id_is_refused(records: Records, created_at: str) -> None:
    first = records.operations.create(an_operation())
    with pytest.raises(AlreadyExists, match="operation op-1"):
        records.operations.create(an_operation(created_at=created_at, started_by="bob"))
    assert records.operations.list_by_deployment(DEPLOYMENT_ID).items == [first]


def test_an_update_is_stored_under_the_same_id(records: Records) -> None:
    created = records.operations.create(an_operation())
    running = created.model_copy(update={"status": OperationStatus.IN_PROGRESS, "started_at": created.created_at})
    updated = records.operations.update(running)
    assert (updated.version, updated.status) == (2, OperationStatus.IN_PROGRESS)
    assert records.operations.get(DEPLOYMENT_ID, "op-1") == updated
    assert records.operations.list_by_deployment(DEPLOYMENT_ID).items == [updated]


def test_a_stale_version_is_refused(records: Records) -> None:
    created = records.operations.create(an_operation())
    newest = records.operations.update(created)
    with pytest.raises(VersionConflict, match="operation op-1"):
        records.operations.update(created)
    assert records.operations.get(DEPLOYMENT_ID, "op-1") == newest


def test_updating_what_does_not_exist_is_not_found(records: Records) -> None:
    with pytest.raises(OperationNotFound, match="op-1"):
        records.operations.update(an_operation())


def test_operations_are_listed_newest_first_in_pages(records: Records) -> None:
    for second in (2, 1, 3):
        records.operations.create(an_operation(f"op-{second}", created_at=f"2026-01-01T00:00:0{second}.000Z"))
    records.operations.create(an_operation("op-9", deployment_id="D000000"))
    first = records.operations.list_by_deployment(DEPLOYMENT_ID, limit=2)
    assert [item.operation_id for item in first.items] == ["op-3", "op-2"]
    second = records.operations.list_by_deployment(DEPLOYMENT_ID, limit=2, next_token=first.next_token)
    assert [item.operation_id for item in second.items] == ["op-1"]
    assert second.next_token is None
    with pytest.raises(InvalidInput, match="next_token"):
        records.operations.list_by_deployment("D000000", next_token=first.next_token)


def test_one_key_gives_one_operation(records: Records) -> None:
    first = records.operations.create(an_operation("op-1", idempotency_key="key"))
    assert records.operations.create(an_operation("op-2", idempotency_key="key")) == first
    assert records.operations.get(DEPLOYMENT_ID, "op-2") is None
    assert records.operations.list_by_deployment(DEPLOYMENT_ID).items == [first]


def test_a_repeated_key_returns_the_operation_as_it_is_by_now(records: Records) -> None:
    first = records.operations.create(an_operation("op-1", idempotency_key="key"))
    newest = records.operations.update(first.model_copy(update={"status": OperationStatus.SUCCESS}))
    assert records.operations.create(an_operation("op-2", idempotency_key="key")) == newest
    assert records.operations.create(an_operation("op-1", idempotency_key="key")) == newest


def test_a_key_belongs_to_its_deployment(records: Records) -> None:
    records.operations.create(an_operation("op-1", idempotency_key="key"))
    other = records.operations.create(an_operation("op-2", idempotency_key="key", deployment_id="D000000"))
    assert other.operation_id == "op-2"


def test_one_turn_is_given_to_one_operation_whatever_their_keys(records: Records) -> None:
    first = records.operations.create(an_operation("op-1", idempotency_key="key"), turn="dev none")
    assert records.operations.create(an_operation("op-2", idempotency_key="other"), turn="dev none") == first
    assert records.operations.create(an_operation("op-3"), turn="dev none") == first
    assert records.operations.get_by_key(DEPLOYMENT_ID, "other") is None
    assert records.operations.list_by_deployment(DEPLOYMENT_ID).items == [first]
    other = records.operations.create(an_operation("op-4", deployment_id="D000000"), turn="dev none")
    assert other.operation_id == "op-4"


def test_a_key_that_stands_for_an_operation_takes_no_other_turn(records: Records) -> None:
    first = records.operations.create(an_operation("op-1", idempotency_key="key"), turn="dev none")
    assert records.operations.create(an_operation("op-2", idempotency_key="key"), turn="dev op-1") == first
    assert records.operations.create(an_operation("op-3"), turn="dev op-1") == first
    assert records.operations.list_by_deployment(DEPLOYMENT_ID).items == [first]


def test_eight_threads_with_one_key_get_one_operation(records: Records) -> None:
    barrier = Barrier(8, timeout=60)

    def create(number: int) -> Operation:
        barrier.wait()
        return records.operations.create(an_operation(f"op-{number}", idempotency_key="key"))

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(create, range(8)))
    assert len({operation.operation_id for operation in got}) == 1
    assert records.operations.list_by_deployment(DEPLOYMENT_ID).items == [got[0]]
    assert records.operations.get(DEPLOYMENT_ID, got[0].operation_id) == got[0]
