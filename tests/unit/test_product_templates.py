"""The product's deployment templates: valid in every environment, of the documented sizes, told what prod lacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.manifest import Manifest, merged_config
from cloud_core.domain.manifest_generation import Answers
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stack_contract import preview_inputs
from cloud_core.domain.template_variables import SAMPLE_ANSWERS
from cloud_core.domain.validation import Level, Scope, ValidationResult, validate_manifest
from cloud_core.resources import data_dir
from cloud_core.services.templates.service import TemplateService
from stacks.context import StackContext
from stacks.input_check import read_inputs
from stacks.inputs import input_name
from stacks.registry import StackRegistry
from stacks.testing import sample_target

CATALOG: Final = LocalTemplates(data_dir("templates"), Workspace(Path("no-workspace")))
SERVICE: Final = TemplateService(CATALOG)
PROGRAMS: Final = StackRegistry()
STACKS: Final = {
    "default": set(PROGRAMS.names()),
    "minimal": {"network", "dns", "security"},
    "demo": {"network", "dns", "security", "secrets"},
    "microservices": {
        "network",
        "security",
        "secrets",
        "authentication",
        "services-ecr",
        "services-ecs",
        "containers-images",
        "services-api",
    },
    "data-platform": {
        "network",
        "security",
        "secrets",
        "storage",
        "database-rds",
        "compute-lambda",
        "monitoring",
    },
}
DECIDED: Final = {name: SAMPLE_ANSWERS[name] for name in ("IMAGE_TAG_PROD", "ALERT_EMAIL")}
# What each environment is documented to have, wherever a template has the stack: dev, stage, prod.
SIZES: Final[dict[str, dict[str, tuple[Any, Any, Any]]]] = {
    "network": {
        "vpcCidr": ("10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16"),
        "azCount": (2, 2, 3),
        "highAvailabilityNat": (False, False, True),
        "flowLogRetentionDays": (7, 30, 90),
    },
    "database-rds": {
        "instanceClass": ("db.t3.micro", "db.t3.small", "db.r5.large"),
        "allocatedStorageGb": (20, 100, 500),
        "backupRetentionDays": (0, 14, 30),
        "multiAz": (False, False, True),
        "readReplica": (False, False, True),
        "deletionProtection": (False, False, True),
        "logRetentionDays": (7, 30, 90),
    },
    "compute-ec2": {
        "webInstanceType": ("t3.micro", "t3.small", "t3.medium"),
        "webMin": (1, 2, 3),
        "webMax": (3, 5, 10),
    },
    "services-ecs": {"minCapacity": (1, 2, 3), "maxCapacity": (3, 5, 10), "logRetentionDays": (7, 30, 90)},
    "containers-apps": {
        "minCapacity": (1, 2, 3),
        "maxCapacity": (3, 5, 10),
        "enableFargateSpot": (True, True, False),
        "enableDeletionProtection": (False, False, True),
    },
    "services-eks": {"nodeMinSize": (1, 2, 3), "nodeMaxSize": (3, 5, 10)},
    "storage": {"forceDestroy": (True, False, False), "azCount": (2, 2, 3)},
    "compute-lambda": {"logRetentionDays": (7, 30, 90)},
    "monitoring": {"logRetentionDays": (7, 30, 90)},
}


def a_manifest(template: str, **variables: str) -> dict[str, Any]:
    """With all three environments enabled, and of the variables those that the template has."""
    known = {variable.name for variable in SERVICE.show(template).variables}
    answers = Answers(
        deployment_id="D7KQ2M4",
        org="Birchway",
        project="shop",
        domain="shop.birchway.test",
        region="us-east-1",
        region_secondary="us-west-2",
        accounts={"dev": "410000000017", "stage": "410000000025", "prod": "410000000033"},
        created_at="2026-01-12T08:15:00Z",
        environments_enabled={name.value: True for name in EnvironmentName},
        variables={name: value for name, value in variables.items() if name in known},
    )
    return SERVICE.generate_manifest(template, answers)


def validated(data: dict[str, Any]) -> ValidationResult:
    catalogue = SERVICE.catalogue(frozenset(PROGRAMS.names()))
    return validate_manifest(data, catalogue, Scope(Level.CONFIG, file=""))


def inputs(manifest: Manifest, stack: str, environment: EnvironmentName) -> dict[str, Any]:
    """What the program makes of its configuration in that environment, by outside names."""
    template = CATALOG.stack_templates()[stack]
    config = merged_config(manifest, stack, environment, template)
    absent = tuple(f"${{{name}." for name in CATALOG.stack_templates().keys() - manifest.stacks.keys())
    given = {name: None if str(value).startswith(absent) else value for name, value in config.items()}
    model = PROGRAMS.inputs(stack)
    values = preview_inputs(template, given)
    read = read_inputs(model, values, StackContext.of(sample_target(stack, environment)))
    return {input_name(model, name): value for name, value in read}


def test_the_templates_that_there_are_and_their_stacks() -> None:
    assert {item.name: set(item.stacks) for item in SERVICE.list()} == STACKS


@pytest.mark.parametrize("template", STACKS)
class TestEvery:
    def test_all_stacks_are_on_and_dev_alone_is_enabled(self, template: str) -> None:
        details = SERVICE.show(template)
        assert details.environments == {"dev": True, "stage": False, "prod": False}
        assert all(stack.enabled for stack in details.stacks)

    def test_it_is_valid_in_every_environment(self, template: str) -> None:
        result = validated(a_manifest(template, **DECIDED))
        assert (result.errors, result.warnings) == ((), ())
        assert [verdict.status for verdict in result.environments] == ["valid"] * 3

    @pytest.mark.parametrize("environment", list(EnvironmentName))
    def test_programs_take_what_it_gives_them(self, template: str, environment: EnvironmentName) -> None:
        manifest = Manifest.model_validate(a_manifest(template, **DECIDED))
        number = list(EnvironmentName).index(environment)
        for stack in manifest.stacks:
            read = inputs(manifest, stack, environment)
            wanted = {name: values[number] for name, values in SIZES.get(stack, {}).items()}
            if template in ("default", "microservices", "data-platform"):
                assert {name: read[name] for name in wanted} == wanted, stack

    def test_what_prod_has_to_decide_is_told_with_its_place(self, template: str) -> None:
        stacks = STACKS[template]
        needs = [("imageTag", name) for name in ("containers-apps", "services-ecs") if name in stacks]
        needs += [("alertEmail", "monitoring")] if "monitoring" in stacks else []
        result = validated(a_manifest(template))
        found = {(error.details["parameter"], error.details["stack"]): error for error in result.errors}
        assert set(found) == set(needs)
        for (parameter, stack), error in found.items():
            assert (error.code, error.location) == ("MISSING_PARAMETER", f"environments.prod.config.{parameter}")
            assert error.remediation == f"set {parameter!r} in the configuration of {stack!r}"
            assert error.details["environments"] == ["prod"]


def test_microservices_grow_with_the_environment() -> None:
    manifest = Manifest.model_validate(a_manifest("microservices", **DECIDED))
    found = [inputs(manifest, "services-ecs", environment) for environment in EnvironmentName]
    assert [(each["apiCpu"], each["apiMemory"]) for each in found] == [(256, 512), (512, 1024), (1024, 2048)]
    assert [each["enableFargateSpot"] for each in found] == [True, False, False]
    assert {each["discoveryRecords"] for each in found} == {"SRV"}


def test_layers_of_the_default_template() -> None:
    assert [set(layer) for layer in SERVICE.show("default").layers] == [
        {"network", "dns", "authentication"},
        {"security"},
        {"secrets", "storage", "database-rds", "services-ecr", "containers-images"},
        {"services-eks", "services-ecs", "compute-ec2", "containers-apps", "compute-lambda"},
        {"services-api"},
        {"monitoring"},
    ]


def test_each_name_of_the_default_template_has_one_owner() -> None:
    data = a_manifest("default", **DECIDED)
    for stack, flag in (("containers-apps", "manageApiRecord"), ("compute-ec2", "manageDnsRecords")):
        data["stacks"][stack]["config"][flag] = True
    found = [error for error in validated(data).errors if error.code == "DNS_NAME_CONFLICT"]
    assert {(error.details["name"], *error.details["stacks"]) for error in found} == {
        ("api.shop.birchway.test", "containers-apps", "services-api"),
        ("shop.birchway.test", "compute-ec2", "containers-apps"),
    }
