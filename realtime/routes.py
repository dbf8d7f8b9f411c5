"""What a gateway calls for its routes: the handlers of its own process, or functions that run apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from realtime.desk import Desk
from realtime.handlers.connect import connect
from realtime.handlers.default import default
from realtime.handlers.disconnect import disconnect
from realtime.requests import Answer, GatewayEvent


class Routes(Protocol):
    """Of a WebSocket API. Whatever they raise is a mistake in a program."""

    async def connect(self, event: GatewayEvent) -> Answer: ...

    async def default(self, event: GatewayEvent) -> Answer: ...

    async def disconnect(self, event: GatewayEvent) -> Answer: ...


@dataclass(frozen=True)
class DeskRoutes:
    """The handlers over one desk."""

    desk: Desk

    async def connect(self, event: GatewayEvent) -> Answer:
        return await connect(event, self.desk)

    async def default(self, event: GatewayEvent) -> Answer:
        return await default(event, self.desk)

    async def disconnect(self, event: GatewayEvent) -> Answer:
        return await disconnect(event, self.desk)
