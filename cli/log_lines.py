"""Lines of a log as people read them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from cli.text import joined
from cli.wording import time_of_day
from cloud_core.domain.clock import parse_timestamp

if TYPE_CHECKING:
    from rich.text import Text

    from cloud_core.domain.records import LogEntry

LEVEL_STYLES: Final = {"debug": "dim", "info": "", "warn": "yellow", "error": "red"}
"""The levels, least first."""


def log_line(entry: LogEntry) -> Text:
    """`03:04:05  network   message`, the date before it when it is not today's; further lines are indented."""
    moment = parse_timestamp(entry.timestamp).astimezone()
    date = "" if moment.date() == datetime.now().astimezone().date() else moment.strftime("%Y-%m-%d ")
    head, *rest = entry.message.split("\n")
    source = entry.stack_name or "deployment"
    text = "\n".join([head.removeprefix(f"{source}: ").removeprefix(f"{source} "), *(f"    {line}" for line in rest)])
    return joined(
        (f"{date}{time_of_day(entry.timestamp)}  ", "dim"),
        (f"{source:<12}  ", "bold"),
        (text, LEVEL_STYLES[entry.log_level.value]),
    )
