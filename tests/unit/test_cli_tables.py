"""`cloud tables` over tables that are not there at all."""

from __future__ import annotations

from typing import Any

import pytest

from cli.testing.scenes import deployed
from cloud_core.domain.errors import TablesMissing
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.ports.records import Page
from cloud_core.services.records.tables import TableService
from cloud_core.testing.tables import FakeTables

NAMES = [f"cloud-{name}" for name in ("deployments", "stacks", "logs", "metrics", "websocket-connections")]


def test_create_makes_what_is_missing_and_says_so(cli: Any) -> None:
    cli.edge.record_tables.present = ["deployments", "stacks", "logs"]
    assert cli.json("tables", "create", "--dry-run")["data"]["would_create"] == NAMES[3:]
    assert cli.edge.record_tables.present == ["deployments", "stacks", "logs"]
    assert cli.json("tables", "create")["data"]["created"] == NAMES[3:]
    assert cli("tables", "create").code == 0
    assert "Nothing was missing." in cli.out


def test_status_shows_every_table_and_what_differs(cli: Any) -> None:
    cli.edge.record_tables.differing = {"logs": ("it can't be recovered to a point in time",)}
    data = cli.json("tables", "status")["data"]
    assert [one["name"] for one in data["tables"]] == NAMES
    assert data["ready"]
    assert data["tables"][2] == {
        "name": "cloud-logs",
        "exists": True,
        "usable": True,
        "status": "active",
        "items": 0,
        "indexes": {"LogLevelIndex": "active"},
        "ttl_attribute": "ttl",
        "billing_mode": "pay_per_request",
        "recoverable": True,
        "differences": ["it can't be recovered to a point in time"],
    }
    assert cli("tables", "status").code == 0
    assert "cloud-logs: it can't be recovered to a point in time" in cli.out


def test_status_ends_with_6_when_a_table_is_missing_or_can_t_be_used(cli: Any) -> None:
    cli.edge.record_tables.present.remove("metrics")
    assert cli("tables", "status").code == 6
    assert "cloud-metrics: it is missing" in cli.out
    assert "cloud tables create" in cli.out
    cli.edge.record_tables.create()
    cli.edge.record_tables.broken = {"stacks"}
    assert cli("tables", "status").code == 6
    assert "cloud tables create" not in cli.out


def test_delete_wants_the_name_typed_out(cli: Any) -> None:
    assert cli("tables", "delete").code == 2
    assert "add --confirm cloud-deployments" in cli.err
    assert cli.edge.record_tables.present
    assert cli.json("tables", "delete", "--dry-run")["data"]["would_delete"] == NAMES
    assert cli.edge.record_tables.present
    assert cli.json("tables", "delete", "--confirm", "cloud-deployments")["data"]["deleted"] == NAMES


def test_delete_goes_on_when_the_name_is_typed_and_only_then(cli: Any, types: Any) -> None:
    types("yes")
    assert cli("tables", "delete").code == 1
    assert "Nothing was changed." in cli.err
    assert cli.edge.record_tables.present
    types("cloud-deployments")
    assert cli("tables", "delete").code == 0
    assert "Delete 5 tables with all that they hold? Type cloud-deployments to go on" in cli.err
    assert not cli.edge.record_tables.present


def test_delete_asks_nothing_when_there_are_no_tables(cli: Any) -> None:
    cli.edge.record_tables.present = []
    assert cli("tables", "delete").code == 0
    assert "There were no tables." in cli.out


def test_a_rehearsal_is_refused_where_the_deletion_would_be(cli: Any) -> None:
    deployed(cli, "dev")
    assert cli("tables", "delete", "--dry-run").code == 5


class TestService:
    @pytest.mark.parametrize("status", DeploymentStatus)
    def test_what_may_have_something_in_aws_is_live(self, cli: Any, status: DeploymentStatus) -> None:
        records = cli.edge.world.records
        known = records.deployments.get_by_id("D1BRV40")
        records.deployments.update(known.model_copy(update={"status": status}))
        is_empty = status in (DeploymentStatus.INITIALIZED, DeploymentStatus.DESTROYED)
        assert cli("tables", "delete", "--dry-run").code == (0 if is_empty else 5)

    def test_many_live_deployments_are_counted(self, cli: Any) -> None:
        deployments = cli.edge.world.records.deployments
        known = deployments.get_by_id("D1BRV40")
        for number in range(7):
            live = {"deployment_id": f"D00000{number}", "status": DeploymentStatus.DEPLOYED}
            deployments.create(known.model_copy(update=live))
        assert cli("tables", "delete", "--dry-run").code == 5
        assert "D000000 (deployed)" in cli.err
        assert "D000004 (deployed) and 2 more" in cli.err

    def test_without_a_table_of_deployments_nothing_lives(self) -> None:
        class Missing:
            def list_by_status(self, status: DeploymentStatus) -> Page[Any]:
                raise TablesMissing("tables missing: cloud-deployments")

        tables = FakeTables()
        assert TableService(tables, Missing()).delete() == NAMES  # type: ignore[arg-type]
