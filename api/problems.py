"""How errors are answered: problem details, for every error of every kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount
from starlette.types import Scope

from api.errors import STATUSES, Refusal, refusal_of
from cloud_core.domain.clock import timestamp
from cloud_core.domain.errors import CloudError

MEDIA_TYPE: Final = "application/problem+json"
REQUIRED: Final = "VALIDATION_REQUIRED_FIELD"
_TYPE: Final = "urn:cloud-platform:error:"
_UNREADABLE: Final = "json_invalid"
_METHODS: Final = ("DELETE", "GET", "HEAD", "POST", "PUT")
_MOST_FINDINGS: Final = 100
_LONGEST_PLACE: Final = 500
_BLANK: Final = {"suggestion": None, "severity": None, "details": None}


class ProblemItem(BaseModel):
    """One thing that is wrong, and where."""

    field: str = Field(description="Place of what is wrong, such as `body.environments.dev.region`.")
    message: str
    type: str
    suggestion: str | None = None
    severity: str | None = Field(default=None, description="Of a finding in a manifest.")
    details: dict[str, Any] | None = Field(default=None, description="Of a finding in a manifest.")


class Problem(BaseModel):
    """An error, as RFC 9457 has it, and what our clients tell errors apart by."""

    type: str = Field(description="Names the kind of error; it is no address.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="Path of the request.")
    error_code: str
    timestamp: str
    request_id: str
    errors: list[ProblemItem]
    details: dict[str, Any]
    suggestion: str | None


class ProblemResponse(JSONResponse):
    media_type = MEDIA_TYPE


def problem_response(scope: Scope, refusal: Refusal) -> ProblemResponse:
    """The answer to a request that is refused."""
    problem = {
        "type": _TYPE + refusal.error_code,
        "title": refusal.error_code.replace("_", " ").capitalize(),
        "status": refusal.status,
        "detail": refusal.message,
        "instance": scope["path"],
        "error_code": refusal.error_code,
        "timestamp": timestamp(datetime.now(UTC)),
        "request_id": scope.get("state", {}).get("request_id", ""),
        "errors": [{**_BLANK, **item} for item in refusal.errors],
        "details": json.loads(json.dumps(refusal.details, default=str)),
        "suggestion": refusal.suggestion,
    }
    scope.setdefault("state", {})["error_code"] = refusal.error_code
    return ProblemResponse(problem, refusal.status, refusal.headers)


def handle_errors(app: FastAPI) -> None:
    """What the application raises becomes a problem."""
    app.add_exception_handler(Refusal, _refuse)
    app.add_exception_handler(CloudError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse)
    app.add_exception_handler(HTTPException, _refuse)


async def _refuse(request: Request, error: Exception) -> ProblemResponse:
    refusal = _refusal(error)
    if refusal.status == HTTPStatus.METHOD_NOT_ALLOWED:
        refusal.headers["Allow"] = ", ".join(_methods_of(request))
    return problem_response(request.scope, refusal)


def _methods_of(request: Request) -> list[str]:
    """Which methods the address has. The framework tells those of one route, where an address has several."""
    routes = [one for one in request.app.router.routes if not isinstance(one, Mount)]
    asked = [(method, {**request.scope, "method": method}) for method in _METHODS]
    found = [method for method, scope in asked if any(one.matches(scope)[0] is Match.FULL for one in routes)]
    return found or ["GET", "HEAD"]  # a file


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, CloudError):
        return refusal_of(error)
    if isinstance(error, RequestValidationError):
        return _of_validation(error)
    assert isinstance(error, HTTPException)
    return _of_http(error)


def _of_validation(error: RequestValidationError) -> Refusal:
    """Every finding, without the values: they may be secrets. Only JSON that can't be read is a bad request.

    Of very many only the first are told, and their number: no small body has a long answer.
    """
    found = error.errors()
    if any(one["type"] == _UNREADABLE for one in found):
        return Refusal("MALFORMED_JSON", "the body is no JSON that can be read", "send one JSON document")
    items = [_item(one) for one in found[:_MOST_FINDINGS]]
    names = ", ".join(str(item["field"]) for item in items)
    more: dict[str, Any] = {"findings": len(found)} if len(found) > len(items) else {}
    if all(one["type"] == "missing" for one in found):
        return Refusal(REQUIRED, f"the request lacks what it has to say: {names}", errors=items, **more)
    return Refusal("VALIDATION_INVALID_FORMAT", f"the request breaks a rule: {names}", errors=items, **more)


def _item(finding: Mapping[str, Any]) -> dict[str, str]:
    field = ".".join(map(str, finding["loc"]))[:_LONGEST_PLACE]
    return {"field": field, "message": finding["msg"], "type": finding["type"]}


_HTTP: Final = {
    HTTPStatus.BAD_REQUEST: ("MALFORMED_JSON", "the body can't be read", "send one JSON document"),
    HTTPStatus.NOT_FOUND: ("RESOURCE_NOT_FOUND", "there is no such address", "see /docs for those that there are"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("BODY_TOO_LARGE", "the body is too large", "send less"),
    HTTPStatus.METHOD_NOT_ALLOWED: ("METHOD_NOT_ALLOWED", "the address has no such method", "see the header Allow"),
}


def _of_http(error: HTTPException) -> Refusal:
    """What the framework refuses: an address or a method that there is not, a body that can't be read."""
    known = _HTTP.get(HTTPStatus(error.status_code))
    if known is None:
        return Refusal("INTERNAL_ERROR", "this is a mistake in the program")
    return Refusal(known[0], known[1], known[2], headers=dict(error.headers or {}))


def declared(*error_codes: str) -> dict[int | str, dict[str, Any]]:
    """The errors of a route, for its documentation: by status, with their codes."""
    statuses: dict[int, list[str]] = {}
    for code in error_codes:
        statuses.setdefault(int(STATUSES[code]), []).append(code)
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": ", ".join(f"`{code}`" for code in codes), "content": {MEDIA_TYPE: schema}}
        for status, codes in sorted(statuses.items())
    }
