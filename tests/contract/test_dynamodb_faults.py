"""Lost answers, outages and writers that meet in the middle of each other's work."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack

import pytest

from cloud_core.adapters.dynamodb.client import AccessKey, records_client
from cloud_core.adapters.dynamodb.records import DynamoRecords
from cloud_core.adapters.local.clock import SystemClock
from cloud_core.domain.errors import InvalidInput, LeaseLost, RecordsUnavailable, VersionConflict
from cloud_core.domain.names import EnvironmentName
from cloud_core.testing.builders import (
    DEPLOYMENT_ID,
    a_deployment,
    a_log_entry,
    a_stack,
    an_event,
    an_operation,
    an_owner,
)
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.flaky_proxy import FlakyProxy

DEV = EnvironmentName.DEV


def _closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


# -- the write landed, its answer did not ---------------------------------------------------------------------------


def test_a_created_deployment_whose_answer_was_lost_is_created(dynamo, clock: FakeClock) -> None:
    with dynamo.behind_proxy(clock) as (proxy, records):
        proxy.lose_answer_to("PutItem")
        assert records.deployments.create(a_deployment()).version == 1


def test_an_update_whose_answer_was_lost_counts_once(dynamo, clock: FakeClock) -> None:
    with dynamo.behind_proxy(clock) as (proxy, records):
        created = records.stacks.create(a_stack())
        proxy.lose_answer_to("PutItem")
        assert records.stacks.update(created).version == 2
        with pytest.raises(VersionConflict):
            records.stacks.update(created)


def test_an_event_whose_answer_was_lost_is_there_once(dynamo, clock: FakeClock) -> None:
    with dynamo.behind_proxy(clock) as (proxy, records):
        proxy.lose_answer_to("PutItem")
        first, second = records.events.append(an_event()), records.events.append(an_event())
        assert records.events.read(DEPLOYMENT_ID) == [first, second]


def test_a_lease_is_ours_even_if_the_answers_were_lost(dynamo, clock: FakeClock) -> None:
    with dynamo.behind_proxy(clock) as (proxy, records):
        proxy.lose_answer_to("PutItem")
        lease = records.leases.acquire(DEPLOYMENT_ID, DEV, an_owner())
        clock.advance(10)
        proxy.lose_answer_to("UpdateItem")
        renewed = records.leases.renew(lease)
        assert renewed == records.leases.get(DEPLOYMENT_ID, DEV)
        assert renewed.renewed_at > lease.renewed_at
        proxy.lose_answer_to("UpdateItem")
        records.leases.break_lease(renewed)
        assert records.leases.acquire(DEPLOYMENT_ID, DEV, an_owner("op-2")).fence == 2


def test_an_operation_whose_answers_were_lost_is_there_once(dynamo, clock: FakeClock) -> None:
    with dynamo.behind_proxy(clock) as (proxy, records):
        for _ in range(2):
            proxy.lose_answer_to("PutItem")
        operation = records.operations.create(an_operation(idempotency_key="key"))
        assert records.operations.list_by_deployment(DEPLOYMENT_ID).items == [operation]


def test_a_batch_whose_request_was_lost_is_sent_again(dynamo, clock: FakeClock) -> None:
    entries = [a_log_entry(f"line {n}") for n in range(60)]
    with dynamo.behind_proxy(clock) as (proxy, records):
        proxy.refuse("BatchWriteItem")
        proxy.lose_answer_to("BatchWriteItem")
        records.logs.create_many(entries)
        assert len(records.logs.get_logs(DEPLOYMENT_ID).items) == 60


def test_what_a_batch_left_unprocessed_is_sent_again(dynamo, clock: FakeClock) -> None:
    entries = [a_log_entry(f"line {n}") for n in range(30)]
    refusals = iter(range(3))
    with dynamo.behind_proxy(clock) as (proxy, records):

        def leave_unprocessed(name: str, body: bytes) -> tuple[int, bytes] | None:
            if name != "BatchWriteItem" or next(refusals, None) is None:
                return None
            return 200, json.dumps({"UnprocessedItems": json.loads(body)["RequestItems"]}).encode()

        proxy.answer = leave_unprocessed
        records.logs.create_many(entries)
        assert len(records.logs.get_logs(DEPLOYMENT_ID).items) == 30
    assert clock.monotonic() > 0


def test_a_batch_that_is_never_processed_is_an_error(dynamo, clock: FakeClock) -> None:
    with dynamo.behind_proxy(clock) as (proxy, records):
        proxy.answer = lambda name, body: (
            200,
            json.dumps({"UnprocessedItems": json.loads(body)["RequestItems"]}).encode(),
        )
        with pytest.raises(RecordsUnavailable, match="left 2 items of a batch unprocessed"):
            records.logs.create_many([a_log_entry("one"), a_log_entry("two")])


# -- outages ----------------------------------------------------------------------------------------------------------


def test_an_endpoint_that_is_not_there_is_unavailable_in_the_end(clock: FakeClock) -> None:
    client = records_client(_closed_port(), "us-east-1", AccessKey("test", "test"))
    records = DynamoRecords(client, "cloud-", clock, patience_seconds=3)
    before = clock.monotonic()
    with pytest.raises(RecordsUnavailable, match="table cloud-deployments") as error:
        records.deployments.get_by_id("D1BRV40")
    assert error.value.retryable
    assert "cloud sandbox" in str(error.value.suggestion)
    assert 1 < clock.monotonic() - before <= 3


def test_a_short_outage_goes_unnoticed(dynamo) -> None:
    """Nobody answers until the second time that somebody waits for it."""
    server = ExitStack()
    proxy = FlakyProxy(dynamo.endpoint)
    waits = iter(range(100))

    class WaitingClock(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if next(waits) == 1:
                server.enter_context(proxy.serving())

    client = records_client(proxy.url, "us-east-1", AccessKey("test", "test"), read_timeout_seconds=0.2)
    with server:
        assert DynamoRecords(client, dynamo.prefix, WaitingClock()).deployments.create(a_deployment()).version == 1
    client.close()


def test_the_system_s_own_clock_waits_too() -> None:
    client = records_client(_closed_port(), "us-east-1", AccessKey("test", "test"))
    records = DynamoRecords(client, "cloud-", SystemClock(), patience_seconds=0)
    with pytest.raises(RecordsUnavailable):
        records.events.last_seq("D1BRV40")


def test_a_refused_query_is_the_caller_s_error(dynamo, clock: FakeClock) -> None:
    with pytest.raises(InvalidInput, match="refuses the item or query"):
        dynamo.records(clock).deployments.list_by_organization("")


# -- in the middle of each other's work ------------------------------------------------------------------------------


def test_a_stack_that_is_created_while_the_new_owner_stamps_ends_up_with_the_higher_fence(
    dynamo, clock: FakeClock
) -> None:
    """The stale owner's item is there, then the new owner stamps, then the stale owner looks for the mark."""
    direct = dynamo.records(clock)
    with dynamo.behind_proxy(clock) as (proxy, stale):

        def stamp_before_the_look(name: str, body: bytes) -> None:
            if name == "GetItem":
                direct.stacks.stamp(DEPLOYMENT_ID, DEV, 2)

        proxy.before = stamp_before_the_look
        with pytest.raises(LeaseLost):
            stale.stacks.create(a_stack(fence=1))
    left = direct.stacks.get_stack(DEPLOYMENT_ID, "network", DEV)
    assert left is not None
    assert left.fence == 2
    with pytest.raises(LeaseLost):
        direct.stacks.update(left, fence=1)


