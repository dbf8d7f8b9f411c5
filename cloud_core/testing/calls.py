"""What a boto3 client is asked for, counted."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def counted(client: Any) -> Iterator[Counter[str]]:
    """The client's calls by their operation's name while this lasts, each attempt once; from whichever thread."""
    calls: Counter[str] = Counter()
    lock = threading.Lock()

    def count(model: Any, **_: Any) -> None:
        with lock:
            calls[model.name] += 1

    event = f"before-call.{client.meta.service_model.service_name}"
    client.meta.events.register(event, count)
    try:
        yield calls
    finally:
        client.meta.events.unregister(event, count)
