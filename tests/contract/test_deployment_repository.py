"""What every `DeploymentRepository` promises."""

from __future__ import annotations

import pytest

from cloud_core.domain.errors import AlreadyExists, DeploymentNotFound, InvalidInput, VersionConflict
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.ports.records import Records
from cloud_core.testing.builders import a_deployment
from cloud_core.testing.clock import FakeClock


def test_a_deployment_comes_back_as_it_was_created(records: Records) -> None:
    deployment = a_deployment(
        status=DeploymentStatus.PARTIAL,
        environment_status={EnvironmentName.DEV.value: DeploymentStatus.PARTIAL},
        tags={"team": "infra", "empty": ""},
        description="ein Laden, größer",
        manifest={"stacks": {"network": {"config": {"cost": 0.25, "zones": [1, None, {"a": ""}], "on": True}}}},
    )
    assert records.deployments.create(deployment) == deployment
    assert records.deployments.get_by_id(deployment.deployment_id) == deployment


def test_a_missing_deployment_is_none(records: Records) -> None:
    assert records.deployments.get_by_id("D000000") is None


def test_a_taken_id_is_refused_and_the_first_deployment_stays(records: Records) -> None:
    records.deployments.create(a_deployment(project="first"))
    with pytest.raises(AlreadyExists, match="D1BRV40"):
        records.deployments.create(a_deployment(project="second"))
    found = records.deployments.get_by_id("D1BRV40")
    assert found is not None
    assert found.project == "first"


def test_a_new_deployment_starts_with_version_1(records: Records) -> None:
    assert records.deployments.create(a_deployment(version=7)).version == 1


def test_an_update_raises_the_version_and_is_stored(records: Records, clock: FakeClock) -> None:
    created = records.deployments.create(a_deployment())
    clock.advance(5)
    updated = records.deployments.update(created.model_copy(update={"description": "new"}))
    assert (updated.version, updated.description) == (2, "new")
    assert updated.updated_at == "2026-01-02T03:04:10.000Z"
    assert records.deployments.get_by_id("D1BRV40") == updated


def test_updated_at_grows_even_when_the_clock_stands_still(records: Records) -> None:
    created = records.deployments.create(a_deployment())
    first = records.deployments.update(created)
    second = records.deployments.update(first)
    assert created.updated_at < first.updated_at < second.updated_at
    assert len({len(item.updated_at) for item in (created, first, second)}) == 1


def test_updating_a_stale_version_is_refused_and_changes_nothing(records: Records) -> None:
    created = records.deployments.create(a_deployment())
    newest = records.deployments.update(created.model_copy(update={"description": "theirs"}))
    with pytest.raises(VersionConflict, match="version 1 was edited, version 2 is stored"):
        records.deployments.update(created.model_copy(update={"description": "mine"}))
    assert records.deployments.get_by_id("D1BRV40") == newest


def test_updating_what_does_not_exist_is_not_found(records: Records) -> None:
    with pytest.raises(DeploymentNotFound, match="D1BRV40"):
        records.deployments.update(a_deployment())


def test_delete_says_whether_it_existed(records: Records) -> None:
    records.deployments.create(a_deployment())
    assert records.deployments.delete("D1BRV40") is True
    assert records.deployments.delete("D1BRV40") is False
    assert records.deployments.get_by_id("D1BRV40") is None


def test_only_the_version_that_is_meant_is_deleted(records: Records) -> None:
    created = records.deployments.create(a_deployment())
    newest = records.deployments.update(created)
    with pytest.raises(VersionConflict, match="version 1 was edited, version 2 is stored"):
        records.deployments.delete("D1BRV40", created.version)
    assert records.deployments.get_by_id("D1BRV40") == newest
    assert records.deployments.delete("D1BRV40", newest.version) is True
    assert records.deployments.delete("D1BRV40", newest.version) is False


def _create_five(records: Records, **fields: object) -> list[Deployment]:
    """Newest first."""
    created = [
        records.deployments.create(
            a_deployment(
                deployment_id=f"D00000{day}",
                created_at=f"2026-01-0{day}T00:00:00.000Z",
                updated_at=f"2026-02-0{6 - day}T00:00:00.000Z",
                **fields,
            )
        )
        for day in (3, 1, 5, 2, 4)
    ]
    return sorted(created, key=lambda item: item.created_at, reverse=True)


def test_an_organization_s_deployments_are_listed_newest_first(records: Records) -> None:
    expected = _create_five(records)
    records.deployments.create(a_deployment(deployment_id="DOTHER0", organization="Other"))
    page = records.deployments.list_by_organization("Acme")
    assert page.items == expected
    assert page.next_token is None


def test_a_status_lists_what_was_updated_last_first(records: Records) -> None:
    created = _create_five(records, status=DeploymentStatus.FAILED)
    records.deployments.create(a_deployment(deployment_id="DOTHER0"))
    assert records.deployments.list_by_status(DeploymentStatus.FAILED).items == created[::-1]


def test_a_changed_status_moves_the_deployment_to_the_other_list(records: Records) -> None:
    created = records.deployments.create(a_deployment())
    records.deployments.update(created.model_copy(update={"status": DeploymentStatus.DEPLOYING}))
    assert records.deployments.list_by_status(DeploymentStatus.INITIALIZED).items == []
    assert [item.version for item in records.deployments.list_by_status(DeploymentStatus.DEPLOYING).items] == [2]


@pytest.mark.parametrize("limit", [1, 2, 5, 6])
def test_pages_cover_the_list_once_and_in_order(records: Records, limit: int) -> None:
    expected = _create_five(records)
    found: list[Deployment] = []
    token = None
    while True:
        page = records.deployments.list_by_organization("Acme", limit, token)
        assert 1 <= len(page.items) <= limit
        found += page.items
        token = page.next_token
        if token is None:
            break
    assert found == expected


@pytest.mark.parametrize("spoil", ["", "nonsense", "e30=", "{{}}", "ü", "{token}x", "{cut}", "{flipped}"])
def test_a_spoilt_token_is_refused(records: Records, spoil: str) -> None:
    _create_five(records)
    token = records.deployments.list_by_organization("Acme", 2).next_token
    assert token is not None
    flipped = token[:30] + ("A" if token[30] != "A" else "B") + token[31:]
    with pytest.raises(InvalidInput, match="next_token"):
        records.deployments.list_by_organization("Acme", 2, spoil.format(token=token, cut=token[:-4], flipped=flipped))


def test_a_token_of_another_list_is_refused(records: Records) -> None:
    _create_five(records)
    token = records.deployments.list_by_organization("Acme", 2).next_token
    with pytest.raises(InvalidInput, match="none of this list"):
        records.deployments.list_by_organization("Other", 2, token)
    with pytest.raises(InvalidInput, match="next_token"):
        records.deployments.list_by_status(DeploymentStatus.INITIALIZED, 2, token)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(records: Records, limit: int) -> None:
    with pytest.raises(InvalidInput, match=f"limit {limit}"):
        records.deployments.list_by_organization("Acme", limit)
