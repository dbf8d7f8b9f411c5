"""A client that follows deployments over a socket, through whatever happens to the connection."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from realtime.clients.python.backoff import Backoff
from realtime.clients.python.followed import Followed, Verdict, ended

Token = str | Callable[[], str | Awaitable[str]]
Handler = Callable[[Mapping[str, Any]], Awaitable[None] | None]

_TOKEN_EXPIRED: Final = 4401
_MISSED_PONGS: Final = 2
_LARGEST_BYTES: Final = 1_048_576
_ASK_AGAIN_SECONDS: Final = 2.0
_log = logging.getLogger(__name__)


class Refused(Exception):
    """The server lets nobody in with this token; `status` is that of its answer, or a close code."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the connection was refused: {status}")
        self.status = status


class CloudWebSocketClient:
    """Follows deployments of a `ws://` or `wss://` endpoint.

    `token` may be a function, asked before each connection, so that a token never expires under it. It travels in a
    header. Handlers are functions of a message, async or not; several may listen to one type, and `"*"` hears all.
    Of events with a number each is handed on once, in order: what is missing is asked for.
    """

    def __init__(
        self,
        endpoint: str,
        token: Token,
        auto_reconnect: bool = True,
        ping_interval: float = 30.0,
        backoff: Backoff | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._token = token
        self._auto_reconnect = auto_reconnect
        self._ping_interval = ping_interval
        self._backoff = backoff or Backoff()
        self._handlers: defaultdict[str, list[Handler]] = defaultdict(list)
        self._followed: dict[str, Followed] = {}
        self._socket: ClientConnection | None = None
        self._missed = 0
        self._refused_before = False
        self._is_done = False

    def on(self, message_type: str, handler: Handler) -> None:
        """Call the handler for each message of this type; `"*"` for each of all."""
        self._handlers[message_type].append(handler)

    def last_seq(self, deployment_id: str) -> int | None:
        """The number of the last event that was handed on."""
        followed = self._followed.get(deployment_id)
        return followed.last_seq if followed else None

    async def connect(self) -> None:
        """Open the socket and subscribe to what was subscribed before. Raises Refused; OSError and websockets'
        exceptions when there is no way."""
        self._is_done = False
        headers = {"Authorization": f"Bearer {await self._fresh_token()}"}
        try:
            self._socket = await connect(self._endpoint, additional_headers=headers, max_size=_LARGEST_BYTES)
        except InvalidStatus as error:
            status = error.response.status_code
            if status in (401, 403):
                raise Refused(status) from None
            raise
        self._missed = 0
        self._refused_before = False
        for deployment_id in self._followed:
            await self._ask(deployment_id)

    async def disconnect(self) -> None:
        """Close the socket, for good: `run` returns."""
        self._is_done = True
        if self._socket is not None:
            await self._socket.close()

    async def subscribe(
        self, deployment_id: str, last_seq: int | None = None, filters: Mapping[str, Any] | None = None
    ) -> None:
        """Follow the deployment from now on; with `last_seq` from the event after that number on. `filters` are
        `environment`, `types` and `min_level`."""
        self._followed[deployment_id] = Followed(last_seq, filters)
        await self._ask(deployment_id)

    async def unsubscribe(self, deployment_id: str) -> None:
        self._followed.pop(deployment_id, None)
        await self._send({"action": "unsubscribe", "deployment_id": deployment_id})

    async def run(self, until_terminal: bool = False) -> Mapping[str, Any] | None:
        """Hand messages to their handlers until `disconnect`, or with `until_terminal` until an operation has ended,
        whose last message is returned. Raises Refused, and what `connect` raises when it is not to try again."""
        while not self._is_done:
            begun = asyncio.get_running_loop().time()
            try:
                if self._socket is None:
                    await self.connect()
                found = await self._listen(until_terminal)
                if found is not None:
                    await self.disconnect()
                    return found
            except (OSError, InvalidHandshake, ConnectionClosed, Refused) as error:
                self._weigh(error)
            self._socket = None
            if not self._is_done:
                self._backoff.held(asyncio.get_running_loop().time() - begun)
                await asyncio.sleep(self._backoff.wait())
        return None

    async def _listen(self, until_terminal: bool) -> Mapping[str, Any] | None:
        """Until the socket closes: ConnectionClosed, unless it was closed here."""
        socket = self._socket
        assert socket is not None, "run connects first"
        heartbeat = asyncio.get_running_loop().create_task(self._beat(socket))
        try:
            while True:
                message = await self._received(socket)
                if message is not None and await self._hear(message) and until_terminal:
                    return message
        except ConnectionClosed:
            if self._is_done:
                return None
            raise
        finally:
            heartbeat.cancel()
            with suppress(asyncio.CancelledError):
                await heartbeat

    @staticmethod
    async def _received(socket: ClientConnection) -> Mapping[str, Any] | None:
        """None for what is no message."""
        try:
            message = json.loads(await socket.recv())
        except ValueError:
            return None
        return message if isinstance(message, Mapping) else None

    def _weigh(self, error: Exception) -> None:
        """Raise what another try would not mend."""
        if not self._auto_reconnect:
            raise error
        expired = isinstance(error, ConnectionClosed) and error.rcvd is not None and error.rcvd.code == _TOKEN_EXPIRED
        if not expired and not isinstance(error, Refused):
            return
        if not callable(self._token) or self._refused_before:
            raise error if isinstance(error, Refused) else Refused(_TOKEN_EXPIRED)
        self._refused_before = isinstance(error, Refused)

    async def _hear(self, message: Mapping[str, Any]) -> bool:
        """Whether the message ends an operation."""
        if message.get("type") == "pong":
            self._missed = 0
        deployment_id = str(message.get("deployment_id", ""))
        followed = self._followed.get(deployment_id)
        verdict = followed.judge(message) if followed else Verdict.TAKE
        if verdict is Verdict.ASK_AGAIN:
            await self._ask(deployment_id)
        if verdict is not Verdict.TAKE:
            return False
        await self._hand_on(message)
        if followed and message.get("type") == "error" and (message.get("data") or {}).get("retryable"):
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
            await self._ask(deployment_id)
        return ended(message)

    async def _hand_on(self, message: Mapping[str, Any]) -> None:
        """A handler that fails does not keep the message from the others."""
        for handler in [*self._handlers[str(message.get("type"))], *self._handlers["*"]]:
            try:
                waiting = handler(message)
                if inspect.isawaitable(waiting):
                    await waiting
            except Exception as error:  # noqa: BLE001 - the handlers' own mistakes
                _log.error("a handler of %s failed", message.get("type"), exc_info=error)

    async def _beat(self, socket: ClientConnection) -> None:
        """Ping; a server that misses two answers is left."""
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(self._ping_interval)
                if self._missed >= _MISSED_PONGS:
                    await socket.close(code=1001, reason="no pong")
                    return
                self._missed += 1
                await socket.send(json.dumps({"action": "ping"}))

    async def _ask(self, deployment_id: str) -> None:
        followed = self._followed[deployment_id]
        followed.asked()
        wanted = {**followed.filters, "action": "subscribe", "deployment_id": deployment_id}
        after = {} if followed.last_seq is None else {"last_seq": followed.last_seq}
        await self._send({**wanted, **after})

    async def _send(self, request: Mapping[str, Any]) -> None:
        """While there is no socket nothing is sent: connecting asks for all that is followed."""
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(json.dumps(request))

    async def _fresh_token(self) -> str:
        if isinstance(self._token, str):
            return self._token
        given = self._token()
        return await given if inspect.isawaitable(given) else given
