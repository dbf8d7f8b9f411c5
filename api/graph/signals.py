"""When to look whether something of a deployment is new."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from realtime.relay import Relay


class Signals(Protocol):
    def of(self, deployment_id: str) -> AsyncIterator[None]:
        """A signal whenever something of the deployment may be new; several may come as one."""


class HeardEvents:
    """`Signals` from the relay that tells the sockets: as soon as something is in the event log, and every so many
    seconds for what is in the records alone, such as a changed manifest."""

    def __init__(self, relay: Relay, seconds: float) -> None:
        self._relay = relay
        self._seconds = seconds

    def of(self, deployment_id: str) -> AsyncIterator[None]:
        return self._relay.heard(deployment_id, self._seconds)
