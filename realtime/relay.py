"""Follows the logs of all deployments that somebody watches, and sends what they tell to whoever does.

Every process that holds sockets has a relay of its own over the same logs, so that all of them see everything. For
sockets that API Gateway holds, one process has a relay over the table of connections. The connections' rows say who
watches what; they are looked at when something changes here, and every second for what changes elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any

from cloud_core.domain.clock import timestamp
from cloud_core.domain.connections import Subscription
from cloud_core.domain.errors import CloudError, Unavailable
from cloud_core.ports.clock import Clock
from cloud_core.ports.connections import ConnectionGone, Connections, Postbox
from realtime.broadcaster import Broadcaster, Subscriber
from realtime.limits import Budget, Limits
from realtime.platform import DeploymentSource, Platform
from realtime.protocol import CloseCode, Message, refused
from realtime.tail import Tail

_log = logging.getLogger(__name__)


class Relay:
    """`start` and `stop` in a running event loop."""

    def __init__(
        self, platform: Platform, connections: Connections, postbox: Postbox, clock: Clock, limits: Limits | None = None
    ) -> None:
        self.limits = limits or Limits()
        self.budget = Budget(self.limits.calls_per_second)
        self._platform = platform
        self._connections = connections
        self._postbox = postbox
        self._clock = clock
        self._broadcaster = Broadcaster(postbox, self._forget, self.limits, clock)
        self._tails: dict[str, tuple[Tail, asyncio.Task[None]]] = {}
        self._served: dict[tuple[str, str], tuple[str, asyncio.Task[None]]] = {}
        self._gone: set[str] = set()
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run(), name="relay")

    async def stop(self) -> None:
        """Nothing is sent afterwards."""
        tasks = [task for _, task in (*self._tails.values(), *self._served.values())]
        tasks += [self._task] if self._task else []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tails.clear()
        self._served.clear()
        self._task = None

    def wake(self) -> None:
        """Somebody watches something else now; from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed.set)

    async def heard(self, deployment_id: str, within: float) -> AsyncIterator[None]:
        """A signal whenever something of the deployment was told, and after `within` seconds in any case; once more
        `settle` after something was told, for what is written after it. For those who read what is new themselves."""
        ready, tail, wait = asyncio.Event(), None, within
        try:
            while self._task is not None:
                if (now := self._tail(deployment_id)) is not tail:
                    tail = now
                    tail.listeners.add(ready)
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await ready.wait()
                wait = min(within, self.limits.settle) if ready.is_set() else within
                ready.clear()
                yield
        finally:
            if tail is not None:
                tail.listeners.discard(ready)

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.limits.look_wait):
                    await self._changed.wait()
            self._changed.clear()
            try:
                await self._reconcile(await asyncio.to_thread(self._connections.subscriptions))
            except CloudError as error:
                _log.warning("who watches what can't be read now: %s", error.code)

    async def _reconcile(self, subscriptions: list[Subscription]) -> None:
        self._gone &= {one.connection_id for one in subscriptions}
        alive = [one for one in subscriptions if one.connection_id not in self._gone]
        wanted = {(one.connection_id, one.deployment_id): one for one in alive}
        for key, (stamp, task) in list(self._served.items()):
            if key not in wanted or wanted[key].stamp != stamp:
                task.cancel()
                del self._served[key]
        for key, one in wanted.items():
            if self._clock.now().timestamp() >= one.expires_at:
                await self._broadcaster.close(one.connection_id, CloseCode.TOKEN_EXPIRED, "the token has expired")
            elif key not in self._served:
                self._served[key] = (one.stamp, self._begin(self._serve(one), f"socket-{one.connection_id}"))

    async def _serve(self, subscription: Subscription) -> None:
        try:
            tail, subscriber, backfill = await self._join(subscription)
            try:
                await self._broadcaster.serve(subscriber, backfill)
            finally:
                tail.leave(subscriber)
        except CloudError as error:
            await self._give_up(subscription, error)
        except Exception as error:  # noqa: BLE001 - the outermost frame: nobody shall wait for what will never come
            _log.error("a subscription broke off: unexpected %s", type(error).__name__, exc_info=error)
            await self._broadcaster.close(subscription.connection_id, CloseCode.MISTAKE, "a mistake in the program")

    async def _join(self, subscription: Subscription) -> tuple[Tail, Subscriber, AsyncIterator[Message]]:
        """Tried until it can be: records that are away come back."""
        while True:
            tail = self._tail(subscription.deployment_id)
            try:
                return tail, *await tail.join(subscription)
            except Unavailable as error:
                if not error.retryable:
                    raise
                await asyncio.sleep(self.limits.last_wait)

    def _tail(self, deployment_id: str) -> Tail:
        tail, task = self._tails.get(deployment_id, (None, None))
        if tail is None or task is None or task.done():
            source = DeploymentSource(self._platform, deployment_id)
            tail = Tail(source, self.budget, self.limits, self._clock)
            task = self._begin(tail.run(), f"tail-{deployment_id}")
            self._tails[deployment_id] = (tail, task)
            task.add_done_callback(lambda ended: self._drop(deployment_id, ended))
        return tail

    def _drop(self, deployment_id: str, ended: asyncio.Task[None]) -> None:
        if (known := self._tails.get(deployment_id)) is not None and known[1] is ended:
            del self._tails[deployment_id]

    async def _give_up(self, subscription: Subscription, error: CloudError) -> None:
        """The deployment can't be followed: told, and no longer watched."""
        told = refused(error, timestamp(self._clock.now()), subscription.deployment_id)
        with suppress(ConnectionGone, CloudError):
            await self._postbox.post(subscription.connection_id, told.text)
            await asyncio.to_thread(
                self._connections.unsubscribe, subscription.connection_id, subscription.deployment_id
            )

    async def _forget(self, connection_id: str) -> None:
        """Its row goes; what can't be removed now goes by its time to live, and nobody is served for it."""
        self._gone.add(connection_id)
        with suppress(CloudError):
            await asyncio.to_thread(self._connections.remove, connection_id)
        self._changed.set()

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        assert self._loop is not None, "a relay is started before it serves"
        return self._loop.create_task(work, name=name)
