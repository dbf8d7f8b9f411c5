"""Deployments' folders on disk: found by id, written whole or not at all, comments kept."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cloud_core.adapters.local.manifest_files import MANIFEST_NAMES, LocalManifestFiles
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.adapters.local.yaml_reading import read_text
from cloud_core.domain.errors import AlreadyExists, Conflict, DeploymentNotFound, InvalidManifest, NotPermitted
from cloud_core.domain.manifest import SetValue
from cloud_core.ports.workspace import NewDeployment, Origin
from cloud_core.testing.manifests import DEPLOYMENT_ID, a_manifest

FOLDER = f"{DEPLOYMENT_ID}-Birchway-landing"
CONFIGS = {("network", "dev"): {"aws:region": "eu-west-1", "network:azCount": "2"}}


@pytest.fixture
def files(tmp_path: Path) -> LocalManifestFiles:
    return LocalManifestFiles(Workspace(tmp_path))


def a_new_one(folder: str = FOLDER, origin: Origin | None = None) -> NewDeployment:
    return NewDeployment(folder[:7], folder, a_manifest(), "Head", CONFIGS, ["one", "two"], origin)


def in_folder(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "deploy").iterdir())


def test_a_new_deployment_is_a_whole_folder(files: LocalManifestFiles, tmp_path: Path) -> None:
    folder = files.create(a_new_one(origin=Origin(1, "sha256:x")))
    assert folder == tmp_path / "deploy" / FOLDER
    assert in_folder(tmp_path) == [FOLDER]
    manifest = (folder / "Deployment_Manifest.yaml").read_text("utf-8")
    assert manifest.startswith("# Head\n")
    assert read_text(manifest, "m.yaml") == a_manifest()
    config = (folder / "config" / "network.dev.yaml").read_text("utf-8")
    assert read_text(config, "c.yaml") == {"config": {"aws:region": "eu-west-1", "network:azCount": "2"}}
    assert (folder / "logs" / "init.log").read_text("utf-8") == "one\ntwo\n"
    assert files.read_origin(DEPLOYMENT_ID) == Origin(1, "sha256:x")


def test_what_was_created_is_found_and_read(files: LocalManifestFiles) -> None:
    assert files.deployment_ids() == []
    folder = files.create(a_new_one())
    files.create(a_new_one("DA00000-other-thing"))
    assert files.deployment_ids() == [DEPLOYMENT_ID, "DA00000"]
    assert files.folder(DEPLOYMENT_ID) == folder
    found = files.read(DEPLOYMENT_ID)
    assert found.path == folder / "Deployment_Manifest.yaml"
    assert found.data == a_manifest()
    assert files.read_origin(DEPLOYMENT_ID) is None


def test_files_and_folders_get_the_usual_modes(files: LocalManifestFiles) -> None:
    folder = files.create(a_new_one())
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777 & ~mask
    assert stat.S_IMODE((folder / "Deployment_Manifest.yaml").stat().st_mode) == 0o666 & ~mask


def test_a_taken_id_is_refused_whatever_the_folder_is_called(files: LocalManifestFiles, tmp_path: Path) -> None:
    files.create(a_new_one(f"{DEPLOYMENT_ID}-else"))
    with pytest.raises(AlreadyExists, match=DEPLOYMENT_ID):
        files.create(a_new_one())
    assert in_folder(tmp_path) == [f"{DEPLOYMENT_ID}-else"]


def test_a_failure_leaves_nothing_behind(files: LocalManifestFiles, tmp_path: Path) -> None:
    configs = {("x" * 300, "dev"): {"a": "b"}}
    broken = NewDeployment(DEPLOYMENT_ID, FOLDER, a_manifest(), "", configs, [], None)
    with pytest.raises(NotPermitted, match="File name too long"):
        files.create(broken)
    assert in_folder(tmp_path) == []


def test_a_folder_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    class Late(LocalManifestFiles):
        """The other process wins after the check."""

        def _folders(self) -> list[Path]:
            return []

    first = LocalManifestFiles(Workspace(tmp_path)).create(a_new_one())
    with pytest.raises(AlreadyExists):
        Late(Workspace(tmp_path)).create(a_new_one())
    assert in_folder(tmp_path) == [first.name]


def test_a_file_in_the_folders_place_is_not_overwritten(files: LocalManifestFiles, tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / FOLDER).write_text("mine")
    with pytest.raises(NotPermitted, match="Not a directory"):
        files.create(a_new_one())
    assert in_folder(tmp_path) == [FOLDER]


def test_an_unknown_id(files: LocalManifestFiles) -> None:
    for ask in (files.folder, files.read, files.read_origin):
        with pytest.raises(DeploymentNotFound) as caught:
            ask("D000000")
        assert "cloud list" in str(caught.value.suggestion)


def test_two_folders_of_one_id_are_a_conflict(files: LocalManifestFiles, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "deploy" / f"{DEPLOYMENT_ID}-{name}").mkdir(parents=True)
    with pytest.raises(Conflict, match=f"{DEPLOYMENT_ID}-a, {DEPLOYMENT_ID}-b"):
        files.read(DEPLOYMENT_ID)


def test_other_files_and_folders_are_no_deployments(files: LocalManifestFiles, tmp_path: Path) -> None:
    for name in (f".{FOLDER}.tmp", "notes", "d7kq2m4-x"):
        (tmp_path / "deploy" / name).mkdir(parents=True)
    (tmp_path / "deploy" / "DA00000-file").write_text("x")
    assert files.deployment_ids() == []


@pytest.mark.parametrize("name", MANIFEST_NAMES)
def test_all_names_of_the_manifest_are_read(files: LocalManifestFiles, name: str) -> None:
    folder = files.create(a_new_one())
    (folder / "Deployment_Manifest.yaml").unlink()
    (folder / name).write_text('{"deployment": {"id": "x"}}')
    assert files.read(DEPLOYMENT_ID).data == {"deployment": {"id": "x"}}


def test_two_manifests_are_an_error_that_names_both(files: LocalManifestFiles) -> None:
    folder = files.create(a_new_one())
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(InvalidManifest, match=r"Deployment_Manifest.yaml, manifest.json") as caught:
        files.read(DEPLOYMENT_ID)
    assert caught.value.context["findings"][0]["code"] == "SEVERAL_MANIFESTS"


def test_no_manifest_is_an_error(files: LocalManifestFiles) -> None:
    folder = files.create(a_new_one())
    (folder / "Deployment_Manifest.yaml").unlink()
    with pytest.raises(InvalidManifest, match=r"there is no manifest in .*Deployment_Manifest.yaml") as caught:
        files.read(DEPLOYMENT_ID)
    assert caught.value.context["findings"][0]["code"] == "MISSING_MANIFEST"


def test_an_unreadable_manifest_is_a_finding_with_its_place(files: LocalManifestFiles) -> None:
    folder = files.create(a_new_one())
    (folder / "Deployment_Manifest.yaml").write_text("a: 1\nb: [")
    for act in (files.read, lambda id: files.edit(id, [SetValue(("a",), 2)])):
        with pytest.raises(InvalidManifest, match="line 2, column") as caught:
            act(DEPLOYMENT_ID)
        (finding,) = caught.value.context["findings"]
        assert finding["code"] == "SYNTAX_ERROR"
        assert finding["details"]["location"].startswith("Deployment_Manifest.yaml:2:")
    assert (folder / "Deployment_Manifest.yaml").read_text() == "a: 1\nb: ["


def test_a_manifest_of_another_encoding(files: LocalManifestFiles) -> None:
    folder = files.create(a_new_one())
    (folder / "Deployment_Manifest.yaml").write_bytes(b"a: \xff")
    with pytest.raises(InvalidManifest, match="not UTF-8") as caught:
        files.read(DEPLOYMENT_ID)
    assert caught.value.context["findings"][0]["details"]["location"] == "Deployment_Manifest.yaml"


def test_edits_keep_comments_and_mode(files: LocalManifestFiles) -> None:
    path = files.create(a_new_one()) / "Deployment_Manifest.yaml"
    path.chmod(0o640)
    with path.open("a") as stream:
        stream.write("# the end\n")
    found = files.edit(DEPLOYMENT_ID, [SetValue(("deployment", "description"), "new")])
    assert found.data["deployment"]["description"] == "new"
    text = path.read_text("utf-8")
    assert text.startswith("# Head\n")
    assert "# the end\n" in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_origin_is_kept(files: LocalManifestFiles) -> None:
    folder = files.create(a_new_one())
    files.write_origin(DEPLOYMENT_ID, Origin(7, "sha256:abc"))
    assert files.read_origin(DEPLOYMENT_ID) == Origin(7, "sha256:abc")
    for damaged in (b"manifestVersion: x\n", b"manifestVersion: [", b"\xff", b""):
        (folder / ".deployment-metadata.yaml").write_bytes(damaged)
        assert files.read_origin(DEPLOYMENT_ID) is None


def test_generated_files_replace_all_former_ones(files: LocalManifestFiles) -> None:
    folder = files.create(a_new_one())
    files.write_configs(DEPLOYMENT_ID, {("dns", "dev"): {"dns:x": "${network.vpcId}"}})
    assert [path.name for path in (folder / "config").iterdir()] == ["dns.dev.yaml"]
    text = (folder / "config" / "dns.dev.yaml").read_text("utf-8")
    assert "Generated" in text
    assert read_text(text, "x.yaml") == {"config": {"dns:x": "${network.vpcId}"}}


def test_a_workspace_that_can_not_be_written_is_named(files: LocalManifestFiles, tmp_path: Path) -> None:
    (tmp_path / "deploy").write_text("in the way")
    with pytest.raises(NotPermitted, match=f"{tmp_path}.*can't be written: Not a directory"):
        files.create(a_new_one())


def test_a_name_that_the_file_system_refuses(files: LocalManifestFiles, tmp_path: Path) -> None:
    with pytest.raises(NotPermitted, match=r"/D7KQ2M4-\S+ can't be written: File name too long"):
        files.create(a_new_one(FOLDER + "x" * 300))
    assert in_folder(tmp_path) == []


def test_a_workspace_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    files = LocalManifestFiles(Workspace(tmp_path / ("x" * 300)))
    with pytest.raises(NotPermitted, match="can't be read: File name too long"):
        files.deployment_ids()
