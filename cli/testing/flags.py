"""For tests: what proves that a flag does what its help says.

A proof is a function `(cli, flag, scene)`: it runs the command over fakes with the flag, in the spelling that it is
given, and fails when the flag does not do its part. What another test proves already is `ProvenBy`.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cli.main import COMMANDS
from cli.testing.scenes import MINE, PROD, Scene, Start, newest
from cloud_core.domain.names import EnvironmentName
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.flows import FakeFlowRunner

_OTHER_ID: Final = "D000000"
_OF_PROD: Final = '"environment": "prod"'

WRONG: Final[Mapping[str, str | None]] = {
    "--environment": "nowhere",
    "--log-level": "loud",
    "--config": "nowhere.yaml",
    "--remote": "http://cloud.example.com",
    "--parallel": "0",
    "--level": "loud",
    "--format": "xml",
    "--action": "dance",
    "--type": "dance",
    "--limit": "0",
    "--lines": "0",
    "--since": "yesterday",
    "--status": "good",
    "--sort": "size",
    "--refresh-interval": "0",
    "--to-version": "0",
    "--check": "everything",
    "--vpc-cidr": "10.0.0.0/33",
    "--var": "VPC_CIDR_DEV",
    "--from-file": "nowhere.yaml",
    "--adopt": "vpc",
    "--forget": "vpc",
    "--input": "nowhere.json",
    "--out": "/nowhere/plan.json",
    "--plan": "nowhere.json",
    "--port": "65536",
    "--cron": "at night",
    "--timezone": "Mars/Olympus",
    **dict.fromkeys(
        ("--org", "--project", "--domain", "--template", "--region", "--region-secondary", "--description", "--stack")
    ),
    **dict.fromkeys(("--account-dev", "--account-stage", "--account-prod", "--stacks-enabled", "--stacks-disabled")),
    **dict.fromkeys(("--operation", "--break-lock", "--idempotency-key", "--confirm", "--output", "--comment")),
    **dict.fromkeys(("--profile", "--account", "--host", "--user")),
}
"""By the option, a value that is no such thing; None where any text may be one."""
REFUSED_LATER: Final = frozenset({"--plan", "--cron", "--timezone"})
"""Options whose wrong values are found when they are used: an invalid input, not a usage error."""

Proof = Callable[[Any, str, Scene], None]


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that can be called, and those that are known by another name and have options of their own."""
    inner = getattr(command, "list_commands", None)
    if inner is None:
        yield " ".join(path), command
        return
    own = [name for name, entry in COMMANDS.items() if entry.alias_of == name] if not path else []
    for name in [*inner(None), *own]:
        yield from commands(command.get_command(None, name), (*path, name))


