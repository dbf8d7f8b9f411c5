"""States of stacks as the engine exports them: what counts, and what may be imported."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.engine_state import require_importable, state_resources
from cloud_core.domain.errors import InvalidInput

STACK, PROJECT = "D1BRV40-network-dev", "shop"
BEGIN = f"urn:pulumi:{STACK}::{PROJECT}::"
VPC = {"urn": f"{BEGIN}aws:ec2/vpc:Vpc::main", "type": "aws:ec2/vpc:Vpc"}


def state(*resources: Any, **deployment: Any) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources), **deployment}}


def refusal(document: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        require_importable(document, STACK, PROJECT)
    return caught.value


def test_neither_the_engine_s_own_resources_count_nor_what_is_to_be_deleted() -> None:
    own = {"urn": f"{BEGIN}pulumi:pulumi:Stack::{PROJECT}-{STACK}", "type": "pulumi:pulumi:Stack"}
    provider = {"urn": f"{BEGIN}pulumi:providers:aws::default", "type": "pulumi:providers:aws"}
    subnet = {"urn": f"{BEGIN}aws:ec2/vpc:Vpc$aws:ec2/subnet:Subnet::a", "type": "aws:ec2/subnet:Subnet"}
    replaced = {**VPC, "delete": True}
    found = state_resources(state(own, provider, VPC, replaced, subnet))
    assert [(one.type, one.name) for one in found] == [("aws:ec2/subnet:Subnet", "a"), ("aws:ec2/vpc:Vpc", "main")]


def test_of_nothing_there_are_none() -> None:
    assert state_resources({}) == ()
    assert state_resources({"version": 3, "deployment": {}}) == ()


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "it is not a map but list"),
        ({"deployment": {"resources": []}}, "'version' is None, not 3"),
        ({"version": 2, "deployment": {"resources": []}}, "'version' is 2, not 3"),
        ({"version": 3}, "it has no list 'deployment.resources'"),
        ({"version": 3, "deployment": []}, "it has no list 'deployment.resources'"),
        ({"version": 3, "deployment": {"resources": {}}}, "it has no list 'deployment.resources'"),
        (state(VPC, "vpc"), "'deployment.resources[1]' lacks the text 'urn' or 'type'"),
        (state({"urn": VPC["urn"]}), "'deployment.resources[0]' lacks the text 'urn' or 'type'"),
        (state({"urn": "vpc", "type": "x"}), "'deployment.resources[0].urn' is no URN: 'vpc'"),
    ],
)
def test_what_is_no_state_is_told_and_force_does_not_help(document: Any, told: str) -> None:
    error = refusal(document)
    assert told in error.message
    assert "cloud export-stack" in str(error.suggestion)
    with pytest.raises(InvalidInput, match="holds no state"):
        require_importable(document, STACK, PROJECT, force=True)


@pytest.mark.parametrize("change", [("network", "dns"), ("::shop::", "::blog::"), ("network-dev", "network-stage")])
def test_another_stack_s_resources_are_named(change: tuple[str, str]) -> None:
    other = {**VPC, "urn": VPC["urn"].replace(*change)}
    error = refusal(state(VPC, other))
    assert "1 of 2 resources belong to another stack" in error.message
    assert error.context["foreign"] == [other["urn"]]
    require_importable(state(VPC, other), STACK, PROJECT, force=True)


def test_of_many_the_first_are_named() -> None:
    others = [{**VPC, "urn": f"urn:pulumi:x::y::aws:ec2/vpc:Vpc::{number}"} for number in range(5)]
    error = refusal(state(*others))
    assert error.message.endswith("::2 and 2 more")
    assert len(error.context["foreign"]) == 5


def test_pending_operations_are_named() -> None:
    pending = [{"type": "creating", "resource": {"urn": VPC["urn"]}}, {"type": "deleting"}]
    error = refusal(state(VPC, pending_operations=pending))
    assert error.context["pending"] == [f"creating {VPC['urn']}", "deleting ?"]
    require_importable(state(VPC, pending_operations=pending), STACK, PROJECT, force=True)


def test_a_state_of_this_stack_is_importable() -> None:
    require_importable(state(VPC), STACK, PROJECT)
    require_importable(state(), STACK, PROJECT)
