"""Who reads `sandbox.json` gets addresses that are really there, or the way out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.adapters.local.sandbox_state import (
    STATE_FILE,
    SandboxAddresses,
    SandboxPhase,
    SandboxProcess,
    SandboxState,
    check_processes,
    read_addresses,
    read_state,
    sandbox_folder,
    write_state,
)
from cloud_core.domain.errors import SandboxNotRunning
from cloud_core.settings import Settings
from cloud_core.settings.sandbox import SandboxSettings


def process(pid: int, name: str = "moto-aws", holds_state: bool = True) -> SandboxProcess:
    identity = LocalProcesses().identify(pid)
    return SandboxProcess(name, pid, identity.started if identity else 0.0, f"/logs/{name}.log", holds_state)


@pytest.fixture
def state(tmp_path: Path) -> SandboxState:
    """A running sandbox, whose one process is this very one."""
    addresses = SandboxAddresses(
        generation="g1",
        state_dir=tmp_path,
        aws_endpoint="http://127.0.0.1:1",
        records_endpoint="http://127.0.0.1:2",
        provider_control="http://127.0.0.1:3",
        prefect_api="http://127.0.0.1:4/api",
        prefect_ui="http://127.0.0.1:4",
        processes=(process(os.getpid()),),
    )
    return SandboxState(SandboxPhase.RUNNING, LocalProcesses().host(), addresses)


@pytest.fixture
def ended() -> Iterator[SandboxProcess]:
    """A process that was there, and is gone."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = process(child.pid, "moto-records")
        child.kill()
    return found


def test_what_is_written_is_read_again(state: SandboxState) -> None:
    write_state(state)
    assert read_state(state.addresses.state_dir) == state
    assert read_addresses(state.addresses.state_dir) == state.addresses


def test_without_a_state_file_the_way_out_is_start(tmp_path: Path) -> None:
    with pytest.raises(SandboxNotRunning, match="cloud sandbox start"):
        read_addresses(tmp_path)


@pytest.mark.parametrize("phase", [phase for phase in SandboxPhase if phase is not SandboxPhase.RUNNING])
def test_only_a_running_sandbox_has_addresses(state: SandboxState, phase: SandboxPhase) -> None:
    write_state(state.with_phase(phase))
    with pytest.raises(SandboxNotRunning, match="not running"):
        read_addresses(state.addresses.state_dir)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"phase": "running"}', '{"phase": "odd"}'])
def test_an_unreadable_state_file_is_named(state: SandboxState, text: str) -> None:
    path = state.addresses.state_dir / STATE_FILE
    path.write_text(text)
    with pytest.raises(SandboxNotRunning, match="cloud sandbox reset") as caught:
        read_addresses(state.addresses.state_dir)
    assert str(path) in caught.value.message


def test_a_dead_process_is_named_and_the_rest_needs_a_reset(state: SandboxState, ended: SandboxProcess) -> None:
    write_state(state.with_processes([process(os.getpid()), ended]))
    with pytest.raises(SandboxNotRunning, match=r"moto-records.*cloud sandbox reset"):
        read_addresses(state.addresses.state_dir)


def test_a_dead_process_that_held_nothing_needs_a_start(state: SandboxState, ended: SandboxProcess) -> None:
    runner = replace(ended, name="flow-runner", holds_state=False)
    write_state(state.with_processes([process(os.getpid()), runner]))
    with pytest.raises(SandboxNotRunning, match=r"flow-runner.*cloud sandbox start"):
        read_addresses(state.addresses.state_dir)


def test_when_all_are_gone_a_start_is_enough(state: SandboxState, ended: SandboxProcess) -> None:
    write_state(state.with_processes([ended]))
    with pytest.raises(SandboxNotRunning, match="cloud sandbox start"):
        read_addresses(state.addresses.state_dir)


def test_a_reused_pid_does_not_count(state: SandboxState) -> None:
    stale = replace(process(os.getpid()), started=process(os.getpid()).started - 100)
    assert check_processes(state.with_processes([stale])).dead == [stale]


def test_a_pid_of_an_earlier_boot_does_not_count(state: SandboxState) -> None:
    rebooted = replace(state, host="name/earlier-boot/pid:[1]")
    assert check_processes(rebooted).alive == []


def test_a_zombie_does_not_count(state: SandboxState) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = process(child.pid)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert check_processes(state.with_processes([found])).dead == [found]


def test_the_folder_lies_in_the_workspace_unless_it_is_set(tmp_path: Path) -> None:
    assert sandbox_folder(Settings(workspace=tmp_path)) == tmp_path / ".cloud" / "sandbox"
    settings = Settings(workspace=tmp_path, sandbox=SandboxSettings(state_dir=tmp_path / "other"))
    assert sandbox_folder(settings) == tmp_path / "other"


def test_reading_the_module_loads_no_process_library() -> None:
    """Every command imports it, and the CLI has a third of a second to start."""
    code = "import sys, cloud_core.adapters.local.sandbox_state; print('psutil' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
