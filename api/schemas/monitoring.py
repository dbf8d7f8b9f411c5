"""What happened, in lines and in numbers."""

from __future__ import annotations

from pydantic import BaseModel

from cloud_core.answers.deployments import LogLine
from cloud_core.domain.names import EnvironmentName


class Log(BaseModel):
    """Newest first; `environment` is null when none was asked for, `operation_id` for lines of all operations.
    `next_token` leads to older lines, and is null behind the last one."""

    deployment_id: str
    environment: EnvironmentName | None
    operation_id: str | None
    logs: list[LogLine]
    returned: int
    next_token: str | None


class Counts(BaseModel):
    """Of what deploys did in the period, and of how often the API was asked by those of the caller's organisations.
    Requests belong to no deployment and no environment: where one is asked about they are null."""

    deployments_started: int
    deployments_completed: int
    deployments_failed: int
    stacks_deployed: int
    stacks_skipped: int
    stacks_failed: int
    resources_created: int
    average_deployment_time_seconds: float | None
    average_stack_time_seconds: float | None
    api_requests: int | None
    api_errors: int | None


class Metrics(BaseModel):
    """Of the organisations that the caller sees. What belongs to none, such as requests without a token, is counted for
    those alone who see all of them."""

    period: str
    timestamp: str
    metrics: Counts
