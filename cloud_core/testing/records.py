"""All repositories in memory: what `ports.records` promises, without a store."""

from __future__ import annotations

from cloud_core.ports.clock import Clock
from cloud_core.testing.in_memory.deployments import InMemoryDeployments
from cloud_core.testing.in_memory.events import InMemoryEvents
from cloud_core.testing.in_memory.leases import InMemoryLeases
from cloud_core.testing.in_memory.logs import InMemoryLogs
from cloud_core.testing.in_memory.metrics import InMemoryMetrics
from cloud_core.testing.in_memory.operations import InMemoryOperations
from cloud_core.testing.in_memory.stacks import InMemoryStacks


class InMemoryRecords:
    """`ports.records.Records`. Threads may share it; what goes in and out is copied."""

    def __init__(self, clock: Clock) -> None:
        self.deployments = InMemoryDeployments(clock)
        self.stacks = InMemoryStacks(clock)
        self.operations = InMemoryOperations()
        self.logs = InMemoryLogs(clock)
        self.metrics = InMemoryMetrics(clock)
        self.events = InMemoryEvents(clock)
        self.leases = InMemoryLeases(clock)
