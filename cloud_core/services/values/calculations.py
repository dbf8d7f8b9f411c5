"""Calculated values: subnets are pure, the others are drawn once and kept.

A preview draws nothing: what is not kept yet is unknown there.
"""

from __future__ import annotations

import secrets
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.placeholders import Calculation, Placeholder, plan_subnets
from cloud_core.domain.values import UNKNOWN, SecretValue, Value
from cloud_core.ports.values import Calculated, CalculationKey, CalculationStore

# Every class is safe in URLs, shells and the passwords of the databases that AWS runs.
PASSWORD_CLASSES: Final = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_.~")


def draw_password(length: int) -> str:
    """`length` random characters (4 or more), at least one of each class, a letter first."""
    alphabet = "".join(PASSWORD_CLASSES)
    while True:
        drawn = secrets.choice(string.ascii_letters) + "".join(secrets.choice(alphabet) for _ in range(length - 1))
        if all(set(drawn) & set(members) for members in PASSWORD_CLASSES):
            return drawn


@dataclass(frozen=True)
class Calculations:
    """Gives the values of `calculate` placeholders. `now` is the present moment in UTC."""

    store: CalculationStore
    now: Callable[[], datetime]

    def value(self, placeholder: Placeholder, key: CalculationKey, *, preview: bool) -> Value:
        """The kept value, drawn now when there is none; unknown instead in a preview. Errors as the store's."""
        kept = self.store.get(key)
        if kept is not None:
            return kept
        if preview:
            return SecretValue(UNKNOWN) if _is_secret(placeholder) else UNKNOWN
        return self.store.keep(key, _DRAW[Calculation(placeholder.key or "")](placeholder, self.now()))


def is_pure(placeholder: Placeholder) -> bool:
    """Whether the calculation gives the same value each time, so that it needs no store."""
    return placeholder.key == Calculation.SUBNETS


def pure_value(placeholder: Placeholder) -> list[str]:
    """The subnets; InvalidInput as `plan_subnets`."""
    cidr, prefix, count = placeholder.arguments
    return plan_subnets(cidr, int(prefix), int(count))


def _is_secret(placeholder: Placeholder) -> bool:
    return placeholder.key == Calculation.PASSWORD


# Of the placeholder and the present moment.
_DRAW: Final[Mapping[Calculation, Callable[[Placeholder, datetime], Calculated]]] = {
    Calculation.PASSWORD: lambda placeholder, _: SecretValue(draw_password(int(placeholder.arguments[0]))),
    Calculation.UUID: lambda _, __: str(uuid.uuid4()),
    Calculation.TIMESTAMP: lambda _, now: timestamp(now),
}
