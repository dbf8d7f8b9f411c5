"""Every error that the platform raises on purpose.

    CloudError
    ├── InvalidInput                the caller sent something that breaks a rule
    │   ├── InvalidManifest         findings of the manifest's validation
    │   ├── DependencyCycle         the stacks' graph has a cycle; names its path
    │   ├── UnresolvablePlaceholder a placeholder has no value
    │   ├── InvalidStackInput       a stack program refuses one of its inputs
    │   └── NotRemote               an API can't do it for somebody elsewhere
    ├── NotFound
    │   ├── DeploymentNotFound, StackNotFound, OperationNotFound, TemplateNotFound, OutputNotFound
    ├── NotAuthenticated            nobody knows who calls
    │   └── InvalidToken, TokenExpired
    ├── NotPermitted
    │   ├── OrganizationMismatch    it belongs to an organisation that the caller is not of
    │   └── LoginRefused            the user pool does not take the user, the password or the login
    ├── Conflict                    the state of things forbids it now
    │   ├── AlreadyExists, VersionConflict, OperationRunning, LeaseLost, DependentsExist, ActiveStacks
    │   ├── RunSkipped              a scheduled run finds its environment busy, or its work done
    │   ├── ApprovalNeeded          somebody else has to agree first
    │   ├── ApprovalLapsed          what was approved, or was to be, is no longer what would be done
    │   ├── ManifestConflict        the working copy and the record moved apart
    │   └── IllegalTransition       a state machine has no such arrow
    ├── StackFailed                 the engine ran and did not succeed
    │   ├── TransientFailure        AWS was away or too busy (retryable)
    │   ├── EngineLocked            the engine's own lock is held
    │   ├── EngineCancelled         the engine was stopped on request
    │   ├── PlanDeparted            the engine would not do what was planned; nothing was done
    │   ├── StateRefused            the engine can't give a stack's state, or does not take one
    │   ├── PendingOperations       an interrupted run left resources in an unknown state
    │   └── ProtectedResources      a destroy would meet resources that are protected; nothing was deleted
    └── Unavailable                 something that is needed can't be reached (retryable)
        ├── EngineMissing, SandboxNotRunning, FlowServiceUnreachable, RecordsUnavailable
        ├── UserPoolUnreachable     its keys can't be read, and none is kept
        └── UserPoolMissing, TablesMissing, AwsAccessFailed

An error takes one message and context, so that it survives pickling. Edges map its `code` to their own, by a table.
"""

from __future__ import annotations

from typing import Any, ClassVar


class CloudError(Exception):
    """Base of all deliberate errors: a stable `code`, a message for people, context for machines."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, **context: Any) -> None:
        super().__init__(message)
        self.message = message
        self.context = context

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.message, self.context))

    @property
    def suggestion(self) -> str | None:
        """The way out, in the imperative; None when the message says it all."""
        value = self.context.get("suggestion")
        return None if value is None else str(value)


def _rebuild(kind: type[CloudError], message: str, context: dict[str, Any]) -> CloudError:
    return kind(message, **context)


class InvalidInput(CloudError):
    code = "INVALID_INPUT"


class InvalidManifest(InvalidInput):
    """Context `findings`: list of finding dicts, as in the validation's result; `steps`: the way out of them all."""

    code = "VALIDATION_FAILED"


class DependencyCycle(InvalidInput):
    """Context `path`: stack names, first repeated at the end."""

    code = "CIRCULAR_DEPENDENCY"


class UnresolvablePlaceholder(InvalidInput):
    """Context `problems`: list of texts, one per placeholder."""

    code = "UNRESOLVABLE_PLACEHOLDER"


class InvalidStackInput(InvalidInput):
    code = "INVALID_STACK_INPUT"


class NotRemote(InvalidInput):
    """Context `what`: what was asked for."""

    code = "NOT_REMOTE"


class NotFound(CloudError):
    code = "NOT_FOUND"


class DeploymentNotFound(NotFound):
    code = "DEPLOYMENT_NOT_FOUND"


class StackNotFound(NotFound):
    code = "STACK_NOT_FOUND"


