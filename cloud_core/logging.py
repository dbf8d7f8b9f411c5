"""Logs for operators: each line says what it is about, as text or as a JSON object.

    with bound(deployment="D1BRV40", environment="dev"):
        _logger.warning("the heartbeat failed")

    2026-11-27T07:06:45.624Z WARNING cloud_core.services.runs.lease [D1BRV40 dev] the heartbeat failed

Users read events; these lines are for whoever keeps the installation running. Of an exception its type and its frames
are written, never its words: an error that nobody foresaw may quote a secret.
"""

from __future__ import annotations

import contextvars
import json
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final

BINDINGS: Final = ("deployment", "environment", "operation", "stack")
"""What a line may be about, in the order of the text."""

_LEVELS: Final = {logging.WARNING: "warn"}  # the word that the rest of the platform uses
_bound: ContextVar[Mapping[str, str]] = ContextVar("bound", default=MappingProxyType({}))


@contextmanager
def bound(**about: str) -> Iterator[None]:
    """Every line inside the block is about this, besides what it was about before."""
    if unknown := about.keys() - set(BINDINGS):
        raise TypeError(f"a log line can't be about {', '.join(sorted(unknown))}")
    token = _bound.set(MappingProxyType({**_bound.get(), **about}))
    try:
        yield
    finally:
        _bound.reset(token)


def carried(work: Callable[[], Any]) -> Callable[[], Any]:
    """The work for a thread of its own, whose lines are about what they are about here and now."""
    return partial(contextvars.copy_context().run, work)


class TextFormatter(logging.Formatter):
    """Time, level, logger, in brackets what it is about, message; frames on lines of their own."""

    def format(self, record: logging.LogRecord) -> str:
        about = " ".join(_about(record).values())
        return _with_frames(
            f"{_time(record)} {record.levelname} {record.name} {f'[{about}] ' if about else ''}{record.getMessage()}",
            record,
        )


class MessageFormatter(logging.Formatter):
    """The message alone, for a reader that knows the rest already."""

    def format(self, record: logging.LogRecord) -> str:
        return _with_frames(record.getMessage(), record)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `timestamp level logger message`, what it is about, and `exception` with its frames."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "timestamp": _time(record),
            "level": _LEVELS.get(record.levelno, record.levelname.lower()),
            "logger": record.name,
            "message": record.getMessage(),
            **_about(record),
        }
        if frames := _frames(record):
            told["exception"] = frames
        return json.dumps(told, ensure_ascii=False)


def _about(record: logging.LogRecord) -> dict[str, str]:
    """Formatted in the thread that logs, so that its context counts."""
    about = _bound.get()
    return {name: about[name] for name in BINDINGS if name in about}


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _with_frames(line: str, record: logging.LogRecord) -> str:
    frames = _frames(record)
    return f"{line}\n{frames}" if frames else line


def _frames(record: logging.LogRecord) -> str:
    """Type and frames of the record's exception and of what caused it, innermost cause first."""
    error = record.exc_info[1] if record.exc_info else None
    told: list[str] = []
    while error is not None and len(told) < _CAUSES:
        frames = "".join(traceback.format_tb(error.__traceback__))
        told.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nwhich led to\n".join(reversed(told))


_CAUSES: Final = 10
