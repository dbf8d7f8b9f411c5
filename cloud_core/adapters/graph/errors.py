"""What the server refuses, and what the client's library raises, as our own errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx
from gql.transport.exceptions import TransportError, TransportQueryError

from cloud_core.domain import errors
from cloud_core.domain.errors import CloudError

_KINDS: Final[Mapping[str, type[CloudError]]] = {
    "InvalidInput": errors.InvalidInput,
    "ValidationError": errors.InvalidInput,
    "InvalidManifest": errors.InvalidInput,
    "NotFound": errors.NotFound,
    "Unauthorized": errors.NotPermitted,
    "Unauthenticated": errors.NotPermitted,
    "Conflict": errors.Conflict,
    "AlreadyExists": errors.AlreadyExists,
    "VersionConflict": errors.VersionConflict,
    "OperationInProgress": errors.OperationRunning,
    "IllegalTransition": errors.IllegalTransition,
    "OperationFailed": errors.StackFailed,
    "Unavailable": errors.Unavailable,
}
_PROBLEM: Final = "application/problem+json"
_STATUSES: Final[Mapping[int, type[CloudError]]] = {
    400: errors.InvalidInput,
    401: errors.NotPermitted,
    403: errors.NotPermitted,
    413: errors.InvalidInput,
}


def raise_problem(response: httpx.Response) -> None:
    """What is refused before GraphQL comes to it is no GraphQL answer: NotPermitted, InvalidInput, Unavailable."""
    if response.headers.get("content-type", "").startswith(_PROBLEM):
        response.read()
        problem = response.json()
        kind = _STATUSES.get(response.status_code, errors.Unavailable)
        raise kind(str(problem.get("detail")), suggestion=problem.get("suggestion"))


@contextmanager
def translate_graph_errors(url: str) -> Iterator[None]:
    """Raises Unavailable, or what the server's error type stands for, instead."""
    try:
        yield
    except TransportQueryError as error:
        raise _refused((error.errors or [{}])[0]) from error
    except (TransportError, OSError) as error:
        if isinstance(error.__cause__, CloudError):
            raise error.__cause__ from None
        raise errors.Unavailable(f"{url} can't be reached: {type(error).__name__}") from error


def _refused(told: Mapping[str, Any]) -> CloudError:
    extensions = told.get("extensions") or {}
    kind = _KINDS.get(str(extensions.get("errorType")), errors.CloudError)
    suggestion = extensions.get("suggestion")
    return kind(str(told.get("message", "")), **({"suggestion": suggestion} if suggestion else {}))