@dataclass(frozen=True)
class ProvenBy:
    """Another test proves it: `place` is its file below `tests` and its name, as in `unit/test_x.py::test_that`."""

    place: str

    def source(self, root: Path) -> str:
        """The text of the test with its decorators; AssertionError when there is none of that name."""
        file, _, name = self.place.partition("::")
        text = (root / file).read_text("utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                begin = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                return "\n".join(text.splitlines()[begin - 1 : node.end_lineno])
        raise AssertionError(f"there is no test {self.place}")


Proofs = Mapping[str, Mapping[str, Proof | ProvenBy]]


def tables(folder: Path) -> Iterator[tuple[Mapping[str, Scene], Proofs]]:
    """SCENES and PROOFS of every file in the folder."""
    for file in sorted(folder.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"flag_proofs_{file.stem}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module.SCENES, module.PROOFS


def snapshot(cli: Any, with_looks: bool = True) -> dict[str, Any]:
    """All that a command could change: records, schedules, runs, the engine's states, the files of the workspace.

    Without looks, operations that only read are left out, with their runs and the lines of the log.
    """
    world, records = cli.edge.world, cli.edge.world.records
    ids = [ID, MINE]
    operations = [one for name in ids for one in records.operations.list_by_deployment(name).items]
    return {
        "deployments": [records.deployments.get_by_id(name) for name in ids],
        "stacks": [one for name in ids for one in records.stacks.list_by_deployment(name)],
        "operations": [one for one in operations if with_looks or not one.type.only_reads],
        "leases": [records.leases.get(name, environment) for name in ids for environment in EnvironmentName],
        "runs": [one.operation_id for one in world.flows.submitted if with_looks or not one.type.only_reads],
        "schedules": dict(world.schedules.kept),
        "logs": [one for name in ids for one in records.logs.get_logs(name).items] if with_looks else [],
        "engine": [one for one in world.engine.ran if one[0] in ("up", "destroy", "refresh", "import")],
        "files": {path: path.read_bytes() for path in cli.edge.workspace.rglob("*") if path.is_file()},
    }


def run(cli: Any, *words: str, code: int = 0) -> str:
    """What the command prints, on both streams; AssertionError for another exit code."""
    cli(*words)
    assert cli.code == code, f"{' '.join(words)}: exit code {cli.code}\n{cli.out}{cli.err}"
    return f"{cli.out}{cli.err}"


def tells(
    *value: str, now: str | None = None, kept: str | None = None, gone: str | None = None, start: Start | None = None
) -> Proof:
    """What is printed: `now` with the flag (and its value) alone, `gone` without it alone, `kept` with and without."""

    def prove(cli: Any, flag: str, scene: Scene) -> None:
        (start or scene.start)(cli, "dev")
        without = run(cli, *scene.call())
        shown = run(cli, *scene.call(), flag, *value)
        for text, is_before, is_now in ((now, False, True), (gone, True, False), (kept, True, True)):
            if text is not None:
                assert (text in without, text in shown) == (is_before, is_now), f"{text!r}:\n{without}\n{shown}"

    return prove


def environment(cli: Any, flag: str, scene: Scene) -> None:
    """The command, rehearsed, speaks of that environment; without the flag it is dev."""
    scene.start(cli, PROD)
    shown = run(cli, *scene.without_environment, flag, PROD, "--dry-run", "--json")
    assert _OF_PROD in shown, shown
    cli(*scene.without_environment, "--dry-run", "--json")
    assert _OF_PROD not in cli.out, cli.out


def auto_approve(cli: Any, flag: str, scene: Scene) -> None:
    """Nothing is asked; without it somebody would have to answer. In prod it is not enough."""
    scene.start(cli, "dev")
    assert "nobody can be asked here" in run(cli, *scene.call(), code=2)
    run(cli, *scene.call(), flag)


def confirm(cli: Any, flag: str, scene: Scene) -> None:
    """In prod the id is wanted, by its name; another one is refused."""
    scene.start(cli, PROD)
    assert f"add --confirm {scene.deployment_id}" in run(cli, *scene.call(PROD), code=2)
    assert f"{flag} says '{_OTHER_ID}'" in run(cli, *scene.call(PROD), flag, _OTHER_ID, code=2)
    run(cli, *scene.call(PROD), flag, scene.deployment_id)


def detach(cli: Any, flag: str, scene: Scene) -> None:
    """The command returns while its operation waits in the flow service."""
    scene.start(cli, "dev")
    cli.edge.world.flows = FakeFlowRunner()
    shown = run(cli, *scene.call(), *scene.consent, flag)
    assert newest(cli).status.value == "pending"
    assert newest(cli).operation_id in shown
    assert "cloud status" in shown


def parallel(cli: Any, flag: str, scene: Scene) -> None:
    """The operation is recorded with that many stacks at once."""
    scene.start(cli, "dev")
    run(cli, *scene.call(), *scene.consent, flag, "3")
    assert newest(cli).parallel == 3


def preview(cli: Any, flag: str, scene: Scene) -> None:
    """Something is shown, nothing is asked, and nothing is changed; the engine may be asked to look."""
    scene.start(cli, "dev")
    before = snapshot(cli, with_looks=False)
    assert run(cli, *scene.call(), flag)
    assert snapshot(cli, with_looks=False) == before
