"""Tells the subscribers of a server that hears of nothing by itself: AppSync's.

Who subscribes there cannot be asked, so it is told of every deployment that an operation changes now, and for a while
after: each version of its record and of its stacks' that is there at a look, and each line of its log. What changes
several times between two looks is told once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from cloud_core.domain.errors import CloudError, Unavailable
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.ports.publishing import Publisher
from cloud_core.ports.records import Records
from cloud_core.services.looking.record_following import Following

CHANGING: Final = (DeploymentStatus.DEPLOYING, DeploymentStatus.DESTROYING, DeploymentStatus.ROLLING_BACK)
_LINGERING_LOOKS: Final = 30
_KEPT: Final = 1000
"""What can't be told now waits; of more than that the oldest is dropped, and said so."""
_log = logging.getLogger(__name__)


class Recorded(Protocol):
    """As `bootstrap.EdgeServices` gives it. Attributes may raise Unavailable."""

    @property
    def records(self) -> Records: ...

    @property
    def following(self) -> Following: ...


@dataclass
class _Followed:
    """One deployment; `quiet` counts the looks since no operation changes it any more."""

    looks: tuple[tuple[Callable[[], Iterable[Any]], Callable[[Any], None]], ...]
    quiet: int = 0

    def news(self) -> Iterator[Callable[[], None]]:
        for look, publish in self.looks:
            for found in look():
                yield lambda publish=publish, found=found: publish(found)  # type: ignore[misc]


class Publishing:
    """`run` until it is cancelled; `look` is one round."""

    def __init__(self, platform: Recorded, publisher: Publisher, seconds: float) -> None:
        self._platform = platform
        self._publisher = publisher
        self._seconds = seconds
        self._followed: dict[str, _Followed] = {}
        self._waiting: deque[Callable[[], None]] = deque()

    async def run(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.look)
            except CloudError as error:
                _log.warning("AppSync's subscribers can't be told now: %s", error.message)
            await asyncio.sleep(self._seconds)

    def look(self) -> None:
        """Tell what is new since the last look. Raises Unavailable; what could not be told is told first next time."""
        self._choose()
        for one in self._followed.values():
            self._waiting.extend(one.news())
        if (surplus := len(self._waiting) - _KEPT) > 0:
            _log.warning("%d messages to AppSync are dropped: it has been away for too long", surplus)
            for _ in range(surplus):
                self._waiting.popleft()
        while self._waiting:
            self._tell(self._waiting[0])
            self._waiting.popleft()

    def _choose(self) -> None:
        changing = {found for status in CHANGING for found in self._with_status(status)}
        for deployment_id in changing - self._followed.keys():
            self._followed[deployment_id] = self._follow(deployment_id)
        for deployment_id, one in list(self._followed.items()):
            one.quiet = 0 if deployment_id in changing else one.quiet + 1
            if one.quiet > _LINGERING_LOOKS:
                del self._followed[deployment_id]

    def _with_status(self, status: DeploymentStatus) -> Iterator[str]:
        token = None
        while True:
            page = self._platform.records.deployments.list_by_status(status, next_token=token)
            yield from (one.deployment_id for one in page.items)
            token = page.next_token
            if token is None:
                return

    def _follow(self, deployment_id: str) -> _Followed:
        following, publisher = self._platform.following, self._publisher
        return _Followed(
            (
                (following.deployment(deployment_id).look, publisher.deployment),
                (following.stacks(deployment_id).look, publisher.stack),
                (following.lines(deployment_id).look, publisher.line),
            )
        )

    def _tell(self, tell: Callable[[], None]) -> None:
        """What is refused for good is not tried again."""
        try:
            tell()
        except Unavailable as error:
            if error.retryable:
                raise
            _log.error("AppSync's subscribers are not told: %s", error.message)
