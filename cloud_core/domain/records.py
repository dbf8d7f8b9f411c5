"""What the platform keeps: deployments, stacks, operations, leases and log lines.

Plain data, frozen: a change is a copy. The arrows between statuses are in `domain.states`; how an item is stored
is the business of the adapters. Statuses are lower-case here and in the store.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from cloud_core.domain.agreements import Approval, ApprovalRequest
from cloud_core.domain.drift import DriftMark
from cloud_core.domain.names import EnvironmentName, command_place
from cloud_core.domain.statuses import Action, DeploymentStatus, OperationStatus, StackStatus
from cloud_core.domain.stopping import CancelLevel
from cloud_core.domain.wishes import RepairWish, RollbackWish


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Deployment(_Record):
    """The Deployments record: the manifest that is the truth, and the status over all environments.

    `manifest` is the canonical manifest as plain data; `digest` is its content digest; `version` counts every
    write of the record, `manifest_version` every write of the manifest. `environment_status` maps environment
    to its own status.
    """

    deployment_id: str
    organization: str
    project: str
    domain: str
    template: str
    status: DeploymentStatus = DeploymentStatus.INITIALIZED
    environment_status: dict[str, DeploymentStatus] = Field(default_factory=dict)
    manifest: dict[str, Any]
    manifest_version: int = 1
    digest: str
    created_at: str
    updated_at: str
    created_by: str
    version: int = 1
    description: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    pulumi_org: str
    last_deployed_at: str | None = None
    last_deployed_by: str | None = None


class ManifestVersion(_Record):
    """A manifest that was the record's before another took its place; `updated_at` is when it did, or earlier."""

    deployment_id: str
    manifest_version: int
    manifest: dict[str, Any]
    digest: str
    updated_at: str


class LastDeployment(_Record):
    """The last change of a stack; records of earlier versions do not say by whom."""

    started_at: str
    started_by: str | None = None
    completed_at: str | None = None
    duration_seconds: float | None = None
    result: str
    error_message: str | None = None


class ResourceRecord(_Record):
    """`id` is what its provider calls it; components have none, nor have records of earlier versions."""

    type: str
    name: str
    id: str | None = None
    urn: str
    status: str


class StackRecord(_Record):
    """One stack in one environment. `outputs` are masked: a secret never reaches the records.

    `fence` is the highest fencing token that has written the item. `consumed` maps `<stack>.<output>` to the
    keyed digest of the value that the last deployment read; `secret_outputs` names the outputs with a secret inside.
    `large_outputs` names those that are too large for a record: in their place `outputs` says where they can be read.
    `fingerprint` tells what the last successful deployment was made from (`domain.fingerprint`), and `output_digests`
    maps each output to its keyed digest, so that readers can tell a change without seeing a secret. `drift` is cleared
    by whatever brings the state and AWS together again.
    """

    deployment_id: str
    stack_name: str
    environment: EnvironmentName
    status: StackStatus = StackStatus.PENDING
    pulumi_stack_name: str
    layer: int
    dependencies: list[str] = Field(default_factory=list)
    outputs: dict[str, Any] = Field(default_factory=dict)
    secret_outputs: list[str] = Field(default_factory=list)
    large_outputs: list[str] = Field(default_factory=list)
    resources: list[ResourceRecord] = Field(default_factory=list)
    resource_count: int = 0
    last_deployment: LastDeployment | None = None
    created_at: str
    updated_at: str
    version: int = 1
    fence: int = 0
    fingerprint: dict[str, str] = Field(default_factory=dict)
    output_digests: dict[str, str] = Field(default_factory=dict)
    consumed: dict[str, str] = Field(default_factory=dict)
    drift: DriftMark | None = None
    last_operation_id: str | None = None

    def tells(self, output: str) -> bool:
        """Whether the record has the output as it is; the engine alone knows the others."""
        return output not in self.secret_outputs and output not in self.large_outputs


class StackResult(_Record):
    """How one stack fared in one operation; `status` may be `skipped` or `cancelled`, with its cause.

    `repairs` tells, a sentence each, what was done first about that which an interrupted run had left.
    `last_deployed_at` is since when an unchanged stack is as it is.
    """

    stack_name: str
    status: StackStatus
    cause: str | None = None
    duration_seconds: float = 0.0
    error_code: str | None = None
    error: str | None = None
    resource: str | None = None
    changes: dict[str, int] = Field(default_factory=dict)
    repairs: list[str] = Field(default_factory=list)
    last_deployed_at: str | None = None


class ProcessIdentity(_Record):
    """A process that can be told from a later one with the same pid."""

    pid: int
    started: float = Field(description="start time in seconds, by a measure of the host that no clock step can move")


