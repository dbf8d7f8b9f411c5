"""The blows: processes killed, operations cancelled, servers that stand still for a while."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import psutil
from subject import Subject
from watch import Watch

from cloud_core.domain.records import Operation

OUTAGE_SECONDS: Final = 10.0
FIND_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Blow:
    """What was struck, in words, and the processes that it was meant for."""

    words: str
    processes: tuple[psutil.Process, ...] = ()


Find = Callable[[Subject, Operation], list[psutil.Process]]


def _flow(subject: Subject, operation: Operation) -> list[psutil.Process]:
    found = subject.flow(operation)
    return [found] if found else []


def _server(name: str) -> Find:
    def find(subject: Subject, operation: Operation) -> list[psutil.Process]:
        found = subject.sandbox.process(name)
        return [found] if found else []

    return find


VICTIMS: Final[dict[str, Find]] = {
    "flow": _flow,
    "engine": lambda subject, operation: subject.engines(),
    "keeper": lambda subject, operation: subject.keepers(),
    **{name: _server(name) for name in ("provider", "flow-runner", "prefect-server", "moto-records", "moto-aws")},
}


def strike(fault: str, watch: Watch, rng: random.Random) -> Blow:
    """`kill VICTIM`, `terminate VICTIM`, `halt VICTIM [SECONDS]`, or `cancel [--drain|--force]`."""
    kind, *words = fault.split()
    if kind == "cancel":
        answer = watch.subject.sandbox.ask("cancel", watch.subject.id, "--yes", "--detach", *words)
        return Blow(f"asked to stop, exit code {answer.code}")
    name, *seconds = words
    victim = _find(name, watch, rng)
    if victim is None:
        return Blow(f"there was no {name} any more")
    told = f"{name} (pid {victim.pid}{_place(watch, name, victim)})"
    if kind == "halt":
        return _halted(victim, told, float(seconds[0]) if seconds else OUTAGE_SECONDS)
    (victim.kill if kind == "kill" else victim.terminate)()
    return Blow(told, (victim,))


def _halted(server: psutil.Process, told: str, seconds: float) -> Blow:
    """An outage as it is met most often: connections are accepted, and nobody answers."""
    server.suspend()
    try:
        time.sleep(seconds)
    finally:
        server.resume()
    return Blow(f"{told} stood still for {seconds:.0f} s")


def _find(name: str, watch: Watch, rng: random.Random) -> psutil.Process | None:
    """One of the victims, chosen by the seed; waited for while the operation goes on. The records may stand still."""
    deadline = time.monotonic() + FIND_SECONDS
    while time.monotonic() < deadline:
        if found := VICTIMS[name](watch.subject, watch.operation):
            return rng.choice(sorted(found, key=lambda process: process.pid))
        if watch.subject.flow(watch.operation) is None:
            return None
        time.sleep(0.02)
    return None


def _place(watch: Watch, name: str, victim: psutil.Process) -> str:
    return f" of {watch.subject.stack_of(victim)}" if name in ("engine", "keeper") else ""
