"""The AWS server that builds and tests start for themselves."""

from __future__ import annotations

import subprocess
import sys
from urllib.request import urlopen

import pytest

from sandbox.offline import aws_server

STARTER = """
import os, signal
from sandbox.offline import aws_server

with aws_server() as endpoint:
    print(endpoint, flush=True)
    input()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_ends_with_its_block() -> None:
    with aws_server() as endpoint:
        assert urlopen(f"{endpoint}/moto-api/health").status == 200
    with pytest.raises(OSError, match="refused"):
        urlopen(f"{endpoint}/moto-api/health")


def test_it_ends_when_its_starter_is_killed() -> None:
    """Its output, which it inherited, is at its end only when it has ended as well."""
    command = [sys.executable, "-c", STARTER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as starter:  # type: ignore[call-overload]
        endpoint = starter.stdout.readline().strip()
        assert urlopen(f"{endpoint}/moto-api/health").status == 200
        starter.communicate("\n", timeout=60)
    with pytest.raises(OSError, match="refused"):
        urlopen(f"{endpoint}/moto-api/health")
