"""What the tasks of one operation share: the pinned manifest, the graph, the lease, the outputs of this run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cloud_core.domain.events import EventName
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.records import Deployment, Operation, ProcessIdentity, StackRecord, StackResult
from cloud_core.domain.schedule import Schedule
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.stopping import CancelLevel, StopSignal
from cloud_core.domain.undoing import Undoing
from cloud_core.domain.values import Value
from cloud_core.ports.engine import StackTarget
from cloud_core.services.records.event_writer import EventWriter
from cloud_core.services.records.graphs import OperationPlan
from cloud_core.services.records.targets import stack_target
from cloud_core.services.runs.holds import Hold, engine_watch

StackWork = Callable[["OperationRun", str, int], StackResult]
"""What an action does to one stack: (run, stack, layer) to a result; it never raises."""


@dataclass(frozen=True, eq=False)
class Unwritten:
    """A stack's result that waits for the records: what to write, how to tell of it then, and since when (monotonic
    seconds)."""

    record: StackRecord
    tell: Callable[[], None]
    since: float


@dataclass(eq=False, kw_only=True)
class OperationScope:
    """What an operation is about, whether it runs or is only thought of: what it pins, its stacks, their outputs as
    far as they are known here. Not a value: threads share it, nothing copies it."""

    operation: Operation
    deployment: Deployment
    plan: OperationPlan
    outputs: dict[str, dict[str, Value]] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def manifest(self) -> Manifest:
        return self.plan.manifest

    @property
    def templates(self) -> Mapping[str, StackTemplate]:
        return self.plan.templates

    @property
    def graph(self) -> StackGraph:
        """Over the operation's stacks."""
        return self.plan.graph

    @property
    def whole(self) -> StackGraph:
        """Over all stacks of the environment."""
        return self.plan.whole

    def target(self, stack: str) -> StackTarget:
        """The stack in the engine's backend, with the account, region and tags of the environment."""
        return stack_target(self.deployment, self.manifest, self.operation.environment, stack)


@dataclass(eq=False, kw_only=True)
class OperationRun(OperationScope):
    """One operation in the process that carries it out."""

    lease: Hold
    events: EventWriter
    stop: StopSignal = field(default_factory=StopSignal)
    results: dict[str, StackResult] = field(default_factory=dict)
    repairs: dict[str, list[str]] = field(default_factory=dict)
    unwritten: tuple[Unwritten, ...] = ()
    obeyed: CancelLevel | None = None
    undoing: Undoing | None = None

    def schedule(self) -> Schedule:
        """A fresh ready-queue over the operation's stacks."""
        return Schedule(self.graph, self.operation.parallel, self.operation.fail_fast)

    @property
    def is_over(self) -> bool:
        """Whether nothing may begin any more: somebody asked to stop, or the lease is lost for good."""
        return self.obeyed is not None or self.stop.is_set or self.lease.is_lost

    @property
    def may_start(self) -> bool:
        """Whether another stack may begin now: not while it is unclear whether the lease is still ours, nor while a
        result waits for the records."""
        return not self.is_over and not self.unwritten and not self.lease.must_not_start_new()

    def stop_without_lease(self) -> None:
        """Stop the engines too once the lease is lost: another owner may be at work already."""
        if self.lease.is_lost:
            self.stop.request()

    def note_repair(self, stack: str, what: str) -> None:
        """Tell, and keep for the stack's result, what was done about something that an interrupted run had left."""
        with self.guard:
            self.repairs.setdefault(stack, []).append(what)
        self.events.emit(EventName.STACK_REPAIRED, stack, message=what)

    def remember(self, result: StackResult, outputs: Mapping[str, Value] | None = None) -> None:
        """Keep a stack's result, and its outputs in clear for the stacks that read them."""
        with self.guard:
            self.results[result.stack_name] = result
            if outputs is not None:
                self.outputs[result.stack_name] = dict(outputs)

    def note_unwritten(self, one: Unwritten) -> None:
        """A stack has ended, and the records do not know it."""
        with self.guard:
            self.unwritten = (*self.unwritten, one)

    def note_written(self, one: Unwritten) -> None:
        """The records know it now."""
        with self.guard:
            self.unwritten = tuple(other for other in self.unwritten if other is not one)

    def engine_watch(self, stack: str) -> Callable[[list[ProcessIdentity]], None]:
        """What an engine run of the stack tells its processes to."""
        return engine_watch(self.lease)
