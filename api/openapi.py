"""The OpenAPI document: what the framework makes of the routes, the shape of every error, and headers."""

from __future__ import annotations

import threading
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from api.dependencies import TOKEN_SCHEME
from api.headers import add_headers
from api.problems import REQUIRED, Problem

_BEARER: Final = {
    "type": "http",
    "description": "Id or access token of the user pool.",
    "scheme": "bearer",
    "bearerFormat": "JWT",
}
_REFERENCE = "#/components/schemas/{model}"


def name_of(route: APIRoute) -> str:
    """An operation has the name of its handler."""
    return route.name


def describe(app: FastAPI) -> None:
    """Errors get their shape, and the token its scheme: it is looked at before there is a route."""
    make, making = app.openapi, threading.Lock()
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        with making:
            if not made:
                made.update(described())
            return made

    def described() -> dict[str, Any]:
        document = make()
        _, found = models_json_schema([(Problem, "serialization")], ref_template=_REFERENCE)
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(found["$defs"])
        components["securitySchemes"] = {TOKEN_SCHEME: _BEARER}
        add_headers(document)
        _tell_what_is_required(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the framework's own way to extend it


def _tell_what_is_required(document: dict[str, Any]) -> None:
    """Whoever leaves something out is told so by an error of its own, where there is something to leave out."""
    for methods in document["paths"].values():
        for operation in methods.values():
            queries = [one for one in operation.get("parameters", ()) if one["in"] == "query" and one["required"]]
            if queries or operation.get("requestBody", {}).get("required"):
                operation["responses"]["422"]["description"] += f", `{REQUIRED}`"
