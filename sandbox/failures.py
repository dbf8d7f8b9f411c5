"""The error for a process of the sandbox that failed: its name, what happened, the end of its log."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cloud_core.domain.errors import SandboxNotRunning

_LOG_LINES: Final = 15


def process_failed(name: str, what: str, log: Path) -> SandboxNotRunning:
    """Context: `process`, `log`."""
    tail = "\n".join(f"    {line}" for line in log_tail(log)) or "    (nothing)"
    return SandboxNotRunning(
        f"the sandbox's process {name} {what}; the last lines of {log}:\n{tail}",
        process=name,
        log=str(log),
        suggestion=f"read {log}, mend what it says, then run 'cloud sandbox start'",
    )


def log_tail(log: Path, lines: int = _LOG_LINES) -> list[str]:
    """The last lines of a log, without the line ends; none when there is no log."""
    try:
        return log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []
