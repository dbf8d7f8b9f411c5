"""What docs/rest.md tells of the API, and the OpenAPI document: made from the application itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from markdown_tables import code, names, table

from api.app import create_app
from api.errors import ERROR_CODES, STATUSES
from cloud_core.answers.endpoints import COMMANDS, WITHOUT_A_COMMAND, NotRemote
from cloud_core.domain.access.permissions import MATRIX, Permission
from cloud_core.settings import Settings

OPENAPI: Final = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"
_OF_EVERY_ROUTE: Final = frozenset({"401", "403", "422", "429", "500", "503", "504"})


@cache
def document() -> dict[str, Any]:
    """With the settings' defaults."""
    return create_app(Settings.model_construct()).openapi()


def openapi_text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def overview() -> str:
    """A row for each route."""
    rows = [
        (code(f"{method} {path}"), code(one.get("x-permission", "")) or "open", _first_line(one["description"]))
        for method, path, one in _operations()
    ]
    return table(["Route", "Permission", "What it does"], rows)


def commands() -> str:
    """A row for each command and each of its endpoints."""
    rows = [
        (code(f"cloud {name}"), code(str(one)), code(one.permission) if one.permission else "open")
        for name, found in COMMANDS.items()
        if not isinstance(found, NotRemote)
        for one in found
    ]
    local = [(code(f"cloud {name}"), found.why) for name, found in COMMANDS.items() if isinstance(found, NotRemote)]
    others = [(code(name), why) for name, why in WITHOUT_A_COMMAND.items()]
    return "\n\n".join(
        (
            table(["Command", "Endpoint, below `/api/v1`", "Permission"], rows),
            table(["Not available remotely", "Why"], local),
            table(["Endpoint without a command", "What comes near"], others),
        )
    )


def rights() -> str:
    """A row for each permission, a column for each group."""
    rows = [
        (code(permission.value), *("yes" if permission in granted else "-" for granted in MATRIX.values()))
        for permission in Permission
    ]
    return table(["Permission", *(group.value for group in MATRIX)], rows)


def errors() -> str:
    """A row for each `error_code`, with the codes of the command line that become it."""
    rows = [
        (str(int(status)), code(name), names(sorted(ours for ours, known in ERROR_CODES.items() if known == name)))
        for name, status in sorted(STATUSES.items(), key=lambda item: (item[1], item[0]))
    ]
    return table(["Status", "`error_code`", "Our code (`details.code`)"], rows)


def reference() -> str:
    """A section for each route."""
    return "\n\n".join(_section(method, path, one) for method, path, one in _operations())


def _section(method: str, path: str, operation: Mapping[str, Any]) -> str:
    parts = [f"### {method} {path}", operation["description"]]
    if parameters := operation.get("parameters"):
        parts.append(table(["Parameter", "In", "Type", "Meaning"], [_parameter(one) for one in parameters]))
    if body := operation.get("requestBody"):
        parts.append(_body(_schema(body["content"]["application/json"]["schema"])))
    parts.append(_answers(operation["responses"]))
    return "\n\n".join(part for part in parts if part)


def _parameter(one: Mapping[str, Any]) -> tuple[str, ...]:
    wanted = "" if one.get("required") else " (optional)"
    return code(one["name"]), one["in"], _type(one["schema"]) + wanted, one.get("description", "")


def _body(schema: Mapping[str, Any]) -> str:
    """A body that may come in two shapes is told by the one that has fields."""
    schema = {**schema, **next((one for one in schema.get("anyOf", ()) if "properties" in one), {})}
    required = schema.get("required", ())
    rows = [
        (code(name), _type(one) + ("" if name in required else " (optional)"), one.get("description", ""))
        for name, one in schema.get("properties", {}).items()
    ]
    text = schema.get("description", "")
    return f"Body: {text}\n\n{table(['Field', 'Type', 'Meaning'], rows)}"


def _answers(responses: Mapping[str, Any]) -> str:
    good = {status: one for status, one in responses.items() if status < "4"}
    bad = {status: one for status, one in responses.items() if status >= "4" and status not in _OF_EVERY_ROUTE}
    told = [f"{status}: {_type(one['content']['application/json']['schema'])}" for status, one in good.items()]
    refused = [f"{status} {one['description']}" for status, one in bad.items()]
    return f"Answers {'; '.join(told)}." + (f" Errors of its own: {'; '.join(refused)}." if refused else "")


def _type(schema: Mapping[str, Any]) -> str:
    """In words; a model by its name in the OpenAPI document."""
    if reference := schema.get("$ref"):
        return code(reference.rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "allOf" in schema:
        return " and ".join(map(_type, schema["allOf"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if values := schema.get("enum"):
        return names(values)
    return str(schema.get("type", "any"))


def _schema(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The model that a body is, behind its name and behind its being optional."""
    for one in schema.get("anyOf", ()):
        if one.get("type") != "null":
            return _schema(one)
    if reference := schema.get("$ref"):
        found: Mapping[str, Any] = document()["components"]["schemas"][reference.rpartition("/")[2]]
        return found
    return schema


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "rest-commands": commands,
    "rest-overview": overview,
    "rest-rights": rights,
    "rest-errors": errors,
    "rest-reference": reference,
}
