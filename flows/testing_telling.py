"""A process that tells a lot and is ended in the middle of it: `python -m flows.testing_telling`, a request on stdin.

    {"endpoint": url, "prefix": of tables, "lines": how many, "ending": how it ends itself; null waits for a signal}

It prints `told` once all is told, most of it not written yet, and then waits for whoever ends it.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, NoReturn

from cloud_core.adapters.dynamodb.client import AccessKey, records_client
from cloud_core.adapters.dynamodb.records import DynamoRecords
from cloud_core.adapters.local.clock import SystemClock
from cloud_core.domain.events import EventName
from cloud_core.services.records.event_writer import EventWriter
from cloud_core.testing.builders import an_operation

THREADS: Final = 2


def main() -> int:
    request = json.loads(sys.stdin.readline())
    client = records_client(request["endpoint"], "us-east-1", AccessKey("test", "test"))
    records = DynamoRecords(client, request["prefix"], SystemClock())
    with _signals(request["ending"]), EventWriter(an_operation(), records, SystemClock()) as events:
        _tell(events, int(request["lines"]))
        sys.stdout.write("told\n")
        sys.stdout.flush()
        _ENDINGS[request["ending"]](request)
    return 0


def _signals(ending: str | None) -> AbstractContextManager[None]:
    """As a flow has them: Prefect makes an exception of SIGTERM."""
    if ending is not None:
        return nullcontext()
    from prefect.utilities.engine import capture_sigterm  # lazy for start-up time

    return capture_sigterm()


def _tell(events: EventWriter, lines: int) -> None:
    """From two threads at once, as stacks do; what one of them tells stays in its order."""

    def tell(thread: int) -> None:
        for number in range(thread, lines, THREADS):
            events.emit(EventName.LOG, message=f"line {number}", level="info")

    threads = [threading.Thread(target=tell, args=[number]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _wait(request: Mapping[str, Any]) -> None:
    sys.stdin.read()


def _raise(request: Mapping[str, Any]) -> NoReturn:
    raise ValueError("a mistake")


def _exit(request: Mapping[str, Any]) -> NoReturn:
    sys.exit(3)


def _return(request: Mapping[str, Any]) -> None:
    """By itself."""


_ENDINGS: Final[Mapping[str | None, Callable[[Mapping[str, Any]], None]]] = {
    None: _wait,
    "exception": _raise,
    "exit": _exit,
    "return": _return,
    "hang": _wait,
}

if __name__ == "__main__":
    sys.exit(main())
