"""`cloud logs` while the records are away: what the workspace's own files have, and that it is only that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cloud_core.adapters.local.run_logs import run_log_sink
from cloud_core.domain.statuses import Action
from cloud_core.services.operations.executions import ExecutionService
from cloud_core.testing.builders import DEPLOYMENT_ID as ID
from cloud_core.testing.outages import RecordsWithOutages

FOLDER = f"{ID}-Acme-shop"


@pytest.fixture
def cli(cli: Any) -> Any:
    """A deploy and a destroy of dev have left files; then the records are away."""
    edge = cli.edge
    (edge.workspace / "deploy" / FOLDER).mkdir(parents=True)
    world = edge.world
    sinks = lambda operation: tuple(filter(None, [run_log_sink(edge.workspace, operation)]))  # noqa: E731
    world.executions = ExecutionService(
        world.records, world.stacks, world.operation_plans, world.hold, world.clock, sinks
    )
    world.start()
    edge.clock.advance(60)
    world.start(Action.DESTROY)
    world.records = RecordsWithOutages(world.records)
    world.records.are_away = True
    return cli


def test_shows_the_newest_run_and_says_from_where(cli: Any) -> None:
    assert cli("logs", ID).code == 0
    assert "destroying" in cli.out
    assert "deploying" not in cli.out
    assert cli.out.splitlines()[-1].endswith("complete: 4 stacks destroyed")
    assert "Warning: the records are away" in cli.err
    assert "these lines are from the files of this workspace" in cli.err


@pytest.mark.parametrize(
    ("options", "there", "gone"),
    [
        (["--type", "deploy"], "network       deployed", "destroyed"),
        (["--since", "2026-01-01"], "network       deployed", "nothing"),
        (["--since", "2026-01-01"], "network       destroyed", "nothing"),
        (["--stack", "dns"], "dns           destroyed", "network"),
        (["--lines", "1"], "complete", "network"),
        (["--level", "error"], "", "network"),
    ],
)
def test_can_be_narrowed_as_always(cli: Any, options: list[str], there: str, gone: str) -> None:
    assert cli("logs", ID, *options).code == 0
    assert there in cli.out
    assert gone not in cli.out


def test_tells_programs_the_source(cli: Any) -> None:
    data = cli.json("logs", ID, "--lines", "1")["data"]
    assert (data["source"], data["operation_id"], data["returned"]) == ("files", None, 1)
    cli.edge.world.records.are_away = False
    assert cli.json("logs", ID, "--lines", "1")["data"]["source"] == "records"


@pytest.mark.parametrize(
    "options",
    [["-e", "prod"], ["--type", "refresh"], ["--operation", "op-1"], ["--follow"]],
    ids=lambda options: " ".join(options),
)
def test_what_no_file_has_is_the_error_that_it_is(cli: Any, options: list[str]) -> None:
    assert cli("logs", ID, *options).code == 6
    assert (cli.out, "the records are away" in cli.err) == ("", True)


def test_without_a_folder_too(cli: Any) -> None:
    assert cli("logs", "D999999").code == 6


def test_stacks_that_are_called_as_an_action_are_no_runs(cli: Any) -> None:
    logs: Path = cli.edge.workspace / "deploy" / FOLDER / "logs"
    for name in ("network-dev-20990101-000000.log", "deploy-dev.log", "deploy-qa-20990101-000000.log"):
        (logs / name).write_text("[2099-01-01 00:00:00] [INFO] [deployment] from elsewhere\n", "utf-8")
    assert "elsewhere" not in cli("logs", ID, "--type", Action.DESTROY.value).out
    assert "elsewhere" not in cli("logs", ID).out
