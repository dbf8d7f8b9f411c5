"""The supervisor's promises, held with small stand-in processes: all there or all reset, and nothing is left over."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.adapters.local.sandbox_state import (
    STATE_FILE,
    SandboxPhase,
    read_addresses,
    read_state,
    write_state,
)
from cloud_core.domain.errors import Conflict, SandboxNotRunning
from cloud_core.settings import Settings
from cloud_core.settings.sandbox import SandboxSettings
from cloud_core.testing.waiting import wait_for
from sandbox import supervisor
from sandbox.blueprint import Blueprint
from sandbox.markers import marked_processes
from sandbox.processes import Launch, ProcessSpec
from sandbox.seed import SeedStep

DEADLINE_SECONDS = 20


def spec(
    name: str, code: str = "time.sleep(600)", holds_state: bool = True, needs: tuple[str, ...] = ()
) -> ProcessSpec:
    """A process that runs `code` after it made the file `<name>.ready` in its folder."""
    script = f"import os, pathlib, signal, subprocess, sys, time; pathlib.Path('{name}.ready').touch(); {code}"
    return ProcessSpec(
        name=name,
        arguments=lambda _: ["-c", script],
        is_ready=lambda launch: (launch.addresses.work_dir / f"{name}.ready").exists(),
        holds_state=holds_state,
        usually="a moment",
        needs=needs,
    )


MEMORY = spec("memory")
OTHER_MEMORY = spec("other-memory")
RUNNER = spec("flow-runner", holds_state=False, needs=("memory",))
SMALL = Blueprint((MEMORY, OTHER_MEMORY, RUNNER), ())


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    own = SandboxSettings(state_dir=tmp_path / "state", start_seconds=10, stop_seconds=5)
    found = Settings(workspace=tmp_path, sandbox=own)
    yield found
    supervisor.stop(found)


def folder(settings: Settings) -> Path:
    assert settings.sandbox.state_dir is not None
    return settings.sandbox.state_dir


def kill(settings: Settings, name: str) -> None:
    """As the out-of-memory killer does."""
    addresses = read_addresses(folder(settings))
    found = next(process for process in addresses.processes if process.name == name)
    os.kill(found.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(found.pid)] if psutil.pid_exists(found.pid) else [], timeout=10)


def test_start_gives_the_addresses_that_others_read(settings: Settings) -> None:
    told: list[str] = []
    addresses = supervisor.start(settings, told.append, SMALL)
    assert read_addresses(folder(settings)) == addresses
    assert [process.name for process in addresses.processes] == ["memory", "other-memory", "flow-runner"]
    assert any(line.startswith("memory: ready after") for line in told)
    found = supervisor.status(settings)
    assert (found.state, found.way_out, found.dead) == ("running", None, ())


def test_a_second_start_changes_nothing(settings: Settings) -> None:
    first = supervisor.start(settings, blueprint=SMALL)
    assert supervisor.start(settings, blueprint=SMALL) == first


def test_every_process_gets_the_sandbox_environment_and_no_real_credentials(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real-secret")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "real-token")
    monkeypatch.setenv("PREFECT_API_KEY", "real-key")
    addresses = supervisor.start(settings, blueprint=SMALL)
    for process in addresses.processes:
        environment = psutil.Process(process.pid).environ()
        assert not {"real-secret", "real-token", "real-key"} & set(environment.values())
        assert environment["AWS_ENDPOINT_URL"] == addresses.aws_endpoint
        assert environment["PREFECT_API_URL"] == addresses.prefect_api
        assert environment["CLOUD_SANDBOX__STATE_DIR"] == str(folder(settings))
        assert psutil.Process(process.pid).cwd() == str(addresses.work_dir)


def test_children_are_out_of_reach_of_the_terminal(settings: Settings) -> None:
    addresses = supervisor.start(settings, blueprint=SMALL)
    for process in addresses.processes:
        assert os.getsid(process.pid) == process.pid != os.getsid(0)


def test_children_can_be_interrupted_though_a_shell_ran_us_in_the_background(settings: Settings) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        addresses = supervisor.start(settings, blueprint=SMALL)
    finally:
        signal.signal(signal.SIGINT, before)
    for process in addresses.processes:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        ignored = int(next(line.split()[1] for line in lines if line.startswith("SigIgn")), 16)
        assert not ignored & 1 << signal.SIGINT - 1


def test_stop_ends_what_the_runner_started_even_in_sessions_of_its_own(settings: Settings) -> None:
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    child = f"import signal, time; {deaf}"
    starter = "engine = subprocess.Popen([sys.executable, '-c', sys.argv[1]], start_new_session=True); time.sleep(600)"
    runner = replace(RUNNER, arguments=lambda _: [*spec("flow-runner", starter).arguments(_), child])
    quick = settings.model_copy(update={"sandbox": settings.sandbox.model_copy(update={"stop_seconds": 0.5})})
    addresses = supervisor.start(quick, blueprint=Blueprint((MEMORY, runner), ()))
    wait_for("it is deaf", lambda: (addresses.logs_dir / "flow-runner.log").read_text() == "deaf\n", DEADLINE_SECONDS)
    assert len(marked_processes(folder(settings))) == 3
    assert supervisor.stop(quick) is True
    assert marked_processes(folder(settings)) == []
    assert supervisor.stop(quick) is False


def test_a_stop_without_a_sandbox_makes_no_folder(settings: Settings) -> None:
    assert supervisor.stop(settings) is False
    assert not folder(settings).exists()


def test_a_new_generation_has_nothing_of_the_last_one(settings: Settings) -> None:
    first = supervisor.start(settings, blueprint=SMALL)
    passphrase = first.passphrase_file.read_text()
    (folder(settings) / "pulumi" / "state.json").write_text("{}")
    (folder(settings) / "prefect" / "prefect.db").write_text("old")
    supervisor.stop(settings)
    assert supervisor.status(settings).state == "stopped"
    with pytest.raises(SandboxNotRunning, match="cloud sandbox start"):
        read_addresses(folder(settings))
    told: list[str] = []
    second = supervisor.start(settings, told.append, SMALL)
    assert second.generation != first.generation
    assert second.passphrase_file.read_text() != passphrase
    assert not list((folder(settings) / "pulumi").iterdir()) + list((folder(settings) / "prefect").iterdir())
    assert any("deleting the state of the last generation" in line for line in told)


def test_a_lost_memory_is_degraded_and_only_a_reset_ends_it(settings: Settings) -> None:
    first = supervisor.start(settings, blueprint=SMALL)
    kill(settings, "memory")
    found = supervisor.status(settings)
    assert (found.state, found.way_out, [process.name for process in found.dead]) == (
        "degraded",
        "cloud sandbox reset",
        ["memory"],
    )
    with pytest.raises(Conflict, match=r"memory.*cloud sandbox reset"):
        supervisor.start(settings, blueprint=SMALL)
    assert [process.name for process in supervisor.status(settings).alive] == ["other-memory", "flow-runner"]
    second = supervisor.reset(settings, blueprint=SMALL)
    assert second is not None
    assert second.generation != first.generation
    assert supervisor.status(settings).state == "running"


def test_a_process_that_holds_nothing_is_started_again(settings: Settings) -> None:
    first = supervisor.start(settings, blueprint=SMALL)
    kill(settings, "flow-runner")
    found = supervisor.status(settings)
    assert (found.state, found.way_out) == ("degraded", "cloud sandbox start")
    (first.work_dir / "flow-runner.ready").unlink()
    second = supervisor.start(settings, blueprint=SMALL)
    assert second.generation == first.generation
    assert {p.pid for p in first.processes} & {p.pid for p in second.processes} == {
        p.pid for p in first.processes if p.name != "flow-runner"
    }
    assert supervisor.status(settings).state == "running"


def test_a_revival_that_fails_leaves_the_rest_running(settings: Settings) -> None:
    supervisor.start(settings, blueprint=SMALL)
    kill(settings, "flow-runner")
    broken = replace(RUNNER, arguments=lambda _: ["-c", "raise SystemExit('no database')"], is_ready=lambda _: False)
    with pytest.raises(SandboxNotRunning, match="no database"):
        supervisor.start(settings, blueprint=Blueprint((MEMORY, OTHER_MEMORY, broken), ()))
    found = supervisor.status(settings)
    assert (found.state, [process.name for process in found.alive]) == ("degraded", ["memory", "other-memory"])


def test_after_a_reboot_a_start_begins_anew(settings: Settings) -> None:
    """All processes are gone, the state file and its pids are still there; one pid is a stranger's by now."""
    first = supervisor.start(settings, blueprint=SMALL)
    supervisor.stop(settings)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        stale = [replace(process, pid=stranger.pid) for process in first.processes]
        state = read_state(folder(settings))
        assert state is not None
        write_state(state.with_phase(SandboxPhase.RUNNING).with_processes(stale))
        assert supervisor.status(settings).state == "stopped"
        second = supervisor.start(settings, blueprint=SMALL)
        assert second.generation != first.generation
        supervisor.stop(settings)
        assert stranger.poll() is None
        stranger.kill()


