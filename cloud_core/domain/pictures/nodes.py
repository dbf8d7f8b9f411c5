"""How a stack's state looks in a picture: told by words and shape, and only besides by colour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Look(StrEnum):
    """What matters of a state at a glance."""

    DONE = "done"
    RUNNING = "running"
    FAILED = "failed"
    WAITING = "waiting"  # nothing is there yet, or any more
    OFF = "off"  # deployed, but the manifest has switched it off or dropped it


@dataclass(frozen=True)
class Node:
    """`words` tell the state, like `deployed, 12 resources`."""

    look: Look
    words: str
