"""The StackEngine port over Pulumi's Automation API."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from typing import Any

from pulumi.automation.errors import CommandError, StackNotFoundError

from cloud_core.adapters.pulumi.access import Attachment, AwsAccess, Backend, engine_name
from cloud_core.adapters.pulumi.command import ReadCommand, ShimCommand, Supervision
from cloud_core.adapters.pulumi.errors import (
    lost_creations,
    refusing_state,
    translate_pulumi_errors,
    translate_read_errors,
)
from cloud_core.adapters.pulumi.events import EventReader
from cloud_core.adapters.pulumi.languages import project_config, project_document, require_host
from cloud_core.adapters.pulumi.login import EngineLogin
from cloud_core.adapters.pulumi.outputs import capturing, clear_secrets, from_state, protected_in
from cloud_core.adapters.pulumi.pending import found_in, pending_in, unread_again, with_creations, without_pending
from cloud_core.adapters.pulumi.run_folder import RunFolder, run_folder
from cloud_core.adapters.pulumi.workspace import Entry, LeanStack
from cloud_core.domain.errors import CloudError, StackFailed
from cloud_core.domain.protection import protected_resources
from cloud_core.domain.stopping import StopSignal
from cloud_core.domain.values import Value
from cloud_core.ports.engine import (
    EngineInfo,
    EngineResult,
    Found,
    OnResource,
    PendingChange,
    Program,
    ProgramFolder,
    StackRun,
    StackTarget,
)
from cloud_core.ports.processes import Processes


class PulumiEngine:
    """Runs stacks; safe from many threads at once, since no two runs share a folder or a process group."""

    def __init__(
        self,
        find: Callable[[], EngineInfo],
        backend: Backend,
        access: AwsAccess,
        processes: Processes,
        stop_seconds: float,
    ) -> None:
        self._find = find
        self._backend = backend
        self._access = access
        self._processes = processes
        self._stop_seconds = stop_seconds
        self._login = EngineLogin(find, backend, access)

    def probe(self) -> EngineInfo:
        return self._login.probe()

    def check_backend(self) -> str:
        return self._login.check_backend()

    def up(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        outputs: dict[str, Value] = {}
        known = self._backend.knows(run.target)
        with self._running(run, on_resource) as (stack, reader):
            began = time.monotonic()
            with self._keeping_creations(run, reader):
                stack.apply(_entry(run.program, outputs), reader, self._backend.secrets_provider, known, run.refresh)
        if isinstance(run.program, ProgramFolder):
            outputs = self.outputs(run.target)
        return _result(reader, outputs, began)

    def preview(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        outputs: dict[str, Value] = {}
        began = time.monotonic()
        if self._backend.knows(run.target):
            with self._running(run, on_resource) as (stack, reader), suppress(StackNotFoundError):
                stack.look_ahead(_entry(run.program, outputs), reader, run.refresh)
                return _result(reader, outputs, began)
        # A stack that does not exist has no state to look at, and must not come to exist by being looked at.
        with self._running(run, on_resource, scratch=True) as (stack, reader):
            stack.create_if_missing(None)
            stack.look_ahead(_entry(run.program, outputs), reader)
        return _result(reader, outputs, began)

    def preview_destroy(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        return self._over_state(run, on_resource, LeanStack.look_ahead_to_removal)

    def compare(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        return self._over_state(run, on_resource, LeanStack.compare)

    def refresh(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        result = self._over_state(run, on_resource, LeanStack.read_anew)
        return replace(result, outputs=self.outputs(run.target))

    def _over_state(
        self, run: StackRun, on_resource: OnResource, act: Callable[[LeanStack, EventReader], None]
    ) -> EngineResult:
        """A run that needs no program, over the state that is there."""
        began = time.monotonic()
        if not self._backend.knows(run.target):
            return _nothing_there(run)
        with self._running(run, on_resource) as (stack, reader):
            try:
                act(stack, reader)
            except StackNotFoundError:
                return _nothing_there(run)
        return _result(reader, {}, began)

    def destroy(self, run: StackRun, on_resource: OnResource) -> EngineResult:
        began = time.monotonic()
        if not self._backend.knows(run.target):
            return _nothing_there(run)
        # The engine itself would delete what is not protected before it stops.
        if found := self.protected(run.target):
            raise protected_resources({run.target.stack: found})
        with self._running(run, on_resource) as (stack, reader):
            try:
                stack.remove_everything(reader)
            except StackNotFoundError:
                return _nothing_there(run)
        return EngineResult({}, reader.changes, [], time.monotonic() - began)

    def outputs(self, target: StackTarget) -> dict[str, Value]:
        return from_state(self._state(target))

    def protected(self, target: StackTarget) -> list[str]:
        return protected_in(self._state(target, show_secrets=False))

    def pending(self, target: StackTarget) -> list[PendingChange]:
        return pending_in(self._state(target))

    def repair(
        self, run: StackRun, adopt: Mapping[str, str], certain: Collection[str], on_resource: OnResource
    ) -> dict[str, Found]:
        # Two runs, each with the folder of one engine process after the other: a stop ends them between two steps.
        with self._running(run, on_resource) as (stack, reader):
            stack.change_state(lambda state: without_pending(state, adopt))
            stack.read_anew(reader)
        state = self._state(run.target)
        found = {urn: found_in(state, urn) for urn in adopt}
        foreign = {urn for urn, what in found.items() if what is Found.UNPROVEN} - set(certain)
        if foreign:
            with self._running(run, on_resource) as (stack, _):
                stack.change_state(lambda state: unread_again(state, foreign))
        return found

    def unlock(self, target: StackTarget) -> None:
        with self._reading(target) as stack:
            stack.cancel()

    def export_state(self, target: StackTarget, show_secrets: bool = False) -> dict[str, Any]:
        return self._state(target, show_secrets)

    def import_state(self, run: StackRun, state: Mapping[str, Any], force: bool = False) -> None:
        reader = EventReader(lambda event: None, run.redact | clear_secrets(state))
        with refusing_state(run.target.stack), self._writing(run, reader) as stack:
            stack.replace_state(state, force, self._backend.secrets_provider)

    @contextmanager
    def _keeping_creations(self, run: StackRun, reader: EventReader) -> Iterator[None]:
        """When the run fails, its state is told of creations whose answer was lost, also if the run is to stop."""
        try:
            yield
        except CommandError:
            if lost := lost_creations(reader):
                with suppress(CloudError), self._writing(replace(run, stop=StopSignal()), reader) as stack:
                    stack.change_state(lambda state: with_creations(state, lost))
                    reader.keeps_lost_creations = True
            raise

    @contextmanager
    def _writing(self, run: StackRun, reader: EventReader) -> Iterator[LeanStack]:
        """A stack whose state is written by us. Only the backend is talked to: no provider is attached."""
        backend = self._backend
        with (
            run_folder(backend.runs, backend.plugins, run.target, {}, None, backend.secrets_provider) as folder,
            translate_pulumi_errors(run.target.stack, reader, run.stop),
        ):
            variables = backend.environment(self._access.environment())
            command = ShimCommand(self._find(), folder.root, variables, self._supervision(run))
            yield LeanStack.in_folder(engine_name(run.target), folder, command)

    def _state(self, target: StackTarget, show_secrets: bool = True) -> dict[str, Any]:
        if not self._backend.knows(target):
            return {}
        with self._reading(target) as stack:
            return stack.state(show_secrets)

    @contextmanager
    def _reading(self, target: StackTarget) -> Iterator[LeanStack]:
        """A stack for calls that no provider takes part in."""
        with (
            run_folder(self._backend.runs, self._backend.plugins, target, {}) as folder,
            translate_read_errors(target.stack),
        ):
            command = ReadCommand(self._find(), self._backend.environment(self._access.environment()))
            yield LeanStack.in_folder(engine_name(target), folder, command)

    @contextmanager
    def _running(
        self, run: StackRun, on_resource: OnResource, scratch: bool = False
    ) -> Iterator[tuple[LeanStack, EventReader]]:
        """A stack to run the engine on, and what reads its events. `scratch` gives it a backend of its own, which is
        gone with the run."""
        target = run.target
        reader = EventReader(on_resource, run.redact)
        with (
            self._access.attach(target) as attachment,
            self._folder(run, attachment, None if scratch else self._backend.secrets_provider) as folder,
            translate_pulumi_errors(target.stack, reader, run.stop),
        ):
            variables = self._backend.environment(attachment.environment)
            if scratch:
                variables |= _scratch(folder)
            command = ShimCommand(self._find(), folder.root, variables, self._supervision(run))
            yield LeanStack.in_folder(engine_name(target), folder, command), reader

    def _supervision(self, run: StackRun) -> Supervision:
        return Supervision(self._processes, run.on_processes, run.stop, self._stop_seconds)

    def _folder(
        self, run: StackRun, attachment: Attachment, secrets_provider: str | None
    ) -> AbstractContextManager[RunFolder]:
        target, program = run.target, run.program
        places = (self._backend.runs, self._backend.plugins)
        if not isinstance(program, ProgramFolder):
            return run_folder(*places, target, attachment.config, None, secrets_provider)
        require_host(target, program, self._find(), attachment.environment)
        config = {**project_config(target, program), **attachment.config}
        return run_folder(*places, target, config, project_document(target, program), secrets_provider)


def _entry(program: Program, outputs: dict[str, Value]) -> Entry:
    return None if isinstance(program, ProgramFolder) else capturing(program, outputs)


def _nothing_there(run: StackRun) -> EngineResult:
    """The backend has no such stack: right for one that never had resources, else a state that can't be found."""
    if run.expected_resources:
        raise StackFailed(
            f"the engine's backend has no state of stack {run.target.stack!r}, but {run.expected_resources} "
            "resource(s) are recorded: nothing can be done about them without it",
            stack=run.target.stack,
            resource=None,
            diagnostics=[],
            suggestion="check CLOUD_ENGINE__BACKEND_URL: is it the backend that the stack was deployed with?",
        )
    return EngineResult({}, {}, [], 0.0)


def _result(reader: EventReader, outputs: dict[str, Value], began: float) -> EngineResult:
    return EngineResult(outputs, reader.changes, reader.resources, time.monotonic() - began, reader.steps)


def _scratch(folder: RunFolder) -> dict[str, str]:
    """A backend inside the run's folder. Its passphrase protects nothing: a preview stores no values."""
    place = folder.root / "state"
    place.mkdir()
    return {"PULUMI_BACKEND_URL": f"file://{place}", "PULUMI_CONFIG_PASSPHRASE": "scratch"}
