"""`cloud export-stack` and `cloud import-stack`, from what is typed to what is shown, over fakes."""

from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from cloud_core.adapters.local.yaml_reading import read_text
from cloud_core.domain.errors import RecordsUnavailable, StackFailed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import LeaseRecord, StackRecord
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.statuses import StackStatus
from cloud_core.domain.values import SecretValue
from cloud_core.services.looking.stack_exports import StackExports
from cloud_core.testing.builders import DEPLOYMENT_ID, an_owner
from cloud_core.testing.records import InMemoryRecords

ID = DEPLOYMENT_ID
DEV = EnvironmentName.DEV
URN = f"urn:pulumi:{ID}-network-dev::shop::aws:test:Thing::network"
OUTPUTS = {"vpcId": "vpc-1", "keys": [SecretValue("hush-hush"), "open"], "on": "yes", "since": "2026-01-01", "n": 1.0}


@pytest.fixture
def deployed(cli: Any) -> Any:
    cli.edge.world.engine.outputs_of["network"] = OUTPUTS
    cli("deploy", ID, "--auto-approve")
    cli.edge.clock.advance(1)
    return cli


@pytest.fixture
def exported(deployed: Any, tmp_path: Path) -> Path:
    """The state of `network`; afterwards the stack was deployed with other outputs."""
    file = tmp_path / "network.json"
    deployed("export-stack", ID, "network", "--output", str(file))
    deployed.edge.world.engine.outputs_of["network"] = {"vpcId": "vpc-2"}
    deployed("deploy", ID, "--auto-approve", "--force")
    deployed.edge.clock.advance(1)
    return file


def network(cli: Any) -> StackRecord:
    record = cli.edge.world.records.stacks.get_stack(ID, "network", DEV)
    assert record is not None
    return record


def engine_outputs(cli: Any) -> Any:
    return cli.json("stack-outputs", ID, "network", "--show-secrets")["data"]["outputs"]["network"]


class TestExport:
    def test_gives_the_state_alone_with_sealed_secrets(self, deployed: Any) -> None:
        assert deployed("export-stack", ID, "network").code == 0
        state = json.loads(deployed.out)
        assert state["version"] == 3
        assert state["deployment"]["resources"][1]["urn"] == URN
        assert "hush-hush" not in deployed.out

    def test_shows_secrets_when_asked(self, deployed: Any) -> None:
        assert "hush-hush" in deployed("export-stack", ID, "network", "--show-secrets").out

    def test_as_yaml_is_the_same_state(self, deployed: Any) -> None:
        state = json.loads(deployed("export-stack", ID, "network").out)
        assert read_text(deployed("export-stack", ID, "network", "--format", "yaml").out, "state.yaml") == state

    def test_for_programs_tells_whose_it_is(self, deployed: Any) -> None:
        data = deployed.json("export-stack", ID, "network")["data"]
        assert (data["deployment_id"], data["environment"], data["stack_name"]) == (ID, "dev", "network")
        assert data["exported_at"].startswith("2026-")
        assert data["state"]["version"] == 3

    def test_into_a_file_is_for_its_owner_alone(self, deployed: Any, tmp_path: Path) -> None:
        file = tmp_path / "network.json"
        assert deployed("export-stack", ID, "network", "--output", str(file)).code == 0
        assert deployed.out == f"✓ Written: {file} (state of network, 1 resource)\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert json.loads(file.read_text("utf-8"))["version"] == 3
        assert list(tmp_path.glob(".network*")) == []

    def test_replaces_no_file_unless_forced(self, deployed: Any, tmp_path: Path) -> None:
        file = tmp_path / "mine.yaml"
        file.write_text("precious", "utf-8")
        options = ("export-stack", ID, "network", "--output", str(file), "--format", "yaml")
        assert deployed(*options).code == 5
        assert "use --force" in deployed.err
        assert file.read_text("utf-8") == "precious"
        data = deployed.json(*options, "--force")["data"]
        assert (data["kind"], data["path"], data["resource_count"]) == ("state", str(file), 1)
        assert file.read_text("utf-8").startswith("version: 3")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_into_a_folder_that_is_not_there_is_refused(self, deployed: Any, tmp_path: Path) -> None:
        assert deployed("export-stack", ID, "network", "-o", str(tmp_path / "no" / "x.json")).code == 6
        assert "x.json can't be written: No such file or directory" in deployed.err

    def test_can_be_rehearsed(self, deployed: Any, tmp_path: Path) -> None:
        file = tmp_path / "x.json"
        assert "Would be written" in deployed("export-stack", ID, "network", "-o", str(file), "--dry-run").out
        assert not file.exists()

    def test_of_a_stack_that_was_never_deployed_is_not_found(self, cli: Any) -> None:
        assert cli("export-stack", ID, "network").code == 4
        assert "stack 'network' has no state in dev: it is pending" in cli.err
        assert cli("export-stack", ID, "nope").code == 4
        assert cli("export-stack", "D000000", "network").code == 4

    def test_of_a_destroyed_stack_says_so(self, deployed: Any) -> None:
        deployed("destroy", ID, "--auto-approve")
        assert "it is destroyed" in deployed("export-stack", ID, "network").err

    def test_is_there_under_its_old_name(self, deployed: Any) -> None:
        assert deployed("export-state", ID, "network").code == 0

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            (["--config-only", "--show-secrets"], "no secrets to show"),
            (["--force"], "--force is for the file of --output"),
            (["--format", "xml"], "'xml' is none of json, yaml"),
        ],
    )
    def test_of_nonsense_is_a_usage_error(self, deployed: Any, options: list[str], told: str) -> None:
        assert deployed("export-stack", ID, "network", *options).code == 2
        assert told in deployed.err


