"""What handlers work with: one desk for each process, or for each Lambda that is warm."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from cloud_core.domain.access.permissions import Rights
from cloud_core.domain.access.users import Group
from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import Unavailable
from cloud_core.ports.access import Tokens
from cloud_core.ports.clock import Clock
from cloud_core.ports.connections import ConnectionGone, Connections, Postbox
from realtime.protocol import Message

_log = logging.getLogger(__name__)


class Deployments(Protocol):
    """What is asked about a deployment before anything of it is told."""

    def require_visible(self, deployment_id: str, visible: frozenset[str] | None) -> None:
        """Raises DeploymentNotFound, OrganizationMismatch."""


@dataclass(frozen=True)
class Desk:
    """`deployments` gives the service when it is first needed. `changed` is called when somebody watches something
    else, so that a relay in the same process need not wait for its next look. `sockets_of` is how many sockets a user
    of each group has at once."""

    tokens: Tokens
    rights: Rights
    connections: Connections
    deployments: Callable[[], Deployments]
    postbox: Postbox
    clock: Clock
    sockets_of: Mapping[Group, int]
    changed: Callable[[], None] = lambda: None

    @property
    def now(self) -> str:
        return timestamp(self.clock.now())

    async def tell(self, connection_id: str, message: Message) -> None:
        """A message that may be lost: who is gone need not hear it, and a client that misses an answer asks again."""
        try:
            await self.postbox.post(connection_id, message.text)
        except ConnectionGone:
            return
        except Unavailable as error:
            _log.warning("an answer could not be sent: %s", error.code)
