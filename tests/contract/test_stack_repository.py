"""What every `StackRepository` promises, the fence above all."""

from __future__ import annotations

import pytest

from cloud_core.domain.drift import DriftedResource, DriftMark
from cloud_core.domain.errors import AlreadyExists, InvalidInput, LeaseLost, StackNotFound, VersionConflict
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LastDeployment, ResourceRecord, StackRecord
from cloud_core.domain.statuses import StackStatus
from cloud_core.ports.records import Records
from cloud_core.testing.builders import DEPLOYMENT_ID, a_stack
from cloud_core.testing.clock import FakeClock

DEV, STAGE, PROD = EnvironmentName.DEV, EnvironmentName.STAGE, EnvironmentName.PROD


def _stored(records: Records, name: str = "network", environment: EnvironmentName = DEV) -> StackRecord:
    found = records.stacks.get_stack(DEPLOYMENT_ID, name, environment)
    assert found is not None
    return found


def _resources(count: int) -> list[ResourceRecord]:
    return [ResourceRecord(type="aws:ec2:Subnet", name=f"s{n}", urn=f"urn:{n}", status="created") for n in range(count)]


def test_a_stack_comes_back_as_it_was_created(records: Records) -> None:
    stack = a_stack(
        status=StackStatus.DEPLOYED,
        dependencies=["dns", "security"],
        outputs={"ids": ["a", None, {"n": 0.1, "deep": {"on": True, "none": None, "empty": ""}}], "count": 3},
        secret_outputs=["ids"],
        resources=_resources(2),
        resource_count=2,
        last_deployment=LastDeployment(started_at="2026-01-02T03:04:05.000Z", result="success", duration_seconds=1.5),
        fingerprint={"program": "abc", "${dns.zone}": "123"},
        output_digests={"zone": "456"},
        consumed={"dns.zone": "123"},
        drift=DriftMark(
            found_at="2026-01-02T03:04:05.000Z",
            count=3,
            resources=[DriftedResource(type="t", name="n", urn="urn:n", status="gone")],
        ),
    )
    assert records.stacks.create(stack) == stack
    assert _stored(records) == stack


def test_in_place_of_an_output_that_is_too_large_stands_where_it_can_be_read(records: Records) -> None:
    outputs = {"id": "vpc-1", "policy": {"text": "x" * 500_000}, "list": [1, 2, 3]}
    many = [one.model_copy(update={"urn": "u" * 1000}) for one in _resources(500)]
    created = records.stacks.create(a_stack(outputs=outputs, resources=many))
    assert (created.outputs["id"], created.outputs["list"], created.large_outputs) == ("vpc-1", [1, 2, 3], ["policy"])
    assert created.outputs["policy"] == (
        "[488 KB: too large for the records, read it with 'cloud stack-outputs D1BRV40 network policy "
        "--environment dev --show-secrets']"
    )
    assert (300 < len(created.resources) < 500, created.resource_count) == (True, 500)
    assert _stored(records) == created
    renewed = records.stacks.update(created.model_copy(update={"layer": 2}))
    assert (renewed.outputs, renewed.large_outputs) == (created.outputs, ["policy"])
    smaller = records.stacks.update(renewed.model_copy(update={"outputs": {"policy": "short"}, "large_outputs": []}))
    assert (smaller.outputs, _stored(records).large_outputs) == ({"policy": "short"}, [])


def test_a_missing_stack_is_none(records: Records) -> None:
    records.stacks.create(a_stack())
    assert records.stacks.get_stack(DEPLOYMENT_ID, "network", PROD) is None


def test_a_stack_that_exists_is_not_created_again(records: Records) -> None:
    records.stacks.create(a_stack(layer=1))
    with pytest.raises(AlreadyExists, match="stack network of D1BRV40 dev"):
        records.stacks.create(a_stack(layer=2))
    assert _stored(records).layer == 1


