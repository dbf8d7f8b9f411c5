"""`cloud sandbox` in a terminal of its own: the flags that need a whole sandbox."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.extended
_CLOUD = str(Path(sys.executable).with_name("cloud"))


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """That of a sandbox in a folder of its own, which is stopped afterwards."""
    found = {**os.environ, "CLOUD_SANDBOX__STATE_DIR": str(tmp_path / "state")}
    yield found
    subprocess.run([_CLOUD, "sandbox", "reset", "--no-start"], env=found, check=True)


def asked(environment: dict[str, str], *words: str) -> str:
    ended = subprocess.run([_CLOUD, "sandbox", *words], env=environment, capture_output=True, text=True, check=True)
    return ended.stdout


def test_in_the_foreground_it_runs_until_ctrl_c_and_a_reset_starts_another(environment: dict[str, str]) -> None:
    command = [_CLOUD, "sandbox", "start", "--foreground"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("Ctrl-C stops it." in line for line in process.stdout)
        assert "is running" in asked(environment, "status")
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
    assert "is stopped" in asked(environment, "status")
    assert "is running" in asked(environment, "reset", "--start")
    assert "its state is deleted" in asked(environment, "reset", "--no-start")