def test_a_process_that_fails_is_named_with_its_last_lines_and_nothing_is_left(settings: Settings) -> None:
    code = "[print(f'line {n}') for n in range(40)]; sys.exit('port is on fire')"
    broken = replace(spec("other-memory", code), is_ready=lambda _: False)
    told: list[str] = []
    with pytest.raises(SandboxNotRunning) as caught:
        supervisor.start(settings, told.append, Blueprint((MEMORY, broken), ()))
    assert "other-memory ended with exit code 1" in caught.value.message
    assert "port is on fire" in caught.value.message
    assert "line 39" in caught.value.message
    assert "line 20\n" not in caught.value.message
    assert marked_processes(folder(settings)) == []
    assert supervisor.status(settings).state == "stopped"


def test_a_process_that_never_gets_ready_is_named(settings: Settings) -> None:
    slow = replace(MEMORY, is_ready=lambda _: False)
    quick = settings.model_copy(update={"sandbox": settings.sandbox.model_copy(update={"start_seconds": 0.3})})
    with pytest.raises(SandboxNotRunning, match="memory was not ready after 0 s"):
        supervisor.start(quick, blueprint=Blueprint((slow,), ()))
    assert marked_processes(folder(settings)) == []


def test_a_seed_that_fails_ends_the_start(settings: Settings) -> None:
    def fail(_: Launch) -> None:
        raise Conflict("the tables are there already")

    seed = SeedStep("tables", "creating the tables", fail, needs=("memory",))
    with pytest.raises(Conflict, match="there already"):
        supervisor.start(settings, blueprint=Blueprint((MEMORY,), (seed,)))
    assert marked_processes(folder(settings)) == []


