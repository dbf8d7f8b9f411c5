"""The tail of one deployment's log, shared by all who watch it.

Who joins is served from the moment of joining on: what the tail reads from then on waits in the subscriber's queue
while a snapshot, and the events since `last_seq`, are sent first. So nothing is missing and nothing comes twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Final, TypeVar

from cloud_core.domain.connections import Subscription
from cloud_core.domain.errors import CloudError
from cloud_core.domain.events import Event
from cloud_core.ports.clock import Clock
from realtime.broadcaster import Subscriber
from realtime.limits import Budget, Limits
from realtime.platform import PAGE, DeploymentSource
from realtime.protocol import Message
from realtime.shared_reads import SharedReads
from realtime.story import Story
from realtime.watch import OperationsWatch

T = TypeVar("T")
_SLOWING: Final = 1.5
_log = logging.getLogger(__name__)


class Tail:
    """`run` reads until nobody has watched for a while. `subscribers` are by connection; `listeners` only want to know
    that something is new."""

    def __init__(self, source: DeploymentSource, budget: Budget, limits: Limits, clock: Clock) -> None:
        self.subscribers: dict[str, Subscriber] = {}
        self.listeners: set[asyncio.Event] = set()
        self._source = source
        self._budget = budget
        self._limits = limits
        self._clock = clock
        self._story: Story | None = None
        self._watch = OperationsWatch(source, limits, clock)
        self._lock = asyncio.Lock()
        self._wait = limits.first_wait
        self._joining = 0
        self._advanced_at = float("-inf")
        self._shared = SharedReads(source, self._call, limits.first_wait)

    async def join(self, subscription: Subscription) -> tuple[Subscriber, AsyncIterator[Message]]:
        """The subscriber, and what it gets before what waits in its queue. Raises Unavailable, DeploymentNotFound."""
        self._joining += 1
        try:
            return await self._join(subscription)
        finally:
            self._joining -= 1

    async def _join(self, subscription: Subscription) -> tuple[Subscriber, AsyncIterator[Message]]:
        async with self._lock:
            story = await self._recent(subscription.after or 0)
            until = story.seq
            after = until if subscription.after is None else min(subscription.after, until)
            snapshot = None
            if after == until:
                deployment = await self._shared.deployment()
                snapshot = story.snapshot(deployment, self._clock.now(), subscription.filters.environment)
            subscriber = Subscriber(subscription, until, self._limits, self._clock)
            subscriber.sent = after
            self.subscribers[subscription.connection_id] = subscriber
            self._wait = self._limits.first_wait
        if snapshot is not None:
            return subscriber, _only(snapshot)
        return subscriber, self._backfill(subscriber, after, until)

    def leave(self, subscriber: Subscriber) -> None:
        """No error when another one has taken its place."""
        if self.subscribers.get(subscriber.subscription.connection_id) is subscriber:
            del self.subscribers[subscriber.subscription.connection_id]

    async def run(self) -> None:
        """Until nobody has watched for `linger`."""
        watched = asyncio.get_running_loop().time()
        while True:
            now = asyncio.get_running_loop().time()
            watched = now if self.subscribers or self.listeners or self._joining else watched
            if now - watched > self._limits.linger:
                return
            try:
                async with self._lock:
                    story = await self._advance()
                    self._offer(await self._watch.look(story, self._call))
            except CloudError as error:
                _log.warning("the events of %s can't be read now: %s", self._source.deployment_id, error.code)
                self._wait = self._limits.last_wait
            await asyncio.sleep(self._wait)

    async def _recent(self, seq: int) -> Story:
        """As of a moment ago, which is early enough for who joins: what came since waits in the queue. Not when the
        client has more already, from another process."""
        passed = asyncio.get_running_loop().time() - self._advanced_at
        if self._story is None or self._story.seq < seq or passed > self._limits.first_wait:
            return await self._advance()
        return self._story

    async def _advance(self) -> Story:
        """Read what is new, and give it to whoever watches."""
        if self._story is None:
            self._story = await self._call(self._source.present)
        story, told = self._story, False
        while events := await self._call(lambda: self._source.read(story.seq)):
            told = True
            self._offer(await self._call(lambda: _tell(story, events), free=True))
            self._watch.note(events)
            if len(events) < PAGE:
                break
        self._advanced_at = asyncio.get_running_loop().time()
        longest = self._limits.last_wait if story.open_operations else self._limits.idle_wait
        self._wait = self._limits.first_wait if told else min(longest, self._wait * _SLOWING)
        return story

    def _offer(self, messages: list[Message]) -> None:
        for subscriber in self.subscribers.values():
            subscriber.offer(messages)
        for listener in self.listeners if messages else ():
            listener.set()

    async def _backfill(self, subscriber: Subscriber, after: int, until: int) -> AsyncIterator[Message]:
        """A snapshot as of `after`, then every event up to `until`."""
        first = max(after, until - self._limits.replayed)
        if first > after:
            yield subscriber.gap(after, first, "it is too long ago", recoverable=False)
        story = await self._shared.past(first, until)
        deployment = await self._shared.deployment()
        yield story.snapshot(deployment, self._clock.now(), subscriber.subscription.filters.environment)
        shown = first
        while story.seq < until and (wanted := await self._shared.page(story.seq, until)):
            if wanted[0].seq > story.seq + 1:
                yield subscriber.gap(story.seq, wanted[0].seq - 1, "they have expired", recoverable=False)
            told = await self._call(lambda: _tell(story, wanted), free=True)
            for message in subscriber.wanted(told, shown, story.seq):
                shown = message.seq or shown
                yield message

    async def _call(self, work: Callable[[], T], free: bool = False) -> T:
        """In a thread; in its turn unless it asks nobody anything new."""
        if not free:
            await self._budget.take()
        return await asyncio.to_thread(work)


def _tell(story: Story, events: list[Event]) -> list[Message]:
    return [message for event in events for message in story.tell(event)]


async def _only(message: Message) -> AsyncIterator[Message]:
    yield message
