"""Every error that GraphQL answers with: one table from the platform's codes to the types that AppSync has, too.

`extensions.code` is the `error_code` of the REST API, `extensions.errorType` tells the kind in AppSync's words.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

from api.errors import Refusal, refusal_of, unexpected
from api.middleware.unexpected import places
from cloud_core.domain.errors import CloudError
from graphql import GraphQLError

ERROR_TYPES: Final[Mapping[str, str]] = {
    "INTERNAL_ERROR": "InternalFailure",
    "INVALID_INPUT": "InvalidInput",
    "VALIDATION_FAILED": "InvalidManifest",
    "CIRCULAR_DEPENDENCY": "InvalidManifest",
    "UNRESOLVABLE_PLACEHOLDER": "InvalidManifest",
    "INVALID_STACK_INPUT": "InvalidInput",
    "NOT_FOUND": "NotFound",
    "DEPLOYMENT_NOT_FOUND": "NotFound",
    "STACK_NOT_FOUND": "NotFound",
    "OPERATION_NOT_FOUND": "NotFound",
    "TEMPLATE_NOT_FOUND": "NotFound",
    "OUTPUT_NOT_FOUND": "NotFound",
    "NOT_AUTHENTICATED": "Unauthenticated",
    "INVALID_TOKEN": "Unauthenticated",
    "TOKEN_EXPIRED": "Unauthenticated",
    "LOGIN_REFUSED": "Unauthenticated",
    "NOT_REMOTE": "InvalidInput",
    "NOT_PERMITTED": "Unauthorized",
    "ORGANIZATION_MISMATCH": "Unauthorized",
    "CONFLICT": "Conflict",
    "ALREADY_EXISTS": "AlreadyExists",
    "VERSION_CONFLICT": "VersionConflict",
    "OPERATION_RUNNING": "OperationInProgress",
    "RUN_SKIPPED": "Conflict",
    "APPROVAL_NEEDED": "Conflict",
    "APPROVAL_LAPSED": "Conflict",
    "LEASE_LOST": "OperationInProgress",
    "DEPENDENTS_EXIST": "Conflict",
    "ACTIVE_STACKS": "Conflict",
    "MANIFEST_CONFLICT": "VersionConflict",
    "ILLEGAL_TRANSITION": "IllegalTransition",
    "STACK_FAILED": "OperationFailed",
    "TRANSIENT_FAILURE": "OperationFailed",
    "STATE_REFUSED": "OperationFailed",
    "ENGINE_LOCKED": "OperationInProgress",
    "ENGINE_CANCELLED": "OperationFailed",
    "PLAN_DEPARTED": "Conflict",
    "PENDING_OPERATIONS": "OperationFailed",
    "PROTECTED_RESOURCES": "Conflict",
    "UNAVAILABLE": "Unavailable",
    "ENGINE_MISSING": "Unavailable",
    "SANDBOX_NOT_RUNNING": "Unavailable",
    "FLOW_SERVICE_UNREACHABLE": "Unavailable",
    "RECORDS_UNAVAILABLE": "Unavailable",
    "TABLES_MISSING": "Unavailable",
    "USER_POOL_UNREACHABLE": "Unavailable",
    "USER_POOL_MISSING": "Unavailable",
    "AWS_ACCESS_FAILED": "Unavailable",
}
"""The type of each error of the platform, by its code."""

_UNAUTHENTICATED: Final = "Unauthenticated"
_REFUSED_DOCUMENT: Final = {"code": "GRAPHQL_VALIDATION_FAILED", "errorType": "ValidationError"}
_HINT: Final = re.compile(r" Did you mean [^?]*\?")
_log = logging.getLogger(__name__)


class Told(logging.LoggerAdapter[logging.Logger]):
    """Given to the library in place of a logger: it would log the text of errors, which may hold what was sent."""

    def __init__(self) -> None:
        super().__init__(_log, {})

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Unexpected errors are logged where they are formatted, by their place."""


def format_without_hints(error: GraphQLError, debug: bool = False) -> dict[str, Any]:
    """As `format_error`. Where the schema can't be asked for, guesses at what was meant would spell it out."""
    told = format_error(error, debug)
    return told | {"message": _HINT.sub("", told["message"])}


def format_error(error: GraphQLError, debug: bool = False) -> dict[str, Any]:
    """As GraphQL has it. Nothing is told of an error that nobody thought of."""
    original = _original(error)
    told: dict[str, Any] = {"message": error.message, "extensions": _extensions(original)}
    if original is not None:
        told["message"] = _refusal(original).message
    if error.locations:
        told["locations"] = [location.formatted for location in error.locations]
    if error.path:
        told["path"] = error.path
    return told


def _original(error: BaseException | None) -> BaseException | None:
    while isinstance(error, GraphQLError):
        error = error.original_error
    return error


def _extensions(error: BaseException | None) -> dict[str, Any]:
    if error is None:
        return dict(_REFUSED_DOCUMENT)
    refusal = _refusal(error)
    kind = ERROR_TYPES[error.code] if isinstance(error, CloudError) else _UNAUTHENTICATED
    if not isinstance(error, (CloudError, Refusal)):
        kind = ERROR_TYPES[CloudError.code]
        _log.error("unexpected %s at %s", type(error).__name__, places(error))
    told = {"code": refusal.error_code, "errorType": kind, "suggestion": refusal.suggestion}
    return told | ({"errors": list(refusal.errors)} if refusal.errors else {})


def _refusal(error: BaseException) -> Refusal:
    if isinstance(error, CloudError):
        return refusal_of(error)
    return error if isinstance(error, Refusal) else unexpected()
