"""A stack's template says exactly what its program takes and gives."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stack_template import ParameterType, StackTemplate, parse_stack_template
from cloud_core.domain.values import UNKNOWN
from stacks.inputs import StackInputs, input_name, is_wired
from stacks.registry import StackRegistry
from stacks.testing import draw, sample_target

TEMPLATES = Path(__file__).parents[2] / "templates" / "config"
PRODUCT_STACKS = StackRegistry().names()
# What no default can know.
GIVEN = {"deployDomain": "shop.example.com", "alertEmail": "ops@example.com", "imageTag": "4f2a91c"}
JSON_TYPES = {
    "string": ParameterType.STRING,
    "boolean": ParameterType.BOOLEAN,
    "integer": ParameterType.NUMBER,
    "number": ParameterType.NUMBER,
    "array": ParameterType.ARRAY,
    "object": ParameterType.OBJECT,
}


def template(stack: str) -> StackTemplate:
    file = TEMPLATES / f"{stack}.yaml"
    return parse_stack_template(YAML(typ="safe", pure=True).load(file.read_text()), str(file))


def fields(stack: str) -> dict[str, Any]:
    model = StackRegistry().inputs(stack)
    return {input_name(model, name): info for name, info in model.model_fields.items() if name != "environment"}


def schema_types(model: type[StackInputs]) -> dict[str, str]:
    """The JSON type of each input; of an optional one, the type that is not null."""
    found = {}
    for name, schema in model.model_json_schema()["properties"].items():
        if name == "environment":
            continue
        choices = [choice for choice in schema.get("anyOf", [schema]) if choice.get("type") != "null"]
        found[name] = choices[0]["type"]
    return found


def test_every_stack_has_a_template_and_every_template_a_stack() -> None:
    assert sorted(file.stem for file in TEMPLATES.glob("*.yaml")) == PRODUCT_STACKS


@pytest.mark.parametrize("stack", PRODUCT_STACKS)
class TestInputs:
    def test_names_are_the_same(self, stack: str) -> None:
        assert set(template(stack).inputs) == set(fields(stack))

    def test_types_are_the_same(self, stack: str) -> None:
        types = schema_types(StackRegistry().inputs(stack))
        declared = {name: spec.type for name, spec in template(stack).inputs.items()}
        assert declared == {name: JSON_TYPES[types[name]] for name in declared}

    def test_what_the_program_requires_is_required(self, stack: str) -> None:
        required = {name for name, spec in template(stack).inputs.items() if spec.required}
        assert required == {name for name, info in fields(stack).items() if info.is_required()}

    def test_defaults_are_the_same(self, stack: str) -> None:
        declared = {name: spec.default for name, spec in template(stack).inputs.items() if not spec.required}
        model = StackRegistry().inputs(stack)
        wired = {input_name(model, name) for name in model.model_fields if is_wired(model, name)}
        for name, info in fields(stack).items():
            if info.is_required() or (name in wired and "${" in str(declared[name])):
                continue
            assert declared[name] == (None if info.default_factory else info.default), name

    def test_every_parameter_is_described(self, stack: str) -> None:
        assert [name for name, spec in template(stack).inputs.items() if not spec.description] == []
        assert [name for name, spec in template(stack).outputs.items() if not spec.description] == []


@pytest.mark.parametrize("stack", PRODUCT_STACKS)
@pytest.mark.parametrize("environment", list(EnvironmentName))
class TestOutputs:
    @staticmethod
    def outputs(stack: str, environment: EnvironmentName) -> dict[str, Any]:
        hard = tuple(f"${{{source}." for source in (*template(stack).dependencies, "deployment"))
        inputs: dict[str, Any] = {
            name: UNKNOWN for name, spec in template(stack).inputs.items() if str(spec.default).startswith(hard)
        }
        inputs.update({name: value for name, value in GIVEN.items() if name in template(stack).inputs})
        program = StackRegistry().load(stack, inputs, sample_target(stack, environment))
        return draw(program, preview=True).outputs

    def test_every_output_is_declared_and_every_needed_one_is_there(
        self, stack: str, environment: EnvironmentName
    ) -> None:
        given, declared = self.outputs(stack, environment), template(stack).outputs
        assert set(given) <= set(declared)
        assert {name for name, spec in declared.items() if not spec.optional} <= set(given)

    def test_their_types_are_as_declared(self, stack: str, environment: EnvironmentName) -> None:
        declared = template(stack).outputs
        for name, value in self.outputs(stack, environment).items():
            assert value is UNKNOWN or value is None or declared[name].type.accepts(value), name


def test_edges_and_priorities() -> None:
    edges = {stack: (template(stack).dependencies, template(stack).priority) for stack in PRODUCT_STACKS}
    assert edges["network"] == ((), 100)
    assert edges["dns"] == ((), 95)
    assert edges["authentication"] == ((), 75)
    assert edges["security"] == (("network",), 90)
    assert edges["secrets"] == (("security",), 85)
    assert edges["storage"] == (("security",), 80)
    assert edges["monitoring"] == (("security",), 10)
    assert edges["compute-lambda"] == (("network", "security", "storage", "secrets"), 45)
    assert edges["database-rds"] == (("network", "security"), 70)
    assert edges["containers-apps"] == (("network", "security", "dns", "containers-images"), 50)
    assert template("containers-apps").is_soft("storage")
    assert edges["services-ecs"] == (("network", "security", "services-ecr"), 55)
    assert edges["services-ecr"] == edges["containers-images"] == (("security",), 65)


@pytest.mark.parametrize("stack", PRODUCT_STACKS)
def test_a_default_reads_only_outputs_that_its_dependency_declares(stack: str) -> None:
    references = re.findall(r"\$\{([a-z-]+)\.(\w+)\}", str([spec.default for spec in template(stack).inputs.values()]))
    for source, output in references:
        if source != "deployment":
            assert source in template(stack).dependencies or template(stack).is_soft(source)
            # A soft dependency may be a stack that the workspace brings along.
            assert source not in PRODUCT_STACKS or output in template(source).outputs
