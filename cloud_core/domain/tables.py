"""The tables of the records: their keys, indexes and retention.

The one definition: what makes them (`cloud tables create`, the sandbox, the Pulumi program of the control plane) and
what checks them reads it here. docs/records.md says which question each key and index answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TTL_ATTRIBUTE: Final = "ttl"
"""When an item expires, in seconds since the epoch, in the tables whose items do."""

_DAY_SECONDS: Final = 24 * 3600
RETENTION_SECONDS: Final = 90 * _DAY_SECONDS
"""How long log lines and events live."""

METRIC_RETENTION_SECONDS: Final = 365 * _DAY_SECONDS
CONNECTION_RETENTION_SECONDS: Final = _DAY_SECONDS

TAGS: Final[Mapping[str, str]] = {"ManagedBy": "cloud", "Component": "records"}


@dataclass(frozen=True)
class IndexDefinition:
    """A global secondary index over all attributes, by a hash and a range key that are both texts."""

    name: str
    hash_key: str
    range_key: str

    @property
    def keys(self) -> tuple[str, ...]:
        """What places an item of a table with the keys PK and SK in the index's order."""
        return tuple(dict.fromkeys(("PK", "SK", self.hash_key, self.range_key)))


@dataclass(frozen=True)
class TableDefinition:
    """A table paid per request, encrypted with the account's own key, recoverable to any point of the last 35 days.

    Keys are texts. `retention_seconds` is how long an item lives, None for ever.
    """

    name: str
    indexes: tuple[IndexDefinition, ...] = ()
    hash_key: str = "PK"
    range_key: str | None = "SK"
    retention_seconds: int | None = None

    @property
    def expires(self) -> bool:
        return self.retention_seconds is not None

    @property
    def index_keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for index in self.indexes for key in (index.hash_key, index.range_key)))

    @property
    def attributes(self) -> tuple[str, ...]:
        """Every attribute that is a key of the table or of an index, once."""
        own = (self.hash_key, self.range_key) if self.range_key else (self.hash_key,)
        return tuple(dict.fromkeys((*own, *self.index_keys)))


ORGANIZATION_INDEX: Final = IndexDefinition("OrganizationIndex", "organization", "created_at")
STATUS_INDEX: Final = IndexDefinition("StatusIndex", "status", "updated_at")
STACK_NAME_INDEX: Final = IndexDefinition("StackNameIndex", "stack_name", "updated_at")
LOG_LEVEL_INDEX: Final = IndexDefinition("LogLevelIndex", "log_level", "timestamp")
SUBSCRIPTION_INDEX: Final = IndexDefinition("SubscriptionIndex", "watch", "deployment_id")
"""Who watches what. A list of ids can't be an index's key, so each subscription is an item of its own; all of them have
the same `watch`, for the one relay that serves them."""
USER_INDEX: Final = IndexDefinition("UserIndex", "user_id", "connected_at")
"""How many sockets somebody has."""

DEPLOYMENTS: Final = TableDefinition("deployments", (ORGANIZATION_INDEX, STATUS_INDEX))
STACKS: Final = TableDefinition("stacks", (STACK_NAME_INDEX, STATUS_INDEX))
LOGS: Final = TableDefinition("logs", (LOG_LEVEL_INDEX,), retention_seconds=RETENTION_SECONDS)
METRICS: Final = TableDefinition("metrics", retention_seconds=METRIC_RETENTION_SECONDS)
CONNECTIONS: Final = TableDefinition(
    "websocket-connections",
    (SUBSCRIPTION_INDEX, USER_INDEX),
    hash_key="connectionId",
    range_key=None,
    retention_seconds=CONNECTION_RETENTION_SECONDS,
)
TABLES: Final = (DEPLOYMENTS, STACKS, LOGS, METRICS, CONNECTIONS)
