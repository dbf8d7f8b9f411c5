"""`cloud stack list|show|build`, from what is typed to what is shown, over fakes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cloud_core.adapters.local.program_folders import ProgramFolders
from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.domain.errors import EngineMissing, StackFailed
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stack_contract import ProgramInputs
from cloud_core.domain.stack_template import ParameterType
from cloud_core.services.templates.stack_catalogue import StackCatalogue

TAKES_SIZE = ProgramInputs({"size": ParameterType.NUMBER})


@pytest.fixture
def able(cli: Any) -> Any:
    """Programs that take what their templates declare."""
    cli.edge.programs.taken = dict.fromkeys(cli.edge.programs.names(), TAKES_SIZE)
    return cli


@pytest.fixture
def own(cli: Any, tmp_path: Path) -> Any:
    """A workspace with a stack of its own, a program without a template, and a template without a program."""
    edge = cli.edge
    for name in ("orders", "bare"):
        (edge.workspace / "stacks" / name).mkdir(parents=True)
        (edge.workspace / "stacks" / name / "program.py").touch()
    (edge.workspace / "templates" / "config").mkdir(parents=True)
    for name in ("orders", "planned"):
        text = f"name: {name}\ndescription: Our {name}.\ndependencies: [network]\npriority: 20\n"
        (edge.workspace / "templates" / "config" / f"{name}.yaml").write_text(text)
    programs = ProgramFolders(tmp_path / "product" / "stacks", edge.workspace / "stacks")
    edge.stack_catalogue = StackCatalogue(LocalTemplates(tmp_path / "product", Workspace(edge.workspace)), programs)
    return cli


class TestListAndShow:
    def test_ours_are_listed_with_what_they_wait_for(self, cli: Any) -> None:
        assert cli("stack", "list").code == 0
        assert "security   built-in         50   network          1         0   The stack security." in cli.out

    def test_own_ones_are_marked_and_what_is_missing_is_told(self, own: Any) -> None:
        data = own.json("stack", "list", "--own-only")["data"]
        assert {one["name"]: one["problem"] for one in data["stacks"]} == {
            "bare": "it has no stack template: write templates/config/bare.yaml",
            "orders": None,
            "planned": "it has no program: write stacks/planned/program.py",
        }
        assert data["total"] == 3
        assert re.search(r"^orders +own +20 +network", own("stack", "list").out, re.MULTILINE)

    def test_none_of_ones_own_is_said(self, cli: Any) -> None:
        assert "stacks/<name>/ of the workspace" in cli("stack", "list", "--own-only").out

    def test_the_other_spelling_does_the_same(self, cli: Any) -> None:
        assert cli("list-stacks").out == cli("stack", "list").out

    def test_one_is_shown_with_its_contract(self, own: Any) -> None:
        data = own.json("stack", "show", "orders")["data"]
        assert (data["origin"], data["priority"], data["dependencies"]) == ("workspace", 20, ["network"])
        assert data["folder"].endswith("workspace/stacks/orders")
        assert "Our orders." in own("stack", "show", "orders").out

    def test_inputs_are_shown_with_type_and_default(self, cli: Any) -> None:
        edge = cli.edge
        assert cli.json("stack", "show", "dns")["data"]["inputs"] == {
            "size": {
                "type": "number",
                "format": None,
                "required": False,
                "secret": False,
                "default": 1,
                "description": "",
            }
        }
        assert "size    number      1" in cli("stack", "show", "dns").out
        assert edge.programs.inputs == {}  # nothing was loaded for it

    def test_defaults_are_shown_as_they_would_be_written(self, own: Any) -> None:
        template = own.edge.workspace / "templates" / "config" / "orders.yaml"
        flag, zones = "type: boolean, default: true", "type: array, default: [a, b]"
        inputs = f"parameters: {{inputs: {{enableNat: {{{flag}}}, zones: {{{zones}}}}}}}\n"
        template.write_text(template.read_text() + inputs)
        out = own("stack", "show", "orders").out
        assert "enableNat   boolean      true\n" in out
        assert 'zones       array        ["a", "b"]\n' in out

    def test_an_unknown_one_ends_with_4(self, cli: Any) -> None:
        assert cli("stack", "show", "dnss").code == 4
        assert "there is no stack 'dnss': there are dns, network, secrets, security" in cli.err


class TestBuild:
    def test_passes_and_tells_each_in_one_table(self, able: Any) -> None:
        assert able("stack", "build", "dns", "network").code == 0
        assert "  [1/2] ✓ dns" in able.err
        assert "network   ✓ passed" in able.out
        assert "2 stacks built in 1.5 s: 2 passed, 0 failed" in able.out
        assert [kind for kind, _ in able.edge.world.engine.ran] == ["preview", "preview"]

    def test_of_all_takes_every_stack(self, able: Any) -> None:
        data = able.json("stack", "build", "--all", "--environment", "prod")["data"]
        assert [one["stack"] for one in data["stacks"]] == ["dns", "network", "secrets", "security"]
        assert (data["environment"], data["passed"], data["failed"]) == ("prod", 4, 0)
        assert able.edge.world.engine.last["dns"].target.environment is EnvironmentName.PROD

    def test_that_fails_ends_with_1_and_names_step_and_problem(self, able: Any) -> None:
        able.edge.programs.taken["dns"] = ProgramInputs({"size": ParameterType.STRING})
        able.edge.world.engine.outputs_of["network"] = StackFailed("no such thing", stack="network")
        assert able("stack", "build", "--all").code == 1
        assert "4 stacks built in 1.5 s: 2 passed, 2 failed" in able.out
        assert "input 'size' is declared as number, but the program takes string" in able.out
        data = able.json("stack", "build", "--all")["data"]
        steps = {one["stack"]: one["failed_step"] for one in data["stacks"]}
        assert steps == {"dns": "contract", "network": "preview", "secrets": None, "security": None}

    def test_outputs_that_differ_fail_it_too(self, able: Any) -> None:
        able.edge.world.engine.outputs_of["dns"] = {"more": 1}
        assert able("stack", "build", "dns").code == 1
        assert "output 'more' is given by the program, but not declared" in able.out

    def test_typed_inputs_reach_the_program(self, able: Any) -> None:
        able("stack", "build", "dns", "--input", "dns.size=3")
        assert able.edge.programs.inputs["dns"] == {"size": 3}

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ((), "give the stacks to build, or --all"),
            (("dns", "--all"), "not both"),
            (("dns", "--input", "size"), "'size' is no input"),
            (("dns", "--input", "network.size=3"), "which is not built"),
            (("dns", "--parallel", "0"), "--parallel"),
        ],
    )
    def test_what_can_not_be_meant_is_a_usage_error(self, cli: Any, arguments: tuple[str, ...], said: str) -> None:
        assert cli("stack", "build", *arguments).code == 2
        assert said in cli.err

    def test_of_an_unknown_stack_builds_nothing(self, cli: Any) -> None:
        assert cli("stack", "build", "dns", "nothing").code == 4
        assert cli.edge.world.engine.ran == []

    def test_without_an_engine_ends_with_6(self, cli: Any) -> None:
        cli.edge.engine_error = EngineMissing("no engine")
        assert cli("stack", "build", "dns").code == 6

    def test_is_one_document_with_json(self, able: Any) -> None:
        able("stack", "build", "dns", "--json")
        assert json.loads(able.out)["success"] is True
        assert able.err == ""
