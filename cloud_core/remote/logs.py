"""Log lines, as the API tells them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cloud_core.adapters.rest.client import RestClient, place
from cloud_core.adapters.rest.reading import log_entry_of
from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import NotRemote
from cloud_core.domain.records import Operation
from cloud_core.remote.operations import RemoteOperations
from cloud_core.services.looking.logs import Lines, LogQuery, lines_of
from cloud_core.services.looking.watching import WatchService

_MOST: Final = 1000
"""Lines that the API tells at once."""


class RemoteLogs:
    """As `services.looking.logs`."""

    def __init__(self, client: RestClient, operations: RemoteOperations, watching: WatchService) -> None:
        self._client = client
        self._operations = operations
        self._watching = watching

    def read(self, query: LogQuery) -> Lines:
        """The lines that are kept, oldest first; page by page until there are as many as are wanted."""
        told = self._page(query, query.limit, None)
        lines = list(told["logs"])
        operation_id, token = told["operation_id"], told["next_token"]
        while token is not None and len(lines) < query.limit:
            told = self._page(query, query.limit - len(lines), token)
            lines += told["logs"]
            token = told["next_token"]
        entries = tuple(log_entry_of(one, query.deployment_id) for one in reversed(lines))
        return Lines(entries, self._operation(query, operation_id), next_token=token)

    def at_hand(self, query: LogQuery) -> Lines:
        """As `read`: files of this workspace know nothing of what runs elsewhere."""
        return self.read(query)

    def follow(self, query: LogQuery) -> Iterator[Lines]:
        """Lines as they come, from the event log; the kept ones when nothing runs."""
        kept = self.read(query)
        if kept.operation is None or self._operations.settle(kept.operation):
            yield kept
            return
        yield from lines_of(self._watching.follow(kept.operation), kept.operation, query)

    def of_init(self, query: LogQuery) -> Lines:
        """It lies in a folder, and not in the records."""
        raise NotRemote(
            f"what init wrote of {query.deployment_id} lies in the workspace where it ran",
            what="--type init",
            suggestion="run the command there, without --remote",
        )

    def _page(self, query: LogQuery, wanted: int, token: str | None) -> Any:
        return self._client.get(
            place("monitoring", "deployments", query.deployment_id, "logs"),
            environment=query.environment.value if query.environment else None,
            stack=query.stack,
            level=query.level.value,
            operation_id=query.operation_id,
            type=query.action.value if query.action else None,
            since=timestamp(query.since) if query.since else None,
            until=timestamp(query.until) if query.until else None,
            search=query.text,
            limit=min(wanted, _MOST),
            next_token=token,
        )

    def _operation(self, query: LogQuery, operation_id: str | None) -> Operation | None:
        return self._operations.get(query.deployment_id, operation_id) if operation_id else None
