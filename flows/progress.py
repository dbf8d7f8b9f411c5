"""How far a flow run is, shown beside it in the pages while it works."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Final, cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from cloud_core.domain.schedule import satisfies
from cloud_core.services.runs.run import OperationRun
from flows.artifacts import UNSHOWN, artifact_key, artifact_title

_logger = logging.getLogger(__name__)
_LOOK_SECONDS: Final = 2.0
_LAST_SECONDS: Final = 5.0
"""How long the last look is waited for: the flow service may be away, and its client retries for long."""


@contextmanager
def progress_shown(run: OperationRun, look_seconds: float = _LOOK_SECONDS) -> Iterator[None]:
    """Show which part of the stacks is done, until the block ends. In a thread of its own: no stack waits for it."""
    over, bar = threading.Event(), _Bar(run)

    def look() -> None:
        is_last = False
        while not is_last:
            is_last = over.wait(look_seconds)
            bar.show()

    # With the context of the flow run, which says whose artifact it is.
    thread = threading.Thread(target=copy_context().run, args=(look,), name="show_progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
    thread.join(_LAST_SECONDS)


class _Bar:
    """Asks the flow service only when there is something new to show."""

    def __init__(self, run: OperationRun) -> None:
        self._run = run
        self._artifact: UUID | None = None
        self._shown: tuple[int, int] | None = None

    def show(self) -> None:
        results, total = list(self._run.results.values()), len(self._run.graph.names)
        done = sum(map(satisfies, results))
        seen = (done, len(results))
        if seen == self._shown:
            return
        # A bar that is full says that all went well, so what failed or never ran does not fill it.
        percent = round(100 * done / total, 1) if total else 100.0
        told = f"{done} of {total} stacks of {artifact_title(self._run)}{_left_over(len(results) - done)}"
        try:
            if self._artifact is None:
                key = f"{artifact_key(self._run)}-progress"
                # Its type knows of a coroutine too, for callers that are one.
                self._artifact = cast(UUID, create_progress_artifact(percent, key, told))
            else:
                update_progress_artifact(self._artifact, percent, told)
        except UNSHOWN as error:
            _logger.warning("the progress could not be shown: %s", error)
            return
        self._shown = seen


def _left_over(stacks: int) -> str:
    return f"; {stacks} failed, cancelled or not reached" if stacks else ""