def test_a_deployment_s_stacks_come_by_name_then_environment(records: Records) -> None:
    for name, environment in [("dns", PROD), ("dns-x", DEV), ("network", DEV), ("dns", DEV)]:
        records.stacks.create(a_stack(name, environment=environment))
    records.stacks.create(a_stack("aaa", deployment_id="D000000"))
    found = [(item.stack_name, item.environment) for item in records.stacks.list_by_deployment(DEPLOYMENT_ID)]
    assert found == [("dns", DEV), ("dns", PROD), ("dns-x", DEV), ("network", DEV)]
    of_dev = [item.stack_name for item in records.stacks.list_by_deployment(DEPLOYMENT_ID, DEV)]
    assert of_dev == ["dns", "dns-x", "network"]
    assert records.stacks.list_by_deployment("D999999") == []


def test_a_long_list_is_read_to_its_end(records: Records) -> None:
    """More than one answer of the store (1 MB) holds."""
    text = "x" * 100_000
    for number in range(14):
        records.stacks.create(a_stack(f"stack-{number:02d}", outputs={"text": text}))
    assert len(records.stacks.list_by_deployment(DEPLOYMENT_ID)) == 14


def test_an_update_raises_version_and_time(records: Records, clock: FakeClock) -> None:
    created = records.stacks.create(a_stack())
    clock.advance(1)
    updated = records.stacks.update(created.model_copy(update={"status": StackStatus.DEPLOYING}))
    assert (updated.version, updated.status) == (2, StackStatus.DEPLOYING)
    assert updated.updated_at > created.updated_at
    assert _stored(records) == updated


def test_a_stale_version_is_refused(records: Records) -> None:
    created = records.stacks.create(a_stack())
    newest = records.stacks.update(created)
    with pytest.raises(VersionConflict, match="version 1"):
        records.stacks.update(created)
    assert _stored(records) == newest


def test_updating_what_does_not_exist_is_not_found(records: Records) -> None:
    with pytest.raises(StackNotFound, match="network"):
        records.stacks.update(a_stack())


def test_no_more_than_500_resources_are_kept_but_all_are_counted(records: Records) -> None:
    created = records.stacks.create(a_stack(resources=_resources(501)))
    assert (len(created.resources), created.resource_count) == (500, 501)
    updated = records.stacks.update(created.model_copy(update={"resources": _resources(600)}))
    assert (len(updated.resources), updated.resource_count) == (500, 600)
    assert _stored(records) == updated


def test_delete_says_whether_it_existed(records: Records) -> None:
    records.stacks.create(a_stack())
    assert records.stacks.delete(DEPLOYMENT_ID, "network", DEV) is True
    assert records.stacks.delete(DEPLOYMENT_ID, "network", DEV) is False


def test_a_name_s_stacks_are_listed_over_all_deployments_last_updated_first(records: Records) -> None:
    for day in (2, 3, 1):
        records.stacks.create(a_stack(deployment_id=f"D00000{day}", updated_at=f"2026-01-0{day}T00:00:00.000Z"))
    records.stacks.create(a_stack("dns", deployment_id="D000001"))
    first = records.stacks.list_by_stack_name("network", limit=2)
    assert [item.deployment_id for item in first.items] == ["D000003", "D000002"]
    rest = records.stacks.list_by_stack_name("network", limit=2, next_token=first.next_token)
    assert [item.deployment_id for item in rest.items] == ["D000001"]
    assert rest.next_token is None


def test_a_status_s_stacks_are_listed(records: Records) -> None:
    records.stacks.create(a_stack("dns", status=StackStatus.FAILED))
    records.stacks.create(a_stack("network"))
    assert [item.stack_name for item in records.stacks.list_by_status(StackStatus.FAILED).items] == ["dns"]
    with pytest.raises(InvalidInput, match="next_token"):
        records.stacks.list_by_status(StackStatus.FAILED, next_token="spoilt")


# -- the fence ----------------------------------------------------------------------------------------------------


def test_an_update_leaves_the_writer_s_token(records: Records) -> None:
    created = records.stacks.create(a_stack(fence=1))
    assert records.stacks.update(created, fence=4).fence == 4
    assert _stored(records).fence == 4


