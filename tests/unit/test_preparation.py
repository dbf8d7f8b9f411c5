"""What comes before a deploy: validate, push, plan; and what is left alone when one of them refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_core.adapters.local.manifest_files import LocalManifestFiles
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.errors import (
    Conflict,
    DeploymentNotFound,
    InvalidInput,
    InvalidManifest,
    ManifestConflict,
    OperationRunning,
    StackNotFound,
    VersionConflict,
)
from cloud_core.domain.manifest import SetValue
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment
from cloud_core.domain.statuses import Action
from cloud_core.domain.validation import Level
from cloud_core.domain.working_copy import CopyState
from cloud_core.services.manifests.creation import InitRequest
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.preparation import Preparation
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.edge import FakeEdge
from cloud_core.testing.flows import FakeFlowRunner

DEV, STAGE, PROD = EnvironmentName
MINE = "D7KQ2M4"


@pytest.fixture
def edge(tmp_path: Path) -> FakeEdge:
    """With a deployment of its own that has a folder and a record."""
    edge = FakeEdge(tmp_path)
    edge.world.flows = FakeFlowRunner()
    edge.manifests.init(
        InitRequest(
            org="Acme",
            project="blog",
            domain="blog.example",
            template="demo",
            region="us-east-1",
            accounts={"dev": "123456789012"},
            user="ann",
            deployment_id=MINE,
        )
    )
    return edge


def prepare(
    edge: FakeEdge, deployment_id: str = MINE, environment: EnvironmentName = DEV, **settings: object
) -> Preparation:
    stacks = settings.pop("stacks", [])
    request = StartOperation(deployment_id, environment, Action.DEPLOY, "ann", stacks=stacks)  # type: ignore[arg-type]
    return edge.preparation.prepare(request, **settings)  # type: ignore[arg-type]


def push(edge: FakeEdge, **settings: object) -> Preparation:
    return edge.preparation.push(prepare(edge, **settings))  # type: ignore[arg-type]


def record(edge: FakeEdge, deployment_id: str = MINE) -> Deployment:
    found = edge.world.records.deployments.get_by_id(deployment_id)
    assert found is not None
    return found


def edit(edge: FakeEdge, old: str, new: str) -> None:
    path = edge.manifests.load(MINE).path
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def grow(edge: FakeEdge) -> None:
    """A change of the file that is valid."""
    files = LocalManifestFiles(Workspace(edge.workspace))
    files.edit(MINE, [SetValue(("stacks", "network", "config"), {"size": 7})])


def test_a_file_in_step_is_planned_as_it_is(edge: FakeEdge) -> None:
    prepared = prepare(edge)
    assert prepared.plan is not None
    assert prepared.plan.graph.layers == [["dns", "network"], ["security"], ["secrets"]]
    assert (prepared.copy_state, prepared.changes) == (CopyState.IN_STEP, ())
    assert prepared.validation is not None
    assert prepared.validation.valid


def test_an_edited_file_becomes_the_next_version(edge: FakeEdge) -> None:
    grow(edge)
    prepared = push(edge)
    assert prepared.deployment == record(edge)
    assert record(edge).manifest_version == 2
    assert prepared.copy_state is CopyState.EDITED
    assert any("size" in line for line in prepared.changes)


def test_a_plan_is_not_deployed_together_with_a_later_edit(edge: FakeEdge) -> None:
    grow(edge)
    planned = StartOperation(MINE, DEV, Action.DEPLOY, "ann", plan_id="op-1")
    with pytest.raises(Conflict, match=r"edited since it was made: .*size"):
        edge.preparation.prepare(planned)
    assert record(edge).manifest_version == 1


@pytest.mark.parametrize("rehearse", [True, False])
def test_the_edited_file_is_planned_as_the_version_that_it_would_be_and_nothing_is_written(
    edge: FakeEdge, rehearse: bool
) -> None:
    grow(edge)
    before = record(edge)
    prepared = prepare(edge, rehearse=rehearse)
    assert prepared.plan is not None
    assert prepared.plan.manifest.stack("network").config == {"size": 7}
    assert prepared.deployment.manifest_version == 2
    assert record(edge) == before


def test_only_what_was_planned_is_pushed(edge: FakeEdge) -> None:
    grow(edge)
    prepared = prepare(edge)
    edit(edge, "size: 7", "size: 8")
    with pytest.raises(VersionConflict, match="changed since the plan"):
        edge.preparation.push(prepared)
    assert record(edge).manifest_version == 1


def test_an_invalid_file_is_a_result_and_is_not_pushed(edge: FakeEdge) -> None:
    edit(edge, "dependencies: [network]", "dependencies: [network, nowhere]")
    before = record(edge)
    prepared = prepare(edge)
    assert prepared.plan is None
    assert prepared.validation is not None
    assert "MISSING_DEPENDENCY" in {error.code for error in prepared.validation.errors}
    assert record(edge) == before


def test_what_can_not_be_read_is_an_error_with_its_findings(edge: FakeEdge) -> None:
    edit(edge, "stacks:", "stacks: [")
    with pytest.raises(InvalidManifest) as caught:
        prepare(edge)
    assert caught.value.context["findings"]


def test_without_validation_an_edited_file_is_pushed(edge: FakeEdge) -> None:
    grow(edge)
    prepared = push(edge, level=None)
    assert prepared.validation is None
    assert record(edge).manifest_version == 2


def test_strict_takes_warnings_for_errors(edge: FakeEdge) -> None:
    edit(edge, "  network:\n", "  network:\n    colour: red\n")
    assert prepare(edge, level=Level.CONFIG).plan is not None
    assert prepare(edge, level=Level.CONFIG, strict=True).plan is None


def test_a_record_that_moved_on_runs_when_the_file_was_not_edited(edge: FakeEdge) -> None:
    stored = record(edge)
    manifest = {**stored.manifest, "stacks": {**stored.manifest["stacks"]}}
    manifest["stacks"]["dns"] = {**manifest["stacks"]["dns"], "enabled": False}
    changes = {"manifest": manifest, "digest": "moved", "manifest_version": 2}
    edge.world.records.deployments.update(stored.model_copy(update=changes))
    prepared = prepare(edge)
    assert prepared.copy_state is CopyState.BEHIND
    assert prepared.plan is not None
    assert "dns" not in prepared.plan.graph.names


def test_file_and_record_that_moved_apart_are_refused(edge: FakeEdge) -> None:
    grow(edge)
    stored = record(edge)
    edge.world.records.deployments.update(stored.model_copy(update={"digest": "moved", "manifest_version": 2}))
    with pytest.raises(ManifestConflict):
        prepare(edge)


def test_a_deployment_without_a_folder_here_runs_by_its_record(edge: FakeEdge) -> None:
    assert prepare(edge, DEPLOYMENT_ID).plan is not None


def test_a_deployment_that_is_nowhere_is_not_found(edge: FakeEdge) -> None:
    with pytest.raises(DeploymentNotFound):
        prepare(edge, "D000000")


@pytest.mark.parametrize("deployment_id", [MINE, DEPLOYMENT_ID])
def test_a_disabled_environment_is_refused_before_anything_is_pushed(edge: FakeEdge, deployment_id: str) -> None:
    grow(edge)
    with pytest.raises(InvalidInput, match="is not enabled"):
        prepare(edge, deployment_id, STAGE)
    assert record(edge).manifest_version == 1


def test_a_stack_that_is_not_in_the_manifest_is_not_found(edge: FakeEdge) -> None:
    with pytest.raises(StackNotFound):
        prepare(edge, stacks=["nope"])


def test_nothing_is_pushed_under_a_running_operation(edge: FakeEdge) -> None:
    grow(edge)
    prepared = prepare(edge)
    edge.operations.start(StartOperation(MINE, DEV, Action.DEPLOY, "ann"))
    with pytest.raises(OperationRunning):
        edge.preparation.push(prepared)
    with pytest.raises(OperationRunning):
        prepare(edge)
    assert record(edge).manifest_version == 1
    assert prepare(edge, rehearse=True).plan is not None
