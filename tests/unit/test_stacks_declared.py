"""What a stack template says beyond names and types is what the program does: needs by environment, DNS names."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.errors import InvalidStackInput
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stack_contract import SAMPLE_INPUTS, preview_inputs
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.values import UNKNOWN
from cloud_core.resources import data_dir
from stacks.registry import StackRegistry
from stacks.testing import Picture, sample_target
from stacks.testing_pictures import picture_of

TEMPLATES = LocalTemplates(data_dir("templates"), Workspace(Path("no-workspace"))).stack_templates()
DOMAIN = "shop.example.com"
NAMESPACE = "shop.internal"


def names_of(template: StackTemplate) -> dict[str, str]:
    """A value for each input that the stack's DNS names are made of."""
    inputs = {name for owned in template.dns_names for name in owned.inputs}
    return {name: NAMESPACE if name == "privateNamespace" else DOMAIN for name in inputs}


# What a name needs besides itself, where the template leaves that to the manifest.
WITH_A_NAME: Final = {"authentication": {"hostedZoneId": UNKNOWN, "signInCertificateArn": UNKNOWN}}


def picture(stack: str, environment: EnvironmentName = EnvironmentName.DEV, **given: Any) -> Picture:
    inputs = preview_inputs(TEMPLATES[stack], {**WITH_A_NAME.get(stack, {}), **given})
    return picture_of(sample_target(stack, environment), inputs, preview=True)


def owned_in(drawn: Picture) -> set[tuple[str, bool]]:
    """DNS names that the program makes, with whether they are private."""
    found = {(str(item.inputs["name"]), False) for item in drawn.of("Record")}
    return found | {(str(item.inputs["name"]), True) for item in drawn.of("PrivateDnsNamespace")}


@pytest.mark.parametrize("stack", sorted(TEMPLATES.keys() - {"dns"}))
class TestNames:
    def test_a_stack_owns_the_names_that_its_template_lists(self, stack: str) -> None:
        template = TEMPLATES[stack]
        flags = {owned.owned_if: True for owned in template.dns_names if owned.owned_if}
        given = names_of(template)
        listed = {(owned.filled(given), owned.private) for owned in template.dns_names}
        assert owned_in(picture(stack, **given, **flags)) == listed

    def test_and_none_whose_flag_is_off(self, stack: str) -> None:
        template = TEMPLATES[stack]
        flags = {owned.owned_if: False for owned in template.dns_names if owned.owned_if}
        given = names_of(template)
        kept = {(owned.filled(given), owned.private) for owned in template.dns_names if not owned.owned_if}
        assert owned_in(picture(stack, **given, **flags)) == kept


def refused(stack: str, environment: EnvironmentName) -> set[str]:
    """The inputs that the program lacks when nobody decides what no default can know."""
    inputs = {name: value for name, value in preview_inputs(TEMPLATES[stack]).items() if name not in SAMPLE_INPUTS}
    try:
        StackRegistry().load(stack, inputs, sample_target(stack, environment))
    except InvalidStackInput as error:
        return set(error.context["inputs"])
    return set()


@pytest.mark.parametrize("environment", list(EnvironmentName))
@pytest.mark.parametrize("stack", sorted(TEMPLATES))
def test_what_a_program_needs_in_an_environment_is_required_there(stack: str, environment: EnvironmentName) -> None:
    declared = {name for name, spec in TEMPLATES[stack].inputs.items() if environment in spec.required_in}
    assert refused(stack, environment) == declared


@pytest.mark.parametrize("stack", sorted(TEMPLATES))
def test_an_output_that_is_an_input_is_that_input(stack: str) -> None:
    echoed = {name: spec.input for name, spec in TEMPLATES[stack].outputs.items() if spec.input}
    given = {name: f"{number}.example.com" for number, name in enumerate(echoed.values())}
    outputs = picture(stack, **given).outputs if echoed else {}
    assert {name: outputs[name] for name in echoed} == {name: given[wanted] for name, wanted in echoed.items()}
