"""Every stack refuses bad inputs before an engine starts, and says which input, what it was given and what is allowed.

What is bad is read off the inputs themselves, so that a new stack or input is tested as soon as it is there. Rules that
only code knows (two inputs that must fit together) are tested with their stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stack_contract import preview_inputs
from cloud_core.domain.stack_template import ParameterType
from cloud_core.domain.validation import Scope, validate_manifest
from cloud_core.testing.manifests import a_catalogue, a_manifest
from stacks.context import StackContext
from stacks.contracts import program_inputs
from stacks.input_check import read_inputs
from stacks.inputs import StackInputs
from stacks.registry import StackRegistry
from stacks.testing import sample_target

REGISTRY = StackRegistry()
STACKS = REGISTRY.names()
ROOT = Path(__file__).parents[2]
TEMPLATES = LocalTemplates(ROOT / "templates", Workspace(ROOT)).stack_templates()
OF_ANOTHER_TYPE: Mapping[ParameterType, Any] = {
    ParameterType.STRING: 7,
    ParameterType.NUMBER: "7",
    ParameterType.BOOLEAN: "true",
    ParameterType.ARRAY: "a",
    ParameterType.OBJECT: ["a"],
}
NONSENSE = "~ no such thing ~"
each_stack = pytest.mark.parametrize("stack", STACKS)


@cache
def model(stack: str) -> type[StackInputs]:
    return REGISTRY.inputs(stack)


def good(stack: str) -> dict[str, Any]:
    """What the template says, with what other stacks give unknown, as in a first preview."""
    return preview_inputs(TEMPLATES[stack])


def refusal(stack: str, name: str, value: Any) -> str:
    """The message, which names stack, input and value; and the way out."""
    try:
        read_inputs(model(stack), {**good(stack), name: value}, StackContext.of(sample_target(stack)))
    except InvalidStackInput as refused:
        error = refused
    else:
        pytest.fail(f"{stack} takes {name} = {value!r}")
    assert error.message.startswith(f"stack {stack} refuses its inputs: ")
    assert name in error.context["inputs"]
    assert re.search(rf"{re.escape(name)}[^ =:]* = {re.escape(repr(value)[:80])}", error.message), error.message
    assert error.suggestion == f"correct the configuration of stack {stack} in the manifest"
    return error.message


@each_stack
@pytest.mark.parametrize("environment", list(EnvironmentName))
def test_what_is_changed_below_is_taken_as_it_is(stack: str, environment: EnvironmentName) -> None:
    REGISTRY.load(stack, good(stack), sample_target(stack, environment))


@each_stack
def test_an_unknown_name_is_told_the_likely_one(stack: str) -> None:
    known = program_inputs(model(stack)).types
    for name in known:
        for wrong in (f"{name}x", re.sub(r"([A-Z])", r"_\1", name).lower()):
            if wrong not in known:
                assert f"unknown input, did you mean {name!r}?" in refusal(stack, wrong, "x")


@each_stack
def test_another_type_is_refused(stack: str) -> None:
    for name, kind in program_inputs(model(stack)).types.items():
        assert kind is not None
        assert "Input should be" in refusal(stack, name, OF_ANOTHER_TYPE[kind])


def out_of_range(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Values of the right type that the schema of an input forbids."""
    for choice in schema.get("anyOf", ()):
        yield from out_of_range(choice) if choice.get("type") != "null" else ()
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "maximum" in schema:
        yield schema["maximum"] + 1
    if "enum" in schema:
        yield NONSENSE if isinstance(schema["enum"][0], str) else max(schema["enum"]) + 1
    if "pattern" in schema or "format" in schema:
        yield NONSENSE
    if "maxLength" in schema:
        yield "a" * (schema["maxLength"] + 1)
    if "minItems" in schema:
        yield []
    if "items" in schema:
        yield from ([item] for item in out_of_range(schema["items"]))
    if isinstance(more := schema.get("additionalProperties"), Mapping):
        yield from ({"any": item} for item in out_of_range(more))


@each_stack
def test_a_value_out_of_range_is_refused(stack: str) -> None:
    schemas = model(stack).model_json_schema()["properties"]
    values = [(name, value) for name, schema in schemas.items() for value in out_of_range(schema)]
    refused = {name for name, value in values if name != "environment" and refusal(stack, name, value)}
    assert refused, f"no input of {stack} has a range"


@each_stack
def test_forms_are_checked_before_anything_is_deployed(stack: str) -> None:
    """By the template alone: the validation of a manifest needs no program."""
    catalogue = a_catalogue(stack_templates={stack: TEMPLATES[stack]}, programs=frozenset({stack}))
    for name, spec in TEMPLATES[stack].inputs.items():
        if spec.format is None:
            continue
        wrong = NONSENSE if spec.type is ParameterType.STRING else ["10.0.0.0/16", NONSENSE]
        data = a_manifest() | {"stacks": {stack: {"enabled": True, "dependencies": [], "config": {name: wrong}}}}
        found = [one for one in validate_manifest(data, catalogue, Scope()).errors if one.code == "INVALID_VALUE"]
        place = f"{name}{'' if spec.type is ParameterType.STRING else '[1]'}"
        assert [one.location for one in found] == [f"Deployment_Manifest.yaml:stacks.{stack}.config.{place}"]
        assert f"{place!r} of {stack!r} is {NONSENSE!r}: it must be" in found[0].message