def test_seeds_run_once_in_the_order_of_their_needs(settings: Settings) -> None:
    done: list[str] = []
    seeds = (
        SeedStep("second", "second", lambda _: done.append("second"), needs=("first",)),
        SeedStep("first", "first", lambda launch: done.append(launch.addresses.generation), needs=("memory",)),
    )
    blueprint = Blueprint((MEMORY, replace(RUNNER, needs=("second",))), seeds)
    addresses = supervisor.start(settings, blueprint=blueprint)
    assert done == [addresses.generation, "second"]
    kill(settings, "flow-runner")
    (addresses.work_dir / "flow-runner.ready").unlink()
    supervisor.start(settings, blueprint=blueprint)
    assert len(done) == 2


def test_a_taken_port_stops_the_start_before_anything_runs(settings: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        own = settings.sandbox.model_copy(update={"aws_port": other.getsockname()[1]})
        with pytest.raises(Conflict, match="CLOUD_SANDBOX__AWS_PORT"):
            supervisor.start(settings.model_copy(update={"sandbox": own}), blueprint=SMALL)
    assert marked_processes(folder(settings)) == []


def test_a_reset_mends_an_unreadable_state_file(settings: Settings) -> None:
    supervisor.start(settings, blueprint=SMALL)
    (folder(settings) / STATE_FILE).write_text("{")
    with pytest.raises(SandboxNotRunning, match="cloud sandbox reset"):
        supervisor.start(settings, blueprint=SMALL)
    assert supervisor.reset(settings, blueprint=SMALL, restart=False) is None
    assert marked_processes(folder(settings)) == []
    assert supervisor.status(settings).state == "stopped"


def test_processes_without_their_state_file_are_told_and_ended(settings: Settings) -> None:
    supervisor.start(settings, blueprint=SMALL)
    orphans = {process.pid for process in marked_processes(folder(settings))}
    (folder(settings) / STATE_FILE).unlink()
    found = supervisor.status(settings)
    assert (found.state, found.way_out) == ("interrupted", "cloud sandbox start")
    told: list[str] = []
    supervisor.start(settings, told.append, SMALL)
    assert any("the state file is gone" in line for line in told)
    assert orphans.isdisjoint(process.pid for process in marked_processes(folder(settings)))
    assert supervisor.status(settings).state == "running"


SCRIPT = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from cloud_core.settings import Settings
    from cloud_core.settings.sandbox import SandboxSettings
    from sandbox import supervisor
    from sandbox.blueprint import Blueprint
    from sandbox.processes import ProcessSpec

    stuck = sys.argv[2] == "stuck"
    sleep = ["-c", "import time; time.sleep(600)"]
    spec = ProcessSpec("memory", lambda _: sleep, lambda _: not stuck, True, "for ever")
    settings = Settings(sandbox=SandboxSettings(state_dir=Path(sys.argv[1]), stop_seconds=5))
    blueprint = Blueprint((spec,), ())
    try:
        supervisor.run_in_foreground(settings, print, lambda _: print("UP", flush=True), blueprint)
    except KeyboardInterrupt:
        sys.exit(130)
    """
)


@pytest.fixture
def command(settings: Settings) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Runs the sandbox in the foreground of a process of its own; argument: `stuck` or `well`."""
    begun: list[subprocess.Popen[str]] = []

    def run(how: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        argv = [sys.executable, "-c", SCRIPT, str(folder(settings)), how]
        begun.append(subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment))
        return begun[-1]

    yield run
    for process in begun:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"{text!r} was never printed")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_start_leaves_nothing(
    settings: Settings, command: Callable[[str], subprocess.Popen[str]], number: signal.Signals
) -> None:
    process = command("stuck")
    read_until(process, "memory: starting")
    wait_for("it runs", lambda: len(marked_processes(folder(settings))) == 1, DEADLINE_SECONDS)
    assert supervisor.status(settings).state == "starting"
    with pytest.raises(Conflict, match="another sandbox command"):
        supervisor.start(settings, blueprint=SMALL)
    process.send_signal(number)
    read_until(process, "interrupted; stopping what was started")
    assert process.wait(DEADLINE_SECONDS) == 130
    assert marked_processes(folder(settings)) == []
    assert supervisor.status(settings).state == "stopped"


