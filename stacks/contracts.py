"""What a program takes, told from its typed inputs, to be held against its template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloud_core.domain.stack_contract import ProgramInputs
from cloud_core.domain.stack_template import ParameterType
from stacks.inputs import StackInputs, input_name

_TYPES: Final[Mapping[str, ParameterType]] = {
    **{kind.value: kind for kind in ParameterType},
    "integer": ParameterType.NUMBER,
}


def program_inputs(model: type[StackInputs]) -> ProgramInputs:
    """By their outside names; an optional input has the type that is not null."""
    fields = {input_name(model, name): info for name, info in model.model_fields.items() if name != "environment"}
    schemas = model.model_json_schema()["properties"]
    return ProgramInputs(
        {name: _type(schemas[name]) for name in fields},
        frozenset(name for name, info in fields.items() if info.is_required()),
    )


def _type(schema: Mapping[str, Any]) -> ParameterType | None:
    """None for a schema that allows several types."""
    choices = [choice for choice in schema.get("anyOf", [schema]) if choice.get("type") != "null"]
    found = {ParameterType.OBJECT if "$ref" in choice else _TYPES.get(choice.get("type", "")) for choice in choices}
    return found.pop() if len(found) == 1 else None
