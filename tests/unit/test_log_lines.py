"""The lines of log files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from cloud_core.domain.log_lines import log_line
from cloud_core.domain.records import LogLevel


def test_a_line() -> None:
    moment = datetime(2026, 1, 2, 4, 4, 5, tzinfo=timezone(timedelta(hours=1)))
    assert log_line(moment, LogLevel.WARN, "init", "it works") == "[2026-01-02 03:04:05] [WARN] [init] it works"


def test_a_message_can_not_begin_a_line_of_its_own() -> None:
    line = log_line(datetime(2026, 1, 2, tzinfo=UTC), LogLevel.INFO, "init", "a\n[2026] [INFO] forged\r\nb\u2028c")
    assert len(line.splitlines()) == 1