def test_a_killed_start_is_seen_and_the_next_one_clears_it(
    settings: Settings, command: Callable[[str], subprocess.Popen[str]]
) -> None:
    process = command("stuck")
    read_until(process, "memory: starting")
    wait_for("it runs", lambda: len(marked_processes(folder(settings))) == 1, DEADLINE_SECONDS)
    orphan = marked_processes(folder(settings))[0]
    process.kill()
    process.wait()
    found = supervisor.status(settings)
    assert (found.state, found.way_out) == ("interrupted", "cloud sandbox start")
    with pytest.raises(SandboxNotRunning):
        read_addresses(folder(settings))
    supervisor.start(settings, blueprint=SMALL)
    assert LocalProcesses().identify(orphan.pid) is None
    assert supervisor.status(settings).state == "running"


def test_in_the_foreground_ctrl_c_stops_it(settings: Settings, command: Callable[[str], subprocess.Popen[str]]) -> None:
    process = command("well")
    read_until(process, "UP")
    assert supervisor.status(settings).state == "running"
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE_SECONDS) == 0
    assert marked_processes(folder(settings)) == []


def test_in_the_foreground_a_death_ends_the_rest_and_the_command_fails(
    settings: Settings, command: Callable[[str], subprocess.Popen[str]]
) -> None:
    process = command("well")
    read_until(process, "UP")
    kill(settings, "memory")
    assert process.wait(DEADLINE_SECONDS) == 1
    assert supervisor.status(settings).state == "stopped"


def test_in_the_foreground_another_command_may_stop_it(
    settings: Settings, command: Callable[[str], subprocess.Popen[str]]
) -> None:
    process = command("well")
    read_until(process, "UP")
    assert supervisor.stop(settings) is True
    assert process.wait(DEADLINE_SECONDS) == 0


def test_two_sandboxes_do_not_touch_each_other(settings: Settings, tmp_path: Path) -> None:
    own = settings.sandbox.model_copy(update={"state_dir": tmp_path / "second"})
    second = settings.model_copy(update={"sandbox": own})
    supervisor.start(settings, blueprint=SMALL)
    supervisor.start(second, blueprint=SMALL)
    supervisor.stop(second)
    assert supervisor.status(settings).state == "running"
    assert supervisor.status(second).state == "stopped"
