"""Validation of templates, ours and the workspace's: each finding with its file, its place and the way out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.errors import TemplateNotFound
from cloud_core.domain.validation import Finding
from cloud_core.resources import data_dir
from cloud_core.services.templates.validation import TemplateValidation, TemplateVerdict
from cloud_core.testing.engine import FakePrograms
from stacks.registry import StackRegistry

NETWORK = """\
name: network
description: What the others stand on.
parameters:
  inputs:
    size: {type: number, default: 1, description: How large.}
  outputs:
    id: {type: string, description: Its id.}
    parts: {type: array, description: Its parts.}
"""
HOUSE = """\
name: house
description: Stands on the network.
dependencies: [network]
parameters:
  inputs:
    networkId: {type: string, required: true, default: "${network.id}", description: What it stands on.}
    colour: {type: string, required_in: [prod], description: Its colour.}
"""
TOWN = """\
name: town
environments:
  dev: {enabled: true}
  prod: {enabled: false, config: {colour: red}}
stacks:
  network: {config: {size: 2}}
  house: {}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The workspace's templates: two stacks, and a deployment of both."""
    root = tmp_path / "templates"
    for folder in ("custom", "config"):
        (root / folder).mkdir(parents=True)
    (root / "config" / "network.yaml").write_text(NETWORK)
    (root / "config" / "house.yaml").write_text(HOUSE)
    (root / "custom" / "town.yaml").write_text(TOWN)
    return root


def service(own: Path, *programs: str) -> TemplateValidation:
    catalog = LocalTemplates(own.parent / "no-product", Workspace(own.parent))
    return TemplateValidation(catalog, FakePrograms(*(programs or ("network", "house"))))


def verdict(own: Path, name: str, **options: Any) -> TemplateVerdict:
    return service(own).validate(name, **options)


def told(found: TemplateVerdict) -> list[tuple[str, str]]:
    return [(one.code, one.location) for one in (*found.errors, *found.warnings)]


def checks(found: TemplateVerdict) -> dict[str, str]:
    return {check["name"]: check["status"] for check in found.to_data()["checks"]}


def test_good_templates_pass_every_check(own: Path) -> None:
    verdicts = service(own).validate_all()
    assert [(one.kind.value, one.file.name) for one in verdicts] == [
        ("deployment", "town"),
        ("stack", "house"),
        ("stack", "network"),
    ]
    for one in verdicts:
        assert told(one) == []
        assert set(checks(one).values()) == {"passed"}
    assert verdicts[0].to_data()["origin"] == "workspace"
    assert list(checks(verdicts[0])) == [
        "syntax",
        "fields",
        "variables",
        "stack-definitions",
        "dependencies",
        "configuration",
    ]


@pytest.mark.parametrize(
    ("written", "instead", "code", "place"),
    [
        ("dependencies: [network]", "dependencies: [network", "SYNTAX_ERROR", ":4:11"),
        ("type: string, required: true", "type: text", "INVALID_TEMPLATE_FIELD", ":parameters.inputs.networkId.type"),
        ("dependencies", "depends", "INVALID_TEMPLATE_FIELD", ":depends"),
        ("name: house", "name: home", "INVALID_TEMPLATE_FIELD", ":name"),
        ("[network]", "[network, garden]", "MISSING_DEPENDENCY", ":dependencies"),
        ("${network.id}", "${network}", "INVALID_PLACEHOLDER", ":parameters.inputs.networkId.default"),
        ("${network.id}", "${network.idd}", "UNKNOWN_OUTPUT", ":parameters.inputs.networkId.default"),
        ("${network.id}", "${network.parts}", "OUTPUT_TYPE_MISMATCH", ":parameters.inputs.networkId.default"),
        (
            "dependencies: [network]",
            "dependencies: []",
            "UNDECLARED_DEPENDENCY",
            ":parameters.inputs.networkId.default",
        ),
        ("description: Its colour.", "description: ''", "MISSING_DESCRIPTION", ":parameters.inputs.colour"),
    ],
)
def test_findings_of_a_stack_template(own: Path, written: str, instead: str, code: str, place: str) -> None:
    assert written in HOUSE
    (own / "config" / "house.yaml").write_text(HOUSE.replace(written, instead))
    found = verdict(own, "house")
    assert told(found) == [(code, f"templates/config/house.yaml{place}")]
    assert all(one.remediation for one in (*found.errors, *found.warnings))


