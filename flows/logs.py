"""Where a flow run's log lines go: to the run's page in Prefect, and to the operators' log file.

A worker drops what its flow processes print (a closed pipe would end them), so without this nobody would read them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Final

from prefect.logging.handlers import APILogHandler
from prefect.runtime import flow_run

from cloud_core.adapters.local.sandbox_state import LOGS_FOLDER, sandbox_folder
from cloud_core.domain.records import LogLevel
from cloud_core.logging import JsonFormatter, MessageFormatter, TextFormatter
from cloud_core.settings import Settings
from cloud_core.settings.tree import Profile

_logger = logging.getLogger(__name__)
_LOGGERS: Final = tuple(map(logging.getLogger, ("cloud_core", "flows", "tasks", "blocks", "stacks")))
_LEVELS: Final = {
    LogLevel.DEBUG: logging.DEBUG,
    LogLevel.INFO: logging.INFO,
    LogLevel.WARN: logging.WARNING,
    LogLevel.ERROR: logging.ERROR,
}
_FILE: Final = "flow-runs.log"


@contextmanager
def logs_of_run(settings: Settings) -> Iterator[None]:
    """Inside the block, what our packages log from the settings' level on is kept and shown."""
    with _from_level(_LEVELS[settings.log_level]), _attached(_to_page()):
        # Once the page is there: it tells when the file can't be written.
        file = _to_file(settings)
        with _attached(file) if file else nullcontext():
            yield


@contextmanager
def _from_level(level: int) -> Iterator[None]:
    before = [logger.level for logger in _LOGGERS]
    for logger in _LOGGERS:
        logger.setLevel(level)
    try:
        yield
    finally:
        for logger, earlier in zip(_LOGGERS, before, strict=True):
            logger.setLevel(earlier)


@contextmanager
def _attached(handler: logging.Handler) -> Iterator[None]:
    for logger in _LOGGERS:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in _LOGGERS:
            logger.removeHandler(handler)
        handler.close()


def _to_page() -> logging.Handler:
    handler = APILogHandler()
    handler.setFormatter(MessageFormatter())
    run_id = str(flow_run.id)

    def of_this_run(record: logging.LogRecord) -> bool:
        # Threads of the flow have no run context that Prefect could find the run by.
        record.flow_run_id = run_id
        return True

    handler.addFilter(of_this_run)
    return handler


def _to_file(settings: Settings) -> logging.Handler | None:
    """One line a record, appended: the file is shared by all flow processes of the machine."""
    file = settings.log_file or _sandbox_file(settings)
    if file is None:
        return None
    try:
        handler = WatchedFileHandler(file, encoding="utf-8")
    except OSError as error:
        _logger.warning("the log file %s can't be written: %s", file, error.strerror)
        return None
    handler.setFormatter(JsonFormatter() if settings.log_json else TextFormatter())
    return handler


def _sandbox_file(settings: Settings) -> Path | None:
    return sandbox_folder(settings) / LOGS_FOLDER / _FILE if settings.profile is Profile.SANDBOX else None
