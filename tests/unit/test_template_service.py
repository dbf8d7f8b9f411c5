"""Templates as they are listed and shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.errors import InvalidInput, InvalidManifest, TemplateNotFound
from cloud_core.ports.workspace import TemplateOrigin
from cloud_core.resources import data_dir
from cloud_core.services.templates.service import TemplateService

MINE = "name: mine\nenvironments: {dev: {enabled: true}}\nstacks: {network: {}, own: {enabled: false}}\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "templates" / "custom"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def service(tmp_path: Path) -> TemplateService:
    return TemplateService(LocalTemplates(data_dir("templates"), Workspace(tmp_path)))


def test_the_products_templates(service: TemplateService) -> None:
    found = {item.name: item for item in service.list()}
    assert found["minimal"].stacks == ("network", "dns", "security")
    assert found["demo"].stacks == ("network", "dns", "security", "secrets")
    for item in found.values():
        assert item.origin is TemplateOrigin.PRODUCT
        assert item.environments == ("dev", "stage", "prod")
        assert item.description
        assert item.problem is None


def test_the_workspaces_are_shown_as_such_and_broken_ones_with_their_problem(
    service: TemplateService, own: Path
) -> None:
    (own / "mine.yaml").write_text(MINE)
    (own / "broken.yaml").write_text("name: broken\n")
    (own / "minimal.yaml").write_text(MINE.replace("mine", "minimal"))
    found = {item.name: item for item in service.list()}
    assert (found["mine"].origin, found["mine"].display_name) == (TemplateOrigin.WORKSPACE, "mine")
    assert found["minimal"].origin is TemplateOrigin.WORKSPACE
    assert found["minimal"].stacks == ("network", "own")
    assert "environments: Field required" in str(found["broken"].problem)
    assert found["broken"].stacks == ()


def test_a_template_in_detail(service: TemplateService) -> None:
    details = service.show("demo")
    assert details.layers == (("network", "dns"), ("security",), ("secrets",))
    assert details.environments == {"dev": True, "stage": False, "prod": False}
    stacks = {stack.name: stack for stack in details.stacks}
    assert list(stacks) == ["network", "dns", "security", "secrets"]
    assert (stacks["security"].layer, stacks["security"].dependencies) == (2, ("network",))
    assert stacks["network"].priority == 100
    assert stacks["network"].config["azCount"] == 2
    assert stacks["network"].description
    assert {variable.name for variable in details.variables} >= {"VPC_CIDR_DEV", "AZ_COUNT_PROD"}
    assert "TEAM" not in {variable.name for variable in details.variables}
    assert details.text.startswith("# Variables")


def test_a_stack_that_is_off_has_no_layer_and_one_without_a_template_no_words(
    service: TemplateService, own: Path
) -> None:
    (own / "mine.yaml").write_text(MINE)
    stacks = {stack.name: stack for stack in service.show("mine").stacks}
    assert (stacks["own"].enabled, stacks["own"].layer) == (False, 0)
    assert (stacks["own"].description, stacks["own"].soft_dependencies) == ("", ())


def test_unknown_and_broken_templates(service: TemplateService, own: Path) -> None:
    (own / "broken.yaml").write_text("name: broken\n")
    (own / "gap.yaml").write_text(
        MINE.replace("mine", "gap").replace("network: {}", "security: {}, network: {enabled: false}")
    )
    with pytest.raises(TemplateNotFound):
        service.show("nope")
    with pytest.raises(InvalidInput, match=r"broken\.yaml"):
        service.show("broken")
    with pytest.raises(InvalidManifest, match="'security' depends on 'network', which is disabled"):
        service.show("gap")


def test_what_the_validation_knows(service: TemplateService, own: Path) -> None:
    (own / "broken.yaml").write_text("name: broken\n")
    catalogue = service.catalogue(frozenset({"network"}))
    assert catalogue.programs == {"network"}
    assert catalogue.deployment_templates["broken"] == frozenset()
    assert catalogue.deployment_templates["minimal"] == {"network", "dns", "security"}
    assert catalogue.stack_templates.keys() >= {"network", "dns", "security", "secrets"}