class LeaseOwner(_Record):
    """Who holds a lease. `host` is the identity that `ports.processes` gives: it changes with each boot."""

    operation_id: str
    host: str
    flow_process: ProcessIdentity
    engine_processes: list[ProcessIdentity] = Field(default_factory=list)


class Operation(_Record):
    """One request for an action on an environment. `stacks` empty means every enabled stack.

    `retry_of` is the ended operation whose rest this one does. `settles_environment` says that the environment's
    status follows from it although it is confined to `stacks`: the others were done by the operations before it.

    The operation pins `manifest_version` and `digest`. `flow_run_id` is the Prefect run that carries it out. `previews`
    is what a preview looks ahead to. `plan_id` names the preview whose steps a deploy is confined to. `reader` is the
    process at work on an operation that only reads, as there is no lease that would name it. `approval_request` is
    there when somebody else has to agree first, `approval` once somebody did.

    `rollback_on_error` has a deploy taken back when it fails; `existed` are the stacks that there were before it, and
    `rolled_back_by` is the operation that was decided on then. `rollback` is what such an operation takes back.
    `promoted_from` and `back_to_version` say what a deploy was asked for as: of what succeeded there, of what was then.
    """

    operation_id: str
    deployment_id: str
    environment: EnvironmentName
    type: Action
    previews: Action | None = None
    plan_id: str | None = None
    status: OperationStatus = OperationStatus.PENDING
    stacks: list[str] = Field(default_factory=list)
    manifest_version: int
    digest: str
    parallel: int = 8
    fail_fast: bool = False
    force: bool = False
    skip_dependencies: bool = False
    skip_unchanged: bool = True
    started_by: str
    created_at: str
    started_at: str | None = None
    completed_at: str | None = None
    heartbeat_at: str | None = None
    cancel_requested: bool = False
    cancel_level: CancelLevel = CancelLevel.INTERRUPT
    flow_run_id: str | None = None
    idempotency_key: str | None = None
    retry_of: str | None = None
    settles_environment: bool = False
    repair: RepairWish = RepairWish()
    layers: list[list[str]] = Field(default_factory=list)
    results: dict[str, StackResult] = Field(default_factory=dict)
    message: str | None = None
    reader: LeaseOwner | None = None
    rollback_on_error: bool = False
    existed: list[str] = Field(default_factory=list)
    rolled_back_by: str | None = None
    rollback: RollbackWish | None = None
    promoted_from: EnvironmentName | None = None
    back_to_version: int | None = None
    approval_request: ApprovalRequest | None = None
    approval: Approval | None = None
    version: int = 1

    @property
    def place(self) -> str:
        """Where it works, as commands name it."""
        return command_place(self.deployment_id, self.environment)

    @property
    def submitted_at(self) -> str:
        """From when on nothing but the flow service kept it waiting."""
        return self.approval.approved_at if self.approval else self.created_at

    @property
    def never_began(self) -> bool:
        """Whether it has ended without anything having been done: refused, rejected, or never queued."""
        return self.status.is_terminal and self.started_at is None

    @property
    def goal(self) -> Action:
        """The action that decides which stacks there are, and their order."""
        return self.previews or self.type

    @property
    def decides_environment(self) -> bool:
        """Whether the environment's status follows from how this operation ends."""
        return self.type.changes_aws and (self.settles_environment or not self.stacks)

    @property
    def destroys(self) -> list[str]:
        """Stacks that go in a rollback, while the others are put back."""
        return self.rollback.destroys if self.rollback else []

    def done(self, stack: str) -> StackStatus:
        """What the stack is called when the operation succeeded with it."""
        return StackStatus.DESTROYED if stack in self.destroys else self.type.done

    @property
    def may_repair(self) -> bool:
        """Whether what an interrupted run left may be repaired: in prod only on request."""
        return self.repair.allowed or self.environment is not EnvironmentName.PROD


class LeaseRecord(_Record):
    """The one-writer lease of a deployment's environment. `fence` grows with each new owner, and never shrinks.

    A released lease keeps its item (owner None), so that the token survives.
    """

    deployment_id: str
    environment: EnvironmentName
    owner: LeaseOwner | None
    fence: int
    acquired_at: str
    renewed_at: str
    expires_at: str


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


class LogEntry(_Record):
    log_id: str
    deployment_id: str
    timestamp: str
    log_level: LogLevel
    message: str
    stack_name: str | None = None
    environment: EnvironmentName | None = None
    details: dict[str, Any] = Field(default_factory=dict)
    user_id: str | None = None
    operation_id: str | None = None