class OperationNotFound(NotFound):
    code = "OPERATION_NOT_FOUND"


class TemplateNotFound(NotFound):
    code = "TEMPLATE_NOT_FOUND"


class OutputNotFound(NotFound):
    code = "OUTPUT_NOT_FOUND"


class NotAuthenticated(CloudError):
    code = "NOT_AUTHENTICATED"


class InvalidToken(NotAuthenticated):
    code = "INVALID_TOKEN"


class TokenExpired(NotAuthenticated):
    code = "TOKEN_EXPIRED"


class NotPermitted(CloudError):
    code = "NOT_PERMITTED"


class OrganizationMismatch(NotPermitted):
    code = "ORGANIZATION_MISMATCH"


class LoginRefused(NotPermitted):
    code = "LOGIN_REFUSED"


class Conflict(CloudError):
    code = "CONFLICT"


class AlreadyExists(Conflict):
    code = "ALREADY_EXISTS"


class VersionConflict(Conflict):
    code = "VERSION_CONFLICT"


class OperationRunning(Conflict):
    """Context `operation_id`: the one that runs."""

    code = "OPERATION_RUNNING"


class RunSkipped(Conflict):
    """Context `environment`, `action`."""

    code = "RUN_SKIPPED"


class ApprovalNeeded(Conflict):
    """Context `environment`, `action`; `operation_id` when there is an operation."""

    code = "APPROVAL_NEEDED"


class ApprovalLapsed(Conflict):
    """Context `operation_id`; `reasons`: texts, one for each thing that moved."""

    code = "APPROVAL_LAPSED"


class LeaseLost(Conflict):
    code = "LEASE_LOST"


class DependentsExist(Conflict):
    """Context `dependents`: names of deployed stacks that need this one."""

    code = "DEPENDENTS_EXIST"


class ActiveStacks(Conflict):
    """Context `active_stacks`: names of those of which something may be in AWS; `environments`: where."""

    code = "ACTIVE_STACKS"


class ManifestConflict(Conflict):
    code = "MANIFEST_CONFLICT"


class IllegalTransition(Conflict):
    code = "ILLEGAL_TRANSITION"


class StackFailed(CloudError):
    """Context `stack`, `resource` (URN or None), `diagnostics` (texts, oldest first)."""

    code = "STACK_FAILED"


class TransientFailure(StackFailed):
    """AWS, or the way there, was away or too busy: the same again may succeed."""

    code = "TRANSIENT_FAILURE"
    retryable = True


class EngineLocked(StackFailed):
    """Context `owners`: `user`, `host`, `pid` and `since` of each lock, as far as the engine tells."""

    code = "ENGINE_LOCKED"


class EngineCancelled(StackFailed):
    code = "ENGINE_CANCELLED"


class StateRefused(StackFailed):
    code = "STATE_REFUSED"


class PlanDeparted(StackFailed):
    """Context `departures`: texts, one for each difference."""

    code = "PLAN_DEPARTED"


class PendingOperations(StackFailed):
    """Context `pending`: texts `<operation> <urn>`."""

    code = "PENDING_OPERATIONS"


class ProtectedResources(StackFailed):
    """Context `protected`: the URNs."""

    code = "PROTECTED_RESOURCES"


class Unavailable(CloudError):
    code = "UNAVAILABLE"
    retryable = True


class EngineMissing(Unavailable):
    code = "ENGINE_MISSING"
    retryable = False


class SandboxNotRunning(Unavailable):
    code = "SANDBOX_NOT_RUNNING"
    retryable = False


class FlowServiceUnreachable(Unavailable):
    code = "FLOW_SERVICE_UNREACHABLE"


class RecordsUnavailable(Unavailable):
    code = "RECORDS_UNAVAILABLE"


class UserPoolUnreachable(Unavailable):
    code = "USER_POOL_UNREACHABLE"


class UserPoolMissing(Unavailable):
    code = "USER_POOL_MISSING"
    retryable = False


class TablesMissing(Unavailable):
    code = "TABLES_MISSING"
    retryable = False


class AwsAccessFailed(Unavailable):
    code = "AWS_ACCESS_FAILED"
    retryable = False
