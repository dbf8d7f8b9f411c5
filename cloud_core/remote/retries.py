"""What an operation left undone, as the API finds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cloud_core.adapters.rest.client import RestClient, place
from cloud_core.domain.records import Operation
from cloud_core.remote.named import record_of
from cloud_core.remote.operations import Ready, RemoteOperations
from cloud_core.remote.outlooks import plan_of
from cloud_core.services.operations.guards import StartOperation, again
from cloud_core.services.operations.retries import Retry, RetryWish


@dataclass(frozen=True)
class Remaining(StartOperation):
    """A retry, as it was wished: the API finds out anew what is left when it is started."""

    wish: RetryWish | None = None

    def ready(self) -> Ready:
        """How it is asked for: confined to what was shown."""
        assert self.wish is not None
        return Ready(_place(self.deployment_id, self.retry_of or ""), {**_body(self.wish), "stacks": self.stacks})


class RemoteRetries:
    """As `services.operations.retries`."""

    def __init__(self, client: RestClient, operations: RemoteOperations) -> None:
        self._client = client
        self._operations = operations

    def prepare(self, wish: RetryWish) -> Retry:
        """What is left. Raises as the service does."""
        deployment = record_of(self._client, wish.deployment_id)
        operation_id = wish.operation_id or self._latest(wish)
        if operation_id is None:
            return Retry(None)
        ended = self._operations.get(wish.deployment_id, operation_id)
        told = self._client.post(_place(wish.deployment_id, operation_id), {**_body(wish), "dry_run": True})
        stacks = told["stacks"]
        if not stacks:
            return Retry(ended)
        return Retry(
            ended,
            _remaining(ended, wish, [one["name"] for one in stacks]),
            plan_of({"layers": [{"stacks": stacks}]}, deployment),
            {one["name"]: one["reason"] for one in stacks},
            {one["name"]: one["repairs"] for one in stacks if one["repairs"]},
        )

    def _latest(self, wish: RetryWish) -> str | None:
        found = self._operations.turns.current(wish.deployment_id, wish.environment)
        return found.operation_id if found else None


def _remaining(ended: Operation, wish: RetryWish, stacks: list[str]) -> Remaining:
    request = replace(again(ended, wish.started_by), stacks=stacks)
    return Remaining(**{name: getattr(request, name) for name in StartOperation.__dataclass_fields__}, wish=wish)


def _place(deployment_id: str, operation_id: str) -> str:
    return place("deployments", deployment_id, "operations", operation_id, "retry")


def _body(wish: RetryWish) -> dict[str, Any]:
    said = wish.repair
    return {
        "stacks": list(wish.stacks),
        "everything": wish.everything,
        "latest": wish.latest,
        "repair": said.allowed,
        "adopt": said.adopt,
        "forget": said.forget,
        "break_locks": said.break_locks,
    }
