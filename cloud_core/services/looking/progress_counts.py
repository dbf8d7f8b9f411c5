"""How far an environment is, counted from its stacks' records."""

from __future__ import annotations

from dataclasses import dataclass

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.domain.statuses import StackStatus


@dataclass(frozen=True)
class ProgressCounts:
    """Of the stacks that have a record; `stacks` are in the order of their layers."""

    deployment_id: str
    environment: EnvironmentName
    stacks: tuple[StackRecord, ...]

    def count(self, *statuses: StackStatus) -> int:
        return sum(stack.status in statuses for stack in self.stacks)

    @property
    def percent(self) -> int:
        """Deployed stacks of all, rounded down."""
        return self.count(StackStatus.DEPLOYED) * 100 // len(self.stacks) if self.stacks else 0

    @property
    def resource_count(self) -> int:
        return sum(stack.resource_count for stack in self.stacks)


def progress_counts(deployment_id: str, environment: EnvironmentName, stacks: list[StackRecord]) -> ProgressCounts:
    ordered = sorted(stacks, key=lambda stack: (stack.layer, stack.stack_name))
    return ProgressCounts(deployment_id, environment, tuple(ordered))
