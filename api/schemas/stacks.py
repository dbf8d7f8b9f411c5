"""Stacks of a deployment, as they are in one environment."""

from __future__ import annotations

from pydantic import BaseModel

from cloud_core.answers.deployments import StackStanding
from cloud_core.answers.parts import Count, Place, Seconds, Timestamp, Values


class StackPlace(Place):
    """Which stack, of which deployment, in which environment."""

    stack_name: str


class StackDetails(StackStanding, StackPlace):
    """How a stack stands; outputs are masked. `last_deployed_by` is null where it was not written down yet.
    `progress`, `resources` and `deployment_duration` say the same as `progress_percent`, `resource_count` and
    `duration_seconds`, which are the names of a status."""

    last_deployed_at: Timestamp | None
    last_deployed_by: str | None
    progress: Count
    resources: Count
    deployment_duration: Seconds | None
    last_result: str | None
    outputs: Values
    operation_id: str | None


class StackOutputs(StackPlace):
    """Masked where they are secret."""

    outputs: Values


class StackResource(BaseModel):
    """As the engine names it; `id` is what its provider calls it, null for a component and where a deploy of an earlier
    version wrote the record."""

    type: str
    name: str
    id: str | None
    urn: str
    status: str


class StackResources(StackPlace):
    """At most 500 are listed; `total` counts all."""

    resources: list[StackResource]
    total: int
