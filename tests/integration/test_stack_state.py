"""Exporting and importing the state of a stack, with the services over the real engine: programs without a provider."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from cloud_core.adapters.local.processes import LocalProcesses
from cloud_core.adapters.local.state_files import LocalStateBackups, read_state
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.adapters.pulumi.engine import PulumiEngine
from cloud_core.domain.errors import EngineLocked, StackFailed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.domain.statuses import StackStatus
from cloud_core.domain.stopping import StopSignal
from cloud_core.domain.values import SecretValue
from cloud_core.ports.engine import EngineResult, StackRun, StackTarget
from cloud_core.services.looking.stack_exports import StackExports
from cloud_core.services.runs.lease import LeaseKeeper
from cloud_core.services.stacks.imports import Imported, ImportRequest, StackImports
from cloud_core.testing.builders import DEPLOYMENT_ID, a_stack
from cloud_core.testing.engine_host import make_engine
from cloud_core.testing.world import World

ID, DEV = DEPLOYMENT_ID, EnvironmentName.DEV
SECRET = "canary-5e2d71"
TARGET = StackTarget(ID, "network", DEV, "Acme", "shop", "us-east-1", "123456789012")


class Part(pulumi.ComponentResource):
    """A resource that needs no provider."""

    def __init__(self, name: str, parent: pulumi.Resource | None = None) -> None:
        super().__init__("test:index:Part", name, opts=pulumi.ResourceOptions(parent=parent))
        self.register_outputs({})


class Place:
    """A deployment's record, and an engine whose state is in the folder."""

    def __init__(self, folder: Path, port: int = 9) -> None:
        self.workspace = Workspace(folder / "workspace")
        self.engine: PulumiEngine = make_engine(folder, port)
        self.state_file = folder / "state" / ".pulumi" / "stacks" / "shop" / f"{ID}-network-dev.json"
        world = World({"network": {}})
        self.records, clock = world.records, world.clock
        self.exports = StackExports(self.records, dict, lambda: self.engine, clock)
        self.imports = StackImports(
            self.records,
            world.operation_plans,
            lambda: self.engine,
            lambda *names: LeaseKeeper(self.records.leases, self.records.stacks, clock, LocalProcesses(), *names),
            LocalStateBackups(self.workspace),
            clock,
        )

    def up(self, *names: str, **outputs: Any) -> EngineResult:
        """Deploy a chain of parts of these names."""

        def program() -> None:
            parent: pulumi.Resource | None = None
            for name in names:
                parent = Part(name, parent)
            for name, value in outputs.items():
                pulumi.export(name, pulumi.Output.secret(value) if value == SECRET else value)

        run = StackRun(TARGET, "op-1", program, lambda processes: None, StopSignal())
        return self.engine.up(run, lambda event: None)

    def bring(self, document: Any, force: bool = False) -> Imported:
        return self.imports.carry_out(self.imports.prepare(ImportRequest(ID, "network", DEV, document, "ann", force)))

    @property
    def record(self) -> StackRecord | None:
        return self.records.stacks.get_stack(ID, "network", DEV)

    def holds_lease(self) -> bool:
        lease = self.records.leases.get(ID, DEV)
        return lease is not None and lease.owner is not None


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_state_comes_back_as_it_was(place: Place) -> None:
    place.up("a", "b", key=SECRET, plain="first")
    place.records.stacks.create(a_stack(status=StackStatus.DEPLOYED, fingerprint={"program": "p"}, resource_count=1))
    exported = place.exports.state(ID, "network", DEV)
    assert (exported.resource_count, SECRET in json.dumps(exported.content)) == (2, False)
    place.up("a", plain="second")
    imported = place.bring(exported.content)
    assert place.engine.outputs(TARGET) == {"key": SecretValue(SECRET), "plain": "first"}
    record = place.record
    assert record is not None
    assert (record.status, record.resource_count, record.fingerprint) == (StackStatus.DEPLOYED, 2, {})
    assert record.outputs == {"key": "***", "plain": "first"}
    assert not place.holds_lease()
    assert imported.backup is not None
    assert read_state(imported.backup)["deployment"]["resources"][0]["outputs"] == {"plain": "second"}
    assert place.up("a", "b", key=SECRET, plain="first").changes == {"same": 2}


