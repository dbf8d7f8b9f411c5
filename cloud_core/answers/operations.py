"""Answers about operations: what would be done, what is done, what was done."""

from __future__ import annotations

from pydantic import ConfigDict

from cloud_core.answers.parts import Answer, Count, DeploymentId, Finding, Place, Seconds, Timestamp
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus


class StackResult(Answer):
    """How a stack fared. `changes` counts resources by action; `resource` is the URN of the one that failed; `repairs`
    tell what was done about an interrupted run. `last_deployed_at` is since when an unchanged stack is as it is."""

    stack: str
    status: StackStatus
    cause: str | None
    duration_seconds: Seconds
    changes: dict[str, int]
    error_code: str | None
    error: str | None
    resource: str | None
    repairs: list[str]
    last_deployed_at: Timestamp | None


class TakenBack(Answer):
    """What a rollback takes back of the operation `of`: stacks that it had made are destroyed, the others are put back
    to the manifest's `version`; `left` maps what stays as it is to the reason."""

    of: str
    version: Count | None
    destroys: list[str]
    left: dict[str, str]


class ApprovalRequest(Answer):
    """What waits for an approval, as digests, and until when it may be given."""

    digests: dict[str, str]
    until: Timestamp


class Approval(Answer):
    """Who agreed, when, and to what."""

    approved_by: str
    approved_at: Timestamp
    digests: dict[str, str]
    comment: str | None


class OperationFacts(Place):
    """A request for an action on an environment, confined to `stacks` unless there are none.

    `previews` is what a preview looks ahead to, `digest` that of the manifest, `results` has the stacks that have
    ended. `rolled_back_by` is the operation that takes a failed one back. `approval_request` is null when nobody has to
    agree, `approval` until somebody did; `plan_id` is the preview that a deploy is confined to.
    """

    operation_id: str
    type: Action
    previews: Action | None
    stacks: list[str]
    status: OperationStatus
    message: str | None
    started_by: str
    created_at: Timestamp
    started_at: Timestamp | None
    completed_at: Timestamp | None
    cancel_requested: bool
    cancel_level: str | None
    retry_of: str | None
    rollback_on_error: bool
    rolled_back_by: str | None
    rollback: TakenBack | None
    promoted_from: str | None
    back_to_version: Count | None
    flow_run_id: str | None
    manifest_version: Count
    digest: str
    parallel: Count
    fail_fast: bool
    skip_unchanged: bool
    plan_id: str | None
    approval_request: ApprovalRequest | None
    approval: Approval | None
    total_stacks: Count
    deployed: Count
    skipped: Count
    failed: Count
    cancelled: Count
    duration_seconds: Seconds | None
    results: list[StackResult]


class Operation(OperationFacts):
    """A request, and how far it is; `layers` are names of stacks, in the order of the work."""

    layers: list[list[str]]


class AcceptedOperation(Operation):
    """An operation, with the page of its run."""

    flow_run_url: str | None


class ApprovalOutlook(AcceptedOperation):
    """What an approval would let run; `lapsed` tells why it would be refused, empty when it holds."""

    lapsed: list[str]


class Nothing(Answer):
    """There is none."""

    model_config = ConfigDict(extra="forbid")


class History(Answer):
    """Newest first; `has_more` says that older ones match too."""

    deployment_id: DeploymentId
    operations: list[Operation]
    has_more: bool


class OutlookStack(Answer):
    """`action` is deploy or skip, with its reasons, as far as they are known."""

    name: str
    dependencies: list[str]
    action: str | None = None
    reasons: list[str] | None = None


class OutlookLayer(Answer):
    """Stacks that wait for no other one of the layer."""

    layer: Count
    stacks: list[OutlookStack]


class DeployOutlook(Place):
    """What a deploy would do, from the records alone; `manifest_changes` are those of the edited file."""

    total_stacks: Count
    parallel: Count
    manifest_version: Count
    manifest_changes: list[str]
    warnings: list[Finding]
    layers: list[OutlookLayer]


class DoomedStack(Answer):
    """A stack that would go, once its dependencies here have gone: the arrows are turned round."""

    name: str
    resource_count: Count
    dependencies: list[str]


class DoomedLayer(Answer):
    """In the order of going."""

    layer: Count
    stacks: list[DoomedStack]


class DestroyOutlook(Place):
    """What a destroy would do, from the records alone."""

    total_stacks: Count
    total_resources: Count
    layers: list[DoomedLayer]


class NothingToDestroy(Place):
    """`total_stacks` is 0."""

    model_config = ConfigDict(extra="forbid")

    total_stacks: Count


class PropertyChange(Answer):
    """Values as text, secrets masked; null where there is none."""

    path: str
    before: str | None
    after: str | None
    forces_replacement: bool


class Step(Answer):
    """What would be done to a resource."""

    action: str
    urn: str
    type: str
    name: str
    properties: list[PropertyChange]


class StackPlan(Answer):
    """What would be done to a stack; `waits_for` names stacks whose outputs are not known yet."""

    name: str
    layer: Count
    status: StackStatus
    cause: str | None
    error: str | None
    last_deployed_at: Timestamp | None
    reasons: list[str]
    waits_for: list[str]
    protected: list[str]
    changes: dict[str, int]
    steps: list[Step]


class Plan(Answer):
    """What the engine foresees. `summary` counts resources by action over all stacks."""

    format: int
    operation_id: str
    deployment_id: DeploymentId
    environment: EnvironmentName
    goal: Action
    manifest_version: Count
    digest: str
    created_at: Timestamp
    confined_to: list[str]
    total_stacks: Count
    complete: bool
    summary: dict[str, int]
    stacks: list[StackPlan]


class RollbackOutlook(Place):
    """What going back to an earlier manifest would change; `left_over` are stacks that it does not have, and `plan` is
    null when the engine was not asked."""

    from_version: Count
    to_version: Count
    changes: list[str]
    left_over: list[str]
    plan: Plan | None
