"""Every error that the API answers with: one table from the platform's codes to HTTP, and one for those of HTTP itself.

Answers are problem details (RFC 9457). `error_code` is what clients tell errors apart by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from cloud_core.domain.errors import CloudError, InvalidManifest, NotAuthenticated, NotFound

_S = HTTPStatus

STATUSES: Final[Mapping[str, int]] = {
    "MALFORMED_JSON": _S.BAD_REQUEST,
    "AUTH_INVALID_TOKEN": _S.UNAUTHORIZED,
    "AUTH_TOKEN_EXPIRED": _S.UNAUTHORIZED,
    "AUTH_INVALID_CREDENTIALS": _S.UNAUTHORIZED,
    "AUTHZ_FORBIDDEN": _S.FORBIDDEN,
    "AUTHZ_ORGANIZATION_MISMATCH": _S.FORBIDDEN,
    "RESOURCE_NOT_FOUND": _S.NOT_FOUND,
    "METHOD_NOT_ALLOWED": _S.METHOD_NOT_ALLOWED,
    "RESOURCE_CONFLICT": _S.CONFLICT,
    "RESOURCE_ALREADY_EXISTS": _S.CONFLICT,
    "VERSION_CONFLICT": _S.CONFLICT,
    "OPERATION_IN_PROGRESS": _S.CONFLICT,
    "APPROVAL_NEEDED": _S.CONFLICT,
    "DEPENDENTS_EXIST": _S.CONFLICT,
    "DEPLOYMENT_HAS_ACTIVE_STACKS": _S.CONFLICT,
    "PROTECTED_RESOURCES": _S.CONFLICT,
    "PRECONDITION_FAILED": _S.PRECONDITION_FAILED,
    "BODY_TOO_LARGE": _S.REQUEST_ENTITY_TOO_LARGE,
    "VALIDATION_INVALID_FORMAT": _S.UNPROCESSABLE_ENTITY,
    "VALIDATION_REQUIRED_FIELD": _S.UNPROCESSABLE_ENTITY,
    "VALIDATION_INVALID_MANIFEST": _S.UNPROCESSABLE_ENTITY,
    "VALIDATION_CIRCULAR_DEPENDENCY": _S.UNPROCESSABLE_ENTITY,
    "VALIDATION_UNRESOLVABLE_PLACEHOLDER": _S.UNPROCESSABLE_ENTITY,
    "RESOURCE_LOCKED": _S.LOCKED,
    "RATE_LIMIT_EXCEEDED": _S.TOO_MANY_REQUESTS,
    "OPERATION_CANCELLED": 499,
    "INTERNAL_ERROR": _S.INTERNAL_SERVER_ERROR,
    "OPERATION_FAILED": _S.INTERNAL_SERVER_ERROR,
    "AWS_CREDENTIALS_INVALID": _S.BAD_GATEWAY,
    "AWS_RESOURCE_ERROR": _S.BAD_GATEWAY,
    "PULUMI_STATE_ERROR": _S.BAD_GATEWAY,
    "SERVICE_UNAVAILABLE": _S.SERVICE_UNAVAILABLE,
    "AUTH_UNAVAILABLE": _S.SERVICE_UNAVAILABLE,
    "REQUEST_TIMEOUT": _S.GATEWAY_TIMEOUT,
}
"""The status of each `error_code`."""

ERROR_CODES: Final[Mapping[str, str]] = {
    "INTERNAL_ERROR": "INTERNAL_ERROR",
    "INVALID_INPUT": "VALIDATION_INVALID_FORMAT",
    "VALIDATION_FAILED": "VALIDATION_INVALID_MANIFEST",
    "CIRCULAR_DEPENDENCY": "VALIDATION_CIRCULAR_DEPENDENCY",
    "UNRESOLVABLE_PLACEHOLDER": "VALIDATION_UNRESOLVABLE_PLACEHOLDER",
    "INVALID_STACK_INPUT": "VALIDATION_INVALID_FORMAT",
    "NOT_REMOTE": "VALIDATION_INVALID_FORMAT",
    "NOT_FOUND": "RESOURCE_NOT_FOUND",
    "DEPLOYMENT_NOT_FOUND": "RESOURCE_NOT_FOUND",
    "STACK_NOT_FOUND": "RESOURCE_NOT_FOUND",
    "OPERATION_NOT_FOUND": "RESOURCE_NOT_FOUND",
    "TEMPLATE_NOT_FOUND": "RESOURCE_NOT_FOUND",
    "OUTPUT_NOT_FOUND": "RESOURCE_NOT_FOUND",
    "NOT_AUTHENTICATED": "AUTH_INVALID_TOKEN",
    "INVALID_TOKEN": "AUTH_INVALID_TOKEN",
    "TOKEN_EXPIRED": "AUTH_TOKEN_EXPIRED",
    "NOT_PERMITTED": "AUTHZ_FORBIDDEN",
    "ORGANIZATION_MISMATCH": "AUTHZ_ORGANIZATION_MISMATCH",
    "LOGIN_REFUSED": "AUTH_INVALID_CREDENTIALS",
    "CONFLICT": "RESOURCE_CONFLICT",
    "ALREADY_EXISTS": "RESOURCE_ALREADY_EXISTS",
    "VERSION_CONFLICT": "VERSION_CONFLICT",
    "OPERATION_RUNNING": "OPERATION_IN_PROGRESS",
    "RUN_SKIPPED": "RESOURCE_CONFLICT",
    "APPROVAL_NEEDED": "APPROVAL_NEEDED",
    "APPROVAL_LAPSED": "RESOURCE_CONFLICT",
    "LEASE_LOST": "RESOURCE_CONFLICT",
    "DEPENDENTS_EXIST": "DEPENDENTS_EXIST",
    "ACTIVE_STACKS": "DEPLOYMENT_HAS_ACTIVE_STACKS",
    "MANIFEST_CONFLICT": "VERSION_CONFLICT",
    "ILLEGAL_TRANSITION": "RESOURCE_CONFLICT",
    "STACK_FAILED": "OPERATION_FAILED",
    "TRANSIENT_FAILURE": "AWS_RESOURCE_ERROR",
    "ENGINE_LOCKED": "RESOURCE_LOCKED",
    "ENGINE_CANCELLED": "OPERATION_CANCELLED",
    "PLAN_DEPARTED": "RESOURCE_CONFLICT",
    "STATE_REFUSED": "PULUMI_STATE_ERROR",
    "PENDING_OPERATIONS": "PULUMI_STATE_ERROR",
    "PROTECTED_RESOURCES": "PROTECTED_RESOURCES",
    "UNAVAILABLE": "SERVICE_UNAVAILABLE",
    "ENGINE_MISSING": "SERVICE_UNAVAILABLE",
    "SANDBOX_NOT_RUNNING": "SERVICE_UNAVAILABLE",
    "FLOW_SERVICE_UNREACHABLE": "SERVICE_UNAVAILABLE",
    "RECORDS_UNAVAILABLE": "SERVICE_UNAVAILABLE",
    "USER_POOL_UNREACHABLE": "AUTH_UNAVAILABLE",
    "USER_POOL_MISSING": "AUTH_UNAVAILABLE",
    "TABLES_MISSING": "SERVICE_UNAVAILABLE",
    "AWS_ACCESS_FAILED": "AWS_CREDENTIALS_INVALID",
}
"""The `error_code` of each error of the platform, by its code."""

_RETRY_SECONDS: Final = 5
_CHALLENGE: Final = 'Bearer error="invalid_token"'
_NOT_DETAILS: Final = frozenset({"suggestion", "steps", "findings"})


class Refusal(Exception):
    """A request that the API itself refuses. `errors` name what is wrong with it, `details` is for programs."""

    def __init__(
        self,
        error_code: str,
        message: str,
        suggestion: str | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.error_code = error_code
        self.message = message
        self.suggestion = suggestion
        self.errors = errors
        self.headers = dict(headers or {})
        self.details = details

    @property
    def status(self) -> int:
        return int(STATUSES[self.error_code])


def refusal_of(error: CloudError) -> Refusal:
    """An error of the platform, as HTTP has it. Nothing is told of one that nobody thought of."""
    error_code = ERROR_CODES[error.code]
    if error.code == CloudError.code:
        return unexpected()
    details = {name: value for name, value in error.context.items() if name not in _NOT_DETAILS}
    details["code"] = error.code
    if isinstance(error, NotFound):
        details["resource_type"] = error.code.removesuffix("_NOT_FOUND").removesuffix("NOT_FOUND").lower() or "resource"
    findings = error.context.get("findings", ()) if isinstance(error, InvalidManifest) else ()
    message = f"the manifest is not valid: {len(findings)} finding(s)" if findings else error.message
    headers = {"Retry-After": str(_RETRY_SECONDS)} if error.retryable else {}
    if STATUSES[error_code] == _S.UNAUTHORIZED:
        headers["WWW-Authenticate"] = _CHALLENGE if isinstance(error, NotAuthenticated) else "Bearer"
    return Refusal(error_code, message, error.suggestion, list(map(_of_finding, findings)), headers, **details)


def unexpected() -> Refusal:
    """A mistake in the program; its text may hold what must not be seen."""
    return Refusal("INTERNAL_ERROR", "this is a mistake in the program", "report it with the request's id")


def _of_finding(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "field": finding["details"].get("location", ""),
        "message": finding["message"],
        "type": finding["code"],
        "suggestion": finding["remediation"],
        "severity": finding["severity"],
        "details": finding["details"],
    }
