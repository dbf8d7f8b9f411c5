"""The lines that `init` wrote into the deployment's folder: `logs/init.log`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.records import LogEntry, LogLevel

_LINE: Final = re.compile(r"\[(?P<time>[-\d]+ [:\d]+)\] \[(?P<level>\w+)\] \[\w+\] (?P<message>.*)")


def read_init_log(folder: Path, deployment_id: str) -> list[LogEntry]:
    """Oldest first; [] without a log. Lines of any other shape are left out."""
    path = folder / "logs" / "init.log"
    if not path.is_file():
        return []
    lines = enumerate(path.read_text("utf-8").splitlines())
    found = [(number, _LINE.fullmatch(line)) for number, line in lines]
    return [_entry(match, f"init-{number}", deployment_id) for number, match in found if match]


def _entry(match: re.Match[str], log_id: str, deployment_id: str) -> LogEntry:
    moment = datetime.strptime(match["time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return LogEntry(
        log_id=log_id,
        deployment_id=deployment_id,
        timestamp=timestamp(moment),
        log_level=LogLevel(match["level"].lower()),
        message=match["message"],
    )
