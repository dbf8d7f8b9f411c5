"""The pages of the stacks say what their templates and programs say."""

from __future__ import annotations

import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic.alias_generators import to_camel

from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from stacks.inputs import input_name
from stacks.registry import StackRegistry

ROOT: Final = Path(__file__).resolve().parents[1]
PAGES: Final = ROOT / "docs" / "stacks"
TEMPLATES: Final = LocalTemplates(ROOT / "templates", Workspace(ROOT / "no-workspace")).stack_templates()
COMMON_OUTPUTS: Final = {"stackName", "deploymentId", "region", "environment"}


def rows(stack: str, heading: str) -> list[list[str]]:
    """The cells of a section's table."""
    section = (PAGES / f"{stack}.md").read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def names(found: list[list[str]]) -> list[str]:
    return [row[0].strip("`") for row in found]


def test_every_stack_has_a_page_and_every_page_a_stack() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == {*TEMPLATES, "README"}
    assert sorted(TEMPLATES) == StackRegistry().names()


@pytest.mark.parametrize("stack", sorted(TEMPLATES))
class TestPage:
    def test_inputs_are_those_of_the_template_and_of_the_program(self, stack: str) -> None:
        model, template = StackRegistry().inputs(stack), TEMPLATES[stack]
        shown = rows(stack, "Inputs")
        assert names(shown) == list(template.inputs)
        assert set(names(shown)) == {input_name(model, name) for name in model.model_fields} - {"environment"}
        types = {row[0].strip("`"): row[1].partition(",")[0] for row in shown}
        assert types == {name: spec.type.value for name, spec in template.inputs.items()}

    def test_outputs_are_those_of_the_template_and_of_the_program(self, stack: str) -> None:
        outputs: Any = import_module(f"stacks.{stack.replace('-', '_')}.contract").Outputs
        shown = rows(stack, "Outputs")
        assert names(shown) == list(TEMPLATES[stack].outputs)
        renamed = getattr(outputs, "exported_names", {})
        given = {renamed.get(field.name, to_camel(field.name)) for field in fields(outputs)}
        assert set(names(shown)) == given | COMMON_OUTPUTS
        nullable = {row[0].strip("`") for row in shown if "or null" in row[1]}
        assert nullable == {name for name, spec in TEMPLATES[stack].outputs.items() if spec.optional}

    def test_dependencies_and_priority_are_those_of_the_template(self, stack: str) -> None:
        page, template = (PAGES / f"{stack}.md").read_text("utf-8"), TEMPLATES[stack]
        facts = dict(re.findall(r"^\| ([A-Z][a-z ]+) \| (.*) \|$", page.partition("## Inputs")[0], re.MULTILINE))
        assert re.findall(r"\[([a-z-]+)\]", facts["Needs"]) == list(template.dependencies)
        assert facts["Priority"] == f"{template.priority:g}"

    def test_it_counts_resources(self, stack: str) -> None:
        kinds = {row[0].strip("`"): row[1:] for row in rows(stack, "Resources")}
        assert all(re.fullmatch(r"aws\.[a-z0-9]+\.[A-Za-z0-9]+", kind) for kind in kinds)
        assert sum(int(count[0]) for count in kinds.values() if count[0] != "-") > 0


def test_defaults_by_environment_and_ranges_are_told() -> None:
    shown = {row[0].strip("`"): row for row in rows("network", "Inputs")}
    assert shown["azCount"][1:4] == ["number", "`2` in dev, `2` in stage, `3` in prod", "2 to 3"]
    assert shown["enableNat"][1:4] == ["boolean", "`true`", "-"]
    ecs = {row[0].strip("`"): row for row in rows("services-ecs", "Inputs")}
    assert ecs["vpcId"][2] == "`${network.vpcId}`"
    assert ecs["imageTag"][1] == "string, **required in prod**"
    assert ecs["cpuArchitecture"][3] == "`X86_64`, `ARM64`"
