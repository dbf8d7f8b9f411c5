"""A stack's template says exactly what its program takes and gives."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.session import get_session

from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stack_contract import input_problems, output_problems
from cloud_core.domain.values import UNKNOWN
from stacks.inputs import input_name, is_wired
from stacks.registry import StackRegistry
from stacks.testing import draw, sample_target
from stacks.testing_deployments import TEMPLATES
from stacks.testing_pictures import GIVEN, template

PRODUCT_STACKS = StackRegistry().names()
_CLIENTS = {"elasticloadbalancing": "elbv2"}
_ONLY_IN_POLICIES = frozenset(
    {"iam:PassRole", "s3:PutBucketPublicAccessBlock", *(f"apigateway:{method}" for method in ("GET", "PATCH", "POST"))}
)


def fields(stack: str) -> dict[str, Any]:
    model = StackRegistry().inputs(stack)
    return {input_name(model, name): info for name, info in model.model_fields.items() if name != "environment"}


def test_every_stack_has_a_template_and_every_template_a_stack() -> None:
    assert sorted(file.stem for file in TEMPLATES.glob("*.yaml")) == PRODUCT_STACKS


@pytest.mark.parametrize("stack", PRODUCT_STACKS)
class TestInputs:
    def test_names_and_types_are_the_same(self, stack: str) -> None:
        assert input_problems(template(stack), StackRegistry().inputs_of(stack)) == []

    def test_forms_are_the_same(self, stack: str) -> None:
        schemas = StackRegistry().inputs(stack).model_json_schema()["properties"]
        asked = {name: schema.get("items", schema).get("format") for name, schema in schemas.items()}
        declared = {name: spec.format.value for name, spec in template(stack).inputs.items() if spec.format}
        assert declared == {name: form for name, form in asked.items() if form is not None}

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

    def test_they_are_as_declared(self, stack: str, environment: EnvironmentName) -> None:
        assert output_problems(template(stack), self.outputs(stack, environment)) == []


def test_edges_and_priorities() -> None:
    edges = {stack: (template(stack).dependencies, template(stack).priority) for stack in PRODUCT_STACKS}
    assert edges["network"] == ((), 100)
    assert edges["dns"] == ((), 95)
    assert edges["authentication"] == ((), 75)
    assert edges["security"] == (("network",), 90)
    assert edges["secrets"] == (("security",), 85)
    assert edges["storage"] == (("security",), 80)
    assert edges["monitoring"] == (("security",), 10)
    assert edges["compute-ec2"] == (("network", "security", "dns"), 50)
    assert template("compute-ec2").is_soft("storage")
    assert edges["compute-lambda"] == (("network", "security", "storage", "secrets"), 45)
    assert edges["database-rds"] == (("network", "security"), 70)
    assert edges["services-api"] == (("network", "security", "authentication"), 40)
    assert edges["containers-apps"] == (("network", "security", "dns", "containers-images"), 50)
    assert template("containers-apps").is_soft("storage")
    assert edges["services-ecs"] == (("network", "security", "services-ecr"), 55)
    assert edges["services-eks"] == (("network", "security"), 55)
    assert template("services-eks").is_soft("services-ecr")
    assert edges["services-ecr"] == edges["containers-images"] == (("security",), 65)


@pytest.mark.parametrize("stack", PRODUCT_STACKS)
def test_a_default_reads_only_outputs_that_its_dependency_declares(stack: str) -> None:
    references = re.findall(r"\$\{([a-z-]+)\.(\w+)\}", str([spec.default for spec in template(stack).inputs.values()]))
    for source, output in references:
        if source != "deployment":
            assert source in template(stack).dependencies or template(stack).is_soft(source)
            # A soft dependency may be a stack that the workspace brings along.
            assert source not in PRODUCT_STACKS or output in template(source).outputs


def aws_actions() -> frozenset[str]:
    """Every call that AWS's own descriptions know, as an IAM action; the prefix is the service's name in signatures."""
    session = get_session()
    signed = {"monitoring": "cloudwatch"}  # the one that IAM calls otherwise
    services = {action.split(":")[0] for stack in PRODUCT_STACKS for action in template(stack).permissions}
    models = (session.get_service_model(_CLIENTS.get(service, service)) for service in services)
    found = {
        f"{signed.get(model.signing_name, model.signing_name)}:{name}"
        for model in models
        for name in model.operation_names
    }
    return frozenset(found | _ONLY_IN_POLICIES)


@pytest.mark.parametrize("stack", PRODUCT_STACKS)
def test_the_permissions_that_it_needs_are_actions_of_aws(stack: str) -> None:
    permissions = template(stack).permissions
    assert permissions, f"list under 'permissions' in {stack}.yaml the actions that make its resources"
    assert len(set(permissions)) == len(permissions)
    assert set(permissions) <= aws_actions()
