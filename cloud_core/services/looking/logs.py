"""Log lines of a deployment: those that are kept, and those that come while an operation runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.errors import DeploymentNotFound, Unavailable
from cloud_core.domain.log_filter import LogFilter, at_least
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.page_tokens import decode_token, encode_token
from cloud_core.domain.records import LogEntry, LogLevel, Operation
from cloud_core.domain.statuses import Action
from cloud_core.ports.records import Page, Records
from cloud_core.ports.workspace import LogFiles
from cloud_core.services.looking.watching import Ending, Look, WatchService
from cloud_core.services.records.events import QUIET, log_entry
from cloud_core.services.records.operations import latest_operation, newest_first, require_operation
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.records.targets import require_known_stack

_CLOCKS_DIFFER: Final = timedelta(minutes=5)
_LIST: Final = "lines of an operation"
_PLACE: Final = ("operation", "page")


@dataclass(frozen=True)
class LogQuery:
    """Which lines. `level` is the least one; `text` is a part of the message; `limit` counts from the newest line back.

    Lines are those of one operation: the given one, or the newest that does `action`, or the environment's newest
    (without an environment: the deployment's).
    With `since`, and without an operation or action, they are those of all operations since then. `until` is exclusive.
    """

    deployment_id: str
    environment: EnvironmentName | None
    stack: str | None = None
    level: LogLevel = LogLevel.DEBUG
    since: datetime | None = None
    limit: int = 100
    action: Action | None = None
    operation_id: str | None = None
    text: str | None = None
    until: datetime | None = None

    @property
    def filter(self) -> LogFilter:
        """Whatever the operation."""
        return replace(self.filter_of_init, stack_name=self.stack, environment=self.environment)

    @property
    def filter_of_init(self) -> LogFilter:
        """Of lines that belong to no environment and no stack."""
        return LogFilter(levels=at_least(self.level), text=self.text, since=self.since, until=self.until)


@dataclass(frozen=True)
class Lines:
    """Lines, oldest first; `operation` is the one that they are of, `ending` how it ended when it was followed.

    `source` is `records`, or `files` of this workspace; `away` tells why the records could not be read.
    `next_token` leads to those before them; None when there are none.
    """

    entries: tuple[LogEntry, ...]
    operation: Operation | None = None
    ending: Ending | None = None
    source: str = "records"
    away: str | None = None
    next_token: str | None = None


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

    def read(self, query: LogQuery, next_token: str | None = None) -> Lines:
        """The lines that are kept: the newest, or those before the page that gave the token.

        DeploymentNotFound, StackNotFound, OperationNotFound; InvalidInput for a token of another query; no line yet is
        no error.
        """
        self._require_known(query)
        place = decode_token(_LIST, _PLACE, next_token) if next_token is not None else None
        # What begins between two pages takes no part in them.
        operation = self._operation(query if place is None else replace(query, operation_id=place["operation"] or None))
        if operation is None and query.since is None:
            return Lines(())
        page = self._read(query, operation, place["page"] if place else None)
        return Lines(tuple(reversed(page.items)), operation, next_token=_token(operation, page.next_token))

    def of_init(self, query: LogQuery) -> Lines:
        """What `init` wrote; DeploymentNotFound when this workspace has no folder of the deployment."""
        wanted = [entry for entry in self._files.of_init(query.deployment_id) if query.filter_of_init.matches(entry)]
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
        wanted = [entry for lines in reversed(runs) for entry in lines if query.filter.matches(entry)]
        return tuple(wanted[-query.limit :]) if runs else None

    def _runs(self, query: LogQuery) -> Iterator[list[LogEntry]]:
        """The runs that are asked for, the newest first."""
        if query.operation_id is not None or query.environment is None:
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
        yield from lines_of(self._watching.follow(operation), operation, query)

    def _require_known(self, query: LogQuery) -> None:
        deployment = require_deployment(self._records.deployments, query.deployment_id)
        if query.stack is not None:
            require_known_stack(self._records.stacks, deployment, query.stack)

    def _operation(self, query: LogQuery) -> Operation | None:
        if query.operation_id is not None:
            return require_operation(self._records.operations, query.deployment_id, query.operation_id)
        if query.since is not None and query.action is None:
            return None
        actions = [query.action] if query.action else list(Action)
        if query.environment is None:
            history = newest_first(self._records.operations, query.deployment_id)
            return next((one for one in history if one.type in actions), None)
        if query.action is None and (at_work := self._watching.at_work(query.deployment_id, query.environment)):
            return at_work
        return latest_operation(self._records.operations, query.deployment_id, query.environment, actions)

    def _read(self, query: LogQuery, operation: Operation | None, token: str | None) -> Page[LogEntry]:
        """Newest first."""
        wanted = query.filter
        if operation is not None:
            begin = parse_timestamp(operation.created_at) - _CLOCKS_DIFFER
            since = max(begin, query.since) if query.since else begin
            wanted = replace(wanted, operation_id=operation.operation_id, since=since)
        return self._records.logs.get_logs(query.deployment_id, query.limit, token, wanted)


def _token(operation: Operation | None, page: str | None) -> str | None:
    """The page behind, of the same operation."""
    of = operation.operation_id if operation else ""
    return encode_token(_LIST, {"operation": of, "page": page}) if page is not None else None


def lines_of(looks: Iterable[Look], operation: Operation, query: LogQuery) -> Iterator[Lines]:
    """The lines that a follower's looks tell; of the first one no more than are asked for."""
    for number, look in enumerate(looks):
        entries = [log_entry(event) for event in look.events if event.event not in QUIET]
        wanted = [entry for entry in entries if query.filter.matches(entry)]
        yield Lines(tuple(wanted if number else wanted[-query.limit :]), operation, look.ending)


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
