"""The plan as it lies beside its run in the flow service's pages."""

from __future__ import annotations

from cloud_core.domain.plan import Plan, StackPlan
from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.domain.steps import PropertyChange, Step
from flows.artifacts import plan_markdown


def a_plan(*stacks: StackPlan) -> Plan:
    return Plan("op-1", "D1BRV40", "dev", Action.DEPLOY, 1, "sha256:x", "2026-01-02T03:04:05.000Z", stacks)


def test_tells_a_row_a_stack_and_each_changed_property() -> None:
    size = PropertyChange("size", "1", "2", forces_replacement=True)
    steps = (
        Step("replace", "urn:x", "aws:test:Thing", "one", (size,)),
        Step("create", "urn:y", "aws:test:Thing", "new"),
    )
    network = StackPlan(
        "network", 1, StackStatus.PREVIEWED, reasons=("changed: configuration",), changes={"replace": 1}, steps=steps
    )
    security = StackPlan(
        "security", 2, StackStatus.PREVIEWED, reasons=("a | b",), waits_for=("network",), changes={"same": 3}
    )
    dns = StackPlan("dns", 1, StackStatus.SKIPPED, cause="unchanged")

    lines = plan_markdown(a_plan(network, security, dns)).splitlines()

    assert lines[2:5] == [
        "| network | previewed | 0 | 0 | 1 | 0 | 0 | changed: configuration |",
        "| security | previewed | 0 | 0 | 0 | 0 | 3 | a \\| b; waits on network |",
        "| dns | skipped | 0 | 0 | 0 | 0 | 0 | unchanged |",
    ]
    assert lines[5:] == ["", "### network", "", "- **replace** `aws:test:Thing` one", "  - `size`: `1` → `2`"]
