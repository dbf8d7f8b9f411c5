"""What happened, in lines and in numbers."""

from __future__ import annotations

from pydantic import BaseModel

from cloud_core.answers.deployments import LogLine
from cloud_core.answers.parts import Place


class Log(Place):
    """Newest first."""

    logs: list[LogLine]
    returned: int


class Counts(BaseModel):
    """Of the operations that began in the period."""

    deployments_started: int
    deployments_completed: int
    deployments_failed: int
    stacks_deployed: int
    average_deployment_time_seconds: float | None


class Metrics(BaseModel):
    """Of the deployments that the caller sees."""

    period: str
    timestamp: str
    metrics: Counts
