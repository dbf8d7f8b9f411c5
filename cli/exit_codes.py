"""The exit codes, and the one table that gives every error of the platform its code."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from cloud_core.domain.errors import CloudError


class Exit(IntEnum):
    """What `$?` says."""

    SUCCESS = 0  # also: there was nothing to do
    FAILED = 1  # the operation failed, or it was declined at a prompt
    USAGE = 2
    INVALID = 3
    NOT_FOUND = 4
    CONFLICT = 5
    UNAVAILABLE = 6  # credentials, access, or something that must run does not
    AWAITING_APPROVAL = 7  # accepted, and does nothing until somebody else approves it
    INTERRUPTED = 130
    CLOSED_PIPE = 141  # nobody reads the output any more; a shell says the same of a program that SIGPIPE ended


EXIT_CODES: Final[Mapping[str, Exit]] = {
    "INTERNAL_ERROR": Exit.FAILED,
    "INVALID_INPUT": Exit.INVALID,
    "VALIDATION_FAILED": Exit.INVALID,
    "CIRCULAR_DEPENDENCY": Exit.INVALID,
    "UNRESOLVABLE_PLACEHOLDER": Exit.INVALID,
    "INVALID_STACK_INPUT": Exit.INVALID,
    "NOT_REMOTE": Exit.USAGE,
    "NOT_FOUND": Exit.NOT_FOUND,
    "DEPLOYMENT_NOT_FOUND": Exit.NOT_FOUND,
    "STACK_NOT_FOUND": Exit.NOT_FOUND,
    "OPERATION_NOT_FOUND": Exit.NOT_FOUND,
    "TEMPLATE_NOT_FOUND": Exit.NOT_FOUND,
    "OUTPUT_NOT_FOUND": Exit.NOT_FOUND,
    "NOT_AUTHENTICATED": Exit.UNAVAILABLE,
    "INVALID_TOKEN": Exit.UNAVAILABLE,
    "TOKEN_EXPIRED": Exit.UNAVAILABLE,
    "NOT_PERMITTED": Exit.UNAVAILABLE,
    "ORGANIZATION_MISMATCH": Exit.UNAVAILABLE,
    "LOGIN_REFUSED": Exit.UNAVAILABLE,
    "CONFLICT": Exit.CONFLICT,
    "ALREADY_EXISTS": Exit.CONFLICT,
    "VERSION_CONFLICT": Exit.CONFLICT,
    "OPERATION_RUNNING": Exit.CONFLICT,
    "RUN_SKIPPED": Exit.CONFLICT,
    "APPROVAL_NEEDED": Exit.CONFLICT,
    "APPROVAL_LAPSED": Exit.CONFLICT,
    "LEASE_LOST": Exit.CONFLICT,
    "DEPENDENTS_EXIST": Exit.CONFLICT,
    "ACTIVE_STACKS": Exit.CONFLICT,
    "MANIFEST_CONFLICT": Exit.CONFLICT,
    "ILLEGAL_TRANSITION": Exit.CONFLICT,
    "STACK_FAILED": Exit.FAILED,
    "TRANSIENT_FAILURE": Exit.FAILED,
    "STATE_REFUSED": Exit.FAILED,
    "ENGINE_LOCKED": Exit.CONFLICT,
    "ENGINE_CANCELLED": Exit.FAILED,
    "PLAN_DEPARTED": Exit.CONFLICT,
    "PENDING_OPERATIONS": Exit.FAILED,
    "PROTECTED_RESOURCES": Exit.CONFLICT,
    "UNAVAILABLE": Exit.UNAVAILABLE,
    "ENGINE_MISSING": Exit.UNAVAILABLE,
    "SANDBOX_NOT_RUNNING": Exit.UNAVAILABLE,
    "FLOW_SERVICE_UNREACHABLE": Exit.UNAVAILABLE,
    "RECORDS_UNAVAILABLE": Exit.UNAVAILABLE,
    "USER_POOL_UNREACHABLE": Exit.UNAVAILABLE,
    "USER_POOL_MISSING": Exit.UNAVAILABLE,
    "TABLES_MISSING": Exit.UNAVAILABLE,
    "AWS_ACCESS_FAILED": Exit.UNAVAILABLE,
}


def exit_code(error: CloudError) -> Exit:
    return EXIT_CODES[error.code]
