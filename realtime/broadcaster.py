"""Sends messages to subscribers: each has a queue of its own, so that a slow one never holds up another.

A queue that is full ends in a `gap` message, never in silence: it names the events that are missing, and whoever
subscribes anew with `last_seq` gets them.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.connections import Subscription
from cloud_core.domain.errors import Unavailable
from cloud_core.ports.clock import Clock
from cloud_core.ports.connections import ConnectionGone, Postbox
from realtime.limits import Limits
from realtime.matching import wants
from realtime.protocol import CloseCode, Message, gap, passed

_FIRST_RETRY: Final = 0.2
_LONGEST_RETRY: Final = 5.0
_log = logging.getLogger(__name__)


@dataclass
class _Gap:
    after: int
    until: int


class Subscriber:
    """One subscription and what waits for it. `seq` is the number of the last event that was queued or lost, `sent`
    that of the last one that went out.

    With filters not every number comes: a message says which one came before it, and when nothing is wanted for long,
    how far that is known (`passed`).
    """

    def __init__(self, subscription: Subscription, seq: int, limits: Limits, clock: Clock) -> None:
        self.subscription = subscription
        self.seq = seq
        self.sent = seq
        self._limits = limits
        self._clock = clock
        self._waiting: deque[Message | _Gap] = deque()
        self._ready = asyncio.Event()

    def offer(self, messages: list[Message]) -> None:
        """Queue those that are wanted, or what is missing in their place; never waits."""
        for message in self.wanted(messages, self.seq):
            last = self._waiting[-1] if self._waiting else None
            room = self._limits.queued // 2 if isinstance(last, _Gap) else self._limits.queued
            if len(self._waiting) < max(1, room):
                self._waiting.append(message)
            elif message.seq is not None and isinstance(last, _Gap):
                last.until = message.seq
            elif message.seq is not None:
                self._waiting.append(_Gap(self.seq, message.seq))
            self.seq = message.seq or self.seq
        self._ready.set()

    def wanted(self, messages: Iterable[Message], after: int, end: int | None = None) -> Iterator[Message]:
        """What passes the filters; `after` is the number that went before. With `end` it is told at the end that all
        events up to that number were looked at."""
        filters = self.subscription.filters
        if not filters.are_set:
            yield from messages
            return
        for message in messages:
            if wants(filters, message):
                yield message if message.seq is None else replace(message, after_seq=after)
                after = message.seq or after
            elif message.seq is not None and message.seq - after >= self._limits.passed:
                yield self._passed(after, message.seq)
                after = message.seq
        if end is not None and end > after:
            yield self._passed(after, end)

    def _passed(self, after: int, until: int) -> Message:
        return passed(self.subscription.deployment_id, after, until, timestamp(self._clock.now()))

    async def messages(self) -> AsyncIterator[Message]:
        """What waits, and then what comes, for ever."""
        while True:
            await self._ready.wait()
            while self._waiting:
                one = self._waiting.popleft()
                yield one if isinstance(one, Message) else self.gap(one.after, one.until, "the reader is too slow")
            self._ready.clear()

    def gap(self, after: int, until: int, reason: str, recoverable: bool = True) -> Message:
        now = timestamp(self._clock.now())
        return gap(self.subscription.deployment_id, after, until, reason, now, recoverable)


class Broadcaster:
    """Posts through the postbox. `forget` is told of connections that are gone."""

    def __init__(
        self, postbox: Postbox, forget: Callable[[str], Awaitable[None]], limits: Limits, clock: Clock
    ) -> None:
        self._postbox = postbox
        self._forget = forget
        self._limits = limits
        self._clock = clock

    async def serve(self, subscriber: Subscriber, backfill: AsyncIterator[Message]) -> None:
        """Send the backfill, then what is queued, until the connection is gone, too slow or its token expires."""
        try:
            async for message in backfill:
                if not await self._send(subscriber, message):
                    return
            async for message in subscriber.messages():
                if not await self._send(subscriber, message):
                    return
        except ConnectionGone:
            await self._forget(subscriber.subscription.connection_id)

    async def close(self, connection_id: str, code: CloseCode, reason: str) -> None:
        await self._postbox.close(connection_id, code, reason)
        await self._forget(connection_id)

    async def _send(self, subscriber: Subscriber, message: Message) -> bool:
        """Whether to go on."""
        connection_id = subscriber.subscription.connection_id
        if self._clock.now().timestamp() >= subscriber.subscription.expires_at:
            await self.close(connection_id, CloseCode.TOKEN_EXPIRED, "the token has expired")
            return False
        try:
            if not await self._post(connection_id, message.text):
                lost = message.seq or subscriber.sent
                await self._postbox.post(connection_id, subscriber.gap(subscriber.sent, lost, "posting failed").text)
        except TimeoutError:
            await self.close(connection_id, CloseCode.TOO_SLOW, "no message was taken for too long")
            return False
        except Unavailable as error:
            _log.warning("a connection can't be reached, it is given up: %s", error.code)
            return False
        subscriber.sent = message.seq or subscriber.sent
        return True

    async def _post(self, connection_id: str, text: str) -> bool:
        """Whether it was taken, at last. Raises ConnectionGone, and TimeoutError for a reader that is too slow."""
        end, pause = self._clock.monotonic() + self._limits.retried, _FIRST_RETRY
        while True:
            try:
                async with asyncio.timeout(self._limits.slow):
                    await self._postbox.post(connection_id, text)
            except Unavailable as error:
                _log.info("a message could not be posted: %s", error.code)
                if self._clock.monotonic() + pause > end:
                    return False
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_RETRY)
            else:
                return True
