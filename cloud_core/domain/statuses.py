"""What deployments, stacks and operations may be, and what operations do.

Statuses are lower-case here and in the store; the arrows between them are in `domain.states`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class DeploymentStatus(StrEnum):
    INITIALIZED = "initialized"
    DEPLOYING = "deploying"
    DEPLOYED = "deployed"
    PARTIAL = "partial"
    FAILED = "failed"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    DESTROYING = "destroying"
    DESTROYED = "destroyed"


class StackStatus(StrEnum):
    """Stored statuses, and those that only the results of a run have; `RESULTS_ONLY` names these."""

    PENDING = "pending"
    DEPLOYING = "deploying"
    DEPLOYED = "deployed"
    FAILED = "failed"
    DESTROYING = "destroying"
    DESTROYED = "destroyed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    PREVIEWING = "previewing"
    PREVIEWED = "previewed"
    REFRESHING = "refreshing"
    REFRESHED = "refreshed"
    COMPARING = "comparing"
    COMPARED = "compared"

    @property
    def may_have_resources(self) -> bool:
        """Whether something of a stack that is called so may exist in AWS."""
        return self not in (StackStatus.PENDING, StackStatus.DESTROYED)

    @property
    def is_changing(self) -> bool:
        """Whether an operation changes the stack now; without one that runs, a dead one has left it so."""
        return self in (StackStatus.DEPLOYING, StackStatus.DESTROYING)

    @property
    def may_be_interrupted(self) -> bool:
        """Whether the engine's state may hold what an interrupted run left."""
        return self is StackStatus.FAILED or self.is_changing

    @property
    def is_passed_over(self) -> bool:
        """Whether it is the result of a stack that a run left as it was."""
        return self in (StackStatus.SKIPPED, StackStatus.CANCELLED)


RESULTS_ONLY: Final = frozenset(StackStatus) - {
    StackStatus.PENDING,
    StackStatus.DEPLOYING,
    StackStatus.DEPLOYED,
    StackStatus.FAILED,
    StackStatus.DESTROYING,
    StackStatus.DESTROYED,
}
"""Statuses that are never stored in a stack's record: it stays what it was."""


class OperationStatus(StrEnum):
    PENDING = "pending"
    AWAITING_APPROVAL = "awaiting_approval"
    IN_PROGRESS = "in_progress"
    CANCELLING = "cancelling"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        return self in (OperationStatus.SUCCESS, OperationStatus.FAILED, OperationStatus.CANCELLED)

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has to approve it first."""
        return self is OperationStatus.AWAITING_APPROVAL

    @property
    def is_unbegun(self) -> bool:
        """Whether nothing was done yet, and nothing is held."""
        return self in (OperationStatus.PENDING, OperationStatus.AWAITING_APPROVAL)


class Action(StrEnum):
    """What an operation does; the flow of the same name carries it out.

    `refresh` reads AWS into the engine's state. `preview` and `drift` change neither: they hold no lease, and never
    stand in the way of the others. `rollback` takes back what a deploy has done that failed.
    """

    DEPLOY = "deploy"
    DESTROY = "destroy"
    REFRESH = "refresh"
    PREVIEW = "preview"
    DRIFT = "drift"
    ROLLBACK = "rollback"

    @property
    def only_reads(self) -> bool:
        return self in (Action.PREVIEW, Action.DRIFT)

    @property
    def changes_aws(self) -> bool:
        return self in (Action.DEPLOY, Action.DESTROY, Action.ROLLBACK)

    @property
    def running(self) -> StackStatus:
        """What a stack is called while the action works on it."""
        return _STACK_STATUSES[self][0]

    @property
    def done(self) -> StackStatus:
        """What a stack is called when the action succeeded."""
        return _STACK_STATUSES[self][1]


_STACK_STATUSES: Final = {
    Action.DEPLOY: (StackStatus.DEPLOYING, StackStatus.DEPLOYED),
    Action.DESTROY: (StackStatus.DESTROYING, StackStatus.DESTROYED),
    Action.REFRESH: (StackStatus.REFRESHING, StackStatus.REFRESHED),
    Action.PREVIEW: (StackStatus.PREVIEWING, StackStatus.PREVIEWED),
    Action.DRIFT: (StackStatus.COMPARING, StackStatus.COMPARED),
    # Of the stacks that are put back; those that go are called as in a destroy.
    Action.ROLLBACK: (StackStatus.DEPLOYING, StackStatus.DEPLOYED),
}
