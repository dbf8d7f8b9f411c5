"""Port to the calculated values that are kept, so that a password does not change with each run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import SecretValue

Calculated = str | SecretValue
"""A text, or a secret around one."""


@dataclass(frozen=True)
class CalculationKey:
    """One place in a deployment that a value was calculated for.

    `owner` is the stack, or `env` for a placeholder in the environment's own configuration; `path` is where it
    stands there and `text` the placeholder as written: a moved or changed placeholder is a new value.
    """

    deployment_id: str
    environment: EnvironmentName
    owner: str
    path: str
    text: str


class CalculationStore(Protocol):
    """Raises RecordsUnavailable or TablesMissing when it can't be reached. Secrets are never kept in clear."""

    def get(self, key: CalculationKey) -> Calculated | None:
        """What is kept, secrets wrapped; None when nothing is."""

    def keep(self, key: CalculationKey, value: Calculated) -> Calculated:
        """Keep the value unless another writer was first; either way the result is what is kept now."""

    def forget(self, deployment_id: str) -> int:
        """Remove everything kept for the deployment; how many values that were."""
