"""`cloud migrate` on workspaces as version 2.3 left them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cloud_core.adapters.local.manifest_files import LocalManifestFiles
from cloud_core.adapters.local.workspace import Workspace

OLD = """\
# our shop
version: "2.3"
deployment_id: D1BRV40
organization: Company A
project: shop   # the first one
template: demo
created_at: "2025-01-01T00:00:00Z"
environments:
  dev: {region: us-east-1, account_id: "410000000017"}
  staging: {region: us-east-1, account_id: "410000000017"}
stacks:
  network: {enabled: true, dependencies: [], owner: ann}
  # ours
  order_queue: {enabled: true, dependencies: [network]}
"""
TEMPLATE = "name: order_queue\n# what it needs\ndependencies: [network]\n"


@pytest.fixture
def old(cli: Any) -> Path:
    """The folder of a workspace of version 2.3, with a stack of its own."""
    workspace: Path = cli.edge.workspace
    for name, text in {
        "deploy/D1BRV40/src/manifest.yaml": OLD,
        "deploy/D1BRV40/logs/deploy.log": "kept\n",
        "deploy/notes/readme.txt": "no deployment\n",
        "stacks/order_queue/program.py": "def program(inputs, context): ...\n",
        "templates/config/order_queue.yaml": TEMPLATE,
    }.items():
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(text)
    return workspace


def tree(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_it_only_shows_what_it_would_do(cli: Any, old: Path) -> None:
    before = tree(old)
    assert cli("migrate").code == 0
    assert "-  order_queue: {enabled: true" in cli.out
    assert "+  order-queue: {enabled: true" in cli.out
    assert "deploy/D1BRV40 → deploy/D1BRV40-Company-A-shop" in cli.out
    assert "'cloud migrate --apply' makes them" in cli.out
    assert cli("migrate", "--apply", "--dry-run").code == 0
    assert tree(old) == before


def test_it_migrates_manifest_stacks_and_folders_and_keeps_what_was(cli: Any, old: Path) -> None:
    before = tree(old)
    data = cli.json("migrate", "--apply")["data"]
    assert (cli.code, data["applied"], data["problems"]) == (0, True, [])
    after = tree(old)
    folder = "deploy/D1BRV40-Company-A-shop"
    backup = data["backup"]
    assert {name for name in after if not name.startswith(backup)} == {
        f"{folder}/Deployment_Manifest.yaml",
        f"{folder}/logs/deploy.log",
        "deploy/notes/readme.txt",
        "stacks/order-queue/program.py",
        "templates/config/order-queue.yaml",
    }
    for name in ("deploy/D1BRV40/src/manifest.yaml", "templates/config/order_queue.yaml"):
        assert after[f"{backup}/{name}"] == before[name]
    assert after["templates/config/order-queue.yaml"] == TEMPLATE.replace("order_queue", "order-queue")
    assert len(json.loads(after[f"{backup}/changes.json"])) == len(data["changes"])
    manifest = LocalManifestFiles(Workspace(old)).read("D1BRV40").data
    assert list(manifest["environments"]) == ["dev", "stage"]
    assert manifest["stacks"]["network"]["owner"] == "ann"
    assert "# our shop" in after[f"{folder}/Deployment_Manifest.yaml"]


def test_what_it_made_is_valid_and_a_second_run_changes_nothing(cli: Any, old: Path) -> None:
    cli("migrate", "--apply")
    before = tree(old)
    cli("migrate", "--apply")
    assert "✓ Nothing to migrate." in cli.out
    assert cli.json("migrate", "--apply")["data"] == {"changes": [], "problems": [], "applied": False, "backup": None}
    assert tree(old) == before
    assert cli.json("validate", "D1BRV40", "--level", "schema")["data"]["errors"] == []


def test_a_json_manifest_becomes_yaml(cli: Any) -> None:
    folder = cli.edge.workspace / "deploy" / "D1BRV40-x"
    folder.mkdir(parents=True)
    data = {"deployment": {"id": "D1BRV40", "org": "a", "project": "b"}, "environments": {"dev": {"enabled": True}}}
    (folder / "manifest.json").write_text(json.dumps({**data, "stacks": {}}))
    assert cli("migrate", "--apply").code == 0
    assert [path.name for path in folder.iterdir()] == ["Deployment_Manifest.yaml"]
    assert LocalManifestFiles(Workspace(cli.edge.workspace)).read("D1BRV40").data["deployment"]["org"] == "a"


def test_what_can_not_be_decided_stops_it_before_anything_changes(cli: Any, old: Path) -> None:
    (old / "deploy" / "D1BRV40" / "manifest.json").write_text("{}")
    (old / "stacks" / "order-queue").mkdir()
    before = tree(old)
    assert cli("migrate").code == 3
    assert cli("migrate", "--apply").code == 3
    assert "there must be one manifest, but there are" in cli.err
    assert "stacks/order-queue exists already: stacks/order_queue can't be moved there" in cli.err
    assert tree(old) == before


def test_an_empty_workspace_has_nothing_to_migrate(cli: Any) -> None:
    assert cli("migrate").code == 0
    assert "Nothing to migrate" in cli.out
