"""An engine in memory: it keeps outputs per stack, fails where it is told to, and can be held half-way."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cloud_core.domain.errors import CloudError, EngineCancelled, StackNotFound
from cloud_core.domain.names import engine_stack_name
from cloud_core.domain.protection import protected_resources
from cloud_core.domain.records import ProcessIdentity
from cloud_core.domain.stack_contract import ProgramInputs
from cloud_core.domain.steps import Step
from cloud_core.domain.values import Value
from cloud_core.ports.engine import (
    EngineInfo,
    EngineResource,
    EngineResult,
    OnResource,
    Program,
    ResourceAction,
    ResourceEvent,
    StackRun,
    StackTarget,
)


class FakeEngine:
    """`ports.engine.StackEngine`. `outputs_of` gives a stack's outputs; a CloudError there is raised instead.

    `protects` are stacks whose resource is protected; `steps_of` are what a preview finds; `drift_of` is in what AWS
    differs from the state, until it is read or put right. `during` is called while the stack's engine runs, once. `ran`
    lists (action, stack) in the order of starting; `last` keeps each stack's run.
    """

    def __init__(self) -> None:
        self.outputs_of: dict[str, Mapping[str, Value] | CloudError] = {}
        self.protects: set[str] = set()
        self.steps_of: dict[str, Sequence[Step]] = {}
        self.drift_of: dict[str, Sequence[Step]] = {}
        self.during: dict[str, Callable[[], object]] = {}
        self.ran: list[tuple[str, str]] = []
        self.last: dict[str, StackRun] = {}
        self.started = threading.Event()
        self._state: dict[str, dict[str, Value]] = {}
        self._lock = threading.Lock()

    def up(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        self._enter("up", run, on_resource)
        if callable(run.program):
            run.program()
        outputs = self._outcome(run)
        self._state[_name(run.target)] = dict(outputs)
        if run.refresh:
            self.drift_of.pop(run.target.stack, None)
        return EngineResult(dict(outputs), {"create": 1}, [_resource(run)], 0.5)

    def preview(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        self._enter("preview", run, on_resource)
        if callable(run.program):
            run.program()
        outputs, known = self._outcome(run), _name(run.target) in self._state
        seen = self.drift_of.get(run.target.stack, ()) if run.refresh else ()
        steps = self.steps_of.get(run.target.stack, seen if known else (_step(run, "create"),))
        changes = Counter(step.action for step in steps) or {"same": 1}
        return EngineResult(dict(outputs), dict(changes), [], 0.1, tuple(steps))

    def preview_destroy(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        self._enter("preview_destroy", run, on_resource)
        self._outcome(run)
        known = _name(run.target) in self._state
        return EngineResult({}, {"delete": 1} if known else {}, [], 0.1, (_step(run, "delete"),) if known else ())

    def destroy(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        if found := self.protected(run.target):
            raise protected_resources({run.target.stack: found})
        self._enter("destroy", run, on_resource)
        self._outcome(run)
        self._state.pop(_name(run.target), None)
        return EngineResult({}, {"delete": 1}, [], 0.5)

    def protected(self, target: StackTarget) -> list[str]:
        is_there = _name(target) in self._state and target.stack in self.protects
        return [_urn(target.stack)] if is_there else []

    def compare(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        self._enter("compare", run, on_resource)
        self._outcome(run)
        return self._read(run)

    def refresh(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        self._enter("refresh", run, on_resource)
        self._outcome(run)
        result = self._read(run)
        self.drift_of.pop(run.target.stack, None)
        return replace(result, outputs=self.outputs(run.target))

    def outputs(self, target: StackTarget) -> dict[str, Value]:
        return dict(self._state.get(_name(target), {}))

    def probe(self) -> EngineInfo:
        return EngineInfo(Path("/fake/pulumi"), "3.255.0", "tests")

    def check_backend(self) -> str:
        return "tester"

    def _read(self, run: StackRun) -> EngineResult:
        """The state against AWS."""
        if _name(run.target) not in self._state:
            return EngineResult({}, {}, [], 0.1)
        steps = tuple(self.drift_of.get(run.target.stack, ()))
        changes = Counter(step.action for step in steps) or {"same": 1}
        left = [] if any(step.action == "delete" for step in steps) else [_resource(run)]
        return EngineResult({}, dict(changes), left, 0.1, steps)

    def _enter(self, action: str, run: StackRun, on_resource: OnResource) -> None:
        run.on_processes([ProcessIdentity(pid=4000 + len(self.ran), started=1.0)])
        with self._lock:
            self.ran.append((action, run.target.stack))
            self.last[run.target.stack] = run
        self.started.set()
        resource = _resource(run)
        on_resource(ResourceEvent(ResourceAction.CREATE, "started", resource.urn, resource.type, resource.name))
        self.during.pop(run.target.stack, lambda: None)()

    def _outcome(self, run: StackRun) -> Mapping[str, Value]:
        run.on_processes([])
        if run.stop.is_set:
            raise EngineCancelled(f"stack {run.target.stack!r} was stopped on request")
        outcome = self.outputs_of.get(run.target.stack, {})
        if isinstance(outcome, CloudError):
            raise outcome
        return outcome


class FakePrograms:
    """`ports.engine.StackPrograms`: a program for every stack; `inputs` keeps what each was loaded with, `taken` tells
    what it takes, `digests` overrides a program's digest, `versions` are the plugins'."""

    def __init__(self, *names: str) -> None:
        self._names = sorted(names)
        self.inputs: dict[str, dict[str, Any]] = {}
        self.taken: dict[str, ProgramInputs] = {}
        self.digests: dict[str, str] = {}
        self.versions = {"pulumi": "3.0.0"}

    def names(self) -> list[str]:
        return list(self._names)

    def origin(self, stack: str) -> str:
        self._require(stack)
        return "product"

    def folder(self, stack: str) -> Path:
        self._require(stack)
        return Path("/fake/stacks") / stack

    def digest(self, stack: str) -> str:
        return self.digests.get(stack, f"digest of {stack}")

    def plugins(self) -> Mapping[str, str]:
        return dict(self.versions)

    def inputs_of(self, stack: str) -> ProgramInputs | None:
        self._require(stack)
        return self.taken.get(stack, ProgramInputs({}))

    def load(self, stack: str, inputs: Mapping[str, Any], context: StackTarget) -> Program:
        self._require(stack)
        self.inputs[stack] = dict(inputs)
        return lambda: None

    def _require(self, stack: str) -> None:
        if stack not in self._names:
            raise StackNotFound(f"there is no stack program {stack!r}", stack=stack)


def _name(target: StackTarget) -> str:
    return engine_stack_name(target.deployment_id, target.stack, target.environment)


def _resource(run: StackRun) -> EngineResource:
    stack = run.target.stack
    return EngineResource(_urn(stack), "aws:test:Thing", stack)


def _step(run: StackRun, action: str) -> Step:
    resource = _resource(run)
    return Step(action, resource.urn, resource.type, resource.name)


def _urn(stack: str) -> str:
    return f"urn:pulumi:x::y::aws:test:Thing::{stack}"
