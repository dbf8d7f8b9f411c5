"""Starts, stops, checks and resets the sandbox: the embedded AWS, flow service and runner on this machine.

One life of the sandbox is a generation. AWS and the records live in memory, so they end with their processes; the
engine's state and the flow service's database, which lie on disk, must then not outlive them. Hence:

    start   nothing runs          a new generation in an emptied folder
            all run               the same addresses again
            another one died      it is started again: it holds nothing in memory that must last
            AWS or records died   refused: only a reset ends what is left
    stop    ends the generation   its files stay for reading until the next start
    reset   stop, empty the folder, start

Every function takes `report`, which is told each step in plain words. Commands on one folder exclude each other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.adapters.local.sandbox_state import (
    SandboxAddresses,
    SandboxHealth,
    SandboxPhase,
    SandboxProcess,
    SandboxState,
    check_processes,
    read_state,
    sandbox_folder,
    write_state,
)
from cloud_core.domain.errors import Conflict, SandboxNotRunning
from cloud_core.settings import Settings
from cloud_core.settings.api import API_BASE
from sandbox.blueprint import Blueprint, blueprint_for
from sandbox.failures import process_failed
from sandbox.flow_service import FlowService, given_flow_service
from sandbox.folder import exclusive, furnish, is_locked, wipe
from sandbox.interruption import interruptible, uninterrupted
from sandbox.launching import Launcher, Report, reap
from sandbox.markers import marked_processes
from sandbox.ports import HOST, choose_ports
from sandbox.processes import Launch, ProcessSpec
from sandbox.seed import SeedStep
from sandbox.stopping import end, end_all, recorded

_WATCH_SECONDS: Final = 1.0
START: Final = "cloud sandbox start"
RESET: Final = "cloud sandbox reset"


def silent(_: str) -> None:
    """A report for nobody."""


@dataclass(frozen=True)
class SandboxStatus:
    """`state` is stopped, starting, running, degraded (some processes are gone) or interrupted (a command was
    killed at work, or the state file of running processes is gone); `way_out` is the command that mends it, None
    when there is nothing to mend."""

    state: str
    state_dir: Path
    addresses: SandboxAddresses | None = None
    alive: tuple[SandboxProcess, ...] = ()
    dead: tuple[SandboxProcess, ...] = ()
    way_out: str | None = None


def start(settings: Settings, report: Report = silent, blueprint: Blueprint | None = None) -> SandboxAddresses:
    """Bring the sandbox up and return where it listens; no error when it runs already.

    Raises Conflict when a reset is needed, another command is at work or a port is taken; SandboxNotRunning when a
    process does not start. After an error, or Ctrl-C, nothing that this call started is left.
    """
    folder, parts = sandbox_folder(settings), blueprint or blueprint_for(settings.sandbox)
    with exclusive(folder), interruptible():
        state = read_state(folder)
        if state is None or state.phase is not SandboxPhase.RUNNING:
            return _begin(settings, folder, state, report, parts)
        health = check_processes(state)
        if not health.alive:
            report("the processes of the last generation are all gone")
            return _begin(settings, folder, state, report, parts)
        if health.lost_state:
            raise _reset_needed(folder, health)
        if health.dead:
            return _revive(settings, state, health, report, parts)
        report("the sandbox is running already")
        return state.addresses


def stop(settings: Settings, report: Report = silent) -> bool:
    """End the generation: every process, flow and engine of the sandbox. Whether anything was running."""
    folder = sandbox_folder(settings)
    if not folder.exists():
        return False
    with exclusive(folder):
        return _end(folder, read_state(folder), settings, report)


def reset(
    settings: Settings, report: Report = silent, blueprint: Blueprint | None = None, restart: bool = True
) -> SandboxAddresses | None:
    """Stop whatever is left, delete all of its state, and start a new generation unless `restart` is false."""
    folder = sandbox_folder(settings)
    with exclusive(folder), interruptible():
        state = _readable_state(folder, report)
        _end(folder, state, settings, report)
        if restart:
            return _begin(settings, folder, None, report, blueprint or blueprint_for(settings.sandbox))
        wipe(folder)
        report(f"deleted everything in {folder}")
        return None


def status(settings: Settings) -> SandboxStatus:
    """How the sandbox is now. Raises SandboxNotRunning when its state file can't be read."""
    folder = sandbox_folder(settings)
    reap()
    state = read_state(folder)
    at_work = is_locked(folder)
    if state is None:
        if at_work:
            return SandboxStatus("starting", folder)
        return SandboxStatus("interrupted" if marked_processes(folder) else "stopped", folder, way_out=START)
    health = check_processes(state)
    name, way_out = _verdict(state.phase, health, at_work)
    return SandboxStatus(name, folder, state.addresses, tuple(health.alive), tuple(health.dead), way_out)


def _verdict(phase: SandboxPhase, health: SandboxHealth, at_work: bool) -> tuple[str, str | None]:
    """The state's name and the command that mends it."""
    if phase is SandboxPhase.STOPPED:
        return ("starting", None) if at_work else ("stopped", START)
    if phase is not SandboxPhase.RUNNING:
        return (phase.value, None) if at_work else ("interrupted", START)
    if not health.alive:
        return "stopped", START
    if health.dead:
        return "degraded", RESET if health.lost_state else START
    return "running", None


