"""How an operation stands: one view of all its stacks, from which percentages and the remaining time follow. Pure.

A view is never changed: events are folded into the next one (`domain.progress_fold`), and `settle` takes over what
the operation's record says, which wins at the end. A stack counts by its resources while it runs; nothing is known
about the time of a stack that never ran before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from math import floor
from statistics import median
from typing import Any, Final

from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.records import Operation, StackResult
from cloud_core.domain.states import UNCHANGED
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus

RUNNING: Final = frozenset(action.running for action in Action)
_SUCCEEDED: Final = frozenset(action.done for action in Action)
_ALMOST: Final = 99
"""Percent of a stack or an operation that has not ended."""
_REMEMBERED_RUNS: Final = 5


@dataclass(frozen=True)
class CurrentResource:
    """The resource that was begun last. `action` is in the words of the engine: create, update, delete."""

    type: str
    name: str
    action: str


@dataclass(frozen=True)
class StackView:
    """One stack. `done` counts finished resources; `total` is known once the stack was deployed before.

    `seconds` is how long it took, None until it has ended. `changes` maps an action to its count.
    """

    name: str
    layer: int | None = None
    status: StackStatus = StackStatus.PENDING
    cause: str | None = None
    started_at: datetime | None = None
    seconds: float | None = None
    current: CurrentResource | None = None
    done: int = 0
    total: int | None = None
    error: str | None = None
    changes: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING

    @property
    def has_ended(self) -> bool:
        return not self.is_running and self.status is not StackStatus.PENDING

    @property
    def is_completed(self) -> bool:
        """Whether nothing is left to do: done, or left as it was because it had not changed."""
        return self.status in _SUCCEEDED or (self.status is StackStatus.SKIPPED and self.cause == UNCHANGED)

    @property
    def percent(self) -> int:
        """0 to 100, 100 only once it has ended."""
        if self.has_ended:
            return 100
        if not self.is_running or not self.total:
            return 0
        return min(_ALMOST, floor(100 * self.done / self.total))

    def elapsed(self, now: datetime) -> float | None:
        """Seconds since it began, or that it took; None before. Clocks may differ, time never runs backwards."""
        if self.seconds is not None or self.started_at is None:
            return self.seconds
        return max(0.0, (now - self.started_at).total_seconds())


@dataclass(frozen=True)
class Counts:
    """Stacks by how they stand; the numbers add up to `total`."""

    total: int
    succeeded: int
    failed: int
    skipped: int
    cancelled: int
    running: int
    waiting: int

    @property
    def ended(self) -> int:
        return self.total - self.running - self.waiting


@dataclass(frozen=True)
class OperationView:
    """All stacks of an operation, in the order of its layers.

    `dependencies` maps each stack to those that it waits for. `estimates` maps a stack to the seconds that it usually
    takes; the others have never run. `percent` never falls. `seq` is the number of the last event that was folded in.
    """

    operation_id: str
    deployment_id: str
    environment: str
    action: Action
    parallel: int
    created_at: datetime
    status: OperationStatus = OperationStatus.PENDING
    started_at: datetime | None = None
    ended_at: datetime | None = None
    message: str | None = None
    stacks: Mapping[str, StackView] = field(default_factory=dict)
    dependencies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    estimates: Mapping[str, float] = field(default_factory=dict)
    percent: int = 0
    seq: int = 0

    @classmethod
    def begin(
        cls,
        operation: Operation,
        dependencies: Mapping[str, frozenset[str]] | None = None,
        estimates: Mapping[str, float] | None = None,
    ) -> OperationView:
        """Before the first event. Without dependencies each stack waits for the whole layer before its own."""
        layers = operation.layers
        return cls(
            operation_id=operation.operation_id,
            deployment_id=operation.deployment_id,
            environment=operation.environment.value,
            action=operation.type,
            parallel=operation.parallel,
            created_at=parse_timestamp(operation.submitted_at),
            stacks={name: StackView(name, number) for number, layer in enumerate(layers, 1) for name in layer},
            dependencies=dependencies if dependencies is not None else _layer_by_layer(layers),
            estimates=estimates or {},
        )

    def settle(self, operation: Operation) -> OperationView:
        """The view with what the operation's record says, which is the truth."""
        view = replace(
            self,
            status=operation.status,
            message=operation.message or self.message,
            started_at=_moment(operation.started_at) or self.started_at,
            ended_at=_moment(operation.completed_at) or self.ended_at,
        )
        for name, result in operation.results.items():
            view = view.with_stack(name, **_from_result(result))
        return view.counted()

    @cached_property
    def counts(self) -> Counts:
        statuses = [stack.status for stack in self.stacks.values()]
        return Counts(
            total=len(statuses),
            succeeded=sum(status in _SUCCEEDED for status in statuses),
            failed=statuses.count(StackStatus.FAILED),
            skipped=statuses.count(StackStatus.SKIPPED),
            cancelled=statuses.count(StackStatus.CANCELLED),
            running=sum(status in RUNNING for status in statuses),
            waiting=statuses.count(StackStatus.PENDING),
        )

    @property
    def resources_done(self) -> int:
        return sum(stack.done for stack in self.stacks.values())

    def waits_for(self, stack: str) -> list[str]:
        """What the stack still waits for, in the order of the layers."""
        needed = self.dependencies.get(stack, frozenset())
        return [name for name, view in self.stacks.items() if name in needed and not view.has_ended]

    def elapsed(self, now: datetime) -> float:
        """Seconds since it was accepted, or that it took."""
        return max(0.0, ((self.ended_at or now) - self.created_at).total_seconds())

    def remaining(self, now: datetime) -> float | None:
        """Seconds until all stacks have ended if each takes as long as usual; None when one of them has no history."""
        open_stacks = [stack for stack in self.stacks.values() if not stack.has_ended]
        if any(stack.name not in self.estimates for stack in open_stacks):
            return None
        left = {stack.name: max(0.0, self.estimates[stack.name] - (stack.elapsed(now) or 0.0)) for stack in open_stacks}
        return _makespan(left, {stack.name for stack in open_stacks if stack.is_running}, self)

    @property
    def usual_duration(self) -> float | None:
        """Seconds that all stacks take together that are not passed over, if each takes as long as usual; None when one
        of them has no history."""
        names = [stack.name for stack in self.stacks.values() if not stack.status.is_passed_over]
        if any(name not in self.estimates for name in names):
            return None
        return _makespan({name: self.estimates[name] for name in names}, set(), self)

    def with_stack(self, name: str, **changes: Any) -> OperationView:
        """The view with fields of one stack changed; an unknown stack is added."""
        stack = replace(self.stacks.get(name) or StackView(name), **changes)
        return replace(self, stacks={**self.stacks, name: stack})

    def counted(self) -> OperationView:
        """The view with its percentage brought up to date."""
        if self.status.is_terminal:
            return replace(self, percent=100)
        percents = [stack.percent for stack in self.stacks.values()]
        percent = min(_ALMOST, sum(percents) // len(percents)) if percents else 0
        return replace(self, percent=max(self.percent, percent))


def usual_seconds(operations: Iterable[Operation], action: Action) -> dict[str, float]:
    """How long each stack usually takes: the median of its last successes in these operations, newest first."""
    seconds: dict[str, list[float]] = {}
    for operation in operations:
        if operation.type is action:
            for name, result in operation.results.items():
                if result.status in _SUCCEEDED:
                    seconds.setdefault(name, []).append(result.duration_seconds)
    return {name: median(values[:_REMEMBERED_RUNS]) for name, values in seconds.items()}


def _makespan(left: Mapping[str, float], running: set[str], view: OperationView) -> float:
    """Simulate the ready-queue: `left` maps each open stack to its remaining seconds."""
    clock, finish = 0.0, {name: left[name] for name in running}
    waiting = [name for name in left if name not in running]
    open_names = set(left)
    while open_names:
        for name in list(waiting):
            if len(finish) < view.parallel and not view.dependencies.get(name, frozenset()) & open_names:
                finish[name] = clock + left[name]
                waiting.remove(name)
        first = min(finish, key=finish.__getitem__)
        clock = finish.pop(first)
        open_names.discard(first)
    return clock


def _layer_by_layer(layers: list[list[str]]) -> dict[str, frozenset[str]]:
    before: frozenset[str] = frozenset()
    dependencies: dict[str, frozenset[str]] = {}
    for layer in layers:
        dependencies.update(dict.fromkeys(layer, before))
        before = frozenset(layer)
    return dependencies


def _moment(text: str | None) -> datetime | None:
    return parse_timestamp(text) if text else None


def _from_result(result: StackResult) -> dict[str, Any]:
    changes: dict[str, Any] = {"status": result.status, "cause": result.cause, "error": result.error, "current": None}
    if result.status.is_passed_over and not result.duration_seconds:
        return changes
    return {**changes, "seconds": result.duration_seconds, "changes": result.changes}
