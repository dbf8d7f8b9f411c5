"""The named phases of an operation, and waiting for one of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import psutil
from comparison import pending
from subject import Subject
from watch import (
    Watch,
    accepted,
    all_finished,
    aws_asked,
    between_stacks,
    changing,
    deleting,
    engine_ended,
    engine_starting,
    flow_begun,
    leased,
    resource_slow,
    stack_begun,
)

from cloud_core.domain.statuses import OperationStatus

LOOK_SECONDS: Final = 0.03
QUEUED_LOOK_SECONDS: Final = 0.12
"""Until the flow runs, which takes it seconds: each look costs the records a request, and the flow the machine."""
STILL_SECONDS: Final = 0.25
PHASE_SECONDS: Final = 600.0


class PhaseMissed(Exception):
    """The operation ended before its phase was seen."""


Reached = Callable[[Watch], bool]


@dataclass(frozen=True)
class Phase:
    """`action` is what is run: deploy, update, refresh, destroy, or repair (the retry of a deploy that was killed).

    `reached` is asked again and again; afterwards the seed chooses a moment within `spread` seconds. With `halts`, a
    server of the sandbox stands still from that fact on until the blow has fallen: what was sent to it arrives late.
    """

    name: str
    says: str
    reached: Reached
    faults: tuple[str, ...]
    spread: float
    action: str = "deploy"
    halts: str | None = None


def await_phase(watch: Watch, phase: Phase, is_asked: Callable[[], bool]) -> psutil.Process | None:
    """Wait until the phase is there; the server that was halted for it. `is_asked` tells whether the command that
    begins the operation runs. Raises PhaseMissed."""
    deadline = time.monotonic() + PHASE_SECONDS
    while time.monotonic() < deadline:
        asked = is_asked()
        operation = watch.look()
        if operation is None and not asked:
            raise PhaseMissed("the command began no operation")
        if operation is not None and phase.reached(watch):
            halted = _halt(watch.subject, phase)
            if halted is None or _is_caught(watch, phase):
                return halted
            halted.resume()
        if operation is not None and operation.status.is_terminal:
            raise PhaseMissed(f"{operation.operation_id} ended {operation.status.value}: {operation.message}")
        is_queued = operation is None or operation.status is OperationStatus.PENDING
        time.sleep(QUEUED_LOOK_SECONDS if is_queued else LOOK_SECONDS)
    raise PhaseMissed(f"not within {PHASE_SECONDS:.0f} s")


def _halt(subject: Subject, phase: Phase) -> psutil.Process | None:
    server = subject.sandbox.process(phase.halts) if phase.halts else None
    if server is not None:
        server.suspend()
    return server


def _is_caught(watch: Watch, phase: Phase) -> bool:
    """Whether the halted server still owes an answer: the state stays as it is while AWS is asked for something."""
    if phase.halts != "moto-aws":
        return True
    seen = pending(watch.subject)
    time.sleep(STILL_SECONDS)
    return bool(seen) and pending(watch.subject) == seen


_ENGINES: Final = ("kill engine", "kill keeper", "kill engine, then flow", "kill keeper, then flow")
_PROCESSES: Final = ("kill flow", *_ENGINES)
_SERVERS: Final = ("kill provider", "kill flow-runner", "kill prefect-server")
_CANCELS: Final = ("cancel", "cancel --drain", "cancel --force")
_HALTED: Final = ("halt moto-records", "halt prefect-server", "halt moto-aws")
_OUTAGES: Final = (
    *(fault + seconds for fault in _HALTED for seconds in ("", " 60", " 150")),
    "lock prefect-database",
)
_LEASES: Final = ("trigger", "silence flow", "kill flow, lease of another host", "kill flow, numbers reused")

_DEPLOYS: Final = (
    Phase("accepted", "the operation is recorded and queued; no flow yet", accepted, _SERVERS[1:], 0.8),
    Phase("before the lease", "the flow process runs and holds nothing", flow_begun, ("kill flow",), 1.0),
    Phase("lease taken", "the lease names the flow", leased, ("kill flow", "kill flow-runner"), 0.4),
    Phase("stack begun", "a stack's record says that it is changed", stack_begun, ("kill flow", "cancel"), 0.6),
    Phase(
        "engine starting",
        "engines stand in the lease",
        engine_starting,
        (*_PROCESSES, "kill provider", "terminate flow-runner"),
        1.0,
    ),
    Phase(
        "resource being created",
        "a creation takes its time in the provider",
        resource_slow,
        (*_PROCESSES, *_SERVERS, "terminate flow-runner", *_CANCELS, *_OUTAGES, *_LEASES),
        1.2,
    ),
    Phase(
        "creation under way to AWS",
        "AWS carries out what nobody waits for any more",
        aws_asked,
        (*_PROCESSES, "kill provider"),
        0.3,
        halts="moto-aws",
    ),
    Phase("between stacks", "one is recorded, the next begins", between_stacks, ("kill flow", "cancel"), 0.4),
    Phase(
        "result being recorded",
        "the engine has ended; what the flow writes arrives after its death, or never",
        engine_ended,
        ("kill flow",),
        0.5,
        halts="moto-records",
    ),
    Phase("operation ending", "every stack is done, the operation is not", all_finished, ("kill flow",), 0.1),
)
_OTHERS: Final = (
    Phase(
        "resource being changed",
        "an update, or a replacement",
        changing,
        (*_PROCESSES, "kill provider", "cancel"),
        0.6,
        "update",
    ),
    Phase(
        "change under way to AWS",
        "as for a creation",
        aws_asked,
        ("kill flow", "kill engine"),
        0.3,
        "update",
        "moto-aws",
    ),
    Phase(
        "refresh",
        "AWS is read into the state",
        engine_starting,
        ("kill flow", "kill engine", "kill provider"),
        0.8,
        "refresh",
    ),
    Phase(
        "resource being deleted",
        "the stacks go in reverse",
        deleting,
        (*_PROCESSES, "kill provider", "cancel"),
        0.8,
        "destroy",
    ),
    Phase(
        "deletion under way to AWS",
        "as for a creation",
        aws_asked,
        ("kill flow", "kill engine"),
        0.3,
        "destroy",
        "moto-aws",
    ),
    Phase("destroy ending", "every stack is gone, the operation is not", all_finished, ("kill flow",), 0.1, "destroy"),
    Phase("repair", "a retry mends what a kill has left", engine_starting, _PROCESSES, 0.8, "repair"),
)
PHASES: Final = (*_DEPLOYS, *_OTHERS)
FIRST_KILL: Final = next(phase for phase in _DEPLOYS if phase.halts == "moto-aws")
"""What leaves something to repair."""
_IN_RETRIES: Final = (
    "before the lease",
    "lease taken",
    "stack begun",
    "between stacks",
    "result being recorded",
    "operation ending",
    "repair",
)
RETRIES: Final = tuple(
    replace(phase, faults=tuple(fault for fault in phase.faults if fault in _PROCESSES))
    for phase in PHASES
    if phase.name in _IN_RETRIES
)
"""Where a retry is struck, whatever it retries."""
