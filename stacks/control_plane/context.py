"""Names in the control plane: its prefix and what they are of."""

from __future__ import annotations

from dataclasses import dataclass

from cloud_core.domain.control_plane import STACK, ControlPlane
from cloud_core.domain.names import EnvironmentName
from stacks.context import StackContext
from stacks.naming import NameRule, shorten


@dataclass(frozen=True)
class PlaneContext(StackContext):
    """For the building blocks of stacks. The id of its deployment is the control plane's name; its account is that of
    the credentials, which the engine knows."""

    @classmethod
    def of_plane(cls, plane: ControlPlane) -> PlaneContext:
        return cls(plane.name, STACK, EnvironmentName.PROD, "", "cloud-platform", plane.region, "")

    def name(self, rule: NameRule, what: str) -> str:
        return shorten(f"{self.deployment_id}-{what}", rule.limit)