def test_a_stack_template_without_a_program_and_one_in_a_circle(own: Path) -> None:
    (own / "config" / "network.yaml").write_text(NETWORK + "soft_dependencies: [house]\n")
    found = service(own, "network").validate("house")
    assert told(found) == [
        ("UNKNOWN_STACK", "templates/config/house.yaml:name"),
        ("CIRCULAR_DEPENDENCY", "templates/config/house.yaml:dependencies"),
    ]
    assert (checks(found)["stack-definitions"], checks(found)["dependencies"]) == ("failed", "failed")


@pytest.mark.parametrize(
    ("written", "instead", "code", "place"),
    [
        ("stacks:", "stacks", "SYNTAX_ERROR", ":6:10"),
        ("dev: {enabled: true}", "dev: {enabled: false}", "INVALID_TEMPLATE_FIELD", ":environments"),
        ("size: 2", "size: (( SIZE ))", "INVALID_TEMPLATE_VARIABLE", ":stacks.network.config.size"),
        ("size: 2", "size: large", "TYPE_MISMATCH", ":stacks.network.config.size"),
        ("size: 2", "sise: 2", "UNKNOWN_PARAMETER", ":stacks.network.config.sise"),
        ("house: {}", "house: {}\n  barn: {}", "UNKNOWN_STACK", ":stacks.barn"),
        ("  network: {config: {size: 2}}\n", "", "MISSING_DEPENDENCY", ":stacks.house"),
        ("config: {size: 2}", "enabled: false", "DISABLED_DEPENDENCY", ":stacks.house"),
        ("config: {colour: red}", "config: {}", "MISSING_PARAMETER", ":stacks.house.environments.prod.config"),
    ],
)
def test_findings_of_a_deployment_template(own: Path, written: str, instead: str, code: str, place: str) -> None:
    assert written in TOWN
    (own / "custom" / "town.yaml").write_text(TOWN.replace(written, instead))
    assert (code, f"templates/custom/town.yaml{place}") in told(verdict(own, "town"))


def test_what_cannot_be_read_is_not_looked_into(own: Path) -> None:
    (own / "custom" / "town.yaml").write_text("name: [")
    assert checks(verdict(own, "town")) == {
        "syntax": "failed",
        "fields": "skipped",
        "variables": "skipped",
        "stack-definitions": "skipped",
        "dependencies": "skipped",
        "configuration": "skipped",
    }


def test_of_an_unknown_stack_nothing_else_is_said(own: Path) -> None:
    (own / "custom" / "town.yaml").write_text(TOWN + "  barn: {config: {size: 1}}\n")
    assert told(verdict(own, "town")) == [("UNKNOWN_STACK", "templates/custom/town.yaml:stacks.barn")]


def test_a_broken_stack_template_is_told_where_it_lies(own: Path) -> None:
    (own / "config" / "house.yaml").write_text(HOUSE + "extra: 1\n")
    assert told(verdict(own, "town")) == [("INVALID_TEMPLATE_FIELD", "templates/config/house.yaml:extra")]
    assert told(verdict(own, "network")) == []


def test_strict_makes_warnings_errors(own: Path) -> None:
    (own / "custom" / "town.yaml").write_text(TOWN.replace("size: 2", "sise: 2"))
    assert verdict(own, "town").valid
    assert not verdict(own, "town", strict=True).valid


def test_an_unknown_name_lists_those_of_both_kinds(own: Path) -> None:
    with pytest.raises(TemplateNotFound, match="templates town and the stack templates house, network"):
        verdict(own, "nope")


def test_every_template_of_the_product_is_valid() -> None:
    catalog = LocalTemplates(data_dir("templates"), Workspace(Path("no-workspace")))
    verdicts = TemplateValidation(catalog, StackRegistry()).validate_all(strict=True)
    found: dict[str, list[Finding]] = {one.file.place: [*one.errors] for one in verdicts if one.errors}
    assert {place: [(one.code, one.message) for one in errors] for place, errors in found.items()} == {}