def test_a_state_with_its_secrets_in_clear_is_sealed_again(place: Place) -> None:
    place.up("a", key=SECRET)
    clear = place.engine.export_state(TARGET, show_secrets=True)
    assert SECRET in json.dumps(clear)
    place.bring(clear)
    assert SECRET not in place.state_file.read_text("utf-8")
    assert place.engine.outputs(TARGET) == {"key": SecretValue(SECRET)}


def orphaned(state: dict[str, Any]) -> None:
    """A resource whose parent is not there."""
    resources = state["deployment"]["resources"]
    state["deployment"]["resources"] = [one for one in resources if not one["urn"].endswith("::a")]


def misread(state: dict[str, Any]) -> None:
    """A secret that was sealed with another key."""
    sealed = state["deployment"]["resources"][0]["outputs"]["key"]
    sealed["ciphertext"] = "v1:" + "A" * 16 + ":" + "A" * 40


def misspelled(state: dict[str, Any]) -> None:
    """A field of another type than the engine expects."""
    state["deployment"]["resources"][1]["custom"] = "maybe"


@pytest.mark.parametrize("spoil", [orphaned, misread, misspelled])
def test_a_state_that_the_engine_refuses_leaves_the_old_one(
    place: Place, spoil: Callable[[dict[str, Any]], None]
) -> None:
    place.up("a", "b", key=SECRET)
    fingerprint = {"program": "p"}
    place.records.stacks.create(
        a_stack(status=StackStatus.DEPLOYED, fingerprint=fingerprint, resource_count=2, outputs={"key": "***"})
    )
    document = place.engine.export_state(TARGET)
    before = place.state_file.read_bytes()
    spoil(document)
    with pytest.raises(StackFailed) as caught:
        place.bring(document)
    assert caught.value.message.startswith("the engine refuses this state for stack 'network': ")
    assert SECRET not in caught.value.message
    assert place.state_file.read_bytes() == before
    assert place.engine.outputs(TARGET) == {"key": SecretValue(SECRET)}
    record = place.record
    assert record is not None
    assert (record.status, record.resource_count, record.outputs) == (StackStatus.DEPLOYED, 2, {"key": "***"})
    assert record.fingerprint == {}
    assert not place.holds_lease()
    assert len(list(place.workspace.root.rglob("backups/*.json"))) == 1
    assert place.up("a", "b", key=SECRET).changes == {"same": 2}


def test_a_refused_state_makes_no_stack(place: Place) -> None:
    place.up("a", "b")
    document = place.engine.export_state(TARGET)
    place.engine.destroy(StackRun(TARGET, "op-1", list, lambda processes: None, StopSignal()), lambda event: None)
    orphaned(document)
    with pytest.raises(StackFailed):
        place.bring(document)
    assert not place.state_file.exists()
    assert place.record is None


def test_a_state_that_contradicts_itself_is_taken_by_force(place: Place) -> None:
    place.up("a", "b")
    document = place.engine.export_state(TARGET)
    orphaned(document)
    assert place.bring(document, force=True).record.resource_count == 1


def test_a_stack_that_the_engine_has_locked_keeps_its_state(place: Place) -> None:
    place.up("a")
    document = place.engine.export_state(TARGET)
    locks = place.state_file.parents[2] / "locks" / "organization" / "shop" / f"{ID}-network-dev"
    locks.mkdir(parents=True, exist_ok=True)
    owner = {"pid": 1, "username": "bob", "hostname": "elsewhere", "timestamp": "2026-01-02T03:04:05Z"}
    (locks / "9c0d.json").write_text(json.dumps(owner), "utf-8")
    before = place.state_file.read_bytes()
    with pytest.raises(EngineLocked):
        place.bring(document)
    assert place.state_file.read_bytes() == before


def test_the_state_of_another_place_can_be_brought(place: Place, tmp_path: Path) -> None:
    """As into a new backend: there is neither a stack nor a record."""
    (tmp_path / "other").mkdir()
    place.up("a", key=SECRET)
    other = Place(tmp_path / "other")
    imported = other.bring(place.engine.export_state(TARGET))
    assert imported.backup is None
    assert other.engine.outputs(TARGET) == {"key": SecretValue(SECRET)}
    assert other.record is not None
    assert (other.record.layer, other.record.resource_count) == (1, 1)
