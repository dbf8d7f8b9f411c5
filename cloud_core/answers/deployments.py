"""Answers about deployments: making, listing, checking, and how they stand."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from cloud_core.answers.operations import Operation
from cloud_core.answers.parts import Answer, Count, DeploymentId, Finding, Place, Seconds, Timestamp, Values
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LogLevel
from cloud_core.domain.statuses import StackStatus


class NewEnvironment(Answer):
    """An environment of a new deployment."""

    name: EnvironmentName
    enabled: bool
    region: str
    account: str
    status: str


class NewStack(Answer):
    """A stack of a new deployment; `layer` is null for one that is off."""

    name: str
    layer: Count | None
    status: StackStatus
    enabled: bool
    dependencies: list[str]


class NewDeployment(Answer):
    """`not_recorded` tells why it has no record yet."""

    deployment_id: DeploymentId
    organization: str
    project: str
    domain: str | None
    template: str
    status: str
    manifest_path: str
    directory: str
    created_at: Timestamp
    created_by: str | None
    recorded: bool
    not_recorded: str | None
    config_files: Count
    environments: list[NewEnvironment]
    stacks: list[NewStack]
    warnings: list[Finding]


class NewDeploymentDraft(Answer):
    """What `--dry-run` would write."""

    folder: str
    manifest: dict[str, Any]
    layers: list[list[str]]


class ListedEnvironment(Answer):
    """Its status is the stored one, or `ready` or `disabled` before the first deploy."""

    enabled: bool
    status: str


class ListedDeployment(Answer):
    """A line of the list."""

    deployment_id: DeploymentId
    organization: str
    project: str
    domain: str
    template: str
    status: str
    environments: dict[str, ListedEnvironment]
    created_at: Timestamp
    updated_at: Timestamp
    last_deployed_at: Timestamp | None


class DeploymentList(Answer):
    """`unrecorded` are folders of this workspace that have no record yet."""

    deployments: list[ListedDeployment]
    total: Count
    unrecorded: list[str]


class ValidationInfo(Answer):
    """What was looked at."""

    total_stacks: Count = Field(alias="totalStacks")
    enabled_stacks: Count = Field(alias="enabledStacks")
    environments: list[dict[str, Any]]
    dependency_layers: Count = Field(alias="dependencyLayers")


class Validation(Answer):
    """`fixes` are the changes that `--fix` has made."""

    deployment_id: DeploymentId
    fixes: list[str]
    valid: bool
    level: str
    errors: list[Finding]
    warnings: list[Finding]
    info: ValidationInfo


class ManifestComparison(Answer):
    """The file against the record; `manifest_version` is the record's."""

    state: str
    changes: list[str]
    manifest_version: Count | None


class ManifestPulled(Answer):
    """What was changed in the file."""

    changes: list[str]


class ManifestPushed(Answer):
    """The record as it is now."""

    deployment_id: DeploymentId
    manifest_version: Count
    digest: str


class CurrentResource(Answer):
    """What a stack is at; `action` is create, update or delete."""

    type: str
    name: str
    action: str


class DriftedResource(Answer):
    """Changed, or gone."""

    type: str
    name: str
    urn: str
    status: str


class Drift(Answer):
    """What a comparison has found and nobody has put right since; `resources` lists the first of `count`."""

    found_at: Timestamp
    count: Count
    resources: list[DriftedResource]


class StackStanding(Answer):
    """How a stack stands; one that is not enabled is still deployed. `resources_done` and `resources_total` are there
    while an operation works on it, the total once it is known."""

    status: StackStatus
    enabled: bool
    layer: Count | None
    dependencies: list[str]
    progress_percent: Count
    resource_count: Count
    duration_seconds: Seconds | None
    current_resource: CurrentResource | None
    resources_done: Count | None
    resources_total: Count | None
    error: str | None
    drift_detected: bool
    drift: Drift | None
    updated_at: Timestamp | None


class StatusSummary(Answer):
    """Stacks, counted."""

    total_stacks: Count
    deployed_stacks: Count
    failed_stacks: Count
    skipped_stacks: Count
    drifted_stacks: Count
    progress_percent: Count


class StatusMetrics(Answer):
    """Seconds and resources."""

    duration_seconds: Seconds | None
    estimated_time_remaining: Seconds | None
    resource_count: Count
    resources_created: Count
    resources_failed: Count


class SkippedStack(Answer):
    """A stack that did not run, and why."""

    stack: str
    cause: str | None


class Lease(Answer):
    """Who may write to the environment."""

    operation_id: str
    host: str
    pid: int
    acquired_at: Timestamp
    renewed_at: Timestamp


class EnvironmentStatus(Place):
    """How an environment stands; `operation` is the newest one, `stacks` is by name."""

    status: str
    region: str
    account: str
    start_time: Timestamp | None
    updated_at: Timestamp | None
    current_layer: Count | None
    total_layers: Count
    current_stack: str | None
    summary: StatusSummary
    metrics: StatusMetrics
    stacks: dict[str, StackStanding]
    stacks_skipped: list[SkippedStack]
    operation_id: str | None
    operation: Operation | None
    lease: Lease | None


class DeploymentStatus(Answer):
    """How a deployment stands, environment by environment."""

    deployment_id: DeploymentId
    organization: str
    project: str
    status: str
    manifest_version: Count
    updated_at: Timestamp
    last_deployed_at: Timestamp | None
    last_deployed_by: str | None
    environments: dict[str, EnvironmentStatus]


class LogLine(Answer):
    """`metadata` are the data of the event that the line tells."""

    timestamp: Timestamp
    level: LogLevel
    stack: str | None
    environment: EnvironmentName | None
    operation: str | None
    message: str
    metadata: dict[str, Any]


class Log(Place):
    """Oldest first, from the records, or from the files of a workspace."""

    operation_id: str | None
    source: Literal["records", "files"]
    logs: list[LogLine]
    returned: Count


class Outputs(Place):
    """Outputs by stack."""

    outputs: dict[str, Values]


class OneOutput(Place):
    """One output of one stack."""

    stack_name: str
    output: str
    value: Any
