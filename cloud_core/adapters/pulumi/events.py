"""From the engine's events to ours: progress of resources, counts, resources in the state, and what went wrong."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter

from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata

from cloud_core.adapters.pulumi.steps import step_of
from cloud_core.domain.engine_state import ENGINE_TYPES, resource_name
from cloud_core.domain.steps import Step
from cloud_core.domain.values import MASK, spellings
from cloud_core.ports.engine import EngineResource, OnResource, ResourceAction, ResourceEvent

_ACTIONS = {
    OpType.CREATE: ResourceAction.CREATE,
    OpType.CREATE_REPLACEMENT: ResourceAction.CREATE,
    OpType.UPDATE: ResourceAction.UPDATE,
    OpType.DELETE: ResourceAction.DELETE,
    OpType.DELETE_REPLACED: ResourceAction.DELETE,
    OpType.REPLACE: ResourceAction.REPLACE,
    OpType.SAME: ResourceAction.SAME,
    OpType.READ: ResourceAction.READ,
    OpType.REFRESH: ResourceAction.REFRESH,
}
# The two halves of a replacement are steps of their own; the replacement itself is what people count.
_COUNTED = {OpType.CREATE, OpType.UPDATE, OpType.DELETE, OpType.REPLACE, OpType.SAME, OpType.READ}
# A step `refresh` only reads what another step is about then; a comparison ends with `same`, `update` or `delete`.
_KEPT = _COUNTED - {OpType.DELETE} | {OpType.CREATE_REPLACEMENT}
_STYLE = re.compile(r"\x1b\[[0-9;]*m|<\{%.*?%\}>")


class EventReader:
    """Reads one run's events, in the engine's order, from the engine's thread."""

    def __init__(self, on_resource: OnResource, redact: frozenset[str] = frozenset()) -> None:
        self._on_resource = on_resource
        written = {spelling for secret in redact for spelling in spellings(secret)}
        self._redact = sorted(written, key=len, reverse=True)
        self._started: dict[str, float] = {}
        self._finished: set[tuple[str, str]] = set()
        self._resources: dict[str, EngineResource] = {}
        self._changes: Counter[str] = Counter()
        self._steps: dict[str, Step] = {}
        self.diagnostics: list[str] = []
        # What a program in another language wrote to stderr: some tell their errors nowhere else.
        self.printed: list[str] = []
        self.failed_urn: str | None = None
        # Of the resources that could not be made.
        self.failed_creations: list[StepEventMetadata] = []
        # Whether the state says of those whose answer was lost that they were begun.
        self.keeps_lost_creations = False
        self.finished = threading.Event()

    @property
    def changes(self) -> dict[str, int]:
        """Number of resources per action; the engine's own resources are not counted."""
        return dict(self._changes)

    @property
    def resources(self) -> list[EngineResource]:
        """Resources in the state after the run, by URN."""
        return [self._resources[urn] for urn in sorted(self._resources)]

    @property
    def steps(self) -> tuple[Step, ...]:
        """What was, or would be, done to resources, by URN; unchanged ones have none."""
        return tuple(self._steps[urn] for urn in sorted(self._steps))

    def redacted(self, text: str) -> str:
        """The text with the run's secrets masked, however they are written."""
        for secret in self._redact:
            text = text.replace(secret, MASK)
        return text

    def read(self, event: EngineEvent) -> None:
        """Take one event. Debug diagnostics are dropped: they show secrets in clear."""
        if event.resource_pre_event is not None:
            self._start(event.resource_pre_event.metadata)
        elif event.res_outputs_event is not None:
            self._finish(event.res_outputs_event.metadata)
        elif event.res_op_failed_event is not None:
            self._fail(event.res_op_failed_event.metadata)
        elif event.diagnostic_event is not None and event.diagnostic_event.severity == "error":
            self._diagnose(event.diagnostic_event.message, event.diagnostic_event.urn)
        elif event.diagnostic_event is not None and event.diagnostic_event.severity == "info#err":
            self.printed.append(self.redacted(_STYLE.sub("", event.diagnostic_event.message.rstrip())))
        elif event.cancel_event is not None:
            self.finished.set()

    def _start(self, step: StepEventMetadata) -> None:
        if _is_engine_own(step):
            return
        self._started[step.urn] = time.monotonic()
        self._keep_step(step)
        if step.op is not OpType.SAME:
            self._tell(step, "started")

    def _finish(self, step: StepEventMetadata) -> None:
        if _is_engine_own(step):
            return
        # In a preview, a component ends when it is registered and once more when it tells its outputs.
        is_new = (step.urn, step.op) not in self._finished
        self._finished.add((step.urn, step.op))
        if step.op in _COUNTED and is_new:
            self._changes[_ACTIONS[step.op].value] += 1
        self._keep_step(step)
        if step.op in _KEPT:
            known = _id(step)
            self._resources[step.urn] = EngineResource(
                step.urn, step.type, resource_name(step.urn), self.redacted(known) if known else None
            )
        self._tell(step, "done")

    def _keep_step(self, step: StepEventMetadata) -> None:
        """Properties are told when a step begins; what a comparison makes of a resource, when it ends."""
        found = step_of(step, self.redacted)
        before = self._steps.get(step.urn)
        if found is not None and (before is None or before.action != found.action or not before.properties):
            self._steps[step.urn] = found

    def _fail(self, step: StepEventMetadata) -> None:
        self.failed_urn = self.failed_urn or step.urn
        if step.op in (OpType.CREATE, OpType.CREATE_REPLACEMENT):
            self.failed_creations.append(step)
        if not _is_engine_own(step):
            self._tell(step, "failed")

    def _diagnose(self, message: str, urn: str | None) -> None:
        text = self.redacted(message.strip())
        if text and text not in self.diagnostics:
            self.diagnostics.append(text)
        if urn and not _is_engine_urn(urn):
            self.failed_urn = self.failed_urn or urn

    def _tell(self, step: StepEventMetadata, phase: str) -> None:
        action = _ACTIONS.get(OpType(step.op))
        if action is None:
            return
        began = self._started.get(step.urn)
        self._on_resource(
            ResourceEvent(
                action=action,
                phase=phase,
                urn=step.urn,
                type=step.type,
                name=resource_name(step.urn),
                resource_id=_id(step),
                seconds=time.monotonic() - began if began is not None and phase != "started" else None,
            )
        )


def _id(step: StepEventMetadata) -> str | None:
    return (step.new.id or None) if step.new else None


def _is_engine_own(step: StepEventMetadata) -> bool:
    return step.type.startswith(ENGINE_TYPES)


def _is_engine_urn(urn: str) -> bool:
    parts = urn.split("::")
    return len(parts) > 2 and parts[2].startswith(ENGINE_TYPES)
