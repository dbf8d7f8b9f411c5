"""Where the workspace and the product's data lie."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.configuration import option_defaults
from cloud_core.adapters.local.workspace import Workspace, locate_workspace
from cloud_core.domain.errors import NotPermitted
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


@contextmanager
def as_anybody() -> Iterator[None]:
    """Without root's right to enter every folder."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0)
    yield folder
    folder.chmod(0o700)


def test_a_workspace_that_may_not_be_entered_is_named(locked: Path) -> None:
    refusal = f"{locked} can't be used as the workspace: Permission denied"
    with as_anybody(), pytest.raises(NotPermitted, match=refusal):
        locate_workspace(locked, {}, Path("/"))


def test_a_folder_that_may_not_be_searched_for_the_workspace_is_named(locked: Path) -> None:
    with as_anybody(), pytest.raises(NotPermitted, match="can't be searched for the workspace: Permission denied"):
        locate_workspace(None, {}, locked)


def test_a_configuration_in_a_home_that_may_not_be_entered_is_named(locked: Path) -> None:
    with as_anybody(), pytest.raises(NotPermitted, match="can't be searched for the tool's configuration"):
        option_defaults(None, locked, Path("/"))


def test_a_workspace_that_is_a_file_is_named_and_one_that_is_not_there_yet_is_none_the_worse(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(NotPermitted, match=f"{place} can't be used as the workspace: Not a directory"):
            locate_workspace(place, {}, tmp_path)
    assert locate_workspace(tmp_path / "new", {}, tmp_path).root == tmp_path / "new"
