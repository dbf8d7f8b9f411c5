"""Typed inputs: what is refused, what is kept, and how it is said."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field

from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.values import UNKNOWN, SecretValue
from stacks.context import StackContext
from stacks.input_check import read_inputs
from stacks.inputs import StackInputs, Wired, by_environment, is_wired, unknown_inputs
from stacks.testing import sample_target

CANARY = "canary-70c1d2"


class Inputs(StackInputs):
    az_count: Annotated[int, Field(ge=2, le=3)] = by_environment(dev=2, stage=2, prod=3)
    retention_days: int = 14
    enable_nat: bool = True
    zone_names: list[str] | None = None
    vpc_id: Wired[str]
    subnet_ids: Wired[list[str]] | None = None
    labels: Wired[dict[str, str]] | None = None


def read(values: dict[str, Any], environment: EnvironmentName = EnvironmentName.DEV) -> Inputs:
    return read_inputs(Inputs, values, StackContext.of(sample_target("network", environment)))


def problems(values: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidStackInput) as caught:
        read(values)
    assert caught.value.context["stack"] == "network"
    return list(caught.value.context["problems"])


def test_defaults_follow_the_environment() -> None:
    counts = {name: read({"vpcId": "vpc-1"}, name).az_count for name in EnvironmentName}
    assert counts == {EnvironmentName.DEV: 2, EnvironmentName.STAGE: 2, EnvironmentName.PROD: 3}


def test_zero_and_false_are_values_and_not_the_same_as_not_given() -> None:
    inputs = read({"vpcId": "vpc-1", "retentionDays": 0, "enableNat": False})
    assert (inputs.retention_days, inputs.enable_nat) == (0, False)


def test_null_is_a_value_where_it_is_allowed_and_an_error_where_it_is_not() -> None:
    assert read({"vpcId": "vpc-1", "subnetIds": None, "zoneNames": None}).subnet_ids is None
    assert problems({"vpcId": "vpc-1", "retentionDays": None}) == [
        "retentionDays = None: Input should be a valid integer"
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "vpcId: Field required"),
        ({"vpcId": 7}, "vpcId = 7: Input should be a valid string"),
        ({"vpcId": None}, "vpcId = None: Input should be a valid string"),
        ({"vpcId": "v", "azCount": 9}, "azCount = 9: Input should be less than or equal to 3"),
        ({"vpcId": "v", "azCount": "2"}, "azCount = '2': Input should be a valid integer"),
        ({"vpcId": "v", "azCount": True}, "azCount = True: Input should be a valid integer"),
        ({"vpcId": "v", "enableNat": 1}, "enableNat = 1: Input should be a valid boolean"),
        ({"vpcId": "v", "azCuont": 2}, "azCuont = 2: unknown input, did you mean 'azCount'?"),
        ({"vpcId": "v", "az_count": 2}, "az_count = 2: unknown input, did you mean 'azCount'?"),
        ({"vpcId": "v", "region": "x"}, "region = 'x': is given by the deployment itself: leave it out"),
        ({"vpcId": "v", "environment": "dev"}, "environment = 'dev': is given by the deployment itself: leave it out"),
        ({"vpcId": "v", "zoneNames": ["a", 1]}, "zoneNames.1 = ['a', 1]: Input should be a valid string"),
    ],
)
def test_a_refusal_names_input_value_and_rule(values: dict[str, Any], expected: str) -> None:
    assert problems(values) == [expected]


def test_an_unknown_input_far_from_any_other_lists_what_there_is() -> None:
    assert problems({"vpcId": "v", "xyz": 1}) == [
        "xyz = 1: unknown input; the stack takes azCount, enableNat, labels, retentionDays, subnetIds, vpcId, zoneNames"
    ]


def test_all_problems_are_told_at_once() -> None:
    found = problems({"azCount": 9, "retentionDays": "x", "enableNatt": True})
    assert [text.split(" ")[0].rstrip(":") for text in found] == ["azCount", "enableNatt", "retentionDays", "vpcId"]


def test_a_plain_input_can_be_neither_unknown_nor_secret() -> None:
    unknown, secret = problems({"vpcId": "v", "azCount": UNKNOWN, "zoneNames": ["a", SecretValue(CANARY)]})
    assert unknown.startswith("azCount = UNKNOWN: is not known before")
    assert secret.startswith("zoneNames = ['a', '***']: is secret")


def test_a_wired_input_keeps_secret_and_unknown_parts_at_any_depth() -> None:
    values = {"vpcId": UNKNOWN, "subnetIds": ["subnet-1", UNKNOWN, SecretValue("subnet-3")], "labels": {"a": UNKNOWN}}
    inputs = read(values)
    assert {"vpcId": inputs.vpc_id, "subnetIds": inputs.subnet_ids, "labels": inputs.labels} == values
    assert unknown_inputs(inputs) == ["vpcId", "subnetIds", "labels"]


def test_the_known_parts_of_a_wired_input_are_checked() -> None:
    assert problems({"vpcId": "v", "subnetIds": [UNKNOWN, 7]}) == [
        "subnetIds.0 = [UNKNOWN, 7]: Input should be a valid string"
    ]


def test_a_secret_never_shows_in_a_refusal() -> None:
    with pytest.raises(InvalidStackInput) as caught:
        read(
            {
                "vpcId": SecretValue([CANARY]),
                "subnetIds": [SecretValue({"deep": CANARY})],
                "azCount": SecretValue(CANARY),
            }
        )
    assert caught.value.context["inputs"] == ["azCount", "subnetIds", "vpcId"]
    assert CANARY not in str(caught.value) + repr(caught.value.context) + repr(caught.value.__context__)


def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(problems({"vpcId": "v", "azCount": "9" * 5000})[0]) < 200


def test_wired_fields_are_told_apart() -> None:
    assert [name for name in Inputs.model_fields if is_wired(Inputs, name)] == ["vpc_id", "subnet_ids", "labels"]
