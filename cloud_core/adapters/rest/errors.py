"""Problem details turned back into the very errors that the API's services raised, and those of the way there.

An answer names the platform's own code in `details.code`: exit codes and texts are the same then as on the machine
that the API runs on. What the API itself refuses, before any service, has only an `error_code`: `_REFUSALS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx

from cloud_core.adapters.rest.address import Address
from cloud_core.adapters.rest.tokens import NO_WAY_IN
from cloud_core.domain.error_kinds import kind_of
from cloud_core.domain.errors import (
    CloudError,
    Conflict,
    InvalidInput,
    InvalidManifest,
    NotPermitted,
    Unavailable,
    VersionConflict,
)

PROBLEM: Final = "application/problem+json"
_OURS: Final = frozenset({"code", "resource_type"})
"""Details that the API adds to an error's own context."""

_REFUSALS: Final[Mapping[str, type[CloudError]]] = {
    "AUTH_INVALID_TOKEN": NotPermitted,
    "AUTH_TOKEN_EXPIRED": NotPermitted,
    "AUTHZ_FORBIDDEN": NotPermitted,
    "RESOURCE_CONFLICT": Conflict,
    "PRECONDITION_FAILED": VersionConflict,
    "BODY_TOO_LARGE": InvalidInput,
    "MALFORMED_JSON": InvalidInput,
    "VALIDATION_INVALID_FORMAT": InvalidInput,
    "VALIDATION_REQUIRED_FIELD": InvalidInput,
    "RATE_LIMIT_EXCEEDED": Unavailable,
    "SERVICE_UNAVAILABLE": Unavailable,
    "AUTH_UNAVAILABLE": Unavailable,
    "REQUEST_TIMEOUT": Unavailable,
}
_NO_ADDRESS: Final = frozenset({"RESOURCE_NOT_FOUND", "METHOD_NOT_ALLOWED"})
"""What the API's services did not find has a code of the platform besides."""
_OTHER: Final = "check the address, and that the API there is of the version of this tool"
_WAYS_OUT: Final = {
    "AUTH_INVALID_TOKEN": NO_WAY_IN,
    "AUTH_TOKEN_EXPIRED": NO_WAY_IN,
}


@contextmanager
def on_the_way(address: Address) -> Iterator[None]:
    """Unavailable when the API does not answer, naming where it was looked for."""
    try:
        yield
    except httpx.TimeoutException:
        raise _unreachable(address, "it does not answer in time") from None
    except httpx.TransportError as error:
        raise _unreachable(address, str(error) or type(error).__name__) from None
    except (httpx.InvalidURL, httpx.DecodingError) as error:
        raise _unreachable(address, str(error)) from None


def error_of(answer: httpx.Response, address: Address) -> CloudError:
    """The error that an answer tells of, which is none of success."""
    problem = _problem(answer)
    if problem is None:
        return _foreign(answer, address)
    kind = kind_of(problem["details"].get("code"))
    if kind is not None:
        return _of_service(problem, kind)
    return _of_api(problem, address)


def _of_service(problem: Mapping[str, Any], kind: type[CloudError]) -> CloudError:
    context = {name: value for name, value in problem["details"].items() if name not in _OURS}
    if (suggestion := _way_out(problem)) is not None:
        context["suggestion"] = suggestion
    if issubclass(kind, InvalidManifest):
        context["findings"] = [_finding(one) for one in problem["errors"]]
    return kind(problem["detail"], **context)


def _of_api(problem: Mapping[str, Any], address: Address) -> CloudError:
    code = str(problem["error_code"])
    if code in _NO_ADDRESS:
        return Unavailable(f"{address} has no such address: it is another API, or another version", suggestion=_OTHER)
    kind = _REFUSALS.get(code)
    if kind is None:
        message = f"the API at {address} failed: {problem['detail']} (request {problem['request_id']})"
        return CloudError(message, suggestion=problem["suggestion"])
    wrong = [f"{one['field']}: {one['message']}" for one in problem["errors"]]
    message = "; ".join(wrong) or str(problem["detail"])
    suggestion = _way_out(problem)
    context = {"suggestion": suggestion} if suggestion else {}
    return kind(f"the API at {address} refuses: {message}", **context)


def _way_out(problem: Mapping[str, Any]) -> str | None:
    """What to do, as it is done here: the API knows nothing of this command line."""
    told: str | None = problem["suggestion"]
    return _WAYS_OUT.get(str(problem["error_code"]), told)


def _finding(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": item["type"],
        "severity": item.get("severity") or "error",
        "message": item["message"],
        "details": item.get("details") or {"location": item["field"]},
        "remediation": item.get("suggestion") or "",
    }


def _problem(answer: httpx.Response) -> Mapping[str, Any] | None:
    """None for what no API of ours has answered."""
    if not answer.headers.get("content-type", "").startswith(PROBLEM):
        return None
    try:
        found = answer.json()
    except ValueError:
        return None
    known = isinstance(found, dict) and isinstance(found.get("details"), dict) and "error_code" in found
    blank: dict[str, Any] = {"detail": "", "errors": [], "suggestion": None, "request_id": ""}
    return {**blank, **found} if known else None


def _foreign(answer: httpx.Response, address: Address) -> CloudError:
    """From something between us and the API, or in its place."""
    if answer.is_redirect:
        return Unavailable(
            f"{address} sends us elsewhere, which is not followed: a token is shown to nobody else",
            suggestion="give the address of the API itself",
        )
    message = f"{address} answers with HTTP status {answer.status_code}, and not as our API"
    return Unavailable(message, suggestion="check the address, and what stands before the API")


def _unreachable(address: Address, why: str) -> Unavailable:
    return Unavailable(
        f"the API at {address} can't be reached: {why}",
        suggestion="check the address, and that the API runs there ('cloud serve'); "
        "without --remote and CLOUD_REMOTE the command works on this machine",
    )
