"""All repositories over one client: what the composition root builds."""

from __future__ import annotations

from cloud_core.adapters.dynamodb.client import DynamoClient
from cloud_core.adapters.dynamodb.deployments import DynamoDeployments
from cloud_core.adapters.dynamodb.events import DynamoEvents
from cloud_core.adapters.dynamodb.leases import DynamoLeases
from cloud_core.adapters.dynamodb.logs import DynamoLogs
from cloud_core.adapters.dynamodb.metrics import DynamoMetrics
from cloud_core.adapters.dynamodb.operations import DynamoOperations
from cloud_core.adapters.dynamodb.stacks import DynamoStacks
from cloud_core.adapters.dynamodb.table import PATIENCE_SECONDS, Table
from cloud_core.domain import tables
from cloud_core.ports.clock import Clock


class DynamoRecords:
    """`ports.records.Records`. Outages shorter than `patience_seconds` go unnoticed; edges that ask once want less."""

    def __init__(
        self, client: DynamoClient, prefix: str, clock: Clock, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        def table(definition: tables.TableDefinition) -> Table:
            return Table(client, prefix + definition.name, clock, patience_seconds)

        deployments, stacks, logs = table(tables.DEPLOYMENTS), table(tables.STACKS), table(tables.LOGS)
        self.deployments = DynamoDeployments(deployments, clock)
        self.operations = DynamoOperations(deployments)
        self.leases = DynamoLeases(deployments, clock)
        self.stacks = DynamoStacks(stacks, clock)
        self.logs = DynamoLogs(logs, clock)
        self.metrics = DynamoMetrics(table(tables.METRICS), clock)
        self.events = DynamoEvents(logs, clock)