class TestDescription:
    def test_has_configuration_dependencies_and_masked_outputs(self, deployed: Any) -> None:
        data = deployed.json("export-stack", ID, "network", "--config-only")["data"]
        assert data["description"] == {
            "manifest_version": 1,
            "configuration": {"size": 1},
            "dependencies": {"hard": [], "soft": []},
            "outputs": {**OUTPUTS, "keys": ["***", "open"]},
        }
        security = json.loads(deployed("export-stack", ID, "security", "--config-only").out)
        assert security["dependencies"] == {"hard": ["network"], "soft": []}

    def test_needs_no_deployed_stack(self, cli: Any) -> None:
        assert json.loads(cli("export-stack", ID, "network", "--config-only").out)["outputs"] == {}
        assert cli("export-stack", ID, "nope", "--config-only").code == 4

    def test_masks_secret_inputs_that_stand_there_in_clear(self, cli: Any) -> None:
        secret = {"type": "string", "secret": True}
        inputs = {"a": secret, "b": secret, "c": {"type": "string"}}
        template = StackTemplate.model_validate(
            {"name": "network", "description": "Own.", "parameters": {"inputs": inputs}}
        )
        world, kept = cli.edge.world, "{{SECRET:shop/key}}"
        world.put_manifest({"network": {"config": {"a": "clear-text", "b": kept, "c": "seen"}}})
        exports = StackExports(world.records, lambda: {"network": template}, lambda: world.engine, world.clock)
        found = exports.description(ID, "network", DEV).content
        assert found["configuration"] == {"a": "***", "b": kept, "c": "seen"}

    def test_into_a_file(self, deployed: Any, tmp_path: Path) -> None:
        file = tmp_path / "network.yaml"
        deployed("export-stack", ID, "network", "--config-only", "--format", "yaml", "-o", str(file))
        assert "(description of network)" in deployed.out
        assert "vpcId: vpc-1" in file.read_text("utf-8")


