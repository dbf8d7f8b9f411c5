"""Runs as they lay in the tables, recorded with a release; each line of a recording is an item of a table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloud_core.adapters.dynamodb.models import deployment_from_item, event_from_item, from_item, operation_from_item
from cloud_core.domain.events import Event, EventDraft
from cloud_core.domain.records import Deployment, Operation, StackRecord
from cloud_core.domain.statuses import OperationStatus
from cloud_core.ports.records import Records


@dataclass(frozen=True)
class Recording:
    items: list[dict[str, Any]]

    @classmethod
    def read(cls, path: Path) -> Recording:
        items = map(json.loads, path.read_text("utf-8").splitlines())
        return cls(sorted(items, key=lambda item: str(item["SK"])))

    def under(self, prefix: str) -> list[dict[str, Any]]:
        return [item for item in self.items if item["SK"].startswith(prefix)]

    @property
    def events(self) -> list[Event]:
        return [event_from_item(item) for item in self.under("EVENT#")]

    @property
    def operations(self) -> list[Operation]:
        return [operation_from_item(item) for item in self.under("OPERATION#")]

    @property
    def stacks(self) -> dict[str, StackRecord]:
        return {one.stack_name: one for one in (from_item(StackRecord, item) for item in self.under("STACK#"))}

    @property
    def deployment(self) -> Deployment:
        (item,) = self.under("METADATA")
        return deployment_from_item(item)

    @property
    def begun(self) -> list[Operation]:
        """The operations as they were accepted."""
        nothing: dict[str, Any] = {
            "started_at": None,
            "completed_at": None,
            "results": {},
            "message": None,
            "flow_run_id": None,
        }
        return [one.model_copy(update={**nothing, "status": OperationStatus.PENDING}) for one in self.operations]

    def prepare(self, records: Records, **changes: Any) -> None:
        """The deployment and its operations as they were accepted; `changes` are of the deployment."""
        records.deployments.create(self.deployment.model_copy(update=changes))
        for operation in self.begun:
            records.operations.create(operation)

    def play(self, records: Records, event: Event) -> Event:
        """Tell the event once more; it gets the log's next number."""
        return records.events.append(EventDraft(**event.model_dump(exclude={"seq"})))
