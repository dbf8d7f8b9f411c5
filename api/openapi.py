"""The OpenAPI document: what the framework makes of the routes, and the shape of every error."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from api.problems import Problem

_REFERENCE = "#/components/schemas/{model}"


def name_of(route: APIRoute) -> str:
    """An operation has the name of its handler."""
    return route.name


def describe(app: FastAPI) -> None:
    """Errors get their shape."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        document = make()
        _, found = models_json_schema([(Problem, "serialization")], ref_template=_REFERENCE)
        document.setdefault("components", {}).setdefault("schemas", {}).update(found["$defs"])
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the framework's own way to extend it
