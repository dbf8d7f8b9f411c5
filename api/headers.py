"""The headers of answers, as the contract tells them: by status, and by what an endpoint is."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

_S = HTTPStatus
_NUMBER: Final = {"type": "integer", "minimum": 0}
_TEXT: Final = {"type": "string"}


def _header(description: str, schema: Mapping[str, Any], required: bool = True) -> dict[str, Any]:
    return {"description": description, "required": required, "schema": dict(schema)}


HEADERS: Final[Mapping[str, Any]] = {
    "X-Request-ID": _header("Names the request in the log: the caller's own, or one that was made.", _TEXT),
    "X-RateLimit-Limit": _header("Requests that the caller has in a window.", _NUMBER),
    "X-RateLimit-Remaining": _header("Those that are left.", _NUMBER),
    "X-RateLimit-Reset": _header("When the window ends, in seconds since 1970.", _NUMBER),
    "X-RateLimit-Tier": _header("The caller's group, or `anonymous`.", _TEXT),
    "ETag": _header("The manifest's version, for `If-Match`.", {**_TEXT, "pattern": '^"[1-9][0-9]*"$'}),
    "Location": _header("The path where to look next.", _TEXT),
    "Retry-After": _header("Seconds.", _NUMBER),
    "Retry-After-Perhaps": _header("Seconds; where it may go away by itself.", _NUMBER, required=False),
    "WWW-Authenticate": _header("What is to be shown.", _TEXT),
}
"""By the names that they have in the contract."""

_RATES: Final = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Tier")
EXPOSED: Final = (*_RATES, "ETag", "Location", "Retry-After", "X-Request-ID")
"""Those that pages of other origins may read."""
_OF_STATUS: Final[Mapping[int, Mapping[str, str]]] = {
    _S.CREATED: {"Location": "Location"},
    _S.ACCEPTED: {"Location": "Location"},
    _S.UNAUTHORIZED: {"WWW-Authenticate": "WWW-Authenticate"},
    _S.TOO_MANY_REQUESTS: {"Retry-After": "Retry-After"},
    _S.SERVICE_UNAVAILABLE: {"Retry-After": "Retry-After-Perhaps"},
}
TAGGED: Final = {"ETag": {"$ref": "#/components/headers/ETag"}}
"""For the answers of endpoints that tell which version of the manifest they are about."""


def add_headers(document: dict[str, Any]) -> None:
    """To answers in the document. What all of them have is told of good ones alone: errors say which request it was."""
    document["components"]["headers"] = dict(HEADERS)
    for methods in document["paths"].values():
        for operation in methods.values():
            answers = {int(status): answer for status, answer in operation["responses"].items()}
            for status, answer in answers.items():
                names = _names(status, is_counted=_S.TOO_MANY_REQUESTS in answers)
                found = {header: {"$ref": f"#/components/headers/{name}"} for header, name in names.items()}
                if headers := {**found, **answer.get("headers", {})}:
                    answer["headers"] = headers


def _names(status: int, is_counted: bool) -> dict[str, str]:
    """Each header, with its name in the contract."""
    names = dict(_OF_STATUS.get(status, {}))
    if status < _S.BAD_REQUEST:
        names["X-Request-ID"] = "X-Request-ID"
    if is_counted and (status < _S.BAD_REQUEST or status == _S.TOO_MANY_REQUESTS):
        names.update({name: name for name in _RATES})
    return names
