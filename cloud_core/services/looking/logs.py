"""Log lines of a deployment: those that are kept, and those that come while an operation runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.errors import DeploymentNotFound, Unavailable
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry, LogLevel, Operation
from cloud_core.domain.statuses import Action
from cloud_core.ports.records import Page, Records
from cloud_core.ports.workspace import LogFiles
from cloud_core.services.looking.watching import Ending, WatchService
from cloud_core.services.records.events import QUIET, log_entry
from cloud_core.services.records.operations import latest_operation, require_operation
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.records.targets import require_known_stack

_PAGE: Final = 200
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
_RANK: Final = {level: rank for rank, level in enumerate(LogLevel)}


@dataclass(frozen=True)
class LogQuery:
    """Which lines. `level` is the least one; `limit` counts from the newest line back.

    Lines are those of one operation: the given one, or the newest that does `action`, or the environment's newest.
    With `since`, and without an operation or action, they are those of all operations since then.
    """

    deployment_id: str
    environment: EnvironmentName
    stack: str | None = None
    level: LogLevel = LogLevel.DEBUG
    since: datetime | None = None
    limit: int = 100
    action: Action | None = None
    operation_id: str | None = None

    def wants(self, entry: LogEntry) -> bool:
        """Whatever the operation."""
        mine = entry.environment is self.environment and self.stack in (None, entry.stack_name)
        return mine and self.wants_of_init(entry)

    def wants_of_init(self, entry: LogEntry) -> bool:
        """Of lines that belong to no environment and no stack."""
        is_late = self.since is None or parse_timestamp(entry.timestamp) >= self.since
        return is_late and _RANK[entry.log_level] >= _RANK[self.level]


@dataclass(frozen=True)
class Lines:
    """Lines, oldest first; `operation` is the one that they are of, `ending` how it ended when it was followed.

    `source` is `records`, or `files` of this workspace; `away` tells why the records could not be read.
    """

    entries: tuple[LogEntry, ...]
    operation: Operation | None = None
    ending: Ending | None = None
    source: str = "records"
    away: str | None = None


class LogService:
    """`records` and `watching` are looked for when they are asked: what lies in files is read without them."""

    def __init__(self, records: Callable[[], Records], watching: Callable[[], WatchService], files: LogFiles) -> None:
        self._find_records = records
        self._find_watching = watching
        self._files = files

    @property
    def _records(self) -> Records:
        return self._find_records()

    @property
    def _watching(self) -> WatchService:
        return self._find_watching()

    def read(self, query: LogQuery) -> Lines:
        """The lines that are kept. DeploymentNotFound, StackNotFound, OperationNotFound; no line yet is no error."""
        self._require_known(query)
        operation = self._operation(query)
        if operation is None and query.since is None:
            return Lines(())
        return Lines(self._read(query, operation), operation)

    def of_init(self, query: LogQuery) -> Lines:
        """What `init` wrote; DeploymentNotFound when this workspace has no folder of the deployment."""
        wanted = [entry for entry in self._files.of_init(query.deployment_id) if query.wants_of_init(entry)]
        return Lines(tuple(wanted[-query.limit :]), source="files")

    def at_hand(self, query: LogQuery) -> Lines:
        """As `read`; while the records can't be reached, what this workspace's files have of it.

        Raises as `read`, Unavailable when no file has it either: files do not know operations by their ids.
        """
        try:
            return self.read(query)
        except Unavailable as error:
            found = self._of_files(query)
            if found is None:
                raise
            return Lines(found, source="files", away=error.message)

    def _of_files(self, query: LogQuery) -> tuple[LogEntry, ...] | None:
        """None when there is no file of such a run."""
        try:
            runs = list(self._runs(query))
        except DeploymentNotFound:
            return None
        wanted = [entry for lines in reversed(runs) for entry in lines if query.wants(entry)]
        return tuple(wanted[-query.limit :]) if runs else None

    def _runs(self, query: LogQuery) -> Iterator[list[LogEntry]]:
        """The runs that are asked for, the newest first."""
        if query.operation_id is not None:
            return
        for action, lines in self._files.runs(query.deployment_id, query.environment):
            if query.action in (None, action):
                yield lines
                if query.since is None or query.action is not None:
                    return

    def follow(self, query: LogQuery) -> Iterator[Lines]:
        """Lines as they come: first the last `limit` of the operation, at the end its ending. Raises as `read`.

        They are made from the event log, which numbers what happens: nothing is missed and nothing comes twice.
        Without an operation that runs there is nothing to follow: the kept lines come and that is all.
        """
        self._require_known(query)
        operation = self._operation(query)
        if operation is None or operation.status.is_terminal:
            yield self.read(query)
            return
        for number, look in enumerate(self._watching.follow(operation)):
            entries = [log_entry(event) for event in look.events if event.event not in QUIET]
            wanted = [entry for entry in entries if query.wants(entry)]
            yield Lines(tuple(wanted if number else wanted[-query.limit :]), operation, look.ending)

    def _require_known(self, query: LogQuery) -> None:
        deployment = require_deployment(self._records.deployments, query.deployment_id)
        if query.stack is not None:
            require_known_stack(self._records.stacks, deployment, query.stack)

    def _operation(self, query: LogQuery) -> Operation | None:
        if query.operation_id is not None:
            return require_operation(self._records.operations, query.deployment_id, query.operation_id)
        if query.since is not None and query.action is None:
            return None
        if query.action is None and (at_work := self._watching.at_work(query.deployment_id, query.environment)):
            return at_work
        actions = [query.action] if query.action else list(Action)
        return latest_operation(self._records.operations, query.deployment_id, query.environment, actions)

    def _read(self, query: LogQuery, operation: Operation | None) -> tuple[LogEntry, ...]:
        begin = parse_timestamp(operation.created_at) - _CLOCKS_DIFFER if operation else query.since
        found: list[LogEntry] = []
        for entry in self._newest_first(query, begin):
            mine = operation is None or entry.operation_id == operation.operation_id
            if mine and query.wants(entry):
                found.append(entry)
            if len(found) == query.limit:
                break
        return tuple(reversed(found))

    def _newest_first(self, query: LogQuery, begin: datetime | None) -> Iterator[LogEntry]:
        token = None
        while True:
            page = self._page(query, begin, token)
            for entry in page.items:
                if begin is not None and parse_timestamp(entry.timestamp) < begin:
                    return
                yield entry
            token = page.next_token
            if token is None:
                return

    def _page(self, query: LogQuery, begin: datetime | None, token: str | None) -> Page[LogEntry]:
        logs = self._records.logs
        if query.stack is not None:
            return logs.get_logs_by_stack(query.deployment_id, query.stack, query.environment, _PAGE, token)
        return logs.get_logs(query.deployment_id, _PAGE, begin, token)


def log_data(entry: LogEntry) -> dict[str, Any]:
    """The `data` of one line."""
    return {
        "timestamp": entry.timestamp,
        "level": entry.log_level.value,
        "stack": entry.stack_name,
        "environment": entry.environment.value if entry.environment else None,
        "operation": entry.operation_id,
        "message": entry.message,
        "metadata": entry.details,
    }
