"""Which programs exist, where they come from, and what happens to those that can't be run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from cloud_core.adapters.local.yaml_reading import read_text
from cloud_core.domain.errors import InvalidInput, InvalidStackInput, StackNotFound
from cloud_core.domain.stack_contract import input_problems, output_problems
from cloud_core.domain.stack_template import parse_stack_template
from cloud_core.domain.values import UNKNOWN, SecretValue
from cloud_core.ports.engine import ProgramFolder, StackPrograms
from stacks.registry import StackRegistry
from stacks.testing import draw, sample_target

HELLO = """
    def program(inputs, context):
        return {"message": f"hello from {context.stack} in {context.environment}"}
"""

ECHO = """
    from typing import Any

    from stacks.inputs import StackInputs, Wired

    class Inputs(StackInputs):
        value: Wired[str]
        values: Wired[dict[str, list[str]]] | None = None

    def program(inputs: Inputs, context: Any) -> dict[str, Any]:
        return {"value": inputs.value, "values": inputs.values}
"""


def write_stack(parent: Path, name: str, **files: str) -> Path:
    folder = parent / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (folder / file.replace("_yaml", ".yaml").replace("_py", ".py")).write_text(dedent(text))
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "stacks"


@pytest.fixture
def registry(workspace: Path) -> StackRegistry:
    return StackRegistry([workspace])


def test_it_is_the_port_of_stack_programs(registry: StackRegistry) -> None:
    programs: StackPrograms = registry
    assert {"dns", "network", "secrets", "security"} <= set(programs.names())
    assert programs.origin("network") == "product"


def test_a_stack_is_a_folder_with_a_program(workspace: Path, registry: StackRegistry) -> None:
    write_stack(workspace, "hello-world", program_py=HELLO)
    picture = draw(registry.load("hello-world", {}, sample_target("hello-world")))
    assert picture.outputs == {
        "message": "hello from hello-world in dev",
        "stackName": "hello-world",
        "deploymentId": "D1BRV40",
        "region": "eu-central-1",
        "environment": "dev",
    }


def test_the_programs_of_the_readme_run(workspace: Path, registry: StackRegistry) -> None:
    text = (registry.folder("network").parent / "README.md").read_text()
    hello, orders = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    write_stack(workspace, "hello", program_py=hello)
    write_stack(workspace, "orders", program_py=orders)
    assert draw(registry.load("hello", {}, sample_target("hello"))).outputs["message"] == "hello from dev"
    queue = draw(registry.load("orders", {"keyArn": SecretValue("key")}, sample_target("orders"))).one("Queue").inputs
    assert (queue["messageRetentionSeconds"], queue["kmsMasterKeyId"]) == (86400, SecretValue("key"))


def test_a_program_may_export_by_itself(workspace: Path, registry: StackRegistry) -> None:
    write_stack(
        workspace,
        "hello",
        program_py="""
            import pulumi

            def program(inputs, context):
                pulumi.export("message", "hello")
        """,
    )
    outputs = draw(registry.load("hello", {}, sample_target("hello"))).outputs
    assert (outputs["message"], outputs["stackName"]) == ("hello", "hello")


def test_a_program_that_returns_something_else_is_told_so(workspace: Path, registry: StackRegistry) -> None:
    write_stack(workspace, "hello", program_py="def program(inputs, context):\n    return 'hello'\n")
    with pytest.raises(TypeError, match="returns a dataclass, a map or None, not str"):
        draw(registry.load("hello", {}, sample_target("hello")))


def test_a_program_may_lie_in_the_package_file_and_import_its_neighbours(
    workspace: Path, registry: StackRegistry
) -> None:
    write_stack(
        workspace,
        "parts",
        __init___py="from .words import WORD\n\ndef program(inputs, context):\n    return {'word': WORD}\n",
        words_py="WORD = 'neighbour'\n",
    )
    assert draw(registry.load("parts", {}, sample_target("parts"))).outputs["word"] == "neighbour"


def test_a_program_file_may_import_its_neighbours_too(workspace: Path, registry: StackRegistry) -> None:
    write_stack(
        workspace,
        "parts",
        program_py="from .words import WORD\n\ndef program(inputs, context):\n    return {'word': WORD}\n",
        words_py="WORD = 'neighbour'\n",
    )
    assert draw(registry.load("parts", {}, sample_target("parts"))).outputs["word"] == "neighbour"


def test_the_workspace_wins_over_the_product_and_is_shown_as_such(workspace: Path, registry: StackRegistry) -> None:
    before = registry.digest("network")
    write_stack(workspace, "network", program_py=HELLO)
    assert registry.origin("network") == "workspace"
    assert registry.digest("network") != before
    assert "message" in draw(registry.load("network", {}, sample_target("network"))).outputs
    assert registry.names().count("network") == 1


def test_the_earlier_of_two_search_folders_wins(tmp_path: Path) -> None:
    write_stack(tmp_path / "one", "same", program_py="def program(inputs, context):\n    return {'from': 'one'}\n")
    write_stack(tmp_path / "two", "same", program_py="def program(inputs, context):\n    return {'from': 'two'}\n")
    registry = StackRegistry([tmp_path / "one", tmp_path / "two"])
    assert draw(registry.load("same", {}, sample_target("same"))).outputs["from"] == "one"


def test_two_workspaces_with_a_stack_of_the_same_name_do_not_mix(tmp_path: Path) -> None:
    outputs = []
    for place in ("one", "two"):
        text = f"from .words import WORD\n\ndef program(inputs, context):\n    return {{'from': WORD + '{place}'}}\n"
        write_stack(tmp_path / place, "same", program_py=text, words_py=f"WORD = 'word of {place}, '\n")
        registry = StackRegistry([tmp_path / place])
        outputs.append(draw(registry.load("same", {}, sample_target("same"))).outputs["from"])
    assert outputs == ["word of one, one", "word of two, two"]


def test_an_edited_program_is_a_new_digest_and_is_loaded_anew(workspace: Path, registry: StackRegistry) -> None:
    write_stack(workspace, "hello", program_py=HELLO)
    digest, first = registry.digest("hello"), draw(registry.load("hello", {}, sample_target("hello")))
    write_stack(workspace, "hello", program_py=HELLO.replace("hello from", "a long good-bye from"))
    second = draw(registry.load("hello", {}, sample_target("hello")))
    assert registry.digest("hello") != digest
    assert first.outputs["message"] != second.outputs["message"]


def test_what_is_no_code_does_not_change_the_digest(workspace: Path, registry: StackRegistry) -> None:
    folder = write_stack(workspace, "hello", program_py=HELLO, Pulumi_yaml="name: hello\nruntime: python\n")
    digest = registry.digest("hello")
    for path in ("__pycache__/program.pyc", ".hidden", "docs/readme.md", "Pulumi.dev.yaml"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text("x")
    assert registry.digest("hello") == digest
    (folder / "Pulumi.yaml").write_text("name: hello\nruntime: python\ndescription: other\n")
    assert registry.digest("hello") != digest


def test_files_that_swap_their_content_change_the_digest(workspace: Path, registry: StackRegistry) -> None:
    write_stack(workspace, "hello", program_py=HELLO, a_py="x = 1\n", b_py="x = 2\n")
    digest = registry.digest("hello")
    write_stack(workspace, "hello", a_py="x = 2\n", b_py="x = 1\n")
    assert registry.digest("hello") != digest


@pytest.mark.parametrize("call", ["origin", "digest", "folder", "inputs"])
def test_an_unknown_stack_is_named_with_its_likely_spelling(registry: StackRegistry, call: str) -> None:
    with pytest.raises(StackNotFound, match="no stack program 'netwrok', did you mean 'network'"):
        getattr(registry, call)("netwrok")


@pytest.mark.parametrize("runtime", ["nodejs", "{name: nodejs, options: {typescript: true}}"])
def test_a_program_in_another_language_is_its_folder(workspace: Path, registry: StackRegistry, runtime: str) -> None:
    write_stack(workspace, "web", Pulumi_yaml=f"name: web\nruntime: {runtime}\n")
    assert "web" in registry.names()
    program = registry.load("web", {"size": 3}, sample_target("web"))
    assert isinstance(program, ProgramFolder)
    assert (program.folder, program.runtime) == (registry.folder("web"), "nodejs")
    assert program.config.items() >= {"size": 3, "deploymentId": "D1BRV40", "environment": "dev"}.items()
    assert registry.inputs_of("web") is None
    with pytest.raises(StackNotFound, match=r"has no Python program: its Pulumi.yaml asks for the runtime 'nodejs'"):
        registry.load_python("web", {}, sample_target("web"))


@pytest.mark.parametrize("value", [SecretValue("x"), UNKNOWN, ["a", SecretValue("x")]])
def test_a_program_in_another_language_can_not_be_given_secrets_and_unknowns(
    workspace: Path, registry: StackRegistry, value: Any
) -> None:
    write_stack(workspace, "web", Pulumi_yaml="name: web\nruntime: nodejs\n")
    with pytest.raises(InvalidStackInput, match="can't be given what is secret or not known yet: token;"):
        registry.load("web", {"token": value, "size": 1}, sample_target("web"))


def test_a_project_file_alone_is_no_program(workspace: Path, registry: StackRegistry) -> None:
    write_stack(workspace, "web", Pulumi_yaml="name: web\nruntime: {name: python}\n")
    with pytest.raises(StackNotFound, match=r"stack web has no program: .* neither program.py nor __init__.py"):
        registry.load("web", {}, sample_target("web"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def program(:\n", "can't be imported: SyntaxError"),
        ("import a_module_that_is_not_there\n", "can't be imported: ModuleNotFoundError"),
        ("1 / 0\n", "can't be imported: ZeroDivisionError"),
        ("import sys\nsys.exit(3)\n", "can't be imported: SystemExit"),
        ("def programme(inputs, context): ...\n", r"defines no function program\(inputs, context\)"),
        ("class Inputs: ...\ndef program(inputs, context): ...\n", "must be a subclass of StackInputs"),
    ],
)
def test_a_broken_program_is_named_with_what_is_wrong(
    workspace: Path, registry: StackRegistry, text: str, message: str
) -> None:
    write_stack(workspace, "broken", program_py=text)
    with pytest.raises(InvalidInput, match=rf"stack broken.*{message}"):
        registry.load("broken", {}, sample_target("broken"))


def test_a_broken_project_file_is_named(workspace: Path, registry: StackRegistry) -> None:
    write_stack(workspace, "broken", program_py=HELLO, Pulumi_yaml="name: [\n")
    with pytest.raises(InvalidInput, match=r"Pulumi.yaml is not readable YAML"):
        registry.load("broken", {}, sample_target("broken"))


def test_a_program_without_inputs_refuses_any(workspace: Path, registry: StackRegistry) -> None:
    write_stack(workspace, "hello", program_py=HELLO)
    with pytest.raises(
        InvalidStackInput, match="stack hello refuses its inputs: greeting = 'hi': unknown input; the stack takes none"
    ):
        registry.load("hello", {"greeting": "hi"}, sample_target("hello"))


def test_secrets_and_unknowns_reach_the_program_as_such(workspace: Path, registry: StackRegistry) -> None:
    write_stack(workspace, "echo", program_py=ECHO)
    values = {"value": SecretValue("s"), "values": {"list": ["plain", SecretValue("t"), UNKNOWN]}}
    picture = draw(registry.load("echo", values, sample_target("echo")), preview=True)
    assert {name: picture.outputs[name] for name in values} == values


def test_an_unknown_input_stops_an_update_but_not_a_preview(workspace: Path, registry: StackRegistry) -> None:
    write_stack(workspace, "echo", program_py=ECHO)
    program = registry.load("echo", {"value": UNKNOWN}, sample_target("echo"))
    assert draw(program, preview=True).outputs["value"] is UNKNOWN
    with pytest.raises(InvalidStackInput, match="stack echo can't be deployed: value not known yet"):
        draw(program)


def test_programs_run_in_threads_at_the_same_time(registry: StackRegistry) -> None:
    """In a fresh process: the provider's modules load lazily, and their first use is not safe for threads."""
    script = dedent(
        """
        import sys, threading
        from stacks.registry import StackRegistry
        from stacks.testing import draw, sample_target

        registry, pictures, gate = StackRegistry(), [], threading.Barrier(8, timeout=60)

        def run(stack, inputs):
            gate.wait()
            pictures.append(draw(registry.load(stack, inputs, sample_target(stack))))

        jobs = [("network", {}), ("dns", {"deployDomain": "a.example.com"})] * 4
        threads = [threading.Thread(target=run, args=job) for job in jobs]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        sys.exit(0 if len(pictures) == 8 else 1)
        """
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_the_program_of_the_walk_through_takes_and_gives_what_its_template_says(
    workspace: Path, registry: StackRegistry
) -> None:
    page = (registry.folder("network").parents[1] / "docs" / "own-stack.md").read_text()
    write_stack(workspace, "firewall", program_py=re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0])
    declared = parse_stack_template(read_text(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0], "page"), "page")
    given = {"vpcId": "vpc-1", "vpcCidr": "10.0.0.0/16"}
    picture = draw(registry.load("firewall", given, sample_target("firewall")))
    assert input_problems(declared, registry.inputs_of("firewall")) == []
    assert output_problems(declared, picture.outputs) == []
    assert len(picture.of("SecurityGroupIngressRule")) == 3
