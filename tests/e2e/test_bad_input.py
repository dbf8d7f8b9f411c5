"""What goes wrong before anything runs: a clear message with the way out, the right exit code, nothing half-written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("sandbox")

Document = dict[str, Any]


def cycle(document: Document) -> None:
    document["stacks"]["place"]["dependencies"] = ["reader"]


def unknown_stack(document: Document) -> None:
    document["stacks"]["nowhere"] = {"enabled": True, "dependencies": []}


def disabled_dependency(document: Document) -> None:
    document["stacks"]["place"]["enabled"] = False


def malformed_account(document: Document) -> None:
    document["environments"]["dev"]["account"] = "12345"


def malformed_region(document: Document) -> None:
    document["environments"]["dev"]["region"] = "Frankfurt"


def malformed_placeholder(document: Document) -> None:
    document["stacks"]["reader"]["config"] = {"subnetId": "${place."}


def missing_output(document: Document) -> None:
    document["stacks"]["reader"]["config"] = {"subnetId": "${place.subnetName}"}


@pytest.fixture(scope="module")
def refused(cloud: Any) -> str:
    """A deployment of which nothing is ever deployed."""
    return str(cloud.init("own", "spoilt"))


@pytest.fixture
def manifest(cloud: Any, refused: str) -> Iterator[Path]:
    """Its manifest file, which is as it was for the next test."""
    file: Path = cloud.manifest(refused)
    before = file.read_text()
    yield file
    file.write_text(before)


@pytest.mark.usefixtures("manifest")
@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (cycle, "CIRCULAR_DEPENDENCY", ("place", "reader", "→")),
        (unknown_stack, "UNKNOWN_STACK", ("nowhere",)),
        (disabled_dependency, "DISABLED_DEPENDENCY", ("reader", "place")),
        (malformed_account, "INVALID_ACCOUNT", ("12345", "environments.dev.account")),
        (malformed_region, "INVALID_REGION", ("Frankfurt", "environments.dev.region")),
        (malformed_placeholder, "INVALID_PLACEHOLDER", ("${place.", "stacks.reader.config.subnetId")),
        (missing_output, "UNKNOWN_OUTPUT", ("subnetName", "place")),
    ],
)
def test_a_spoilt_manifest_is_refused_and_never_becomes_the_record(
    cloud: Any, refused: str, spoil: Callable[[Document], None], code: str, words: tuple[str, ...]
) -> None:
    with cloud.edited(refused) as document:
        spoil(document)

    error = cloud.error("deploy", refused, "--auto-approve")

    told = json.dumps(error, ensure_ascii=False)
    assert error["exit_code"] == 3
    assert code in told
    for word in words:
        assert word in told
    report = cloud.data("status", refused)
    assert report["manifest_version"] == 1
    assert report["environments"]["dev"]["operation"] is None


def test_a_malformed_id_is_a_usage_error(cloud: Any) -> None:
    error = cloud.error("status", "d1brv40")
    assert error["exit_code"] == 2
    assert "d1brv40" in error["message"]


def test_an_unknown_deployment_and_an_unknown_stack_are_not_found(cloud: Any, refused: str) -> None:
    assert cloud.error("status", "D000000")["exit_code"] == 4
    error = cloud.error("deploy-stack", refused, "nowhere", "--auto-approve")
    assert error["exit_code"] == 4
    assert "nowhere" in error["message"]


@pytest.mark.parametrize(("option", "value"), [("--account-dev", "123"), ("--region", "Frankfurt")])
def test_a_refused_init_leaves_no_folder(cloud: Any, option: str, value: str) -> None:
    before = sorted((cloud.workspace / "deploy").iterdir())
    wish = {
        "--org": "A",
        "--project": "b",
        "--domain": "c.example",
        "--template": "own",
        "--region": "us-east-1",
        "--account-dev": "410000000017",
        option: value,
    }
    error = cloud.error("init", *(word for pair in wish.items() for word in pair))
    assert error["exit_code"] in (2, 3)
    assert value in json.dumps(error)
    assert sorted((cloud.workspace / "deploy").iterdir()) == before


def test_two_manifest_files_are_refused_by_name(cloud: Any) -> None:
    deployment_id = cloud.init("own", "doubled")
    file = cloud.manifest(deployment_id)
    shutil.copy(file, file.with_name("manifest.yaml"))
    told = json.dumps(cloud.error("deploy", deployment_id, "--auto-approve"))
    assert "Deployment_Manifest.yaml" in told
    assert "manifest.yaml" in told


def test_unreadable_yaml_is_told_with_its_line(cloud: Any, refused: str, manifest: Path) -> None:
    manifest.write_text(manifest.read_text() + "\nstacks: [unclosed\n")
    error = cloud.error("deploy", refused, "--auto-approve")
    assert error["exit_code"] == 3
    assert "line" in json.dumps(error)


def test_a_missing_engine_is_told_with_the_places_that_were_tried(cloud: Any) -> None:
    deployment_id = cloud.init("own", "engineless")
    blind = replace(cloud, variables={**cloud.variables, "CLOUD_ENGINE__BINARY": "/nowhere/pulumi"})
    error = blind.error("deploy", deployment_id, "--auto-approve")
    assert error["exit_code"] == 6
    assert "/nowhere/pulumi" in json.dumps(error)


def test_a_sandbox_that_does_not_run_is_told_with_the_command_that_starts_it(cloud: Any, tmp_path: Path) -> None:
    elsewhere = replace(cloud, workspace=tmp_path)
    error = elsewhere.error("list")
    assert error["exit_code"] == 6
    assert "cloud sandbox start" in json.dumps(error)


def test_missing_tables_are_named(cloud: Any) -> None:
    elsewhere = replace(cloud, variables={**cloud.variables, "CLOUD_AWS__TABLE_PREFIX": "nowhere-"})
    error = elsewhere.error("list")
    assert error["exit_code"] == 6
    assert "nowhere-deployments" in error["message"]


def test_an_unreachable_flow_service_leaves_a_failed_operation_and_no_run(
    cloud: Any, sandbox: dict[str, Any], tmp_path: Path
) -> None:
    deployment_id = cloud.init("own", "unheard")
    state = json.loads((Path(sandbox["state_dir"]) / "sandbox.json").read_text())
    state["prefect_api"] = "http://127.0.0.1:9/api"
    (tmp_path / "sandbox.json").write_text(json.dumps(state))
    deaf = replace(cloud, variables={**cloud.variables, "CLOUD_SANDBOX__STATE_DIR": str(tmp_path)})

    error = deaf.error("deploy", deployment_id, "--auto-approve")

    assert error["exit_code"] == 6
    assert "127.0.0.1:9" in error["message"]
    operation = cloud.data("status", deployment_id)["environments"]["dev"]["operation"]
    assert operation["status"] == "failed"
    assert cloud("deploy", deployment_id, "--auto-approve").code == 0
