"""What a stack's program takes, told input by input: for the pages of the stacks and for the manifest's JSON schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from counted import product_templates

from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stack_template import StackInput, StackTemplate
from stacks.inputs import StackInputs, input_name
from stacks.registry import StackRegistry

Schema = dict[str, Any]
CATALOG: Final[LocalTemplates] = product_templates()
PROGRAMS: Final = StackRegistry()


@dataclass(frozen=True)
class ProgramInput:
    """`schema` is the JSON schema of its value, with every reference replaced by what it refers to; `defaults` are
    those of the program by environment, and a template's where the program has none."""

    name: str
    spec: StackInput
    schema: Schema
    defaults: Mapping[EnvironmentName, Any]


def stack_templates() -> dict[str, StackTemplate]:
    """The product's, by name."""
    return CATALOG.stack_templates()


@cache
def inputs_of(stack: str) -> tuple[ProgramInput, ...]:
    """In the order of the template."""
    model, template = PROGRAMS.inputs(stack), stack_templates()[stack]
    document = model.model_json_schema()
    own = {environment: dict(_defaults(model, environment)) for environment in EnvironmentName}
    return tuple(
        ProgramInput(
            name,
            spec,
            _inlined(document["properties"][name], document.get("$defs", {})),
            {each: spec.default if spec.default is not None else values.get(name) for each, values in own.items()},
        )
        for name, spec in template.inputs.items()
    )


def _defaults(model: type[StackInputs], environment: EnvironmentName) -> Iterator[tuple[str, Any]]:
    """The default of each input; one that is made from others sees theirs."""
    known: dict[str, Any] = {"environment": environment}
    for field, info in model.model_fields.items():
        if field == "environment" or info.is_required():
            continue
        known[field] = info.get_default(call_default_factory=True, validated_data=known)
        yield input_name(model, field), known[field]


def _inlined(schema: Any, definitions: Mapping[str, Schema]) -> Any:
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _inlined(value, definitions) for key, value in schema.items() if key not in _NOISE}
    name = str(found.pop("$ref", "")).rpartition("/")[2]
    return {**_inlined(definitions[name], definitions), **found} if name else found


_NOISE: Final = frozenset({"title", "default", "description"})
