"""`cloud graph`, from what is typed to what is shown, over fakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from cloud_core.domain.errors import StackFailed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.pictures import Look
from cloud_core.testing.builders import DEPLOYMENT_ID
from cloud_core.testing.flows import FakeFlowRunner

ID = DEPLOYMENT_ID


def test_shows_layers_states_and_edges(cli: Any) -> None:
    cli.edge.world.engine.outputs_of["security"] = StackFailed("no", stack="security")
    cli("deploy", ID, "--auto-approve")
    assert cli("graph", ID).code == 0
    assert cli.out.splitlines() == [
        f"{ID} dev: 4 stacks",
        "",
        "Layer   Stack      Status                   Needs      Goes after, if there",
        "    1   dns        ✓ deployed, 1 resource   –          –",
        "    1   network    ✓ deployed, 1 resource   –          –",
        "    2   security   ✗ failed                 network    –",
        "    3   secrets    ○ not deployed           security   –",
    ]


def test_can_leave_the_states_out(cli: Any) -> None:
    cli("graph", ID, "--no-status")
    assert "Status" not in cli.out
    assert "deployed" not in cli.out
    assert "security" in cli.out
    stacks = cli.json("graph", ID, "--no-status")["data"]["stacks"]
    assert {one["status"] for one in stacks} == {None}
    assert "<br/>" not in cli("graph", ID, "--no-status", "--format", "mermaid").out


def test_tells_programs_nodes_and_edges(cli: Any) -> None:
    data = cli.json("graph", ID, "-e", "prod", "--format", "svg")["data"]
    assert (data["deployment_id"], data["environment"]) == (ID, "prod")
    assert data["layers"] == [["dns", "network"], ["security"], ["secrets"]]
    assert data["stacks"][2] == {
        "name": "security",
        "layer": 2,
        "dependencies": ["network"],
        "soft_dependencies": [],
        "status": "pending",
        "enabled": True,
        "resource_count": 0,
    }


def test_draws_mermaid_and_svg(cli: Any) -> None:
    assert cli("graph", ID, "--format", "mermaid").out.startswith("graph LR\n")
    assert "s_network --> s_security" in cli.out
    assert ElementTree.fromstring(cli("graph", ID, "--format", "svg").out).tag.endswith("svg")


@pytest.mark.parametrize(("format", "begin"), [("text", f"{ID} dev"), ("mermaid", "graph LR"), ("svg", "<svg")])
def test_draws_into_a_file(cli: Any, tmp_path: Path, format: str, begin: str) -> None:
    file = tmp_path / "pictures" / "graph"
    options = ("graph", ID, "--format", format, "--output", str(file))
    assert cli(*options, "--dry-run").out == f"✓ Would be drawn: {file}\n"
    assert not file.exists()
    assert cli(*options).out == f"✓ Drawn: {file}\n"
    assert file.read_text("utf-8").startswith(begin)
    assert cli.json(*options)["data"]["path"] == str(file)


def test_keeps_a_stack_that_is_off_but_deployed(cli: Any) -> None:
    cli("deploy", ID, "--auto-approve")
    cli.edge.world.put_manifest({"network": {}, "dns": {}, "security": {"enabled": False, "dependencies": ["network"]}})
    cli("graph", ID)
    assert "security   ✓ deployed, 1 resource, off" in cli.out
    rows = {one["name"]: one for one in cli.json("graph", ID)["data"]["stacks"]}
    assert rows["security"]["enabled"] is False
    assert rows["secrets"]["soft_dependencies"] == ["security"]
    assert cli.edge.stack_graphs.of(ID, EnvironmentName.DEV).nodes["security"].look is Look.OFF


def test_shows_what_a_running_operation_is_at(cli: Any) -> None:
    cli.edge.world.flows = FakeFlowRunner()
    world, operation = cli.edge.world, cli.edge.world.start()
    seen: list[str] = []
    world.engine.during["network"] = lambda: seen.append(cli("graph", ID, "--format", "mermaid").out)
    with world.executions.running(ID, operation.operation_id) as run:
        world.stacks.deploy(run, "network", 1)
        run.events.flush()
        assert "deployed" in cli("graph", ID).out
        world.drive(run)
        world.executions.finish(run)
    assert "network<br/>deploying" in seen[0]


def test_of_no_stack_says_so(cli: Any) -> None:
    cli.edge.world.put_manifest({"network": {"enabled": False}})
    assert cli("graph", ID).out == "No stack is enabled, and none is deployed.\n"


def test_of_what_is_not_there(cli: Any) -> None:
    assert cli("graph", "D000000").code == 4
    assert cli("graph", ID, "--format", "png").code == 2
