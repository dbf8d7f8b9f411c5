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
# Lines are written in batches, and the clocks of their writers differ: mostly by little, seldom by more.
_A_LITTLE: Final = timedelta(seconds=5)
_LATE: Final = timedelta(minutes=2)
_SWEEP: Final = timedelta(seconds=15)


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
    what others write.

    A look reads what is five seconds older than the look before it. Every 15 seconds one goes back two minutes more, so
    that a line that came later, or from a clock that far behind, is told then: to do that each time would be to read a
    busy deployment's last two minutes with every event.
    """

    def __init__(self, records: Records, deployment_id: str, clock: Clock) -> None:
        self._records = records
        self._id = deployment_id
        self._clock = clock
        self._since: datetime = clock.now()
        self._swept: datetime = self._since
        self._told: dict[str, datetime] | None = None

    def look(self) -> list[LogEntry]:
        now, is_first, told = self._clock.now(), self._told is None, self._told or {}
        is_sweep = is_first or now >= self._swept + _SWEEP
        lines = self._lines(self._swept - _LATE if is_sweep else self._since - _A_LITTLE)
        new = [one for one in lines if one.log_id not in told]
        times = {one.log_id: parse_timestamp(one.timestamp) for one in lines}
        self._since, self._swept = now, now if is_sweep else self._swept
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
