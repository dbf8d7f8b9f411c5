"""Asking GraphQL, by the names of the shipped operations."""

from __future__ import annotations

from typing import Any

from api.testing.calling import ApiClient
from cloud_core.resources import data_dir


def operation_text(name: str) -> str:
    """The file that has the operation."""
    texts = [file.read_text("utf-8") for file in sorted((data_dir("graphql") / "operations").glob("*.graphql"))]
    return next(text for text in texts if f" {name}(" in text)


def ask(client: ApiClient, name: str, **variables: Any) -> dict[str, Any]:
    """The whole answer."""
    body = {"query": operation_text(name), "operationName": name, "variables": variables}
    answer = client.post("/graphql", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def data_of(client: ApiClient, name: str, **variables: Any) -> Any:
    """What the operation gives; it may not fail."""
    answer = ask(client, name, **variables)
    assert "errors" not in answer, answer
    (value,) = answer["data"].values()
    return value


def refused(client: ApiClient, name: str, **variables: Any) -> dict[str, Any]:
    """The extensions of the one error, with its message."""
    (error,) = ask(client, name, **variables)["errors"]
    return {**error["extensions"], "message": error["message"]}