def test_a_stack_that_is_deleted_while_it_is_stamped_is_no_error(dynamo, clock: FakeClock) -> None:
    direct = dynamo.records(clock)
    for name in ("dns", "network"):
        direct.stacks.create(a_stack(name))
    with dynamo.behind_proxy(clock) as (proxy, records):

        def delete_before_its_stamp(name: str, body: bytes) -> None:
            if name == "UpdateItem" and b"STACK#dns" in body:
                direct.stacks.delete(DEPLOYMENT_ID, "dns", DEV)

        proxy.before = delete_before_its_stamp
        records.stacks.stamp(DEPLOYMENT_ID, DEV, 2)
    assert [(item.stack_name, item.fence) for item in direct.stacks.list_by_deployment(DEPLOYMENT_ID)] == [
        ("network", 2)
    ]


def test_an_operation_that_a_faster_caller_finished_is_returned_as_it_is(dynamo, clock: FakeClock) -> None:
    direct = dynamo.records(clock)
    with dynamo.behind_proxy(clock) as (proxy, slow):
        done: list[bool] = []

        def overtake(name: str, body: bytes) -> None:
            if name == "PutItem" and b"OPERATION#" in body and b"IDEMPOTENCY#" not in body and not done:
                done.append(True)
                operation = direct.operations.create(an_operation("op-2", idempotency_key="key"))
                direct.operations.update(operation.model_copy(update={"message": "faster"}))

        proxy.before = overtake
        got = slow.operations.create(an_operation("op-1", idempotency_key="key"))
    assert (got.operation_id, got.message, got.version) == ("op-1", "faster", 2)


