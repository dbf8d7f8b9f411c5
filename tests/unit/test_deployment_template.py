"""Deployment templates, their variables, and manifests made from them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cloud_core.domain.deployment_template import parse_deployment_template
from cloud_core.domain.errors import InvalidInput, InvalidManifest
from cloud_core.domain.manifest_generation import Answers, assemble_manifest
from cloud_core.domain.template_variables import SAMPLE_ANSWERS, VARIABLES, variables
from cloud_core.testing.manifests import TEMPLATES

ANSWERS = Answers(
    deployment_id="D7KQ2M4",
    org="Birchway & Söhne",
    project="landing",
    domain="landing.test",
    region="eu-west-1",
    accounts={"dev": "410000000017"},
    created_at="2026-01-02T03:04:05.000Z",
)


def a_template(**fields: Any) -> dict[str, Any]:
    return {
        "name": "mine",
        "environments": {
            "dev": {"enabled": True, "tags": {"E": "dev"}, "config": {"k": 1}},
            "prod": {"enabled": False},
        },
        "stacks": {"security": {}, "network": {"config": {"azCount": 2}}, "dns": {"enabled": False}},
        **fields,
    }


def assembled(answers: Answers = ANSWERS, **fields: Any) -> dict[str, Any]:
    template = parse_deployment_template(a_template(**fields), "mine.yaml")
    return assemble_manifest(template, answers, TEMPLATES)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"stacks": {}}, "stacks"),
        ({"environments": {"stage": {"enabled": True}}}, "dev must be there and enabled"),
        ({"environments": {"dev": {"enabled": False}}}, "dev must be there and enabled"),
        ({"environments": {"dev": {"enabled": True}, "qa": {"enabled": True}}}, "qa"),
        ({"extra": 1}, "extra"),
        ({"stacks": {"network": {"dependencies": []}}}, "stacks.network.dependencies"),
    ],
)
def test_what_a_template_refuses(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=r"deployment template mine.yaml is not valid") as caught:
        parse_deployment_template(a_template(**fields), "mine.yaml")
    assert says in caught.value.message


def test_a_template_that_is_no_map() -> None:
    with pytest.raises(InvalidInput, match="template: "):
        parse_deployment_template([], "mine.yaml")


def test_dependencies_and_priorities_come_from_the_stack_templates() -> None:
    stacks = assembled()["stacks"]
    assert list(stacks) == ["network", "dns", "security"]
    assert stacks["network"] == {"enabled": True, "dependencies": [], "priority": 100, "config": {"azCount": 2}}
    assert stacks["security"] == {"enabled": True, "dependencies": ["network"], "priority": 90}
    assert stacks["dns"]["enabled"] is False


def test_the_deployment_section() -> None:
    answers = replace(ANSWERS, description="x", tags={"a": "b"}, contact={"email": "e"}, pulumi_org="own")
    assert assembled(answers)["deployment"] == {
        "id": "D7KQ2M4",
        "org": "Birchway & Söhne",
        "project": "landing",
        "domain": "landing.test",
        "template": "mine",
        "createdAt": "2026-01-02T03:04:05.000Z",
        "version": "3.1",
        "pulumiOrg": "own",
        "description": "x",
        "tags": {"a": "b"},
        "contact": {"email": "e"},
    }
    assert not {"description", "tags", "contact", "pulumiOrg"} & assembled()["deployment"].keys()


def test_accounts_and_regions_by_environment() -> None:
    environments = assembled()["environments"]
    assert environments["dev"] == {
        "enabled": True,
        "account": "410000000017",
        "region": "eu-west-1",
        "tags": {"E": "dev"},
        "config": {"k": 1},
    }
    assert environments["prod"] == {"enabled": False, "account": "410000000017", "region": "eu-west-1"}
    own = replace(
        ANSWERS,
        accounts={"dev": "1", "prod": "2"},
        region_secondary="us-west-2",
        environments_enabled={"prod": True},
    )
    assert assembled(own)["environments"]["prod"] == {"enabled": True, "account": "2", "region": "us-west-2"}


def test_the_stacks_that_are_named_are_exactly_those_that_are_on() -> None:
    answers = replace(ANSWERS, stacks_enabled=("network", "monitoring"))
    stacks = assembled(answers)["stacks"]
    assert {name for name, stack in stacks.items() if stack["enabled"]} == {"network", "monitoring"}
    assert stacks["monitoring"]["dependencies"] == ["security"]


def test_stacks_can_be_switched_off() -> None:
    stacks = assembled(replace(ANSWERS, stacks_disabled=("security",)))["stacks"]
    assert [name for name, stack in stacks.items() if stack["enabled"]] == ["network"]


def test_unknown_and_contradictory_stacks_are_all_named() -> None:
    answers = replace(ANSWERS, stacks_enabled=("network", "a"), stacks_disabled=("network", "b"))
    with pytest.raises(InvalidManifest) as caught:
        assembled(answers)
    messages = [item["message"] for item in caught.value.context["findings"]]
    assert [message.partition(":")[0] for message in messages] == [
        "the stack 'a' is unknown",
        "the stack 'b' is unknown",
        "the stack 'network' is to be enabled and disabled",
    ]


def test_what_a_template_says_of_a_stack_is_taken_over() -> None:
    own = {"enabled": False, "config": {"azCount": 3}}
    stack = {"protect": True, "environments": {"prod": own, "dev": {"config": {"azCount": 1}}}}
    section = assembled(stacks={"mine": stack})["stacks"]["mine"]
    assert section == {
        "enabled": True,
        "dependencies": [],
        "priority": 50,
        "protect": True,
        "environments": {"prod": {"enabled": False, "config": {"azCount": 3}}, "dev": {"config": {"azCount": 1}}},
    }


def test_a_priority_with_decimals_is_kept() -> None:
    templates = {"network": TEMPLATES["network"].model_copy(update={"priority": 12.5})}
    template = parse_deployment_template(a_template(stacks={"network": {}}), "mine.yaml")
    assert assemble_manifest(template, ANSWERS, templates)["stacks"]["network"]["priority"] == 12.5


def test_variables_have_defaults_and_answers_win() -> None:
    values = variables(SAMPLE_ANSWERS | {"VPC_CIDR_DEV": "10.9.0.0/16"})
    assert set(values) == {variable.name for variable in VARIABLES}
    assert values["AZ_COUNT_PROD"] == 3
    assert values["VPC_CIDR_DEV"] == "10.9.0.0/16"
    assert values["VPC_CIDR_STAGE"] == "10.1.0.0/16"


def test_the_answers_as_variables() -> None:
    answers = replace(ANSWERS, accounts={"dev": "1", "prod": "3"}, variables={"TEAM": "a"}, user="ann")
    values = variables(answers.template_variables())
    assert values["AWS_ACCOUNT_STAGE"] == "1"
    assert values["AWS_ACCOUNT_PROD"] == "3"
    assert values["SECONDARY_REGION"] == "eu-west-1"
    assert values["PULUMI_ORG"] == "BirchwayShne"
    assert values["TEAM"] == "a"
    assert values["USER_EMAIL"] == "ann"


def test_unknown_and_missing_variables_are_named() -> None:
    with pytest.raises(InvalidInput, match="'VPC_CDIR' is unknown"):
        variables({**SAMPLE_ANSWERS, "VPC_CDIR": "x"})
    with pytest.raises(InvalidInput, match="'DEPLOYMENT_ID' has no value"):
        variables({})
