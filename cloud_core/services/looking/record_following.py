"""What is new in the records since the last look, whoever has written it.

A follower is asked again and again; its first look only notes what is there. What changes several times between two
looks is told once, as it is then: nothing is queued for those who are slow. Log lines are told one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.log_filter import LogFilter
from cloud_core.domain.records import Deployment, LogEntry, StackRecord
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records

T = TypeVar("T")

_PAGE: Final = 200
# Lines are written in batches, and the clocks of their writers differ.
_LATE: Final = timedelta(minutes=2)


class Follower(Protocol[T]):
    def look(self) -> list[T]:
        """What is new; nothing in the first look."""


class DeploymentFollower:
    """Each version of a deployment's record that is there at a look."""

    def __init__(self, records: Records, deployment_id: str) -> None:
        self._records = records
        self._id = deployment_id
        self._version: int | None = None

    def look(self) -> list[Deployment]:
        found = self._records.deployments.get_by_id(self._id)
        if found is None:
            return []
        before, self._version = self._version, found.version
        return [] if before in (None, found.version) else [found]


class StackFollower:
    """Each stack's record that has another version than at the last look; of one name, or of all."""

    def __init__(self, records: Records, deployment_id: str, stack_name: str | None = None) -> None:
        self._records = records
        self._id = deployment_id
        self._name = stack_name
        self._versions: dict[tuple[str, str], int] | None = None

    def look(self) -> list[StackRecord]:
        stored = self._records.stacks.list_by_deployment(self._id)
        found = {(one.stack_name, one.environment.value): one for one in stored if self._name in (None, one.stack_name)}
        before, self._versions = self._versions, {place: one.version for place, one in found.items()}
        if before is None:
            return []
        new = [one for place, one in found.items() if before.get(place) != one.version]
        return sorted(new, key=lambda one: one.updated_at)


class LineFollower:
    """Each log line, oldest first. Since when is looked goes by our clock: a writer whose clock is ahead would hide
    what others write."""

    def __init__(self, records: Records, deployment_id: str, clock: Clock) -> None:
        self._records = records
        self._id = deployment_id
        self._clock = clock
        self._since: datetime = clock.now()
        self._told: dict[str, datetime] | None = None

    def look(self) -> list[LogEntry]:
        now, begin = self._clock.now(), self._since - _LATE
        lines = self._lines(begin)
        is_first, told = self._told is None, self._told or {}
        new = [one for one in lines if one.log_id not in told]
        times = {one.log_id: parse_timestamp(one.timestamp) for one in lines}
        self._since = now
        self._told = {one: time for one, time in {**told, **times}.items() if time >= now - 2 * _LATE}
        return [] if is_first else sorted(new, key=lambda one: (one.timestamp, one.log_id))

    def _lines(self, begin: datetime) -> list[LogEntry]:
        found: list[LogEntry] = []
        token = None
        while True:
            page = self._records.logs.get_logs(self._id, _PAGE, token, LogFilter(since=begin))
            found += page.items
            token = page.next_token
            if token is None:
                return found


class Following:
    """Makes followers."""

    def __init__(self, records: Callable[[], Records], clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def deployment(self, deployment_id: str) -> DeploymentFollower:
        return DeploymentFollower(self._records(), deployment_id)

    def stacks(self, deployment_id: str, stack_name: str | None = None) -> StackFollower:
        return StackFollower(self._records(), deployment_id, stack_name)

    def lines(self, deployment_id: str) -> LineFollower:
        return LineFollower(self._records(), deployment_id, self._clock)
