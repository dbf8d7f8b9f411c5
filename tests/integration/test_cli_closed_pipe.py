"""`cloud … | head`: whoever reads our output may leave before it is all written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


def run_into_a_closed_pipe(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command with a stdout that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "CLOUD_WORKSPACE": str(folder)},
            check=False,
        )
    finally:
        os.close(writing)


@pytest.mark.parametrize(
    "arguments",
    [
        ("template-list",),
        ("template-list", "--json"),
        ("template-show", "nowhere", "--json"),
        ("--help",),
        ("deploy", "--help"),
        ("--version",),
    ],
)
def test_it_ends_quietly_as_programs_do_that_nobody_listens_to(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = run_into_a_closed_pipe(*arguments, folder=tmp_path)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")
