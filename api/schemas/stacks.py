"""Stacks of a deployment, as they are in one environment."""

from __future__ import annotations

from pydantic import BaseModel

from cloud_core.answers.deployments import StackStanding
from cloud_core.answers.parts import Place, Timestamp, Values


class StackPlace(Place):
    """Which stack, of which deployment, in which environment."""

    stack_name: str


class StackDetails(StackStanding, StackPlace):
    """How a stack stands; outputs are masked."""

    last_deployed_at: Timestamp | None
    last_result: str | None
    outputs: Values
    operation_id: str | None


class StackOutputs(StackPlace):
    """Masked where they are secret."""

    outputs: Values


class StackResource(BaseModel):
    """As the engine names it."""

    type: str
    name: str
    urn: str
    status: str


class StackResources(StackPlace):
    """At most 500 are listed; `total` counts all."""

    resources: list[StackResource]
    total: int
