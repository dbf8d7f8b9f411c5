"""Stacks in memory."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable

from cloud_core.domain.clock import timestamp_after
from cloud_core.domain.conflicts import already_exists, overtaken, version_conflict
from cloud_core.domain.errors import StackNotFound
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.domain.stack_sizes import capped
from cloud_core.domain.statuses import StackStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Page
from cloud_core.testing.in_memory.copies import copy_of
from cloud_core.testing.in_memory.paging import Place, newest_first

StackKey = tuple[str, str, EnvironmentName]


class InMemoryStacks:
    """`ports.records.StackRepository`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._items: dict[StackKey, StackRecord] = {}
        self._fences: defaultdict[tuple[str, EnvironmentName], int] = defaultdict(int)

    def create(self, stack: StackRecord) -> StackRecord:
        with self._lock:
            if _key(stack) in self._items:
                raise already_exists(_name(stack))
            stamped = self._fences[stack.deployment_id, stack.environment]
            if stamped > stack.fence:
                raise overtaken(stack.deployment_id, stack.environment, stack.fence, stamped)
            return self._keep(capped(stack).model_copy(update={"version": 1}))

    def get_stack(self, deployment_id: str, stack_name: str, environment: EnvironmentName) -> StackRecord | None:
        with self._lock:
            found = self._items.get((deployment_id, stack_name, environment))
            return copy_of(found) if found else None

    def list_by_deployment(self, deployment_id: str, environment: EnvironmentName | None = None) -> list[StackRecord]:
        places = {environment} if environment else set(EnvironmentName)
        found = self._those(lambda item: item.deployment_id == deployment_id and item.environment in places)
        return sorted(found, key=lambda item: (item.stack_name, item.environment.value))

    def update(self, stack: StackRecord, fence: int | None = None) -> StackRecord:
        mine = stack.fence if fence is None else fence
        with self._lock:
            stored = self._items.get(_key(stack))
            if stored is None:
                raise StackNotFound(f"{_name(stack)} does not exist", stack=stack.stack_name)
            if stored.fence > mine:
                raise overtaken(stack.deployment_id, stack.environment, mine, stored.fence)
            if stored.version != stack.version:
                raise version_conflict(_name(stack), stack.version, stored.version)
            later = timestamp_after(stack.updated_at, self._clock.now())
            changes = {"version": stack.version + 1, "updated_at": later, "fence": mine}
            return self._keep(capped(stack).model_copy(update=changes))

    def stamp(self, deployment_id: str, environment: EnvironmentName, fence: int) -> None:
        with self._lock:
            highest = self._fences[deployment_id, environment]
            stacks = [item for key, item in self._items.items() if (key[0], key[2]) == (deployment_id, environment)]
            highest = max([highest, *(stack.fence for stack in stacks)])
            if highest > fence:
                raise overtaken(deployment_id, environment, fence, highest)
            self._fences[deployment_id, environment] = fence
            for stack in stacks:
                self._keep(stack.model_copy(update={"fence": fence}))

    def delete(
        self, deployment_id: str, stack_name: str, environment: EnvironmentName, version: int | None = None
    ) -> bool:
        place = (deployment_id, stack_name, environment)
        with self._lock:
            stored = self._items.get(place)
            if stored is not None and version not in (None, stored.version):
                raise version_conflict(_name(stored), version, stored.version)
            return self._items.pop(place, None) is not None

    def list_by_stack_name(self, stack_name: str, limit: int = 50, next_token: str | None = None) -> Page[StackRecord]:
        found = self._those(lambda item: item.stack_name == stack_name)
        return newest_first(f"stacks called {stack_name}", found, _place, limit, next_token)

    def list_by_status(self, status: StackStatus, limit: int = 50, next_token: str | None = None) -> Page[StackRecord]:
        found = self._those(lambda item: item.status is status)
        return newest_first(f"stacks that are {status.value}", found, _place, limit, next_token)

    def _those(self, are_wanted: Callable[[StackRecord], bool]) -> list[StackRecord]:
        with self._lock:
            return [copy_of(item) for item in self._items.values() if are_wanted(item)]

    def _keep(self, stack: StackRecord) -> StackRecord:
        self._items[_key(stack)] = copy_of(stack)
        return stack


def _key(stack: StackRecord) -> StackKey:
    return stack.deployment_id, stack.stack_name, stack.environment


def _place(stack: StackRecord) -> Place:
    return stack.updated_at, stack.deployment_id, stack.stack_name, stack.environment.value


def _name(stack: StackRecord) -> str:
    return f"stack {stack.stack_name} of {stack.deployment_id} {stack.environment.value}"
