"""Which stack programs there are: told from folders by the same rules as the registry, which imports them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_core.adapters.local.program_folders import ProgramFolders
from cloud_core.domain.errors import StackNotFound
from cloud_core.resources import data_dir
from stacks.registry import StackRegistry


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Own stacks, one with the name of ours, and folders that are none."""
    for folder, file in (
        ("queue", "program.py"),
        ("network", "__init__.py"),
        ("site", "Pulumi.yaml"),
        ("Bad", "program.py"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).touch()
    (tmp_path / "notes").mkdir()
    return tmp_path


def test_the_folders_tell_what_the_registry_loads(workspace: Path) -> None:
    folders, registry = ProgramFolders(data_dir("stacks"), workspace), StackRegistry([workspace])
    assert folders.names() == registry.names()
    assert {name: (folders.origin(name), folders.folder(name)) for name in folders.names()} == {
        name: (registry.origin(name), registry.folder(name)) for name in registry.names()
    }


def test_the_workspaces_own_win(workspace: Path) -> None:
    folders = ProgramFolders(data_dir("stacks"), workspace)
    assert (folders.origin("network"), folders.origin("dns")) == ("workspace", "product")
    assert {"queue", "site"} <= set(folders.names())
    assert not {"Bad", "notes"} & set(folders.names())


def test_an_unknown_program_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(StackNotFound, match="there are none"):
        ProgramFolders(tmp_path / "nothing", tmp_path).origin("network")


def test_in_a_clone_of_the_product_its_own_stacks_are_nobodys_own() -> None:
    product = data_dir("stacks")
    folders, registry = ProgramFolders(product, product), StackRegistry([product])
    assert {one.origin("network") for one in (folders, registry)} == {"product"}
    assert {one.origin("database-rds") for one in (folders, registry)} == {"product"}
    assert folders.names() == registry.names()


def test_a_look_at_many_programs_gives_the_digests_of_single_ones(workspace: Path) -> None:
    (workspace / "queue" / "program.py").write_text("first")
    folders, registry = ProgramFolders(data_dir("stacks"), workspace), StackRegistry([workspace])
    look = folders.for_one_look()
    names = ("queue", "network", "dns")
    assert {look.digest(name) for name in names} == {folders.digest(name) for name in names}
    assert [look.digest(name) for name in names] == [registry.digest(name) for name in names]


def test_every_look_sees_what_was_edited_since_the_last_one(tmp_path: Path) -> None:
    product, workspace = tmp_path / "product", tmp_path / "own"
    for folder in (product / "dns", workspace / "queue"):
        folder.mkdir(parents=True)
        (folder / "program.py").write_text("first")
    (product / "dns" / "Pulumi.yaml").touch()
    (product / "parts.py").write_text("first")
    folders = ProgramFolders(product, workspace)
    before = {name: folders.for_one_look().digest(name) for name in ("dns", "queue")}

    (product / "parts.py").write_text("second")
    shared = {name: folders.for_one_look().digest(name) for name in before}
    assert all(shared[name] != before[name] for name in before)

    look = folders.for_one_look()
    assert look.digest("queue") == shared["queue"]
    (workspace / "queue" / "program.py").write_text("second")
    assert look.digest("queue") != shared["queue"]
