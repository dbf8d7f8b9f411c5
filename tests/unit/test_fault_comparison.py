"""The fault suite's comparison finds each contradiction between AWS, the engine's state and the records."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cloud_core.domain.leases import granted
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LeaseRecord, Operation, ResourceRecord, StackRecord, StackResult
from cloud_core.domain.statuses import OperationStatus, StackStatus
from cloud_core.testing.builders import DEPLOYMENT_ID, a_stack, an_operation, an_owner
from cloud_core.testing.clock import START

SUITE = Path(__file__).resolve().parents[2] / "faults"
STACKS = ("net", "names", "slow", "last")
PARAMETER = "aws:ssm/parameter:Parameter"


@pytest.fixture
def comparison(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(SUITE)
    return importlib.import_module("comparison")


def urn(stack: str) -> str:
    return f"urn:pulumi:dev::faults::{PARAMETER}::{stack}"


def state(stack: str) -> dict[str, Any]:
    return {
        "resources": [
            {"type": "pulumi:pulumi:Stack", "urn": "urn:stack", "outputs": {"name": stack}},
            {"type": "pulumi:providers:aws", "urn": "urn:provider", "id": "1"},
            {"type": PARAMETER, "urn": urn(stack), "id": f"/{stack}", "outputs": {"name": f"/{stack}"}},
        ],
        "pending_operations": [],
    }


def a_creation() -> dict[str, Any]:
    return {"type": "creating", "resource": {"urn": urn("orphan"), "type": PARAMETER}}


def record(stack: str) -> StackRecord:
    told = ResourceRecord(type=PARAMETER, name=stack, urn=urn(stack), status="created")
    return a_stack(stack, status=StackStatus.DEPLOYED, resources=[told], outputs={"name": stack}, fence=1)


def released() -> LeaseRecord:
    lease = granted(None, DEPLOYMENT_ID, EnvironmentName.DEV, an_owner(), START)
    return lease.model_copy(update={"owner": None})


@dataclass
class Seen:
    """What is seen of a deployment and of AWS; all in order as it is made."""

    id: str = DEPLOYMENT_ID
    states: dict[str, Any] = field(default_factory=lambda: {stack: state(stack) for stack in STACKS})
    stacks: dict[str, StackRecord] = field(default_factory=lambda: {stack: record(stack) for stack in STACKS})
    operation: Operation = field(default_factory=lambda: an_operation(status=OperationStatus.SUCCESS))
    lease: LeaseRecord = field(default_factory=released)
    engine_locks: list[Path] = field(default_factory=list)
    in_aws: list[tuple[str, str]] = field(default_factory=lambda: [(stack, f"/{stack}") for stack in STACKS])

    def state_of(self, stack: str) -> Any:
        return self.states.get(stack)

    def operation_now(self, operation_id: str) -> Operation:
        return self.operation

    def engines(self) -> list[Any]:
        return []

    keepers = engines


def aws(comparison: ModuleType, seen: Seen) -> Any:
    class Aws:
        def resources(self, deployment_id: str) -> list[Any]:
            return [comparison.Resource(stack, PARAMETER, identity) for stack, identity in seen.in_aws]

    return Aws()


def found(comparison: ModuleType, seen: Seen, deployed: bool = True) -> list[str]:
    return list(comparison.contradictions(seen, aws(comparison, seen), deployed))


def test_nothing_is_wrong_where_all_agree(comparison: ModuleType) -> None:
    assert found(comparison, Seen()) == []


def destroyed(stack: StackRecord) -> StackRecord:
    return stack.model_copy(update={"status": StackStatus.DESTROYED, "resources": [], "outputs": {}})


def test_nothing_is_wrong_where_all_is_gone(comparison: ModuleType) -> None:
    gone = Seen(states={}, in_aws=[], stacks={stack: destroyed(record(stack)) for stack in STACKS})
    assert found(comparison, gone, deployed=False) == []


def change(seen: Seen, stack: str, **changes: Any) -> None:
    seen.stacks[stack] = seen.stacks[stack].model_copy(update=changes)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda seen: seen.in_aws.append(("net", "/orphan")), "in AWS, in no state"),
        (lambda seen: seen.in_aws.append(("net", "/net")), "in AWS, in no state"),
        (lambda seen: seen.in_aws.remove(("net", "/net")), "in the state, not in AWS"),
        (lambda seen: seen.states["net"]["pending_operations"].append(a_creation()), "pending in the state"),
        (lambda seen: seen.engine_locks.append(Path("lock.json")), "engine's lock left"),
        (lambda seen: change(seen, "net", status=StackStatus.FAILED), "the record of net says failed, not deployed"),
        (lambda seen: change(seen, "net", resources=[]), "lacks ['urn:"),
        (lambda seen: change(seen, "net", outputs={"name": "old"}), "net: outputs are"),
        (lambda seen: change(seen, "net", fence=0), "net carries token 0, the lease 1"),
        (lambda seen: setattr(seen, "operation", an_operation()), "operation op-1 is pending"),
        (lambda seen: setattr(seen, "lease", seen.lease.model_copy(update={"owner": an_owner()})), "lease is held"),
    ],
)
def test_each_contradiction_is_told(comparison: ModuleType, spoil: Callable[[Seen], object], sentence: str) -> None:
    seen = Seen()
    spoil(seen)
    assert [sentence in text for text in found(comparison, seen)] == [True]


def test_a_stack_that_is_told_destroyed_while_its_state_is_there(comparison: ModuleType) -> None:
    seen = Seen()
    change(seen, "net", status=StackStatus.DESTROYED)
    assert any("net is told destroyed, but its state is there" in text for text in found(comparison, seen, False))


def failed(seen: Seen, error: str) -> None:
    change(seen, "net", status=StackStatus.FAILED, last_operation_id="op-1")
    result = StackResult(stack_name="net", status=StackStatus.FAILED, error=error)
    seen.operation = an_operation(status=OperationStatus.FAILED, results={"net": result})


def test_after_a_blow_nothing_may_stand_in_aws_that_nobody_knows(comparison: ModuleType) -> None:
    seen = Seen()
    failed(seen, "stack 'net' failed: access was denied")
    assert comparison.unexplained(seen, aws(comparison, seen)) == []
    seen.in_aws.append(("net", "/orphan"))
    assert ["/orphan" in text for text in comparison.unexplained(seen, aws(comparison, seen))] == [True]
    assert comparison.unknown(seen, aws(comparison, seen)) == []


def test_what_a_pending_creation_may_have_made_is_known(comparison: ModuleType) -> None:
    seen = Seen()
    seen.in_aws.append(("net", "/orphan"))
    seen.states["net"]["pending_operations"].append(a_creation())
    assert comparison.unexplained(seen, aws(comparison, seen)) == []


def test_what_has_still_to_be_looked_up_is_known(comparison: ModuleType) -> None:
    seen = Seen()
    seen.in_aws.append(("net", "/orphan"))
    seen.states["net"]["resources"].append({"type": PARAMETER, "urn": urn("orphan"), "id": "not-known", "outputs": {}})
    assert comparison.unexplained(seen, aws(comparison, seen)) == []
    assert any("pending in the state of net" in text for text in found(comparison, seen))


def test_what_a_failure_tells_of_is_looked_for_by_a_person(comparison: ModuleType) -> None:
    seen = Seen()
    seen.in_aws.append(("net", "/orphan"))
    failed(seen, "its provider ended. AWS may have made it, and the state can't be told so: look for it there")
    assert comparison.unexplained(seen, aws(comparison, seen)) == []
    assert [one.id for one in comparison.unknown(seen, aws(comparison, seen))] == ["/orphan"]
