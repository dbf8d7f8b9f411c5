"""The manifest's JSON schema: takes what is valid, refuses what is not, while it is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft7Validator

from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.manifest_generation import Answers
from cloud_core.resources import data_dir
from cloud_core.services.templates.service import TemplateService

SCHEMA: Final = json.loads((data_dir("templates") / "manifest.schema.json").read_text("utf-8"))
SERVICE: Final = TemplateService(LocalTemplates(data_dir("templates"), Workspace(Path("no-workspace"))))
TEMPLATES: Final = [summary.name for summary in SERVICE.list()]


def problems(data: Any) -> list[str]:
    """Places of what the schema refuses."""
    return [".".join(map(str, error.absolute_path)) for error in Draft7Validator(SCHEMA).iter_errors(data)]


def generated(template: str, **variables: str) -> dict[str, Any]:
    """Of the variables those that the template has are given."""
    known = {variable.name for variable in SERVICE.show(template).variables}
    answers = Answers(
        deployment_id="D7KQ2M4",
        org="Birchway",
        project="shop",
        domain="shop.birchway.test",
        region="eu-west-1",
        accounts={"dev": "410000000017"},
        created_at="2026-01-12T08:15:00Z",
        description="a shop",
        tags={"team": "web"},
        contact={"email": "ann@birchway.test"},
        pulumi_org="birchway",
        variables={name: value for name, value in variables.items() if name in known},
    )
    return SERVICE.generate_manifest(template, answers)


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("template", TEMPLATES)
def test_generated_manifests_pass(template: str) -> None:
    assert problems(generated(template)) == []
    assert problems(generated(template, IMAGE_TAG_PROD="4f2a91c", ALERT_EMAIL="ops@birchway.test")) == []


@pytest.mark.parametrize(
    ("stack", "config"),
    [
        (
            "network",
            {"azCount": 3, "vpcCidr": "{{ENV:vpc}}", "interfaceEndpoints": ["sqs", "${env.CLOUD_VAR_ENDPOINT}"]},
        ),
        ("network", {"azCount": "{{ENV:zones}}", "enableNat": None}),
        ("dns", {"zoneType": "private", "vpcId": "${network.vpcId}"}),
        ("security", {"appPortRange": [8000, "{{ENV:lastPort}}"]}),
        ("secrets", {"secretNames": ["session-secret"]}),
    ],
)
def test_values_placeholders_and_nulls_pass(stack: str, config: dict[str, Any]) -> None:
    data = generated("demo")
    data["stacks"][stack]["config"] = config
    data["stacks"][stack]["environments"] = {"stage": {"enabled": False, "config": config}}
    assert problems(data) == []


def test_a_stack_of_the_workspace_may_have_any_configuration() -> None:
    data = generated("demo")
    data["stacks"]["orders"] = {"enabled": True, "dependencies": "ALL", "priority": 20, "config": {"anything": [1, {}]}}
    assert problems(data) == []


def put(*path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        *way, last = path
        for key in way:
            data = data.setdefault(key, {})
        data[last] = value

    return change


def drop(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        *way, last = path
        for key in way:
            data = data[key]
        del data[last]

    return change


CONFIG: Final = ("stacks", "network", "config")
BROKEN: Final[dict[str, tuple[Callable[[dict[str, Any]], None], str]]] = {
    "no section": (drop("environments"), ""),
    "no dev": (drop("environments", "dev"), "environments"),
    "no id": (drop("deployment", "id"), "deployment"),
    "lower-case id": (put("deployment", "id", value="d7kq2m4"), "deployment.id"),
    "blank name": (put("deployment", "org", value=" "), "deployment.org"),
    "a time that is none": (put("deployment", "createdAt", value="yesterday"), "deployment.createdAt"),
    "unknown key": (put("deployment", "organisation", value="x"), "deployment"),
    "unknown section": (put("stack", value={}), ""),
    "unknown environment": (put("environments", "staging", value={"enabled": True}), "environments"),
    "short account": (put("environments", "dev", "account", value="12"), "environments.dev.account"),
    "account as a number": (put("environments", "dev", "account", value=410000000017), "environments.dev.account"),
    "unknown region": (put("environments", "dev", "region", value="eu-west-9"), "environments.dev.region"),
    "flag as a text": (put("stacks", "dns", "enabled", value="yes"), "stacks.dns.enabled"),
    "priority out of range": (put("stacks", "dns", "priority", value=101), "stacks.dns.priority"),
    "dependencies as a text": (put("stacks", "dns", "dependencies", value="network"), "stacks.dns.dependencies"),
    "a slip in a key": (put("stacks", "dns", "depedencies", value=[]), "stacks.dns"),
    "a stack's name": (put("stacks", "Own_Stack", value={"enabled": True, "dependencies": []}), "stacks"),
    "a reserved name": (put("stacks", "aws", value={"enabled": True, "dependencies": []}), "stacks"),
    "unknown input": (put(*CONFIG, "azcount", value=2), "stacks.network.config"),
    "input of another type": (put(*CONFIG, "enableNat", value="no"), "stacks.network.config.enableNat"),
    "input out of range": (put(*CONFIG, "azCount", value=4), "stacks.network.config.azCount"),
    "input in an environment": (
        put("stacks", "network", "environments", "prod", "config", "azCount", value=1),
        "stacks.network.environments.prod.config.azCount",
    ),
    "a word that is no choice": (
        put("stacks", "dns", "config", "zoneType", value="secret"),
        "stacks.dns.config.zoneType",
    ),
    "an item of another type": (
        put("stacks", "secrets", "config", "secretNames", value=["ok", 7]),
        "stacks.secrets.config.secretNames",
    ),
}


@pytest.mark.parametrize(("change", "place"), BROKEN.values(), ids=BROKEN)
def test_broken_manifests_are_refused_at_their_place(change: Callable[[dict[str, Any]], None], place: str) -> None:
    data = deepcopy(generated("demo"))
    change(data)
    assert problems(data) == [place]
