"""An engine in memory: it keeps outputs per stack, fails where it is told to, and can be held half-way."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from cloud_core.domain.errors import (
    CloudError,
    EngineCancelled,
    EngineLocked,
    InvalidStackInput,
    StackFailed,
    StackNotFound,
)
from cloud_core.domain.names import engine_project_name, engine_stack_name
from cloud_core.domain.protection import protected_resources
from cloud_core.domain.records import ProcessIdentity
from cloud_core.domain.stack_contract import ProgramInputs
from cloud_core.domain.steps import Step
from cloud_core.domain.values import Value
from cloud_core.ports.engine import (
    LOOKED_UP,
    EngineInfo,
    EngineResource,
    EngineResult,
    Found,
    OnResource,
    PendingChange,
    Program,
    ResourceAction,
    ResourceEvent,
    StackRun,
    StackTarget,
)
from cloud_core.testing.engine_states import read_state, written_state

Outcome = Mapping[str, Value] | CloudError


class FakeEngine:
    """`ports.engine.StackEngine`. `outputs_of` gives a stack's outputs; a CloudError there is raised instead.

    An outcome may be a list: one is taken for each run. `pending_of` is what an interrupted run left of a stack,
    `in_aws` what a look-up finds under an id (nothing: it is absent), `locked_by` who holds a stack's lock. `looked_at`
    lists the stacks that were looked at (`unreadable` is raised by a look), `repaired` those that were, with what was
    adopted. `refuses_import` is raised by every import. `protects` are stacks whose resource is protected; `steps_of`
    are what a preview finds; `drift_of` is in what AWS differs from the state, until it is read or put right. `during`
    is called while the stack's engine runs, once. `ran` lists (action, stack) in the order of starting; `last` keeps
    each stack's run.
    """

    def __init__(self) -> None:
        self.outputs_of: dict[str, Outcome | list[Outcome]] = {}
        self.refuses_import: CloudError | None = None
        self.protects: set[str] = set()
        self.steps_of: dict[str, Sequence[Step]] = {}
        self.drift_of: dict[str, Sequence[Step]] = {}
        self.during: dict[str, Callable[[], object]] = {}
        self.pending_of: dict[str, list[PendingChange]] = {}
        self.looked_at: list[str] = []
        self.unreadable: CloudError | None = None
        self.in_aws: dict[str, Found] = {}
        self.locked_by: dict[str, list[dict[str, Any]]] = {}
        self.repaired: list[tuple[str, dict[str, str]]] = []
        self.ran: list[tuple[str, str]] = []
        self.last: dict[str, StackRun] = {}
        self.started = threading.Event()
        self._state: dict[str, dict[str, Value]] = {}
        self._resources: dict[str, list[EngineResource]] = {}
        self._lock = threading.Lock()
        self._pids = count(4000)

    def up(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        self._require_unlocked(run.target.stack)
        self._enter("up", run, on_resource)
        if callable(run.program):
            run.program()
        outputs = self._outcome(run)
        self._state[_name(run.target)] = dict(outputs)
        if run.refresh:
            self.drift_of.pop(run.target.stack, None)
        self._resources[_name(run.target)] = [_resource(run.target)]
        return EngineResult(dict(outputs), {"create": 1}, [_resource(run.target)], 0.5)

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
        self._require_unlocked(run.target.stack)
        self._enter("destroy", run, on_resource)
        self._outcome(run)
        self._state.pop(_name(run.target), None)
        return EngineResult({}, {"delete": 1}, [], 0.5)

    def protected(self, target: StackTarget) -> list[str]:
        is_there = _name(target) in self._state and target.stack in self.protects
        return [_resource(target).urn] if is_there else []

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

    def pending(self, target: StackTarget) -> list[PendingChange]:
        if self.unreadable is not None:
            raise self.unreadable
        self.looked_at.append(target.stack)
        return list(self.pending_of.get(target.stack, ()))

    def repair(
        self, run: StackRun, adopt: Mapping[str, str], certain: Collection[str], on_resource: OnResource
    ) -> dict[str, Found]:
        self._require_unlocked(run.target.stack)
        pending = self.pending_of.pop(run.target.stack, [])
        self.repaired.append((run.target.stack, dict(adopt)))
        found = {urn: self.in_aws.get(identity, Found.ABSENT) for urn, identity in adopt.items()}
        left = [one for one in pending if found.get(one.urn) is Found.UNPROVEN and one.urn not in certain]
        if left:
            self.pending_of[run.target.stack] = [replace(one, kind=LOOKED_UP, identity=adopt[one.urn]) for one in left]
        return found

    def unlock(self, target: StackTarget) -> None:
        self.locked_by.pop(target.stack, None)

    def _require_unlocked(self, stack: str) -> None:
        owners = self.locked_by.get(stack)
        if owners is not None:
            raise EngineLocked(f"stack {stack!r} is locked by another engine run", stack=stack, owners=owners)

    def outputs(self, target: StackTarget) -> dict[str, Value]:
        return dict(self._state.get(_name(target), {}))

    def export_state(self, target: StackTarget, show_secrets: bool = False) -> dict[str, Any]:
        name = _name(target)
        if self.unreadable is not None:
            raise self.unreadable
        if name not in self._state:
            return {}
        root = _urn(target, "pulumi:pulumi:Stack", name)
        return written_state(root, self._resources[name], self._state[name], show_secrets)

    def import_state(self, run: StackRun, state: Mapping[str, Any], force: bool = False) -> None:
        self._enter("import", run, lambda event: None)
        run.on_processes([])
        begin = _urn(run.target, "", "").removesuffix("::")
        urns = [one["urn"] for one in state["deployment"]["resources"]]
        if self.refuses_import is not None:
            raise self.refuses_import
        if not force and not all(urn.startswith(begin) for urn in urns):
            raise StackFailed("a resource is from a different stack", stack=run.target.stack)
        self._resources[_name(run.target)], self._state[_name(run.target)] = read_state(state)

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
        left = [] if any(step.action == "delete" for step in steps) else [_resource(run.target)]
        return EngineResult({}, dict(changes), left, 0.1, steps)

    def _enter(self, action: str, run: StackRun, on_resource: OnResource) -> None:
        with self._lock:
            pid = next(self._pids)
        run.on_processes([ProcessIdentity(pid=pid, started=1.0)])
        with self._lock:
            self.ran.append((action, run.target.stack))
            self.last[run.target.stack] = run
        self.started.set()
        resource = _resource(run.target)
        on_resource(ResourceEvent(ResourceAction.CREATE, "started", resource.urn, resource.type, resource.name))
        self.during.pop(run.target.stack, lambda: None)()

    def _outcome(self, run: StackRun) -> Mapping[str, Value]:
        run.on_processes([])
        if run.stop.is_set:
            raise EngineCancelled(f"stack {run.target.stack!r} was stopped on request")
        outcome = self.outputs_of.get(run.target.stack, {})
        if isinstance(outcome, list):
            outcome = outcome.pop(0) if outcome else {}
        if isinstance(outcome, CloudError):
            raise outcome
        return outcome


class FakePrograms:
    """`ports.engine.StackPrograms`: a program for every stack; `inputs` keeps what each was loaded with, `taken` tells
    what it takes, `digests` overrides a program's digest, `versions` are the plugins', `needed` the inputs
    by stack that must not be null."""

    def __init__(self, *names: str) -> None:
        self._names = sorted(names)
        self.inputs: dict[str, dict[str, Any]] = {}
        self.taken: dict[str, ProgramInputs] = {}
        self.digests: dict[str, str] = {}
        self.needed: dict[str, list[str]] = {}
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
        if stack in self.digests:
            return self.digests[stack]
        self._require(stack)
        return f"digest of {stack}"

    def plugins(self) -> Mapping[str, str]:
        return dict(self.versions)

    def inputs_of(self, stack: str) -> ProgramInputs | None:
        self._require(stack)
        return self.taken.get(stack, ProgramInputs({}))

    def load(self, stack: str, inputs: Mapping[str, Any], context: StackTarget) -> Program:
        self._require(stack)
        self.inputs[stack] = dict(inputs)
        if missing := [name for name in self.needed.get(stack, ()) if inputs.get(name) is None]:
            raise InvalidStackInput(f"stack {stack} refuses its inputs: {', '.join(missing)} = None", inputs=missing)
        return lambda: None

    def _require(self, stack: str) -> None:
        if stack not in self._names:
            raise StackNotFound(f"there is no stack program {stack!r}", stack=stack)


def _name(target: StackTarget) -> str:
    return engine_stack_name(target.deployment_id, target.stack, target.environment)


def _resource(target: StackTarget) -> EngineResource:
    return EngineResource(
        _urn(target, "aws:test:Thing", target.stack), "aws:test:Thing", target.stack, f"{target.stack}-1"
    )


def _step(run: StackRun, action: str) -> Step:
    resource = _resource(run.target)
    return Step(action, resource.urn, resource.type, resource.name)


def _urn(target: StackTarget, kind: str, name: str) -> str:
    return f"urn:pulumi:{_name(target)}::{engine_project_name(target.project)}::{kind}::{name}"
