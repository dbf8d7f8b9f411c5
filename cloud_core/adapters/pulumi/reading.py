"""Calls of the engine that only read: what it prints may be secret, so it stays in memory.

Nothing of the Automation API is imported: it takes longer than most of these calls.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_SIGNALLED: Final = 128


@dataclass(frozen=True)
class Answer:
    """What the engine printed, and its exit code."""

    stdout: str = field(repr=False)
    stderr: str = field(repr=False)
    code: int


def read_engine(
    engine: Path, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float
) -> Answer:
    """Run the engine once, with that environment and nothing of ours; one that is late is ended and has code 1."""
    try:
        done = subprocess.run(
            [str(engine), "--non-interactive", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return Answer("", f"the engine gave no answer within {seconds:g} s", 1)
    return Answer(done.stdout.strip(), done.stderr.strip(), done.returncode)


def reason(stderr: str, code: int) -> str:
    """Why the engine ended with that code, in its own words if it has any."""
    text = stderr.removeprefix("error: ")
    if text:
        return text
    if code < 0 or code > _SIGNALLED:
        return f"the engine was killed by signal {-code if code < 0 else code - _SIGNALLED}"
    return f"the engine ended with exit code {code} without saying why"
