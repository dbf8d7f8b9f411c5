"""The log files of a run, in the deployment's folder of the workspace.

    logs/<action>-<env>-<YYYYMMDD>-<HHMMSS>.log     the whole run
    logs/<stack>-<env>-<YYYYMMDD>-<HHMMSS>.log      one stack

A line is `[YYYY-MM-DD HH:MM:SS] [LEVEL] [component] message`. Without such a folder on this machine there are no
files: the Logs table has everything.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.events import EventDraft, EventName
from cloud_core.domain.records import LogEntry, Operation

Sink = Callable[[EventDraft, LogEntry], None]


def run_log_sink(workspace: Path, operation: Operation) -> Sink | None:
    """Writes the lines of an operation; None when the workspace has no folder of the deployment."""
    folder = next((workspace / "deploy").glob(f"{operation.deployment_id}-*"), None)
    if folder is None:
        return None
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    stamp = parse_timestamp(operation.created_at).strftime("%Y%m%d-%H%M%S")
    environment = operation.environment.value

    def write(draft: EventDraft, entry: LogEntry) -> None:
        if draft.event is EventName.STACK_PROGRESS:
            return
        line = log_line(entry)
        names = [operation.type.value, *([draft.stack_name] if draft.stack_name else [])]
        for name in names:
            with (logs / f"{name}-{environment}-{stamp}.log").open("a", encoding="utf-8") as file:
                file.write(line)

    return write


def log_line(entry: LogEntry) -> str:
    """One line; line breaks inside the message are indented, so that each entry begins with a bracket."""
    when = parse_timestamp(entry.timestamp).strftime("%Y-%m-%d %H:%M:%S")
    message = entry.message.replace("\n", "\n    ")
    return f"[{when}] [{entry.log_level.value.upper()}] [{entry.stack_name or 'deployment'}] {message}\n"
