"""Port to a server that tells its own subscribers, and only of what passes through it."""

from __future__ import annotations

from typing import Protocol

from cloud_core.domain.records import Deployment, LogEntry, StackRecord


class Publisher(Protocol):
    """Has the server read a record and tell of it, as it is then. Raises Unavailable when it may be tried again
    (AwsAccessFailed when not); nothing for a record that is gone."""

    def deployment(self, record: Deployment) -> None: ...

    def stack(self, record: StackRecord) -> None: ...

    def line(self, entry: LogEntry) -> None: ...
