"""The operations that a deployment has seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, islice
from typing import Any, Final

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.page_tokens import decode_token, encode_token
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action
from cloud_core.ports.records import Records
from cloud_core.services.looking.report import operation_data
from cloud_core.services.records.operations import newest_first, require_operation
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.records.targets import require_known_stack

_LIST: Final = "operations of a history"


@dataclass(frozen=True)
class OperationFilter:
    """None matches everything. An operation is about a stack when it was to work on it; an idempotency key has one."""

    environment: EnvironmentName | None = None
    stack: str | None = None
    action: Action | None = None
    key: str | None = None

    def matches(self, operation: Operation) -> bool:
        return (
            self.environment in (None, operation.environment)
            and self.action in (None, operation.type)
            and (self.stack is None or self.stack in _stacks(operation))
        )


@dataclass(frozen=True)
class History:
    """Operations, newest first; `has_more` says that older ones match too, `next_token` leads to them."""

    deployment_id: str
    operations: tuple[Operation, ...]
    has_more: bool

    @property
    def next_token(self) -> str | None:
        return encode_token(_LIST, {"after": self.operations[-1].operation_id}) if self.has_more else None

    def to_data(self) -> dict[str, Any]:
        return {
            "deployment_id": self.deployment_id,
            "operations": [operation_data(one) for one in self.operations],
            "has_more": self.has_more,
        }


class HistoryService:
    """Reads only."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def operations(
        self, deployment_id: str, wanted: OperationFilter, limit: int, next_token: str | None = None
    ) -> History:
        """At most `limit` that match, of however many pages of the store; with a token those behind the page that gave
        it. DeploymentNotFound, StackNotFound; InvalidInput for a token of another list."""
        deployment = require_deployment(self._records.deployments, deployment_id)
        if wanted.stack is not None:
            require_known_stack(self._records.stacks, deployment, wanted.stack)
        all_of_it = self._all(deployment_id, wanted.key)
        if next_token is not None:
            last = decode_token(_LIST, ("after",), next_token)["after"]
            all_of_it = islice(dropwhile(lambda one: one.operation_id != last, all_of_it), 1, None)
        matching = filter(wanted.matches, all_of_it)
        found = tuple(islice(matching, limit + 1))
        return History(deployment_id, found[:limit], len(found) > limit)

    def _all(self, deployment_id: str, key: str | None) -> Iterator[Operation]:
        if key is None:
            return newest_first(self._records.operations, deployment_id)
        return filter(None, iter([self._records.operations.get_by_key(deployment_id, key)]))

    def operation(self, deployment_id: str, operation_id: str) -> Operation:
        """One in full. DeploymentNotFound; OperationNotFound."""
        require_deployment(self._records.deployments, deployment_id)
        return require_operation(self._records.operations, deployment_id, operation_id)


def _stacks(operation: Operation) -> set[str]:
    return {*operation.stacks, *operation.results, *(name for layer in operation.layers for name in layer)}
