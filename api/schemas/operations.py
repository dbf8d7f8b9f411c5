"""What starts operations, and what is answered about them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cloud_core.answers.operations import OperationFacts
from cloud_core.answers.parts import Count, Seconds, Timestamp
from cloud_core.domain.names import STACK_NAME, EnvironmentName
from cloud_core.domain.statuses import StackStatus

Name = Annotated[str, Field(max_length=64, pattern=f"^{STACK_NAME.pattern}$")]
Parallel = Annotated[int, Field(ge=1, le=100, description="Stacks at once.")]


class OperationProgress(BaseModel):
    """Stacks, counted. `completed_stacks` are done, or unchanged; those that were passed over because others failed, or
    because it was cancelled, are in the total only. `percentage` counts running stacks by their resources."""

    total_stacks: Count
    completed_stacks: Count
    failed_stacks: Count
    in_progress_stacks: Count
    pending_stacks: Count
    percentage: Annotated[int, Field(ge=0, le=100)]


class OperationLayer(BaseModel):
    """Stacks that wait for no other one of the layer; `failed` as soon as one of them can't be completed any more."""

    layer: Count
    stacks: list[str]
    status: Literal["pending", "in_progress", "completed", "failed"]


class StackToDo(BaseModel):
    """A stack that is worked on, or was; `estimated_duration` is null when nothing is known of it."""

    name: str
    layer: Count | None
    status: StackStatus
    estimated_duration: Seconds | None


class StackLeftAlone(BaseModel):
    """`reason` is `unchanged`, `cancelled`, or `dependency_failed:` with the stack's name; `last_deployed` is told of
    those that are unchanged."""

    name: str
    layer: Count | None
    reason: str | None
    last_deployed: Timestamp | None


class StartedOperation(OperationFacts):
    """An operation, how far it is, and where it can be followed: asked for at `status_url`, told of by the sockets in
    `websocket_channel`.

    `stack_name` is there when it is about one stack. A stack is among those to deploy or to destroy until it is found
    to be one to skip. Durations are what the last successes took, in seconds: null when there were none, and once it
    has ended.
    """

    flow_run_url: str | None
    status_url: str
    websocket_channel: str
    stack_name: str | None
    progress: OperationProgress
    estimated_duration: Seconds | None
    layers: list[OperationLayer]
    stacks_to_deploy: list[StackToDo]
    stacks_to_destroy: list[StackToDo]
    stacks_skipped: list[StackLeftAlone]


class JudgedOperation(StartedOperation):
    """What an approval would let run; `lapsed` tells why it would be refused, empty when it holds."""

    lapsed: list[str]


class OperationPage(BaseModel):
    """Newest first; `has_more` says that older ones match too, and `next_page_token` leads to them."""

    deployment_id: str
    operations: list[StartedOperation]
    has_more: bool
    next_page_token: str | None


class Deploy(BaseModel):
    """`continue_on_error` lets branches go on that do not need what failed. `skip_unchanged` leaves stacks alone that
    are deployed as they should be."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"environment": "dev", "parallel": 8}]})

    environment: EnvironmentName = EnvironmentName.DEV
    dry_run: bool = Field(default=False, description="Only tell what would be done, from the records alone.")
    parallel: Parallel = 8
    continue_on_error: bool = True
    rollback_on_error: bool = False
    skip_unchanged: bool = True
    skip_validation: bool = False
    strict: bool = Field(default=False, description="Warnings of the validation count as errors.")
    plan_id: str | None = Field(default=None, description="Do only what this preview shows.")


class MakePlan(BaseModel):
    """`destroy` looks ahead to a destroy."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"environment": "dev"}]})

    environment: EnvironmentName = EnvironmentName.DEV
    dry_run: bool = Field(default=False, description="Only the graph and the reasons, from the records alone.")
    stacks: list[Name] = Field(default_factory=list, description="Only these.")
    destroy: bool = False
    parallel: Parallel = 8
    skip_unchanged: bool = True
    skip_validation: bool = False
    strict: bool = False


class DeployStack(BaseModel):
    """What deploying one stack may be told besides its place."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = False
    skip_dependencies: bool = Field(default=False, description="Even if stacks that it needs are not deployed.")
    skip_validation: bool = False
    strict: bool = False


class DestroyedAlready(BaseModel):
    """There was nothing to destroy."""

    deployment_id: str
    environment: EnvironmentName
    status: Literal["destroyed"] = "destroyed"


class Purged(BaseModel):
    """The record is gone; its operations and log lines remain."""

    deployment_id: str
    status: Literal["purged"] = "purged"


class Retry(BaseModel):
    """`everything` does the whole operation again, `latest` takes the record's manifest although it moved on. What an
    interrupted run left is repaired in dev and stage, in prod only when `repair` says so."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(default=False, description="Only tell what is left.")
    stacks: list[Name] = Field(default_factory=list, description="Only these of what is left.")
    everything: bool = False
    latest: bool = False
    repair: bool = False
    adopt: dict[str, str] = Field(default_factory=dict, description="URNs of unended creations, and their ids.")
    forget: list[str] = Field(default_factory=list, description="URNs of creations of which nothing is there.")
    break_locks: list[Name] = Field(default_factory=list, description="Stacks whose engine lock is removed.")


class Cancel(BaseModel):
    """`drain` lets stacks that are at work finish, `interrupt` interrupts them, `kill` leaves stacks to be repaired."""

    model_config = ConfigDict(extra="forbid")

    level: Literal["drain", "interrupt", "kill"] = "interrupt"


class Promote(BaseModel):
    """From one environment to a later one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"source": "dev", "target": "stage", "dry_run": True}]}
    )

    source: EnvironmentName
    target: EnvironmentName
    parallel: Parallel = 8
    dry_run: bool = Field(default=False, description="Only tell what would be done, from the records alone.")


class RollBack(BaseModel):
    """First with `preview`: the engine looks ahead, and the operation's id is the `plan_id` to go back with, of one
    `stack` too. Programs are those of today."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"environment": "dev", "to_version": 3, "preview": True}]},
    )

    environment: EnvironmentName = EnvironmentName.DEV
    to_version: int | None = Field(
        default=None, ge=1, le=10**9, description="Else the last other one that was deployed."
    )
    stack: Name | None = Field(default=None, description="Only this stack's section of the manifest.")
    parallel: Parallel = 8
    dry_run: bool = Field(default=False, description="Only tell what would change in the manifest.")
    preview: bool = Field(default=False, description="Have the engine look ahead.")
    plan_id: str | None = Field(default=None, max_length=64, description="The preview that was looked at.")


class Compare(BaseModel):
    """Stacks to compare with AWS; all that are deployed if none is named."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"environment": "dev"}]})

    environment: EnvironmentName = EnvironmentName.DEV
    stacks: list[Name] = Field(default_factory=list, max_length=500)
    parallel: Parallel = 8