def test_a_lease_that_changes_hands_under_the_reader_is_not_taken_twice(dynamo, clock: FakeClock) -> None:
    direct = dynamo.records(clock)
    with dynamo.behind_proxy(clock) as (proxy, slow):
        done: list[bool] = []

        def overtake(name: str, body: bytes) -> None:
            if name == "PutItem" and not done:
                done.append(True)
                direct.leases.release(direct.leases.acquire(DEPLOYMENT_ID, DEV, an_owner("op-2")))

        proxy.before = overtake
        lease = slow.leases.acquire(DEPLOYMENT_ID, DEV, an_owner("op-1"))
    assert lease.fence == 2
    assert direct.leases.get(DEPLOYMENT_ID, DEV) == lease


def test_a_lease_that_never_stands_still_is_given_up(dynamo, clock: FakeClock) -> None:
    direct = dynamo.records(clock)
    with dynamo.behind_proxy(clock) as (proxy, slow):

        def overtake(name: str, body: bytes) -> None:
            if name == "PutItem":
                direct.leases.release(direct.leases.acquire(DEPLOYMENT_ID, DEV, an_owner("op-2")))

        proxy.before = overtake
        with pytest.raises(RecordsUnavailable, match="changes too fast"):
            slow.leases.acquire(DEPLOYMENT_ID, DEV, an_owner("op-1"))


def test_a_first_event_that_is_overtaken_takes_the_next_number(dynamo, clock: FakeClock) -> None:
    """The faster writer comes between the mark of the block and its first number."""
    direct = dynamo.records(clock)
    with dynamo.behind_proxy(clock) as (proxy, slow):
        faster: list[int] = []

        def overtake(name: str, body: bytes) -> None:
            if name == "PutItem" and not faster:
                faster.append(0)
                faster[0] = direct.events.append(an_event()).seq

        proxy.before = overtake
        assert (slow.events.append(an_event()).seq, faster) == (2, [1])


def test_an_event_log_that_is_always_overtaken_says_so(dynamo, clock: FakeClock) -> None:
    direct = dynamo.records(clock)
    with dynamo.behind_proxy(clock) as (proxy, slow):

        def overtake(name: str, body: bytes) -> None:
            if name == "PutItem":
                direct.events.append(an_event())

        proxy.before = overtake
        with pytest.raises(RecordsUnavailable, match="too many writers"):
            slow.events.append(an_event())
