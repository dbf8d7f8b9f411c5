"""Writing under a version check, as often as a lost race asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from cloud_core.domain.errors import AlreadyExists, VersionConflict

T = TypeVar("T")

ATTEMPTS: Final = 6


def retry_lost_races(write: Callable[[], T]) -> T:
    """Call `write`, which reads the newest version each time, until it does not meet another writer: one who changed
    the record meanwhile, or who made it first.

    Raises VersionConflict or AlreadyExists after `ATTEMPTS` lost races: then something writes all the time.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return write()
        except (VersionConflict, AlreadyExists):
            continue
    return write()
