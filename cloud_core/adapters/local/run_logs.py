"""The log files of a run, in the deployment's folder of the workspace.

    logs/<action>-<env>-<YYYYMMDD>-<HHMMSS>.log     the whole run
    logs/<stack>-<env>-<YYYYMMDD>-<HHMMSS>.log      one stack

Lines are those of `domain.log_lines`. Without such a folder on this machine there are no
files: the Logs table has everything.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cloud_core.domain.clock import parse_timestamp
from cloud_core.domain.events import EventDraft, EventName
from cloud_core.domain.log_lines import log_line
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
        component = entry.stack_name or "deployment"
        line = log_line(parse_timestamp(entry.timestamp), entry.log_level, component, entry.message) + "\n"
        names = [operation.type.value, *([draft.stack_name] if draft.stack_name else [])]
        for name in names:
            with (logs / f"{name}-{environment}-{stamp}.log").open("a", encoding="utf-8") as file:
                file.write(line)

    return write
