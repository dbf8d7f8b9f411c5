"""Stack templates: the format, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.stack_template import ParameterType, parse_stack_template


def a_template(**fields: Any) -> dict[str, Any]:
    return {"name": "own", **fields}


def test_defaults_of_a_template() -> None:
    template = parse_stack_template(a_template(layer=3), "own.yaml")
    assert template.priority == 50
    assert template.dependencies == template.soft_dependencies == ()
    assert template.inputs == template.outputs == template.defaults == {}


def test_a_whole_template() -> None:
    inputs = {
        "vpcId": {"type": "string", "required": True, "default": "${network.vpcId}"},
        "count": {"type": "number", "default": 0},
        "flag": {"type": "boolean", "default": False},
        "nothing": {"type": "array"},
    }
    outputs = {"ids": {"type": "array", "optional": True}, "key": {"type": "string", "secret": True}}
    template = parse_stack_template(a_template(parameters={"inputs": inputs, "outputs": outputs}), "own.yaml")
    assert template.defaults == {"vpcId": "${network.vpcId}", "count": 0, "flag": False}
    assert template.inputs["vpcId"].required
    assert template.outputs["ids"].optional
    assert template.outputs["key"].secret


@pytest.mark.parametrize("spelling", ["ALL", ["ALL"]])
def test_all_as_soft_dependency(spelling: Any) -> None:
    template = parse_stack_template(a_template(dependencies=["security"], soft_dependencies=spelling), "own.yaml")
    assert template.soft_among(frozenset({"security", "dns", "own", "network"})) == {"dns", "network"}
    assert template.is_soft("dns")
    assert not template.is_soft("security")
    assert not template.is_soft("own")


def test_named_soft_dependencies() -> None:
    template = parse_stack_template(a_template(soft_dependencies=["dns", "eks"]), "own.yaml")
    assert template.soft_among(frozenset({"dns", "network"})) == {"dns"}
    assert template.is_soft("eks")
    assert not template.is_soft("network")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "Own"}, "name"),
        ({"name": "own_stack"}, "name"),
        ({"name": "own\n"}, "name"),
        ({"priority": 101}, "priority"),
        ({"priority": -1}, "priority"),
        ({"dependecies": []}, "dependecies"),
        ({"dependencies": "ALL"}, "dependencies"),
        ({"dependencies": ["ALL"]}, "ALL can only be a soft dependency"),
        ({"dependencies": ["own"]}, "depends on itself"),
        ({"soft_dependencies": ["own"]}, "depends on itself"),
        ({"dependencies": ["a"], "soft_dependencies": ["a"]}, "both a hard and a soft dependency"),
        ({"parameters": {"inputs": {"x": {"type": "text"}}}}, "parameters.inputs.x.type"),
        ({"parameters": {"inputs": {"a-b": {"type": "string"}}}}, "a-b"),
        ({"parameters": {"inputs": {"x": {"type": "number", "default": "3"}}}}, "is not of type number"),
        ({"parameters": {"inputs": {"x": {"type": "number", "default": True}}}}, "is not of type number"),
        ({"parameters": {"outputs": {"x": {"type": "string", "requred": True}}}}, "requred"),
        ({"parameters": {"inputs": {"x": {"type": "string", "format": "ip"}}}}, "parameters.inputs.x.format"),
        ({"parameters": {"inputs": {"x": {"type": "number", "format": "cidr"}}}}, "format cidr is for inputs of type"),
        (
            {"parameters": {"inputs": {"x": {"type": "array", "format": "cidr", "default": ["0.0.0.0/0", "any"]}}}},
            "default 'any' must be an IPv4 CIDR block",
        ),
    ],
)
def test_what_is_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=r"stack template own.yaml is not valid") as caught:
        parse_stack_template(a_template() | fields, "own.yaml")
    assert says in caught.value.message


@pytest.mark.parametrize("data", [None, [], "text"])
def test_what_is_no_map_is_refused(data: Any) -> None:
    with pytest.raises(InvalidInput, match="template: "):
        parse_stack_template(data, "own.yaml")


def test_a_placeholder_may_be_the_default_of_any_type() -> None:
    inputs = {"x": {"type": "array", "default": "${network.ids}"}, "y": {"type": "number", "default": "{{ENV:n}}"}}
    assert len(parse_stack_template(a_template(parameters={"inputs": inputs}), "own.yaml").defaults) == 2


@pytest.mark.parametrize("kind", list(ParameterType))
def test_each_value_has_exactly_one_type(kind: ParameterType) -> None:
    samples: dict[ParameterType, list[Any]] = {
        ParameterType.STRING: ["", "x"],
        ParameterType.NUMBER: [0, 1.5],
        ParameterType.BOOLEAN: [True, False],
        ParameterType.ARRAY: [[], ["x"]],
        ParameterType.OBJECT: [{}, {"a": 1}],
    }
    for other, values in samples.items():
        assert all(kind.accepts(value) is (kind is other) for value in values)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"dns_names": [{"name": "api.{domain}"}]}, "there is no input 'domain' of type string"),
        ({"dns_names": [{"name": "x.test", "owned_if": "size"}]}, "there is no input 'size' of type boolean"),
        ({"dns_names": [{"name": ""}]}, "dns_names.0.name"),
        ({"outputs": {"domainName": {"type": "string", "input": "size"}}}, "there is no input 'size' of type string"),
        ({"inputs": {"tag": {"type": "string", "required_in": ["production"]}}}, "required_in.0"),
    ],
)
def test_what_names_an_input_names_one_that_there_is(fields: dict[str, Any], problem: str) -> None:
    names = fields.pop("dns_names", [])
    parameters = {"inputs": {"size": {"type": "number"}}, **fields}
    with pytest.raises(InvalidInput, match=problem):
        parse_stack_template(a_template(parameters=parameters, dns_names=names), "own.yaml")
