"""A calculation store in memory, safe between threads."""

from __future__ import annotations

import threading

from cloud_core.ports.values import Calculated, CalculationKey


class InMemoryCalculationStore:
    """`ports.values.CalculationStore` that ends with the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[CalculationKey, Calculated] = {}

    def get(self, key: CalculationKey) -> Calculated | None:
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: CalculationKey, value: Calculated) -> Calculated:
        with self._lock:
            return self._kept.setdefault(key, value)

    def forget(self, deployment_id: str) -> int:
        with self._lock:
            gone = [key for key in self._kept if key.deployment_id == deployment_id]
            for key in gone:
                del self._kept[key]
            return len(gone)
