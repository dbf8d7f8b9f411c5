"""The functions that there are: their sizes, whether they work inside the VPC, and what they have to do with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from typing import Final, Literal

FunctionName = Literal[
    "api-processor", "data-processor", "scheduler", "file-processor", "auth-handler", "notification-handler"
]
Runtime = Literal["python3.12", "python3.13", "python3.14"]

# When AWS stops looking after them; it may move a date.
RUNTIME_ENDS: Final[Mapping[Runtime, date]] = {
    "python3.12": date(2028, 10, 31),
    "python3.13": date(2029, 6, 30),
    "python3.14": date(2029, 6, 30),
}


class Use(Enum):
    """Something of the deployment that a function works with."""

    DATABASE = auto()
    FILES = auto()
    NOTIFICATIONS = auto()
    SENDING_TASKS = auto()
    SIGNING_KEY = auto()
    TASKS = auto()
    TELLING = auto()


@dataclass(frozen=True)
class Kind:
    """`vpc`: only what speaks to the database has to be there; the others start faster outside."""

    memory_mb: int
    timeout_s: int
    uses: frozenset[Use]
    vpc: bool = False


def _kind(memory_mb: int, timeout_s: int, *uses: Use) -> Kind:
    return Kind(memory_mb, timeout_s, frozenset(uses), vpc=Use.DATABASE in uses)


API_PROCESSOR: Final[FunctionName] = "api-processor"
DATA_PROCESSOR: Final[FunctionName] = "data-processor"
SCHEDULER: Final[FunctionName] = "scheduler"
FILE_PROCESSOR: Final[FunctionName] = "file-processor"
AUTH_HANDLER: Final[FunctionName] = "auth-handler"
NOTIFICATION_HANDLER: Final[FunctionName] = "notification-handler"

CATALOG: Final[Mapping[FunctionName, Kind]] = {
    API_PROCESSOR: _kind(512, 30, Use.SENDING_TASKS, Use.DATABASE, Use.SIGNING_KEY, Use.TELLING),
    DATA_PROCESSOR: _kind(1024, 300, Use.TASKS, Use.DATABASE, Use.FILES, Use.TELLING),
    SCHEDULER: _kind(512, 600, Use.SENDING_TASKS, Use.TELLING),
    FILE_PROCESSOR: _kind(2048, 300, Use.FILES, Use.SENDING_TASKS),
    AUTH_HANDLER: _kind(256, 30, Use.SIGNING_KEY),
    NOTIFICATION_HANDLER: _kind(256, 60, Use.NOTIFICATIONS),
}
