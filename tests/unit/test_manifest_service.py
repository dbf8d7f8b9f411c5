"""New deployments, and the manifest between file and record."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from cloud_core.adapters.local.manifest_files import LocalManifestFiles
from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.adapters.local.yaml_reading import read_text
from cloud_core.domain.digest import content_digest
from cloud_core.domain.errors import (
    AlreadyExists,
    DeploymentNotFound,
    InvalidInput,
    InvalidManifest,
    ManifestConflict,
    NotPermitted,
    RecordsUnavailable,
    TemplateNotFound,
    VersionConflict,
)
from cloud_core.domain.manifest import SetValue
from cloud_core.domain.records import Deployment
from cloud_core.domain.statuses import DeploymentStatus
from cloud_core.domain.working_copy import CopyState
from cloud_core.ports.workspace import NewDeployment, Origin
from cloud_core.resources import data_dir
from cloud_core.services.manifests.service import InitRequest, ManifestService
from cloud_core.services.templates.service import TemplateService
from cloud_core.testing.clock import FakeClock
from cloud_core.testing.engine import FakePrograms
from cloud_core.testing.in_memory.deployments import InMemoryDeployments

ID = "D7KQ2M4"
REQUEST = InitRequest(
    org="Birchway & Söhne: 'x'",
    project="landing",
    domain="landing.birchway.test",
    template="demo",
    region="eu-west-1",
    accounts={"dev": "410000000017"},
    user="ann",
    deployment_id=ID,
)


class Deployments(InMemoryDeployments):
    """Records that can be out of reach, or changed by somebody else just before a write."""

    unreachable = False
    meddle: Any = None

    def _check(self) -> None:
        if self.unreachable:
            raise RecordsUnavailable("the records do not answer")

    def create(self, deployment: Deployment) -> Deployment:
        self._check()
        return super().create(deployment)

    def get_by_id(self, deployment_id: str) -> Deployment | None:
        self._check()
        return super().get_by_id(deployment_id)

    def update(self, deployment: Deployment) -> Deployment:
        if self.meddle is not None:
            self.meddle(super())
        return super().update(deployment)


@dataclass
class World:
    root: Path
    clock: FakeClock
    deployments: Deployments
    files: LocalManifestFiles
    service: ManifestService

    @property
    def folders(self) -> list[str]:
        deploy = self.root / "deploy"
        return sorted(path.name for path in deploy.iterdir()) if deploy.is_dir() else []

    def edit(self, *path: str, value: Any) -> None:
        self.files.edit(ID, [SetValue(path, value)])

    def record(self) -> Deployment:
        found = self.deployments.get_by_id(ID)
        assert found is not None
        return found

    def move_record(self, **config: Any) -> Deployment:
        """Somebody else writes another manifest to the record."""
        record = self.record()
        record.manifest["stacks"]["network"]["config"] |= config
        digest = content_digest(record.manifest)
        version = record.manifest_version + 1
        return self.deployments.update(record.model_copy(update={"digest": digest, "manifest_version": version}))


def make_world(
    root: Path,
    files: type[LocalManifestFiles] = LocalManifestFiles,
    deployments: Deployments | None = None,
) -> World:
    clock = FakeClock()
    workspace = Workspace(root)
    deployments = deployments or Deployments(clock)
    found = files(workspace)
    templates = TemplateService(LocalTemplates(data_dir("templates"), workspace))
    programs = FakePrograms("network", "dns", "security", "secrets")
    return World(root, clock, deployments, found, ManifestService(found, deployments, templates, programs, clock))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_init_makes_folder_manifest_configuration_log_and_record(world: World) -> None:
    result = world.service.init(REQUEST)
    folder = world.root / "deploy" / f"{ID}-Birchway-S-hne-x-landing"
    assert (result.deployment_id, result.folder) == (ID, folder)
    assert result.manifest_path == folder / "Deployment_Manifest.yaml"
    assert result.layers == [["network", "dns"], ["security"], ["secrets"]]
    assert result.config_files == 12
    assert len(list((folder / "config").iterdir())) == 12
    assert result.not_recorded is None
    manifest = world.service.load(ID).manifest
    assert manifest == result.manifest
    assert manifest.deployment.org == "Birchway & Söhne: 'x'"
    assert manifest.deployment.created_at == "2026-01-02T03:04:05.000Z"
    assert manifest.enabled_environments == ["dev"]
    assert manifest.stacks["security"].dependencies == ("network",)
    log = (folder / "logs" / "init.log").read_text("utf-8")
    assert log.startswith(f"[2026-01-02 03:04:05] [INFO] [init] deployment {ID} from template demo by ann\n")


def test_init_records_what_it_writes(world: World) -> None:
    world.service.init(REQUEST)
    record = world.record()
    loaded = world.service.load(ID)
    assert record.manifest == loaded.data
    assert record.digest == loaded.digest
    assert (record.version, record.manifest_version, record.status) == (1, 1, DeploymentStatus.INITIALIZED)
    assert (record.organization, record.project, record.template) == (REQUEST.org, "landing", "demo")
    assert record.domain == "landing.birchway.test"
    assert record.created_by == "ann"
    assert record.pulumi_org == "BirchwayShnex"
    assert world.service.compare(ID).state is CopyState.IN_STEP


def test_the_manifest_of_a_new_deployment_tells_how_to_go_on(world: World) -> None:
    path = world.service.init(REQUEST).manifest_path
    assert path.read_text("utf-8").startswith(f"# Deployment {ID}, from the template demo.")


def test_an_id_is_made_from_the_clock_and_bumped_when_taken(world: World) -> None:
    request = replace(REQUEST, deployment_id=None)
    first, second = world.service.init(request).deployment_id, world.service.init(request).deployment_id
    world.deployments.unreachable = True
    third = world.service.init(request).deployment_id
    assert len({first, second, third}) == 3
    assert [int(one[1:], 36) - int(first[1:], 36) for one in (second, third)] == [1, 2]


def test_an_id_that_only_the_records_know_is_taken(world: World, tmp_path: Path) -> None:
    world.service.init(REQUEST)
    other = make_world(tmp_path / "other", deployments=world.deployments)
    with pytest.raises(AlreadyExists, match=ID):
        other.service.init(REQUEST)
    assert other.folders == []


def test_an_explicit_id_in_use_is_a_conflict(world: World) -> None:
    world.service.init(REQUEST)
    with pytest.raises(AlreadyExists, match=f"deployment {ID} exists already"):
        world.service.init(replace(REQUEST, org="Other"))
    with pytest.raises(AlreadyExists):
        world.service.draft(REQUEST)
    assert len(world.folders) == 1


class Racing(Deployments):
    """Somebody else is faster, as often as is told."""

    def __init__(self, clock: FakeClock, losses: int) -> None:
        super().__init__(clock)
        self.losses = losses
        self.seen: list[str] = []

    def create(self, deployment: Deployment) -> Deployment:
        self.seen.append(deployment.deployment_id)
        if len(self.seen) <= self.losses:
            raise AlreadyExists("taken")
        return super().create(deployment)


def test_an_id_that_is_taken_at_the_last_moment_is_passed_by(tmp_path: Path) -> None:
    records = Racing(FakeClock(), losses=2)
    result = make_world(tmp_path, deployments=records).service.init(replace(REQUEST, deployment_id=None))
    assert result.deployment_id == records.seen[-1]
    assert len(set(records.seen)) == 3


def test_ids_that_are_taken_again_and_again_end_in_the_error(tmp_path: Path) -> None:
    world = make_world(tmp_path, deployments=Racing(FakeClock(), losses=1000))
    with pytest.raises(AlreadyExists, match="taken"):
        world.service.init(replace(REQUEST, deployment_id=None))
    assert world.folders == []


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"deployment_id": "d7kq2m4"}, InvalidInput, "malformed"),
        ({"template": "nope"}, TemplateNotFound, "there are data-platform, default, demo, microservices, minimal"),
        ({"region": "eu-moon-1"}, InvalidManifest, "does not exist"),
        ({"accounts": {}}, InvalidManifest, "the account '' of 'dev' is not 12 digits"),
        ({"accounts": {"dev": "1"}}, InvalidManifest, "is not 12 digits"),
        ({"org": " "}, InvalidManifest, "the org is blank"),
        ({"domain": "no domain"}, InvalidManifest, "not a DNS name"),
        ({"stacks_enabled": ("nope",)}, InvalidManifest, "the stack 'nope' is unknown"),
        ({"stacks_disabled": ("network",)}, InvalidManifest, "'security' depends on 'network', which is disabled"),
        ({"variables": {"NOPE": 1}}, InvalidInput, "the template 'demo' has no variable 'NOPE'"),
    ],
)
def test_bad_wishes_leave_nothing_behind(
    world: World, changes: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        world.service.init(replace(REQUEST, **changes))
    assert world.folders == []
    assert world.deployments.get_by_id(ID) is None


class BrokenFiles(LocalManifestFiles):
    def create(self, new: NewDeployment) -> Path:
        raise NotPermitted("no room")


def test_a_folder_that_can_not_be_written_takes_the_record_back(tmp_path: Path) -> None:
    world = make_world(tmp_path, BrokenFiles)
    with pytest.raises(NotPermitted, match="no room"):
        world.service.init(REQUEST)
    assert world.deployments.get_by_id(ID) is None
    world.deployments.unreachable = True
    with pytest.raises(NotPermitted, match="no room"):
        world.service.init(REQUEST)


def test_a_record_that_somebody_uses_already_is_not_taken_back(tmp_path: Path) -> None:
    """The API saw it between its creation and the folder that could not be written."""

    class UsedMeanwhile(LocalManifestFiles):
        def create(self, new: NewDeployment) -> Path:
            record = world.deployments.get_by_id(ID)
            world.deployments.update(record.model_copy(update={"status": DeploymentStatus.DEPLOYING}))
            raise NotPermitted("no room")

    world = make_world(tmp_path, UsedMeanwhile)
    with pytest.raises(NotPermitted, match="no room"):
        world.service.init(REQUEST)
    assert world.deployments.get_by_id(ID).status is DeploymentStatus.DEPLOYING


def test_a_draft_writes_nothing(world: World) -> None:
    draft = world.service.draft(replace(REQUEST, template="minimal", deployment_id=None))
    assert list(draft.data["stacks"]) == ["network", "dns", "security"]
    assert draft.layers == [["network", "dns"], ["security"]]
    assert world.folders == []


def test_records_out_of_reach_do_not_hinder_init_and_the_first_sync_records(world: World) -> None:
    world.deployments.unreachable = True
    result = world.service.init(REQUEST)
    assert result.deployment is None
    assert result.not_recorded == "the records do not answer"
    assert "not recorded yet: the records do not answer" in (result.folder / "logs" / "init.log").read_text("utf-8")
    world.deployments.unreachable = False
    assert world.service.compare(ID).state is CopyState.UNPUSHED
    assert world.service.expected(ID, "bob").created_by == "bob"
    assert world.deployments.get_by_id(ID) is None
    record = world.service.sync(ID, "bob")
    assert (record.created_by, record.manifest_version) == ("bob", 1)
    assert world.service.compare(ID).state is CopyState.IN_STEP


def test_loading_tells_every_fault_up_to_the_schema(world: World) -> None:
    world.service.init(REQUEST)
    world.edit("environments", "dev", "account", value="1")
    world.edit("stacks", "network", "priority", value="high")
    world.edit("stacks", "network", "config", "azCount", value="two")
    with pytest.raises(InvalidManifest) as caught:
        world.service.load(ID)
    assert [item["code"] for item in caught.value.context["findings"]] == ["INVALID_TYPE", "INVALID_ACCOUNT"]


def test_a_manifest_that_is_merely_not_deployable_is_loaded(world: World) -> None:
    world.service.init(REQUEST)
    world.edit("stacks", "network", "dependencies", value=["secrets"])
    assert world.service.load(ID).manifest.stacks["network"].dependencies == ("secrets",)


def test_the_id_in_the_file_is_that_of_the_folder(world: World) -> None:
    world.service.init(REQUEST)
    world.edit("deployment", "id", value="D000000")
    with pytest.raises(InvalidManifest, match=f"is not that of the deployment: '{ID}'"):
        world.service.load(ID)


def test_sync_without_edits_changes_nothing(world: World) -> None:
    world.service.init(REQUEST)
    before = world.record()
    assert world.service.sync(ID) == before == world.record() == world.service.expected(ID)


def test_sync_pushes_an_edited_file_as_a_new_version(world: World) -> None:
    folder = world.service.init(REQUEST).folder
    world.edit("stacks", "network", "config", "azCount", value=3)
    world.edit("deployment", "description", value="three zones")
    copy = world.service.compare(ID)
    assert copy.state is CopyState.EDITED
    assert sorted(copy.lines) == ["+ deployment.description: three zones", "~ stacks.network.config.azCount: 2 → 3"]
    expected = world.service.expected(ID)
    assert world.record().manifest_version == 1
    record = world.service.sync(ID)
    assert (record.manifest_version, record.description) == (2, "three zones")
    assert record.manifest["stacks"]["network"]["config"]["azCount"] == 3
    assert (expected.manifest, expected.digest) == (record.manifest, record.digest)
    assert world.files.read_origin(ID) == Origin(2, record.digest)
    config = read_text((folder / "config" / "network.dev.yaml").read_text("utf-8"), "x.yaml")
    assert config["config"]["network:azCount"] == "3"


def test_an_edit_of_comments_alone_is_no_edit(world: World) -> None:
    path = world.service.init(REQUEST).manifest_path
    path.write_text(path.read_text("utf-8") + "# a note\n", "utf-8")
    assert world.service.compare(ID).state is CopyState.IN_STEP


def test_a_file_that_was_not_edited_leaves_the_record_that_moved_on(world: World) -> None:
    folder = world.service.init(REQUEST).folder
    moved = world.move_record(azCount=3)
    assert world.service.compare(ID).state is CopyState.BEHIND
    assert world.service.expected(ID) == moved
    assert world.service.sync(ID) == moved
    assert world.service.load(ID).manifest.stacks["network"].config["azCount"] == 2
    config = read_text((folder / "config" / "network.dev.yaml").read_text("utf-8"), "x.yaml")
    assert config["config"]["network:azCount"] == "3"


def test_when_both_moved_on_nothing_wins_silently(world: World) -> None:
    world.service.init(REQUEST)
    moved = world.move_record(azCount=3)
    world.edit("stacks", "network", "config", "enableNat", value=True)
    for act in (world.service.sync, world.service.expected):
        with pytest.raises(ManifestConflict, match="its record moved on to version 2") as caught:
            act(ID)
        assert "~ stacks.network.config.azCount: 3 → 2" in caught.value.message
        assert "~ stacks.network.config.enableNat: false → true" in caught.value.context["differences"]
        assert "cloud manifest pull" in str(caught.value.suggestion)
    assert world.record() == moved


def test_a_long_difference_is_cut_in_the_message_alone(world: World) -> None:
    world.service.init(REQUEST)
    world.move_record(azCount=3)
    world.edit("deployment", "tags", value={f"tag{number}": "x" for number in range(5)})
    world.edit("environments", "dev", "config", value={f"key{number}": 1 for number in range(30)})
    world.edit("environments", "stage", "config", value={"a": 1})
    world.edit("environments", "prod", "tags", value={f"tag{number}": "x" for number in range(25)})
    with pytest.raises(ManifestConflict, match=r"and \d+ more") as caught:
        world.service.sync(ID)
    assert len(caught.value.context["differences"]) > 20
    assert caught.value.message.count("\n") == 21


def test_push_with_force_lets_the_file_win(world: World) -> None:
    world.service.init(REQUEST)
    world.move_record(azCount=3)
    world.edit("stacks", "network", "config", "enableNat", value=True)
    with pytest.raises(ManifestConflict):
        world.service.push(ID)
    record = world.service.push(ID, force=True)
    assert record.manifest_version == 3
    assert (
        record.manifest["stacks"]["network"]["config"] | {"azCount": 2, "enableNat": True}
        == (record.manifest["stacks"]["network"]["config"])
    )


def test_push_with_force_lets_an_unedited_file_win_too_and_is_idle_in_step(world: World) -> None:
    world.service.init(REQUEST)
    world.move_record(azCount=3)
    assert world.service.push(ID, force=True).manifest_version == 3
    assert world.service.push(ID, force=True).manifest_version == 3


def test_pull_brings_the_record_into_the_file_and_keeps_comments(world: World) -> None:
    path = world.service.init(REQUEST).manifest_path
    path.write_text(path.read_text("utf-8").replace("azCount: 2", "azCount: 2  # cheap"), "utf-8")
    moved = world.move_record(azCount=3, zones=["a"])
    assert world.service.pull(ID) == [
        "~ stacks.network.config.azCount: 2 → 3",
        '+ stacks.network.config.zones: ["a"]',
    ]
    assert "azCount: 3  # cheap" in path.read_text("utf-8")
    assert world.service.load(ID).data == moved.manifest
    assert world.service.compare(ID).state is CopyState.IN_STEP
    assert world.files.read_origin(ID) == Origin(2, moved.digest)
    assert world.service.pull(ID) == []


@pytest.mark.parametrize("moves", [True, False])
def test_pull_gives_edits_up_only_with_force(world: World, moves: bool) -> None:
    world.service.init(REQUEST)
    record = world.move_record(azCount=3) if moves else world.record()
    world.edit("deployment", "description", value="mine")
    with pytest.raises(ManifestConflict):
        world.service.pull(ID)
    assert "- deployment.description: mine" in world.service.pull(ID, force=True)
    assert world.service.load(ID).data == record.manifest


def test_pull_needs_a_record(world: World) -> None:
    world.deployments.unreachable = True
    world.service.init(REQUEST)
    world.deployments.unreachable = False
    with pytest.raises(DeploymentNotFound, match="no record yet"):
        world.service.pull(ID)


def test_the_flat_dialect_is_pulled_in_its_own_words(world: World) -> None:
    path = world.service.init(REQUEST).manifest_path
    data = world.service.load(ID).data
    deployment = data["deployment"]
    flat = {
        "deployment_id": ID,
        "organization": deployment["org"],
        "project": deployment["project"],
        "domain": deployment["domain"],
        "template": deployment["template"],
        "created_at": deployment["createdAt"],
        "version": deployment["version"],
        "environments": {
            name: {"account_id": section["account"], **{key: section[key] for key in ("enabled", "region", "tags")}}
            for name, section in data["environments"].items()
        },
        "stacks": data["stacks"],
    }
    path.unlink()
    path.with_name("manifest.json").write_text(json.dumps(flat), "utf-8")
    assert world.service.compare(ID).state is CopyState.IN_STEP
    record = world.record()
    record.manifest["environments"]["dev"]["account"] = "410000000099"
    record.manifest["deployment"]["description"] = "flat"
    digest = content_digest(record.manifest)
    world.deployments.update(record.model_copy(update={"digest": digest, "manifest_version": 2}))
    world.service.pull(ID)
    raw = world.service.load(ID).raw
    assert raw["environments"]["dev"]["account_id"] == "410000000099"
    assert raw["description"] == "flat"
    assert "deployment" not in raw


def test_without_a_folder_the_record_alone_counts(world: World, tmp_path: Path) -> None:
    folder = world.service.init(REQUEST).folder
    folder.rename(tmp_path / "elsewhere")
    assert world.service.sync(ID) == world.record() == world.service.expected(ID)
    for act in (world.service.sync, world.service.expected, world.service.load):
        with pytest.raises(DeploymentNotFound):
            act("D000000")


def test_what_names_the_deployment_can_not_be_changed(world: World) -> None:
    world.service.init(REQUEST)
    world.edit("deployment", "project", value="other")
    for act in (world.service.sync, world.service.expected):
        with pytest.raises(InvalidManifest, match=r"deployment\.project can't be changed"):
            act(ID)
    assert world.record().manifest_version == 1


def test_a_secret_in_clear_never_reaches_the_records(tmp_path: Path) -> None:
    config = tmp_path / "templates" / "config"
    config.mkdir(parents=True)
    (config / "own.yaml").write_text("name: own\nparameters: {inputs: {token: {type: string, secret: true}}}\n")
    world = make_world(tmp_path)
    world.service.init(REQUEST)
    world.edit("stacks", "own", value={"enabled": False, "dependencies": [], "config": {"token": "hunter2"}})
    for act in (world.service.sync, world.service.expected):
        with pytest.raises(InvalidManifest, match="stands there in clear") as caught:
            act(ID)
        assert "hunter2" not in str(caught.value.context)
    assert world.record().manifest_version == 1


def test_another_change_of_the_record_does_not_hinder_a_push(world: World) -> None:
    world.service.init(REQUEST)
    world.edit("deployment", "description", value="new")
    meddled: list[int] = []

    def touch(store: Any) -> None:
        if not meddled:
            meddled.append(1)
            record = store.get_by_id(ID)
            store.update(record.model_copy(update={"status": DeploymentStatus.DEPLOYING}))

    world.deployments.meddle = touch
    record = world.service.sync(ID)
    assert (record.manifest_version, record.status) == (2, DeploymentStatus.DEPLOYING)


def test_another_manifest_at_the_last_moment_is_a_conflict(world: World) -> None:
    world.service.init(REQUEST)
    world.edit("deployment", "description", value="new")

    def replace_manifest(store: Any) -> None:
        record = store.get_by_id(ID)
        store.update(record.model_copy(update={"manifest_version": record.manifest_version + 1}))

    world.deployments.meddle = replace_manifest
    with pytest.raises(ManifestConflict, match="changed by somebody else at this moment"):
        world.service.sync(ID)


def test_a_record_that_never_stands_still_is_a_conflict(world: World) -> None:
    world.service.init(REQUEST)
    world.edit("deployment", "description", value="new")
    world.deployments.meddle = lambda store: store.update(store.get_by_id(ID))
    with pytest.raises(ManifestConflict):
        world.service.sync(ID)


def test_a_nameless_organisation_still_has_one_in_the_engine(world: World) -> None:
    world.service.init(replace(REQUEST, org="株式会社", deployment_id="D000001"))
    found = world.deployments.get_by_id("D000001")
    assert found is not None
    assert found.pulumi_org == "organization"


def test_all_that_init_takes_is_in_the_manifest(world: World) -> None:
    request = replace(
        REQUEST,
        template="minimal",
        accounts={"dev": "410000000017", "prod": "410000000033"},
        region_secondary="us-west-2",
        description="a trial",
        tags={"team": "web"},
        contact={"email": "ann@example.test"},
        pulumi_org="birch",
        stacks_enabled=("network", "security"),
        environments_enabled={"prod": True},
        variables={"VPC_CIDR_DEV": "10.99.0.0/16"},
    )
    manifest = world.service.init(request).manifest
    assert manifest.environments["prod"].account == "410000000033"
    assert manifest.environments["prod"].region == "us-west-2"
    assert manifest.enabled_environments == ["dev", "prod"]
    assert manifest.deployment.tags == {"team": "web"}
    assert manifest.deployment.pulumi_org == "birch"
    assert [name for name, stack in manifest.stacks.items() if stack.enabled] == ["network", "security"]
    assert manifest.stacks["network"].config["vpcCidr"] == "10.99.0.0/16"


def test_a_version_conflict_is_what_the_store_says(world: World) -> None:
    world.service.init(REQUEST)
    stale = world.record()
    world.move_record(azCount=3)
    with pytest.raises(VersionConflict):
        world.deployments.update(stale)
