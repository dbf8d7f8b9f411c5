"""Port to the engine that makes the control plane. It runs in a process of its own: no edge imports programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from cloud_core.domain.control_plane import ControlPlane
from cloud_core.ports.engine import OnResource


class PlaneAction(StrEnum):
    """What is to be done. The first two change nothing."""

    LOOK = "look"
    PREVIEW = "preview"
    DEPLOY = "deploy"
    DESTROY = "destroy"


@dataclass(frozen=True)
class PlaneState:
    """`resources` are how many the engine's state has, `changes` how many were (or would be) changed, by action.
    `outputs` are those of the state; none when there is nothing."""

    outputs: Mapping[str, Any] = field(default_factory=dict)
    resources: int = 0
    changes: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def is_deployed(self) -> bool:
        return self.resources > 0


class ControlPlaneEngine(Protocol):
    """Makes, looks at and removes the control plane."""

    def carry_out(self, action: PlaneAction, plane: ControlPlane, tell: OnResource) -> PlaneState:
        """Raises as `ports.engine.StackEngine` does, InvalidInput, and Unavailable when nothing could be carried out;
        KeyboardInterrupt once the engine was stopped by it. A destroy takes the protection off first."""
