"""`cloud history`, from what is typed to what is shown, over fakes."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.errors import StackFailed
from cloud_core.domain.statuses import Action, OperationStatus
from cloud_core.services.looking.history import HistoryService, OperationFilter
from cloud_core.testing.builders import DEPLOYMENT_ID, a_deployment, an_operation
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.records import InMemoryRecords

ID = DEPLOYMENT_ID


@pytest.fixture
def busy(cli: Any) -> Any:
    """A deployment with a deploy, one of a single stack, one that failed in part, and a destroy."""
    engine = cli.edge.world.engine
    cli("deploy", ID, "--auto-approve")
    cli.edge.clock.advance(1)
    cli("deploy-stack", ID, "dns", "--auto-approve")
    cli.edge.clock.advance(1)
    engine.outputs_of["security"] = StackFailed("stack 'security' failed: no such vpc", stack="security")
    cli("deploy", ID, "--auto-approve", "--no-smart-skip")
    cli.edge.clock.advance(1)
    del engine.outputs_of["security"]
    cli("destroy", ID, "--auto-approve")
    return cli


def ids(cli: Any, *options: str) -> list[str]:
    return [one["operation_id"] for one in cli.json("history", ID, *options)["data"]["operations"]]


def test_of_a_deployment_where_nothing_has_run(cli: Any) -> None:
    assert cli("history", ID).out == "Nothing has run yet.\n"
    assert cli.json("history", ID)["data"] == {"deployment_id": ID, "operations": [], "has_more": False}


def test_shows_the_newest_first_with_what_happened(busy: Any) -> None:
    assert busy("history", ID).code == 0
    heading, *rows = busy.out.splitlines()
    assert heading.split() == ["When", "Operation", "Environment", "What", "Status", "Stacks", "Time", "Version", "By"]
    assert [row.split()[4] for row in rows] == ["destroy", "deploy", "deploy", "deploy"]
    assert "✓ success" in rows[0]
    assert "4 destroyed" in rows[0]
    assert "✗ failed" in rows[1]
    assert "2 deployed, 1 failed, 1 skipped" in rows[1]
    assert "deploy dns" in rows[2]


def test_tells_programs_the_whole_of_each_operation(busy: Any) -> None:
    newest, failed, *_ = busy.json("history", ID)["data"]["operations"]
    assert (newest["type"], newest["environment"], newest["manifest_version"]) == ("destroy", "dev", 1)
    assert newest["flow_run_id"]
    assert newest["started_by"]
    assert (failed["status"], failed["deployed"], failed["failed"], failed["skipped"]) == ("failed", 2, 1, 1)


def test_can_be_narrowed(busy: Any) -> None:
    newest, failed, single, first = ids(busy)
    assert ids(busy, "--type", "destroy") == [newest]
    assert ids(busy, "--stack", "network") == [newest, failed, first]
    assert ids(busy, "--stack", "dns", "--type", "deploy") == [failed, single, first]
    assert ids(busy, "--environment", "prod") == []
    assert busy("history", ID, "-e", "prod").out == "No operation matches.\n"


@pytest.mark.parametrize("command", ["history", "logs"])
def test_of_a_misspelt_stack_is_not_found(busy: Any, command: str) -> None:
    assert busy(command, ID, "--stack", "netwerk").code == 4
    assert "did you mean network?" in busy.err


@pytest.mark.parametrize("command", ["history", "logs"])
def test_of_a_stack_that_the_manifest_has_dropped_is_still_there(busy: Any, command: str) -> None:
    world = busy.edge.world
    environments = world.records.deployments.get_by_id(ID).manifest["environments"]
    world.put_manifest({"network": {}}, environments)
    assert "dns" in busy(command, ID, "--stack", "dns", *(["--type", "deploy"] if command == "logs" else [])).out


@pytest.mark.parametrize("type", Action)
def test_can_be_asked_for_any_type(busy: Any, type: Action) -> None:
    assert busy("history", ID, "--type", type.value).code == 0


@pytest.mark.parametrize("type", Action)
def test_so_can_the_log(busy: Any, type: Action) -> None:
    busy.edge.clock.advance(1)
    busy("plan", ID)
    newest = ids(busy, "--type", type.value)[:1]
    data = busy.json("logs", ID, "--type", type.value)["data"]
    assert busy.code == 0
    assert [data["operation_id"]] == (newest or [None])
    assert {line["operation"] for line in data["logs"]} == set(newest)


def test_tells_that_there_are_older_ones(busy: Any) -> None:
    assert "There are older ones" in busy("history", ID, "--limit", "3").out
    assert busy.json("history", ID, "-n", "3")["data"]["has_more"] is True
    assert "older" not in busy("history", ID, "--limit", "4").out


def test_of_one_operation_shows_its_stacks(busy: Any) -> None:
    failed = ids(busy)[1]
    assert busy("history", ID, "--operation", failed).code == 0
    assert f"{failed}  ✗ failed" in busy.out
    assert f"what       deploy of {ID} dev" in busy.out
    assert "message    failed: security" in busy.out
    assert "http://pages.test/runs/flow-run/" in busy.out
    assert "no such vpc" in busy.out
    data = busy.json("history", ID, "--operation", failed)["data"]
    assert data["flow_run_url"].endswith(data["flow_run_id"])
    assert {one["stack"]: one["status"] for one in data["results"]}["secrets"] == "skipped"


def test_shows_an_operation_that_has_not_begun(cli: Any) -> None:
    names = ["authentication", "compute-lambda", "network"]
    waiting = an_operation(type=Action.PREVIEW, previews=Action.DESTROY, stacks=names, layers=[["network"], names[:2]])
    cli.edge.world.records.operations.create(waiting)
    assert "preview (destroy) 3 stacks" in cli("history", ID).out
    assert "○ pending" in cli.out
    assert "by         ann" in cli("history", ID, "--operation", waiting.operation_id).out
    assert "started" not in cli.out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["history", "D000000"], 4, "D000000"),
        (["history", ID, "--operation", "op-none"], 4, f"cloud history {ID}"),
        (["history", ID, "--operation", "op-1", "--stack", "dns"], 2, "--stack has nothing to choose"),
        (["history", ID, "--limit", "0"], 2, "--limit"),
        (["history", ID, "--type", "sleep"], 2, "'sleep' is none of deploy, destroy"),
        (["history", ID, "--environment", "staging"], 2, "use 'stage'"),
    ],
)
def test_what_can_not_be_shown_is_told(cli: Any, arguments: list[str], code: int, told: str) -> None:
    assert cli(*arguments).code == code
    assert told in cli.err


def test_reads_every_page_of_the_store() -> None:
    """Pages hold 20 operations."""
    clock = FakeClock()
    records = InMemoryRecords(clock)
    records.deployments.create(a_deployment())
    for number in range(45):
        action = Action.DRIFT if number in (0, 44) else Action.DEPLOY
        status = OperationStatus.SUCCESS
        moment = f"2026-01-02T00:00:{number:02d}Z"
        records.operations.create(an_operation(f"op-{number}", type=action, status=status, created_at=moment))
    history = HistoryService(records)
    found = history.operations(ID, OperationFilter(action=Action.DRIFT), limit=5)
    assert [one.operation_id for one in found.operations] == ["op-44", "op-0"]
    everything = history.operations(ID, OperationFilter(), limit=45)
    assert len({one.operation_id for one in everything.operations}) == 45
    assert not everything.has_more
