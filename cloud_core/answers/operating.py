"""Answers about running deployments: schedules, comparisons with AWS, retries, freed environments."""

from __future__ import annotations

from cloud_core.answers.parts import Answer, Count, DeploymentId, Place, Timestamp
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus


class LastRun(Answer):
    """The newest run of a schedule."""

    flow_run_id: str
    state: str
    message: str | None
    due: str


class Schedule(Answer):
    """Times are in its own zone, ISO 8601. `cron` is null for a rule that was made in the flow service's pages;
    `next_run` is null while it is paused, and only computed when `is_planned` is false."""

    environment: str
    action: str
    name: str | None
    rule: str
    cron: str | None
    timezone: str
    paused: bool
    next_run: str | None
    is_planned: bool
    last_run: LastRun | None
    prefect_deployment: str
    url: str | None


class ScheduleList(Answer):
    """In the order of environments and actions."""

    schedules: list[Schedule]
    total: Count


class ScheduleOutlook(Answer):
    """When it would run, in its own zone."""

    next_runs: list[str]


class ScheduleRehearsal(Place):
    """`would_be` is paused, resumed or removed."""

    action: str
    would_be: str


class RemovedSchedule(Place):
    """It is gone, or was not there."""

    action: str
    removed: bool


class Difference(Answer):
    """One property, or a whole resource (`property` is null). `expected` is the state's value, `actual` that of AWS."""

    stack: str
    type: str
    resource: str
    urn: str
    action: str
    property: str | None
    expected: str | None
    actual: str | None


class StackComparison(Answer):
    """In what AWS differs from the engine's state. `note` tells why nothing is known."""

    stack_name: str
    status: StackStatus
    changes_detected: Count
    changes: list[Difference]
    resources: dict[str, int]
    refreshed_at: Timestamp | None
    checked_at: Timestamp | None
    cause: str | None
    error: str | None
    note: str | None


class ComparisonSummary(Answer):
    """Stacks, counted; `resources` differ."""

    total: Count
    clean: Count
    drifted: Count
    unknown: Count
    resources: Count


class Comparison(Place):
    """Of all stacks that are deployed. Type is `drift`, which only compares, or `refresh`."""

    operation_id: str
    type: Action
    drift_detected: bool
    summary: ComparisonSummary
    stacks: list[StackComparison]
    status: OperationStatus
    flow_run_url: str | None


class NothingToCompare(Place):
    """Nothing is deployed."""

    type: Action
    drift_detected: bool
    stacks: list[StackComparison]


class ComparisonOutlook(Place):
    """Stacks that would be compared."""

    would_compare: list[str]


class RetriedStack(Answer):
    """Why the stack runs again, and what an interrupted run left of it."""

    name: str
    reason: str
    dependencies: list[str]
    repairs: list[str]


class RetryOutlook(Place):
    """What a retry would do."""

    type: Action
    retry_of: str
    total_stacks: Count
    stacks: list[RetriedStack]


class FreedEnvironment(Answer):
    """Who held it, if anybody did."""

    deployment_id: DeploymentId
    environment: str
    freed: bool
    operation_id: str | None
    host: str | None
    pid: Count | None
    proven_dead: bool