def run_in_foreground(
    settings: Settings,
    report: Report = silent,
    on_start: Callable[[SandboxAddresses], None] = lambda _: None,
    blueprint: Blueprint | None = None,
) -> None:
    """Start, stay until Ctrl-C, SIGTERM or another command's stop. SandboxNotRunning when a process dies meanwhile."""
    with interruptible():
        addresses = start(settings, report, blueprint)
        try:
            on_start(addresses)
            _watch(settings)
            report("the sandbox was stopped by another command")
        except KeyboardInterrupt:
            _stop_for_certain(settings, report)
        except SandboxNotRunning:
            _stop_for_certain(settings, report)
            raise


def _watch(settings: Settings) -> None:
    """Return when somebody stops the sandbox; raise when a process of it dies."""
    while True:
        time.sleep(_WATCH_SECONDS)
        found = status(settings)
        if found.state == "degraded" or (found.state == "stopped" and found.dead):
            process = found.dead[0]
            raise process_failed(process.name, "is gone", Path(process.log))
        if found.state != "running":
            return


def _stop_for_certain(settings: Settings, report: Report) -> None:
    with uninterrupted():
        stop(settings, report)


def _begin(
    settings: Settings, folder: Path, last: SandboxState | None, report: Report, blueprint: Blueprint
) -> SandboxAddresses:
    """A new generation, after the end of whatever the last one left."""
    given = given_flow_service(settings)
    if last is None and marked_processes(folder):
        report("the state file is gone, but processes of the sandbox run; they can't be used without it")
    end_all(folder, last, settings.sandbox.stop_seconds, report)
    ports = choose_ports(settings.sandbox)
    if last is not None:
        report("deleting the state of the last generation: AWS, engine state, records and flows start empty")
    wipe(folder)
    addresses = _addresses(folder, ports, given)
    furnish(addresses)
    state = SandboxState(SandboxPhase.STARTING, LocalProcesses().host(), addresses)
    write_state(state)
    try:
        state = _launch(state, settings, report, blueprint.processes, blueprint.seeds)
    except BaseException as problem:
        with uninterrupted():
            what = "interrupted" if isinstance(problem, KeyboardInterrupt) else "the start failed"
            report(f"{what}; stopping what was started")
            _end(folder, read_state(folder), settings, report)
        raise
    return state.addresses


def _addresses(folder: Path, ports: dict[str, int], given: FlowService | None) -> SandboxAddresses:
    url = {name: f"http://{HOST}:{port}" for name, port in ports.items()}
    service = given or FlowService(url["prefect"] + "/api", url["prefect"])
    return SandboxAddresses(
        generation=uuid4().hex,
        state_dir=folder,
        aws_endpoint=url["aws"],
        records_endpoint=url["records"],
        provider_control=url["provider"],
        prefect_api=service.api,
        prefect_ui=service.pages,
        api_url=url["api"] + API_BASE,
    )


def _revive(
    settings: Settings, state: SandboxState, health: SandboxHealth, report: Report, blueprint: Blueprint
) -> SandboxAddresses:
    """Start the dead processes of a generation again, none of which held a part of its state."""
    names = {process.name for process in health.dead}
    report(f"starting again what is gone: {', '.join(sorted(names))}")
    # Flows that the dead runner started run on and end by themselves: they are left alone.
    alive = state.with_processes(health.alive)
    ready = [process.name for process in health.alive] + [seed.name for seed in blueprint.seeds]
    specs = [spec for spec in blueprint.processes if spec.name in names]
    try:
        return _launch(alive, settings, report, specs, [], ready).addresses
    except BaseException:
        with uninterrupted():
            now = read_state(state.addresses.state_dir) or alive
            begun = [process for process in now.addresses.processes if process not in health.alive]
            end(recorded(alive.with_processes(begun)), settings.sandbox.stop_seconds)
            write_state(state)
        raise


def _launch(
    state: SandboxState,
    settings: Settings,
    report: Report,
    specs: Sequence[ProcessSpec],
    seeds: Sequence[SeedStep],
    ready: Sequence[str] = (),
) -> SandboxState:
    """Start specs and seeds, recording each process as it is made; the result is RUNNING and written."""
    processes = list(state.addresses.processes)

    def record(process: SandboxProcess) -> None:
        processes.append(process)
        write_state(state.with_processes(processes))

    since = time.monotonic()
    Launcher(Launch(settings, state.addresses), report, record).run(specs, seeds, ready)
    running = state.with_processes(processes).with_phase(SandboxPhase.RUNNING)
    write_state(running)
    report(f"the sandbox is ready after {time.monotonic() - since:.1f} s")
    return running


def _end(folder: Path, state: SandboxState | None, settings: Settings, report: Report) -> bool:
    if state is not None:
        write_state(state.with_phase(SandboxPhase.STOPPING))
    count = end_all(folder, state, settings.sandbox.stop_seconds, report)
    if state is not None:
        write_state(state.with_processes(()).with_phase(SandboxPhase.STOPPED))
    return count > 0


def _readable_state(folder: Path, report: Report) -> SandboxState | None:
    try:
        return read_state(folder)
    except SandboxNotRunning as problem:
        report(f"going on without it: {problem.message}")
        return None


def _reset_needed(folder: Path, health: SandboxHealth) -> Conflict:
    lost = ", ".join(health.lost_state)
    text = f"the sandbox in {folder} lost a part of its state: {lost} ended; run '{RESET}' to begin anew"
    return Conflict(text, suggestion=f"run '{RESET}'", lost=health.lost_state)
