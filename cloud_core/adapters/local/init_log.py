"""The lines that `init` wrote into the deployment's folder: `logs/init.log`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cloud_core.adapters.local.text_files import file_errors
from cloud_core.domain.clock import timestamp
from cloud_core.domain.records import LogEntry, LogLevel

_LINE: Final = re.compile(r"\[(?P<time>[-\d]+ [:\d]+)\] \[(?P<level>\w+)\] \[\w+\] (?P<message>.*)")


def read_init_log(folder: Path, deployment_id: str) -> list[LogEntry]:
    """Oldest first; [] without a log. Lines of any other shape are left out. NotPermitted."""
    path = folder / "logs" / "init.log"
    with file_errors("read"):
        lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    return [entry for number, line in enumerate(lines) if (entry := _entry(line, f"init-{number}", deployment_id))]


def _entry(line: str, log_id: str, deployment_id: str) -> LogEntry | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    try:
        moment = datetime.strptime(match["time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        level = LogLevel(match["level"].lower())
    except ValueError:
        return None
    return LogEntry(
        log_id=log_id,
        deployment_id=deployment_id,
        timestamp=timestamp(moment),
        log_level=level,
        message=match["message"],
    )
