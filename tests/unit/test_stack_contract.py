"""A template held against what a program takes and gives; stand-ins for what only a deployment knows."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.stack_contract import ProgramInputs, input_problems, output_problems, preview_inputs
from cloud_core.domain.stack_template import ParameterType, StackTemplate, parse_stack_template
from cloud_core.domain.values import UNKNOWN, SecretValue

NUMBER, STRING = ParameterType.NUMBER, ParameterType.STRING


def template(inputs: dict[str, Any] | None = None, outputs: dict[str, Any] | None = None) -> StackTemplate:
    return parse_stack_template(
        {"name": "orders", "parameters": {"inputs": inputs or {}, "outputs": outputs or {}}}, "orders.yaml"
    )


@pytest.mark.parametrize(
    ("default", "stand_in"),
    [
        ("plain", "plain"),
        ("${network.vpcId}", UNKNOWN),
        ("{{RUNTIME:network:vpcId}}", UNKNOWN),
        ("in ${network.vpcId}", UNKNOWN),
        ("${deployment.domain}", "example.test"),
        ("${deployment.id}-x", "D000000-x"),
        ("${env.CLOUD_VAR_TOKEN}", SecretValue(UNKNOWN)),
        ("{{SECRET:shop/token}}", SecretValue(UNKNOWN)),
        ("${aws.availabilityZones.eu-west-1}", UNKNOWN),
        ("$${network.vpcId}", "${network.vpcId}"),
    ],
)
def test_what_a_deployment_would_bring_has_a_stand_in(default: str, stand_in: Any) -> None:
    assert preview_inputs(template({"it": {"type": "string", "default": default}})) == {"it": stand_in}


def test_what_no_default_can_know_has_a_sample_and_given_values_win() -> None:
    spec = {"alertEmail": {"type": "string"}, "size": {"type": "number", "default": 1}}
    assert preview_inputs(template(spec), {"size": 2}) == {"alertEmail": "ops@example.test", "size": 2}


def test_an_input_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidInput, match="stack orders has no input 'sise': it has size"):
        preview_inputs(template({"size": {"type": "number"}}), {"sise": 2})


def test_a_malformed_placeholder_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"stack orders can't be read: it: \$\{network\}"):
        preview_inputs(template({"it": {"type": "string", "default": "${network}"}}))


def test_inputs_agree_or_are_told_one_by_one() -> None:
    declared = template(
        {
            "same": {"type": "number"},
            "gone": {"type": "string"},
            "other": {"type": "string"},
            "loose": {"type": "array"},
        }
    )
    taken = {"same": NUMBER, "other": NUMBER, "loose": None, "new": STRING}
    assert input_problems(declared, ProgramInputs(taken)) == [
        "input 'gone' is declared, but the program does not take it",
        "input 'other' is declared as string, but the program takes number",
        "input 'new' is taken by the program, but not declared",
    ]


@pytest.mark.parametrize(("spec", "is_told"), [({}, True), ({"required": True}, False), ({"default": 1}, False)])
def test_what_the_program_needs_is_required_or_has_a_default(spec: dict[str, Any], is_told: bool) -> None:
    declared = template({"size": {"type": "number", **spec}})
    found = input_problems(declared, ProgramInputs({"size": NUMBER}, frozenset({"size"})))
    assert found == (
        ["input 'size' is needed by the program: declare 'required: true' or a default"] if is_told else []
    )


def test_outputs_agree_or_are_told_one_by_one() -> None:
    declared = template(
        outputs={
            "url": {"type": "string"},
            "gone": {"type": "string"},
            "maybe": {"type": "string", "optional": True},
            "size": {"type": "number"},
            "token": {"type": "string", "secret": True},
        }
    )
    given = {"url": UNKNOWN, "size": "big", "token": SecretValue("x"), "more": 1}
    assert output_problems(declared, given) == [
        "output 'more' is given by the program, but not declared",
        "output 'gone' is declared, but not given by the program: give it, or mark it optional",
        "output 'size' is declared as number, but the program gives another type",
    ]
