"""The proof that a process is gone, on real processes of this host."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.domain.records import ProcessIdentity

PROCESSES = LocalProcesses()


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    """A process that waits until its input closes."""
    command = [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
        process.kill()


def _identity(process: subprocess.Popen[str]) -> ProcessIdentity:
    identity = PROCESSES.identify(process.pid)
    assert identity is not None
    return identity


def test_we_are_not_gone() -> None:
    own = PROCESSES.current()
    assert own.pid == os.getpid()
    assert own == PROCESSES.identify(os.getpid())
    assert not PROCESSES.is_gone(own)


def test_a_living_child_is_not_gone(child: subprocess.Popen[str]) -> None:
    assert not PROCESSES.is_gone(_identity(child))


def test_a_stopped_child_is_not_gone(child: subprocess.Popen[str]) -> None:
    identity = _identity(child)
    child.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
    assert not PROCESSES.is_gone(identity)


def test_a_killed_child_is_gone_even_before_it_is_reaped(child: subprocess.Popen[str]) -> None:
    identity = _identity(child)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert PROCESSES.is_gone(identity)
    assert PROCESSES.identify(child.pid) is None
    child.wait()
    assert PROCESSES.is_gone(identity)
    assert PROCESSES.identify(child.pid) is None


def test_another_process_with_the_pid_is_not_the_one_that_had_it(child: subprocess.Popen[str]) -> None:
    identity = _identity(child)
    earlier = identity.model_copy(update={"started": identity.started - 1})
    assert PROCESSES.is_gone(earlier)


def test_a_process_of_another_user_is_not_called_gone() -> None:
    init = PROCESSES.identify(1)
    assert init is not None
    assert not PROCESSES.is_gone(init)


def test_a_name_with_brackets_and_blanks_confuses_nobody(tmp_path: Path) -> None:
    program = tmp_path / "a) R 1 (b"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    with subprocess.Popen([str(program), "60"]) as process:
        identity = PROCESSES.identify(process.pid)
        assert identity is not None
        assert abs(identity.started - PROCESSES.current().started) < 3600 * 24 * 365
        assert not PROCESSES.is_gone(identity)
        process.kill()


def test_start_times_tell_processes_apart_in_the_order_of_their_start(child: subprocess.Popen[str]) -> None:
    assert PROCESSES.current().started < _identity(child).started


def test_every_process_of_this_host_has_the_same_host_identity() -> None:
    script = "from cloud_core.adapters.local.processes import LocalProcesses; print(LocalProcesses().host())"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == PROCESSES.host()
    name, boot, namespace = PROCESSES.host().split("/")
    assert name == os.uname().nodename
    assert boot
    assert namespace


def test_a_number_is_unused_once_its_process_was_reaped(child: subprocess.Popen[str]) -> None:
    assert not PROCESSES.is_unused(child.pid)
    child.kill()
    child.wait()
    assert PROCESSES.is_unused(child.pid)
