"""The blows: processes killed, operations cancelled, servers that stand still for a while."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import psutil
from locks import Asked, asked_while_silent, numbers_reused, owner_elsewhere, triggered
from subject import Subject
from watch import Watch

from cloud_core.domain.records import Operation

OUTAGE_SECONDS: Final = 10.0
LOCK_SECONDS: Final = 20.0
THEN_FLOW: Final = "then flow"
THEN_SECONDS: Final = 1.5
FIND_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Blow:
    """What was struck, in words, and the processes that it was meant for. `fell` is False when nothing was there to be
    struck; `wrong` is what must not have been seen meanwhile."""

    words: str
    processes: tuple[psutil.Process, ...] = ()
    fell: bool = True
    wrong: tuple[str, ...] = ()


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
LEASES: Final[dict[str, Callable[[Watch], Asked]]] = {
    "lease of another host": owner_elsewhere,
    "numbers reused": numbers_reused,
}


def strike(fault: str, watch: Watch, rng: random.Random) -> Blow:
    """`kill VICTIM`, `terminate VICTIM`, `halt VICTIM [SECONDS]`, `cancel [--drain|--force]`, `trigger` (others ask for
    the environment too), `lock prefect-database`, `silence flow`, `kill flow, WHOSE LEASE`, which is that of a dead
    owner then, or `kill VICTIM, then flow`, while the flow deals with the first death."""
    if fault in _OF_NOBODY:
        return _OF_NOBODY[fault](watch)
    fault, _, more = fault.partition(", ")
    kind, *words = fault.split()
    if kind == "cancel":
        answer = watch.subject.sandbox.ask("cancel", watch.subject.id, "--yes", "--detach", *words)
        return Blow(f"asked to stop, exit code {answer.code}", fell=answer.code == 0)
    name, *seconds = words
    victim = _find(name, watch, rng)
    if victim is None:
        return Blow(f"there was no {name} any more", fell=False)
    told = f"{name} (pid {victim.pid}{_place(watch, name, victim)})"
    if kind == "silence":
        seen = asked_while_silent(watch, victim)
        return Blow(f"{told} stood still: {seen.words}", wrong=seen.wrong)
    if kind == "halt":
        return _halted(victim, told, float(seconds[0]) if seconds else OUTAGE_SECONDS)
    (victim.kill if kind == "kill" else victim.terminate)()
    if not more:
        return Blow(told, (victim,))
    psutil.wait_procs([victim], timeout=FIND_SECONDS)
    if more == THEN_FLOW:
        return _and_flow(Blow(told, (victim,)), watch, rng)
    seen = LEASES[more](watch)
    return Blow(f"{told}, {seen.words}", (victim,), wrong=seen.wrong)


def _and_flow(first: Blow, watch: Watch, rng: random.Random) -> Blow:
    time.sleep(rng.uniform(0, THEN_SECONDS))
    flow = watch.subject.flow(watch.operation)
    if flow is None:
        return first
    flow.kill()
    return Blow(f"{first.words}, then flow (pid {flow.pid})", (*first.processes, flow))


def _triggered(watch: Watch) -> Blow:
    flow = watch.subject.flow(watch.operation)
    if flow is None:
        return Blow("there was no flow any more", fell=False)
    seen = triggered(watch, flow)
    return Blow(seen.words, wrong=seen.wrong)


def _locked(watch: Watch) -> Blow:
    """Another process writes to Prefect's database, and takes its time: the server waits, or fails its requests."""
    database = watch.subject.sandbox.addresses.state_dir / "prefect" / "prefect.db"
    with closing(
        sqlite3.connect(f"file:{database}?mode=rw", uri=True, isolation_level=None, timeout=FIND_SECONDS)
    ) as held:
        held.execute("BEGIN IMMEDIATE")
        time.sleep(LOCK_SECONDS)
        held.execute("ROLLBACK")
    return Blow(f"Prefect's database was locked for {LOCK_SECONDS:.0f} s")


_OF_NOBODY: Final[dict[str, Callable[[Watch], Blow]]] = {"trigger": _triggered, "lock prefect-database": _locked}
"""Blows at no process."""


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
