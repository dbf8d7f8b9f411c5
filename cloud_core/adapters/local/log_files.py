"""Reading the log files in a deployment's folder: `logs/init.log`, and those of `adapters.local.run_logs`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cloud_core.adapters.local.text_files import file_errors
from cloud_core.domain.clock import timestamp
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogEntry, LogLevel
from cloud_core.domain.statuses import Action

_LINE: Final = re.compile(r"\[(?P<time>[-\d]+ [:\d]+)\] \[(?P<level>\w+)\] \[(?P<component>[-\w]+)\] (?P<message>.*)")
_RUN: Final = re.compile(r"(?P<action>[a-z]+)-(?P<environment>[a-z]+)-(?P<stamp>\d{8}-\d{6})\.log")
_WHOLE: Final = "deployment"
"""The component of lines that are about no stack."""


class LocalLogFiles:
    """`ports.workspace.LogFiles`; `folder` finds that of a deployment. Lines of any other shape are left out."""

    def __init__(self, folder: Callable[[str], Path]) -> None:
        self._folder = folder

    def of_init(self, deployment_id: str) -> list[LogEntry]:
        entries = _entries(self._folder(deployment_id) / "logs" / "init.log", deployment_id)
        return [entry.model_copy(update={"stack_name": None}) for entry in entries]

    def runs(self, deployment_id: str, environment: EnvironmentName) -> Iterator[tuple[Action, list[LogEntry]]]:
        for path, action in _newest_first(self._folder(deployment_id) / "logs", environment):
            entries = _entries(path, deployment_id)
            yield action, [entry.model_copy(update={"environment": environment}) for entry in entries]


def _newest_first(folder: Path, environment: EnvironmentName) -> list[tuple[Path, Action]]:
    """The files of whole runs."""
    with file_errors("read"):
        paths = list(folder.glob("*.log"))
    named = [(match, path) for path in paths if (match := _RUN.fullmatch(path.name))]
    known = {action.value: action for action in Action}
    found = [
        (match["stamp"], path, known[match["action"]])
        for match, path in named
        if match["environment"] == environment.value and match["action"] in known
    ]
    return [(path, action) for _, path, action in sorted(found, key=lambda one: one[0], reverse=True)]


def _entries(path: Path, deployment_id: str) -> list[LogEntry]:
    with file_errors("read"):
        lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    return [
        entry for number, line in enumerate(lines) if (entry := _entry(line, f"{path.stem}-{number}", deployment_id))
    ]


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
        stack_name=None if match["component"] == _WHOLE else match["component"],
    )
