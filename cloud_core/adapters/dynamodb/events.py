"""The event log: `PK=DEPLOYMENT#<id>`, `SK=EVENT#<12-digit seq>` in the Logs table; events live 90 days.

An append writes the number after the last one on the condition that nobody has it, and tries again if somebody does:
so numbers have no gaps and whoever read an event has seen all before it. The threads of a process queue, and remember
the last number for a while; other processes are met by the condition.

Events expire, and DynamoDB deletes them in no order: the newest that is left may not be the last that was given. So
whoever begins a block of a thousand numbers first moves a mark that stays. When no event is left that is safely alive,
the count goes on behind the mark's block, or with it if the mark is too young for its events to have gone.
"""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from boto3.dynamodb.conditions import Attr, ConditionBase
from boto3.dynamodb.conditions import Key as KeyCondition

from cloud_core.adapters.dynamodb import keys
from cloud_core.adapters.dynamodb.errors import ConditionFailed
from cloud_core.adapters.dynamodb.logs import expiry, unexpired
from cloud_core.adapters.dynamodb.models import event_from_item, to_item
from cloud_core.adapters.dynamodb.paging import read_first
from cloud_core.adapters.dynamodb.serializer import Item
from cloud_core.adapters.dynamodb.table import Query, Table
from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import RecordsUnavailable
from cloud_core.domain.events import Event, EventDraft
from cloud_core.domain.page_tokens import check_limit
from cloud_core.domain.tables import RETENTION_SECONDS, TTL_ATTRIBUTE
from cloud_core.ports.clock import Clock

_ATTEMPTS: Final = 100
_JITTER_SECONDS: Final = 0.05
_HINT_SECONDS: Final = 600.0
_BLOCK: Final = 1000
_DAY_SECONDS: Final = 24 * 3600  # far more than clocks of writers may differ
_HIGHEST: Final = 999_999_999_999


class DynamoEvents:
    """`ports.records.EventLog` over the Logs table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._turns_lock = threading.Lock()
        self._hints: dict[str, tuple[int, float]] = {}

    def append(self, draft: EventDraft) -> Event:
        told = draft.capped().model_dump()
        with self._turn(draft.deployment_id):
            seq = self._hint(draft.deployment_id) or self.last_seq(draft.deployment_id)
            for _ in range(_ATTEMPTS):
                event = Event(**told, seq=seq + 1)
                if self._write(event):
                    self._hints[event.deployment_id] = (event.seq, self._clock.monotonic())
                    return event
                self._clock.sleep(random.uniform(0, _JITTER_SECONDS))
                seq = self.last_seq(draft.deployment_id)
        raise RecordsUnavailable(
            f"no number could be had for an event of {draft.deployment_id} in {_ATTEMPTS} attempts: "
            "too many writers at once",
            deployment_id=draft.deployment_id,
        )

    def read(self, deployment_id: str, after: int = 0, limit: int = 500) -> list[Event]:
        check_limit(limit)
        query = Query(_numbered(deployment_id, after + 1), filter=unexpired(self._clock), newest_first=False)
        return [event_from_item(item) for item in read_first(self._table, query, limit)]

    def last_seq(self, deployment_id: str) -> int:
        now = self._clock.now().timestamp()
        newest = read_first(self._table, Query(_numbered(deployment_id, 1)), 1)
        if newest and newest[0][TTL_ATTRIBUTE] > now + _DAY_SECONDS:
            return int(newest[0]["seq"])
        mark = self._table.get(keys.key(deployment_id, keys.event_mark()))
        if mark is None:
            return 0
        is_young = mark["moved"] > now - RETENTION_SECONDS + 2 * _DAY_SECONDS
        return int(mark["given"]) - (_BLOCK if is_young else 0)

    @contextmanager
    def _turn(self, deployment_id: str) -> Iterator[None]:
        with self._turns_lock:
            turn = self._turns[deployment_id]
        with turn:
            yield

    def _hint(self, deployment_id: str) -> int | None:
        # An old hint is dropped: the number after it may have been given by another process, and have expired.
        seq, noted = self._hints.get(deployment_id, (0, 0.0))
        return seq if seq and self._clock.monotonic() - noted < _HINT_SECONDS else None

    def _write(self, event: Event) -> bool:
        """Whether the event got its number."""
        if event.seq % _BLOCK == 1:
            self._move_mark(event.deployment_id, event.seq + _BLOCK - 1)
        try:
            self._table.put(self._item(event), Attr("PK").not_exists())
        except ConditionFailed:
            return False
        return True

    def _move_mark(self, deployment_id: str, given: int) -> None:
        lower = Attr("given").not_exists() | Attr("given").lt(given)
        values = {"given": given, "moved": int(self._clock.now().timestamp())}
        with suppress(ConditionFailed):
            self._table.update(keys.key(deployment_id, keys.event_mark()), values, lower)

    def _item(self, event: Event) -> Item:
        # It lives from now on, whenever it happened: the count relies on it.
        place = keys.key(event.deployment_id, keys.event(event.seq))
        return {**place, **to_item(event), TTL_ATTRIBUTE: expiry(timestamp(self._clock.now()))}


def _numbered(deployment_id: str, first: int) -> ConditionBase:
    partition = KeyCondition("PK").eq(keys.partition(deployment_id))
    return partition & KeyCondition("SK").between(keys.event(first), keys.event(_HIGHEST))
