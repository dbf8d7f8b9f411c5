"""The journal of results: a folder with one JSON file for each stack and operation, readable by its owner only."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from pydantic import ValidationError

from cloud_core.adapters.local.text_files import PRIVATE_FOLDER, file_errors, write_atomically
from cloud_core.domain.names import EnvironmentName, engine_stack_name
from cloud_core.domain.records import StackRecord

_logger = logging.getLogger(__name__)


class LocalResultJournal:
    """`ports.journal.ResultJournal` in `folder`, which is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, record: StackRecord) -> str:
        path = self._path(record)
        with file_errors("written", path):
            self._folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
            write_atomically(path, record.model_dump_json(indent=2) + "\n")
            for written in (path, self._folder):
                _sync(written)
        return str(path)

    def kept(self, deployment_id: str, environment: EnvironmentName) -> list[StackRecord]:
        paths = sorted(self._folder.glob(f"{deployment_id}-*-{environment.value}.*.json"))
        return [record for record in map(_read, paths) if record is not None]

    def discard(self, record: StackRecord) -> None:
        path = self._path(record)
        with file_errors("removed", path):
            path.unlink(missing_ok=True)

    def _path(self, record: StackRecord) -> Path:
        name = engine_stack_name(record.deployment_id, record.stack_name, record.environment)
        return self._folder / f"{name}.{record.last_operation_id}.json"


def _read(path: Path) -> StackRecord | None:
    with file_errors("read", path):
        text = path.read_text("utf-8")
    try:
        return StackRecord.model_validate_json(text)
    except ValidationError as error:
        _logger.error("%s holds no result of a stack (%d problems): look at it by hand", path, error.error_count())
        return None


def _sync(path: Path) -> None:
    """A rename alone survives the process, not the machine."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
