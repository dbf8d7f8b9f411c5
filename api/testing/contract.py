"""The committed contract, docs/openapi.json, as tests ask about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from cloud_core.domain.access.permissions import MATRIX, Permission
from cloud_core.domain.access.users import Group

CONTRACT: Final = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
_FIRST_ERROR: Final = 400
_CODE_MARK: Final = "`"


@dataclass(frozen=True)
class Operation:
    """One endpoint. `definition` is what the document says of it."""

    name: str
    method: str
    path: str
    definition: Mapping[str, Any]

    @property
    def permission(self) -> Permission | None:
        """None for what is open to everybody."""
        said = self.definition.get("x-permission")
        return Permission(said) if said else None

    @property
    def error_codes(self) -> dict[str, int]:
        """The status of each declared `error_code`."""
        return {
            code: int(status)
            for status, answer in self.definition["responses"].items()
            if int(status) >= _FIRST_ERROR
            for code in answer["description"].split(_CODE_MARK)[1::2]
        }

    def may(self, group: Group) -> bool:
        """Whether the group has the permission, somewhere."""
        return self.permission is None or self.permission in MATRIX[group]

    def places(self, address: str) -> dict[str, str]:
        """What a real address below the base has in the path's places."""
        there = zip(self.path.split("/")[3:], address.split("/"), strict=False)
        return {place[1:-1]: part for place, part in there if place.startswith("{")}

    def accepts(self, body: Any) -> bool:
        """Whether the contract allows the body."""
        content = self.definition["requestBody"]["content"]["application/json"]["schema"]
        schema = {**content, "components": document()["components"]}
        return bool(Draft202012Validator(schema).is_valid(body))


@cache
def document() -> Mapping[str, Any]:
    read: Mapping[str, Any] = json.loads(CONTRACT.read_text("utf-8"))
    return read


@cache
def operations() -> Mapping[str, Operation]:
    """By name, in the document's order."""
    return {one.name: one for one in _operations()}


def _operations() -> Iterator[Operation]:
    for path, methods in document()["paths"].items():
        for method, definition in methods.items():
            yield Operation(definition["operationId"], method.upper(), path, definition)
