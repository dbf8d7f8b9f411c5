"""What a process of ours tells the one that started it: one JSON object a line, on what was its stdout."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from typing import Any


class EventLines:
    """Once it is made, whatever else prints to stdout, such as a program, goes to stderr. Safe from many threads."""

    def __init__(self) -> None:
        self._stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def write(self, event: Mapping[str, Any]) -> None:
        with self._lock:
            self._stream.write(json.dumps(event) + "\n")
            self._stream.flush()
