"""The JSON schema of everything that `--json` prints, made from the models of this package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from cli.answers import ANSWERS, LINES
from cloud_core.answers.parts import Problem

_DESCRIPTION: Final = """With --json a command writes one document to stdout, which has this schema. 'commands' has the
schema of each command's 'data', 'lines' that of each line of the commands that watch. Secrets are masked unless they
are asked for. Later versions may add fields.""".replace("\n", " ")


def answers_schema() -> dict[str, Any]:
    """`$defs` holds the models; `commands` and `lines` refer to them."""
    named = {**ANSWERS, **LINES, "error": Problem}
    made, whole = TypeAdapter.json_schemas([(name, "validation", TypeAdapter(shape)) for name, shape in named.items()])
    schemas = {name: _untitled(made[name, "validation"]) for name in named}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cloud --json",
        "description": _DESCRIPTION,
        "type": "object",
        "properties": {"success": {"type": "boolean"}, "data": True, "error": schemas["error"]},
        "required": ["success"],
        "oneOf": [
            {"properties": {"success": {"const": True}}, "required": ["data"]},
            {"properties": {"success": {"const": False}}, "required": ["error"]},
        ],
        "commands": {name: schemas[name] for name in ANSWERS},
        "lines": {name: schemas[name] for name in LINES},
        "$defs": {name: _untitled(found) for name, found in sorted(whole["$defs"].items())},
    }


def _untitled(schema: Any) -> Any:
    """Without the titles that only repeat the name of a field."""
    if isinstance(schema, Mapping):
        kept = {key: value for key, value in schema.items() if key != "title" or not isinstance(value, str)}
        return {key: _untitled(value) for key, value in kept.items()}
    return [_untitled(one) for one in schema] if isinstance(schema, list) else schema