def test_after_a_higher_token_wrote_the_lower_one_is_refused(records: Records) -> None:
    created = records.stacks.create(a_stack(fence=1))
    newest = records.stacks.update(created, fence=2)
    with pytest.raises(LeaseLost, match="token is 1, theirs is 2"):
        records.stacks.update(newest.model_copy(update={"status": StackStatus.FAILED}), fence=1)
    assert _stored(records) == newest


def test_a_stale_owner_cannot_write_a_stamped_stack(records: Records) -> None:
    created = records.stacks.create(a_stack(fence=1))
    records.stacks.stamp(DEPLOYMENT_ID, DEV, 2)
    with pytest.raises(LeaseLost):
        records.stacks.update(created)
    with pytest.raises(LeaseLost):
        records.stacks.update(_stored(records), fence=1)
    assert _stored(records).status is StackStatus.PENDING


def test_a_stamp_changes_nothing_but_the_fence(records: Records, clock: FakeClock) -> None:
    created = records.stacks.create(a_stack(fence=1))
    clock.advance(60)
    records.stacks.stamp(DEPLOYMENT_ID, DEV, 2)
    assert _stored(records) == created.model_copy(update={"fence": 2})


def test_the_new_owner_may_write_what_it_read_before_its_stamp(records: Records) -> None:
    read_before = records.stacks.create(a_stack(fence=1))
    records.stacks.stamp(DEPLOYMENT_ID, DEV, 2)
    assert records.stacks.update(read_before, fence=2).version == 2


def test_a_stamp_reaches_every_stack_of_its_environment_and_no_other(records: Records) -> None:
    for name in ("dns", "network"):
        records.stacks.create(a_stack(name))
    records.stacks.create(a_stack("network", environment=STAGE))
    records.stacks.create(a_stack("network", deployment_id="D000000"))
    records.stacks.stamp(DEPLOYMENT_ID, DEV, 5)
    fences = {(item.stack_name, item.environment): item.fence for item in records.stacks.list_by_deployment("D1BRV40")}
    assert fences == {("dns", DEV): 5, ("network", DEV): 5, ("network", STAGE): 0}
    assert [item.fence for item in records.stacks.list_by_deployment("D000000")] == [0]


def test_the_same_token_may_stamp_again(records: Records) -> None:
    records.stacks.create(a_stack())
    records.stacks.stamp(DEPLOYMENT_ID, DEV, 3)
    records.stacks.stamp(DEPLOYMENT_ID, DEV, 3)
    assert _stored(records).fence == 3


def test_a_lower_token_cannot_stamp(records: Records) -> None:
    records.stacks.create(a_stack())
    records.stacks.stamp(DEPLOYMENT_ID, DEV, 3)
    with pytest.raises(LeaseLost):
        records.stacks.stamp(DEPLOYMENT_ID, DEV, 2)
    assert _stored(records).fence == 3


def test_a_stack_with_a_higher_fence_stops_the_stamp(records: Records) -> None:
    records.stacks.create(a_stack(fence=7))
    with pytest.raises(LeaseLost, match="theirs is 7"):
        records.stacks.stamp(DEPLOYMENT_ID, DEV, 6)


def test_a_stale_owner_cannot_create_a_stack_after_the_stamp(records: Records) -> None:
    records.stacks.stamp(DEPLOYMENT_ID, DEV, 2)
    with pytest.raises(LeaseLost):
        records.stacks.create(a_stack(fence=1))
    assert records.stacks.list_by_deployment(DEPLOYMENT_ID) == []
    assert records.stacks.create(a_stack(fence=2)).fence == 2
    assert records.stacks.create(a_stack(environment=STAGE, fence=1)).fence == 1


def test_only_the_version_that_is_meant_is_deleted(records: Records) -> None:
    created = records.stacks.create(a_stack())
    newest = records.stacks.update(created)
    with pytest.raises(VersionConflict, match="stack network of D1BRV40 dev"):
        records.stacks.delete(DEPLOYMENT_ID, "network", DEV, created.version)
    assert _stored(records) == newest
    assert records.stacks.delete(DEPLOYMENT_ID, "network", DEV, newest.version) is True
    assert records.stacks.delete(DEPLOYMENT_ID, "network", DEV, newest.version) is False
