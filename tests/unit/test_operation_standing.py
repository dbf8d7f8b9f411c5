"""How far an operation is told to be, and what it is about to do."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.progress import OperationView
from cloud_core.domain.records import Operation, StackResult
from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.domain.wishes import RollbackWish
from cloud_core.services.looking.operation_standing import standing_data
from cloud_core.testing.builders import an_operation

LAYERS = [["dns", "network"], ["security"], ["secrets"]]
USUAL = {"dns": 5.0, "network": 40.0, "security": 10.0, "secrets": 2.5}


def told(operation: Operation, running: dict[str, int] | None = None, **estimates: float) -> dict[str, Any]:
    """With each `running` stack at that percentage."""
    view = OperationView.begin(operation, None, estimates).settle(operation)
    for name, percent in (running or {}).items():
        view = view.with_stack(name, status=StackStatus.DEPLOYING, done=percent, total=100)
    return standing_data(operation, view)


def fared(name: str, status: StackStatus, cause: str | None = None, **more: Any) -> dict[str, StackResult]:
    return {name: StackResult(stack_name=name, status=status, cause=cause, **more)}


def test_before_it_begins_all_is_to_do() -> None:
    data = told(an_operation(layers=LAYERS), **USUAL)
    assert data["progress"] == {
        "total_stacks": 4,
        "completed_stacks": 0,
        "failed_stacks": 0,
        "in_progress_stacks": 0,
        "pending_stacks": 4,
        "percentage": 0,
    }
    assert data["estimated_duration"] == 52.5
    assert data["layers"] == [
        {"layer": number, "stacks": names, "status": "pending"} for number, names in enumerate(LAYERS, 1)
    ]
    assert data["stacks_to_deploy"][1] == {
        "name": "network",
        "layer": 1,
        "status": "pending",
        "estimated_duration": 40.0,
    }
    assert (data["stacks_to_destroy"], data["stacks_skipped"], data["stack_name"]) == ([], [], None)


def test_on_its_way_each_stack_counts_where_it_is() -> None:
    results = {
        **fared("dns", StackStatus.SKIPPED, "unchanged", last_deployed_at="2026-01-02T03:04:05.000Z"),
        **fared("network", StackStatus.DEPLOYED),
    }
    data = told(an_operation(layers=LAYERS, results=results, status="in_progress"), {"security": 50}, **USUAL)
    assert data["progress"] == {
        "total_stacks": 4,
        "completed_stacks": 2,
        "failed_stacks": 0,
        "in_progress_stacks": 1,
        "pending_stacks": 1,
        "percentage": 62,
    }
    assert [one["status"] for one in data["layers"]] == ["completed", "in_progress", "pending"]
    assert {one["name"]: one["status"] for one in data["stacks_to_deploy"]} == {
        "network": "deployed",
        "security": "deploying",
        "secrets": "pending",
    }
    assert data["stacks_skipped"] == [
        {"name": "dns", "layer": 1, "reason": "unchanged", "last_deployed": "2026-01-02T03:04:05.000Z"}
    ]
    assert data["estimated_duration"] == 52.5, "dns takes no time, and was never what the others waited for"


def test_a_layer_that_is_half_done_is_in_progress() -> None:
    data = told(an_operation(layers=LAYERS, results=fared("dns", StackStatus.DEPLOYED), status="in_progress"))
    assert [one["status"] for one in data["layers"]] == ["in_progress", "pending", "pending"]


def test_a_failure_is_never_full() -> None:
    results = {
        **fared("dns", StackStatus.DEPLOYED),
        **fared("network", StackStatus.FAILED),
        **fared("security", StackStatus.SKIPPED, "dependency_failed:network"),
        **fared("secrets", StackStatus.CANCELLED, "cancelled"),
    }
    data = told(an_operation(layers=LAYERS, results=results, status="failed"))
    progress = data["progress"]
    assert (progress["completed_stacks"], progress["failed_stacks"], progress["pending_stacks"]) == (1, 1, 0)
    assert progress["percentage"] == 25
    assert {one["status"] for one in data["layers"]} == {"failed"}
    assert [one["name"] for one in data["stacks_to_deploy"]] == ["dns", "network"]
    assert [one["reason"] for one in data["stacks_skipped"]] == ["dependency_failed:network", "cancelled"]


@pytest.mark.parametrize(("usual", "wanted"), [({}, None), ({"dns": 5.0}, None), (USUAL, 52.5)], ids=str)
def test_an_estimate_needs_all_stacks_to_have_run(usual: dict[str, float], wanted: float | None) -> None:
    assert told(an_operation(layers=LAYERS), **usual)["estimated_duration"] == wanted


def test_an_estimate_minds_how_many_run_at_once() -> None:
    assert told(an_operation(layers=LAYERS, parallel=1), **USUAL)["estimated_duration"] == 57.5


def test_a_destroy_tells_what_goes() -> None:
    data = told(an_operation(type=Action.DESTROY, layers=[["dns"]], stacks=["dns"]))
    assert [one["name"] for one in data["stacks_to_destroy"]] == ["dns"]
    assert (data["stacks_to_deploy"], data["stack_name"]) == ([], "dns")


def test_a_rollback_destroys_some_and_puts_others_back() -> None:
    back = RollbackWish(of="op-0", version=1, destroys=["dns"])
    data = told(an_operation(type=Action.ROLLBACK, layers=LAYERS, rollback=back))
    assert [one["name"] for one in data["stacks_to_destroy"]] == ["dns"]
    assert [one["name"] for one in data["stacks_to_deploy"]] == ["network", "security", "secrets"]


@pytest.mark.parametrize("action", [Action.PREVIEW, Action.REFRESH, Action.DRIFT])
def test_what_only_looks_deploys_and_destroys_nothing(action: Action) -> None:
    data = told(an_operation(type=action, layers=LAYERS))
    assert (data["stacks_to_deploy"], data["stacks_to_destroy"]) == ([], [])
    assert data["progress"]["pending_stacks"] == 4


def test_one_without_stacks_is_complete() -> None:
    assert told(an_operation(layers=[]))["progress"]["percentage"] == 100
