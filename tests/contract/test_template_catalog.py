"""Templates on disk: the product's and the workspace's, rendered so that no value breaks them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.template_rendering import TemplateRenderer
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.adapters.local.yaml_reading import read_text
from cloud_core.domain.errors import InvalidInput, NotPermitted, TemplateNotFound
from cloud_core.domain.template_variables import SAMPLE_ANSWERS, VARIABLES, variables
from cloud_core.ports.workspace import TemplateOrigin
from cloud_core.resources import data_dir

OURS = """\
name: ours
environments: {dev: {enabled: true}}
stacks:
  network: {config: {vpcCidr: (( VPC_CIDR_DEV )), azCount: (( AZ_COUNT_DEV )), vpc: "${network.vpcId} {{RUNTIME:a:b}}"}}
"""
STACK = "name: network\npriority: 100\n"


@pytest.fixture
def roots(tmp_path: Path) -> dict[str, Path]:
    """A product and a workspace with one template each of either kind."""
    found = {"product": tmp_path / "product", "workspace": tmp_path / "workspace" / "templates"}
    for root in found.values():
        for folder in ("default", "custom", "config"):
            (root / folder).mkdir(parents=True)
    (found["product"] / "default" / "ours.yaml").write_text(OURS)
    (found["product"] / "config" / "network.yaml").write_text(STACK)
    return found


def catalog(roots: dict[str, Path]) -> LocalTemplates:
    return LocalTemplates(roots["product"], Workspace(roots["workspace"].parent))


def test_a_template_is_rendered_and_runtime_placeholders_are_left_alone(roots: dict[str, Path]) -> None:
    template = catalog(roots).render("ours", variables(SAMPLE_ANSWERS | {"VPC_CIDR_DEV": "10.9.0.0/16"}))
    assert template.stacks["network"].config == {
        "vpcCidr": "10.9.0.0/16",
        "azCount": 2,
        "vpc": "${network.vpcId} {{RUNTIME:a:b}}",
    }


def test_the_workspaces_template_wins_and_is_shown_as_such(roots: dict[str, Path]) -> None:
    (roots["workspace"] / "default" / "ours.yaml").write_text(OURS.replace("name: ours", "name: ours\nversion: '2'"))
    (roots["workspace"] / "custom" / "mine.yaml").write_text(OURS.replace("ours", "mine"))
    (roots["workspace"] / "config" / "network.yaml").write_text(STACK.replace("100", "55"))
    (roots["workspace"] / "config" / "own.yaml").write_text("name: own\n")
    found = catalog(roots)
    assert [(file.name, file.origin.value) for file in found.deployment_template_files()] == [
        ("mine", "workspace"),
        ("ours", "workspace"),
    ]
    assert found.render("ours", variables(SAMPLE_ANSWERS)).version == "2"
    assert found.deployment_template_file("mine").path == roots["workspace"] / "custom" / "mine.yaml"
    assert found.stack_templates()["network"].priority == 55
    assert sorted(found.stack_templates()) == ["network", "own"]
    assert found.stack_template_origin("own") is TemplateOrigin.WORKSPACE


def test_without_a_workspace_the_products_are_there(roots: dict[str, Path], tmp_path: Path) -> None:
    found = LocalTemplates(roots["product"], Workspace(tmp_path / "nowhere"))
    assert [file.name for file in found.deployment_template_files()] == ["ours"]
    assert found.stack_template_origin("network") is TemplateOrigin.PRODUCT


@pytest.mark.parametrize("name", ["nope", "../ours", "", "network"])
def test_an_unknown_template_names_those_that_there_are(roots: dict[str, Path], name: str) -> None:
    with pytest.raises(TemplateNotFound, match="there are ours"):
        catalog(roots).render(name, {})


def test_an_unknown_stack_template(roots: dict[str, Path]) -> None:
    with pytest.raises(TemplateNotFound, match="'nope': there are network"):
        catalog(roots).stack_template_origin("nope")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: [", "default/ours.yaml can't be read at line 1"),
        ("name: ours\n", "environments: Field required"),
        (OURS.replace("name: ours", "name: other"), "calls itself 'other'"),
        (OURS.replace("AZ_COUNT_DEV", "AZ_CUONT_DEV"), "at stacks.network.config.azCount: 'AZ_CUONT_DEV' is undefined"),
        ("- a", "deployment template ours.yaml is not valid"),
    ],
)
def test_a_broken_deployment_template_is_named(roots: dict[str, Path], text: str, says: str) -> None:
    (roots["product"] / "default" / "ours.yaml").write_text(text)
    with pytest.raises(InvalidInput, match=r"ours\.yaml") as caught:
        catalog(roots).render("ours", variables(SAMPLE_ANSWERS))
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: [", "config/network.yaml can't be read"),
        ("name: network\npriority: 500\n", "priority"),
        ("name: x\n", "calls itself 'x'"),
    ],
)
def test_a_broken_stack_template_is_named(roots: dict[str, Path], text: str, says: str) -> None:
    (roots["product"] / "config" / "network.yaml").write_text(text)
    with pytest.raises(InvalidInput, match=r"network\.yaml") as caught:
        catalog(roots).stack_templates()
    assert says in caught.value.message


def test_a_template_of_another_encoding_is_named(roots: dict[str, Path]) -> None:
    (roots["product"] / "config" / "network.yaml").write_bytes(b"name: \xff")
    with pytest.raises(InvalidInput, match=r"network\.yaml can't be read: it is not UTF-8"):
        catalog(roots).stack_templates()


def test_every_template_of_the_product_is_valid(tmp_path: Path) -> None:
    found = LocalTemplates(data_dir("templates"), Workspace(tmp_path))
    names = [file.name for file in found.deployment_template_files()]
    assert {"minimal", "demo"} <= set(names)
    stacks = found.stack_templates()
    for name in names:
        template = found.render(name, variables(SAMPLE_ANSWERS))
        assert [environment.value for environment in template.environments] == ["dev", "stage", "prod"]
        assert template.stacks.keys() <= stacks.keys()


def render(value: Any, **values: Any) -> Any:
    return TemplateRenderer().render(value, values, "t.yaml")


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@given(texts, texts)
def test_no_value_can_break_or_extend_the_document(org: str, project: str) -> None:
    template = read_text('a: (( ORG ))\nb: "x (( ORG )) y"\nc: [(( PROJECT )), (( ORG ~ PROJECT ))]\n', "t.yaml")
    assert render(template, ORG=org, PROJECT=project) == {
        "a": org,
        "b": f"x {org} y",
        "c": [project, org + project],
    }


@given(texts)
def test_texts_without_variables_are_never_touched(text: str) -> None:
    assert render({"a": [text.replace("((", "(")]}) == {"a": [text.replace("((", "(")]}


@pytest.mark.parametrize("text", ["{{RUNTIME:network:vpcId}}", "${a.b}", "{% x %}", "{# x #}", "$${", "(x)", "[[ y ]]"])
def test_other_braces_mean_nothing(text: str) -> None:
    assert render(f"{text} (( X ))", X=1) == f"{text} 1"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(( N ))", 3),
        (" ((N)) ", 3),
        ("(( N + 1 ))", 4),
        ("(( L ))", [1, {"a": None}]),
        ("(( B ))", True),
        ("(( none ))", None),
        ("(( N ))(( N ))", "33"),
        ("x (( N ))", "x 3"),
        ("((% if B %))yes((% endif %))((# never #))", "yes"),
        ("(( 'a' if B else 'b' ))", "a"),
        ("a\n", "a\n"),
        ("(( S ))", "(( N ))"),
    ],
)
def test_a_variable_alone_keeps_its_type(text: str, value: Any) -> None:
    assert render(text, N=3, L=[1, {"a": None}], B=True, S="(( N ))") == value


def test_the_stacks_name_is_a_variable_in_its_section() -> None:
    rendered = render({"stacks": {"dns": {"config": {"n": "(( STACK_NAME ))"}}}})
    assert rendered == {"stacks": {"dns": {"config": {"n": "dns"}}}}
    with pytest.raises(InvalidInput, match="'STACK_NAME' is undefined"):
        render({"environments": {"dev": "(( STACK_NAME ))"}})


@pytest.mark.parametrize(
    "text",
    [
        "(( NOPE ))",
        "x (( NOPE ))",
        "(( S.nope ))",
        "(( S.__class__.__mro__ ))",
        "x (( S.__class__ ))",
        "(( L.append(1) ))",
        "(( 1 + 'a' ))",
        "(( 1 / 0 ))",
        "(( range ))",
        "(( {1: 2} ))",
        "(( [range] ))",
        "(( range(10 ** 9) ))",
        "(( ))",
        "((",
        "((%",
        "(( S",
    ],
)
def test_what_can_not_be_rendered_is_named_with_its_place(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"template t\.yaml can't be rendered at a\[1\]\.b"):
        render({"a": ["ok", {"b": text}]}, S="text", L=[])


def test_every_variable_is_documented() -> None:
    assert all(variable.description for variable in VARIABLES)


def test_a_folder_in_the_place_of_a_template_is_named(roots: dict[str, Path]) -> None:
    (roots["workspace"] / "config" / "odd.yaml").mkdir()
    with pytest.raises(NotPermitted, match=r"odd\.yaml can't be read: Is a directory"):
        catalog(roots).stack_templates()


def test_a_folder_of_templates_that_can_not_be_read_is_named(roots: dict[str, Path]) -> None:
    with pytest.raises(NotPermitted, match="can't be read: File name too long"):
        catalog({**roots, "product": Path("/", "x" * 300)}).stack_templates()
