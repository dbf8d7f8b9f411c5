"""What the server refuses, and what the client's library raises, as our own errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx
from gql.transport.exceptions import TransportError, TransportQueryError
from websockets.exceptions import ConnectionClosed

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
_CLOSINGS: Final[Mapping[int | None, Callable[[], CloudError]]] = {
    4401: lambda: errors.NotPermitted("the token has ended, or is none", suggestion="go on with a new token"),
    4429: lambda: errors.Unavailable("you have as many sockets as you may", suggestion="close one, and try again"),
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
        if (known := _CLOSINGS.get(_closing_of(error))) is not None:
            raise known() from error
        raise errors.Unavailable(f"{url} can't be reached: {type(error).__name__}") from error


def _closing_of(error: BaseException | None) -> int | None:
    """The code that the server closed the socket with."""
    while error is not None and not isinstance(error, ConnectionClosed):
        error = error.__cause__ or error.__context__
    return error.rcvd.code if error is not None and error.rcvd is not None else None


def _refused(told: Mapping[str, Any]) -> CloudError:
    extensions = told.get("extensions") or {}
    kind = _KINDS.get(str(extensions.get("errorType")), errors.CloudError)
    suggestion = extensions.get("suggestion")
    return kind(str(told.get("message", "")), **({"suggestion": suggestion} if suggestion else {}))
