"""What the sandbox's AWS server can't do for a type that the sandbox has, and how the provider makes up for it.

Each file in `services/` lists its own `GAPS`. A property that the server loses is `stored` in its type's
description: the call still carries it, and its value lives in the engine's state. An object that the server can't
make at all is kept by the provider (`kept.py`). A test asks the server for each gap and fails once it has learnt
it: then the gap goes, and the property is read from AWS like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STORED: Final = "kept in the state"
KEPT: Final = "kept as a whole by the provider"
REPLACED: Final = "a change replaces the object"
WHOLE: Final = "*"


@dataclass(frozen=True)
class Gap:
    """One property of one type (`WHOLE`: all of it); `answer`: what the server does, `instead`: what the provider does.

    `instead` is STORED, KEPT, REPLACED, or a sentence for what a function of the description does.
    """

    token: str
    property: str
    answer: str
    instead: str = STORED
