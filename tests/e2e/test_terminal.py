"""The command line on a real terminal: questions, the view that is redrawn, Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from cloud_core.domain.statuses import OperationStatus

pytestmark = pytest.mark.xdist_group("sandbox")

PATIENCE_SECONDS = 120.0
ROWS, COLUMNS = 40, 110
CLOUD = str(Path(sys.executable).with_name("cloud"))
# Takes the terminal as its own, so that Ctrl-C arrives, and becomes the command. In a process of its own: code between
# fork and exec of a process with threads can hang for ever.
_TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
_CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A command on a pseudo-terminal; `text` is everything shown so far, without colours and cursor moves."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: str) -> None:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._screen = ours
        self._shown = b""
        variables = {**environment, "TERM": "xterm-256color"}
        variables.pop("NO_COLOR", None)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _TAKE_TERMINAL, *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=variables,
            cwd=folder,
            start_new_session=True,
        )
        os.close(theirs)

    @property
    def text(self) -> str:
        return _CONTROL.sub(b"", self._shown).decode("utf-8", "replace").replace("\r", "")

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.text:
            assert time.monotonic() < deadline, f"{text!r} never came:\n{self.text[-3000:]}"
            assert self._read(), f"it ended without {text!r}:\n{self.text[-3000:]}"

    def type(self, text: str) -> None:
        os.write(self._screen, text.encode())

    def end(self) -> int:
        """Its exit code, with everything read; a view that is drawn again and again for too long fails the test."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._read():
            assert time.monotonic() < deadline, f"it never ended:\n{self.text[-3000:]}"
        return self._process.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._screen)

    def _read(self) -> bool:
        """Whether there was something; silence for too long fails the test."""
        readable, _, _ = select.select([self._screen], [], [], PATIENCE_SECONDS)
        assert readable, f"it said nothing any more:\n{self.text[-3000:]}"
        with suppress(OSError):  # the other end is closed
            if data := os.read(self._screen, 65536):
                self._shown += data
                return True
        return False


@pytest.fixture
def terminal(cloud: Any) -> Callable[..., Any]:
    @contextmanager
    def start(*arguments: str) -> Iterator[Terminal]:
        made = Terminal([CLOUD, *arguments], cloud.environment(), str(cloud.workspace))
        try:
            yield made
        finally:
            made.close()

    return start


def test_a_deploy_asks_shows_all_stacks_and_ends_with_the_result(cloud: Any, terminal: Any) -> None:
    deployment_id = cloud.init("slow", "watched")
    with terminal("deploy", deployment_id) as screen:
        screen.wait_for("Deploy 2 stacks to dev? (yes/no): ")
        screen.type("yes\n")
        screen.wait_for(f"Deploying {deployment_id} dev")
        screen.wait_for("for slow")
        screen.wait_for("100 %")
        assert screen.end() == 0
        assert "✓ Deployed 2 stacks in" in screen.text
        assert "/runs/flow-run/" in screen.text
        assert "Prefect collects" not in screen.text


def test_declining_changes_nothing(cloud: Any, terminal: Any) -> None:
    deployment_id = cloud.init("slow", "declined")
    with terminal("deploy", deployment_id) as screen:
        screen.wait_for("(yes/no): ")
        screen.type("no\n")
        assert screen.end() == 1
        assert "Nothing was changed." in screen.text
    assert cloud.data("status", deployment_id)["environments"]["dev"]["operation"] is None


def test_ctrl_c_detaches_and_the_operation_can_be_watched_and_cancelled(cloud: Any, terminal: Any) -> None:
    deployment_id = cloud.init("slow", "detached")
    cloud.configure(deployment_id, "slow", seconds=60)
    with terminal("deploy", deployment_id, "--auto-approve") as screen:
        screen.wait_for("create sandbox:Wait wait")
        screen.type("\x03")
        assert screen.end() == 130
        assert f"cloud status {deployment_id} --environment dev --watch" in screen.text
    assert status(cloud, deployment_id) is OperationStatus.IN_PROGRESS
    with terminal("status", deployment_id, "--watch") as screen:
        screen.wait_for("create sandbox:Wait wait")
        assert cloud("cancel", deployment_id, "--auto-approve").code == 0
        assert screen.end() == 1
        assert "– deploy cancelled" in screen.text
    assert status(cloud, deployment_id) is OperationStatus.CANCELLED


def status(cloud: Any, deployment_id: str) -> OperationStatus:
    environment = cloud.data("status", deployment_id)["environments"]["dev"]
    return OperationStatus(environment["operation"]["status"])