class TestImport:
    def run(self, cli: Any, file: Path, *options: str) -> Any:
        return cli("import-stack", ID, "network", "-e", "dev", "--input", str(file), "--auto-approve", *options)

    def test_brings_the_state_and_the_record_follows(self, deployed: Any, exported: Path) -> None:
        assert engine_outputs(deployed)["vpcId"] == "vpc-2"
        assert self.run(deployed, exported).code == 0
        assert "✓ Imported 1 resource; network is deployed" in deployed.out
        assert engine_outputs(deployed)["keys"] == ["hush-hush", "open"]
        record = network(deployed)
        assert record.status is StackStatus.DEPLOYED
        assert record.outputs == {**OUTPUTS, "keys": ["***", "open"]}
        assert record.secret_outputs == ["keys"]
        assert [(one.urn, one.status) for one in record.resources] == [(URN, "imported")]
        assert (record.resource_count, record.fingerprint, record.output_digests) == (1, {}, {})
        assert record.last_deployment is not None
        assert record.last_deployment.result == "imported"

    def test_keeps_the_state_before_and_tells_where(self, deployed: Any, exported: Path) -> None:
        self.run(deployed, exported)
        (backup,) = (deployed.edge.workspace / ".cloud" / "deployments" / ID / "backups").iterdir()
        assert str(backup) in deployed.out
        assert backup.name.startswith("network-dev-2026")
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        assert stat.S_IMODE(backup.parent.stat().st_mode) == 0o700
        assert self.run(deployed, backup).code == 0
        assert engine_outputs(deployed) == {"vpcId": "vpc-2"}

    def test_keeps_it_in_the_deployment_s_folder_where_there_is_one(self, deployed: Any, exported: Path) -> None:
        folder = deployed.edge.workspace / "deploy" / f"{ID}-Acme-shop"
        folder.mkdir(parents=True)
        self.run(deployed, exported)
        assert len(list((folder / "backups").iterdir())) == 1

    def test_makes_the_next_deploy_run_the_stack(self, deployed: Any, exported: Path) -> None:
        self.run(deployed, exported)
        deployed.edge.clock.advance(1)
        deployed.edge.world.engine.ran.clear()
        deployed("deploy", ID, "--auto-approve")
        assert ("up", "network") in deployed.edge.world.engine.ran
        assert ("up", "dns") not in deployed.edge.world.engine.ran

    def test_is_told_to_those_who_watch(self, deployed: Any, exported: Path) -> None:
        self.run(deployed, exported)
        last = deployed.edge.world.records.events.read(ID, after=0)[-1]
        assert (last.type.value, last.stack_name) == ("stack.deployed", "network")
        assert last.data["status"] == "deployed"
        assert "deployed: state imported by " in deployed("logs", ID, "--since", "2026-01-01T00:00:00Z").out
        assert "hush-hush" not in json.dumps(last.data)

    def test_of_a_stack_that_was_never_deployed_gives_it_its_place(self, deployed: Any, tmp_path: Path) -> None:
        file = tmp_path / "security.json"
        deployed("export-stack", ID, "security", "-o", str(file))
        deployed("destroy", ID, "--auto-approve")
        records = deployed.edge.world.records.stacks
        records.delete(ID, "security", DEV)
        options = ("import-stack", ID, "security", "-e", "dev", "-i", str(file), "--yes")
        data = deployed.json(*options)["data"]
        assert (data["backup"], data["resources_before"], data["resource_count"]) == (None, 0, 1)
        record = records.get_stack(ID, "security", DEV)
        assert (record.status, record.layer, record.dependencies) == (StackStatus.DEPLOYED, 2, ["network"])
        assert record.pulumi_stack_name == f"Acme/shop/{ID}-security-dev"

    def test_names_what_nobody_would_look_after(self, deployed: Any, exported: Path) -> None:
        state = json.loads(exported.read_text("utf-8"))
        state["deployment"]["resources"] = state["deployment"]["resources"][:1]
        exported.write_text(json.dumps(state), "utf-8")
        data = deployed.json("import-stack", ID, "network", "-e", "dev", "-i", str(exported), "--yes", "--dry-run")[
            "data"
        ]
        assert (data["forgotten"], data["imported"], data["resource_count"]) == ([URN], False, 0)
        assert self.run(deployed, exported).code == 0
        assert "1 resource would stay in AWS, and no stack would know them" in deployed.out
        assert "Thing network" in deployed.out
        assert network(deployed).resource_count == 0

    def test_reads_yaml_too(self, deployed: Any, tmp_path: Path) -> None:
        file = tmp_path / "network.state"
        deployed("export-stack", ID, "network", "-o", str(file), "--format", "yaml")
        assert self.run(deployed, file).code == 0
        assert network(deployed).outputs["since"] == "2026-01-01"

    def test_asks_first(self, deployed: Any, exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        command = ("import-stack", ID, "network", "-e", "dev", "--input", str(exported))
        assert deployed(*command).code == 2
        assert "add --auto-approve" in deployed.err
        keyboard = io.StringIO("no\n")
        keyboard.isatty = lambda: True  # type: ignore[method-assign]
        monkeypatch.setattr(sys, "stdin", keyboard)
        assert deployed(*command).code == 1
        assert "Give network of dev this state? (yes/no)" in deployed.err
        assert network(deployed).outputs == {"vpcId": "vpc-2"}

    def test_of_prod_wants_the_id(self, deployed: Any, tmp_path: Path) -> None:
        deployed("deploy", ID, "-e", "prod", "--confirm", ID)
        file = tmp_path / "prod.json"
        deployed("export-stack", ID, "network", "-e", "prod", "-o", str(file))
        command = ("import-stack", ID, "network", "-e", "prod", "-i", str(file))
        assert deployed(*command, "--auto-approve").code == 2
        assert deployed(*command, "--confirm", ID).code == 0

    def test_of_another_stack_is_refused_unless_forced(self, deployed: Any, tmp_path: Path) -> None:
        file = tmp_path / "dns.json"
        deployed("export-stack", ID, "dns", "--output", str(file))
        assert self.run(deployed, file).code == 3
        assert "2 of 2 resources belong to another stack" in deployed.err
        assert self.run(deployed, file, "--force").code == 0

    def test_while_an_operation_runs_is_a_conflict(self, deployed: Any, exported: Path) -> None:
        lease: LeaseRecord = deployed.edge.world.records.leases.acquire(
            ID, DEV, an_owner("op-busy", host="elsewhere/boot-1/pids-1")
        )
        assert self.run(deployed, exported).code == 5
        assert "op-busy" in deployed.err
        assert engine_outputs(deployed) == {"vpcId": "vpc-2"}
        assert network(deployed).fingerprint != {}
        deployed.edge.world.records.leases.release(lease)
        assert self.run(deployed, exported).code == 0

    def test_that_the_engine_refuses_changes_nothing_but_forces_a_deploy(self, deployed: Any, exported: Path) -> None:
        deployed.edge.world.engine.refuses_import = StackFailed("a resource has no parent", stack="network")
        assert self.run(deployed, exported).code == 1
        assert "a resource has no parent" in deployed.err
        assert engine_outputs(deployed) == {"vpcId": "vpc-2"}
        record = network(deployed)
        assert (record.status, record.outputs, record.fingerprint) == (StackStatus.DEPLOYED, {"vpcId": "vpc-2"}, {})
        assert deployed.edge.world.records.leases.get(ID, DEV).owner is None

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ('{"version": 3,', "can't be read: Expecting property name"),
            ("a: [", "can't be read at line"),
            ("\xff", "it is not UTF-8 text"),
            ("hello", "it is not a map but str"),
        ],
    )
    def test_of_an_unreadable_file_names_what_is_wrong(
        self, deployed: Any, tmp_path: Path, text: str, told: str
    ) -> None:
        file = tmp_path / "state.json"
        file.write_bytes(text.encode("latin-1"))
        assert self.run(deployed, file).code == 3
        assert told in deployed.err

    @pytest.mark.parametrize(
        ("change", "code", "told"),
        [
            ({"ID": "D000000"}, 4, "D000000"),
            ({"network": "nope"}, 4, "nope"),
            ({"FILE": "/nowhere"}, 2, "/nowhere"),
            ({"dev": "staging"}, 2, "use 'stage'"),
        ],
    )
    def test_of_what_is_not_there(
        self, deployed: Any, exported: Path, change: dict[str, str], code: int, told: str
    ) -> None:
        words = {"ID": ID, "network": "network", "FILE": str(exported), "dev": "dev", **change}
        options = ("-e", words["dev"], "--input", words["FILE"], "--yes")
        assert deployed("import-stack", words["ID"], words["network"], *options).code == code
        assert told in deployed.err

    def test_into_a_stack_that_is_switched_off_is_refused(self, deployed: Any, exported: Path) -> None:
        deployed.edge.world.put_manifest({"dns": {}, "network": {"enabled": False}})
        deployed.edge.world.records.stacks.delete(ID, "network", DEV)
        assert self.run(deployed, exported).code == 3
        assert "neither enabled nor deployed in dev" in deployed.err

    def test_needs_an_environment(self, deployed: Any, exported: Path) -> None:
        assert deployed("import-stack", ID, "network", "--input", str(exported), "--yes").code == 2
        assert "--environment" in deployed.err


class ForgetfulEvents:
    """An event log that is away."""

    def append(self, draft: object) -> object:
        raise RecordsUnavailable("the records are away")


def test_an_import_that_can_not_be_told_is_one_all_the_same(
    deployed: Any, exported: Path, caplog: pytest.LogCaptureFixture
) -> None:
    records: InMemoryRecords = deployed.edge.world.records
    records.events = ForgetfulEvents()  # type: ignore[assignment]
    assert TestImport().run(deployed, exported).code == 0
    assert "could not be told" in caplog.text
