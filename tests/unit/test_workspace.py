"""Where the workspace and the product's data lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_core.adapters.local.workspace import Workspace, locate_workspace
from cloud_core.resources import data_dir


def test_the_folders_of_a_workspace(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.deployments == tmp_path / "deploy"
    assert workspace.stacks == tmp_path / "stacks"
    assert workspace.templates == tmp_path / "templates"
    assert workspace.state == tmp_path / ".cloud"


def test_what_is_configured_wins_over_the_variables_and_those_over_the_search(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    variables = {"CLOUD_WORKSPACE": str(two), "WORKSPACE_ROOT": str(three)}
    assert locate_workspace(one, variables, tmp_path).root == one
    assert locate_workspace(None, variables, tmp_path).root == two
    assert locate_workspace(None, {"WORKSPACE_ROOT": str(three)}, tmp_path).root == three
    assert locate_workspace(None, {"WORKSPACE_ROOT": ""}, tmp_path).root == tmp_path


def test_the_nearest_parent_with_deployments_is_found(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert locate_workspace(None, {}, inner).root == inner
    (tmp_path / "deploy").mkdir()
    assert locate_workspace(None, {}, inner).root == tmp_path
    (inner / "deploy").mkdir()
    assert locate_workspace(None, {}, inner).root == inner


def test_a_home_sign_is_understood(tmp_path: Path) -> None:
    assert locate_workspace(Path("~/x"), {}, tmp_path).root == (Path.home() / "x").resolve()


def test_packaged_data_wins_over_the_repositorys(tmp_path: Path) -> None:
    package = tmp_path / "root" / "cloud_core"
    (tmp_path / "root" / "templates").mkdir(parents=True)
    assert data_dir("templates", package) == tmp_path / "root" / "templates"
    (package / "_data" / "templates").mkdir(parents=True)
    assert data_dir("templates", package) == package / "_data" / "templates"


def test_missing_data_names_both_places(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"lacks 'nope': looked in .*_data/nope and .*/nope"):
        data_dir("nope", tmp_path / "cloud_core")


def test_the_products_templates_are_found() -> None:
    assert (data_dir("templates") / "default" / "minimal.yaml").is_file()
