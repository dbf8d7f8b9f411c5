"""What the dashboard works out without a page, under Node; and its library, which is npm's."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from api.dashboard import FOLDER
from cloud_core.domain.progress import OperationView
from cloud_core.domain.progress_fold import fold
from cloud_core.services.looking.events import EventPage
from cloud_core.services.looking.operation_standing import standing_data
from cloud_core.services.looking.report import operation_data
from cloud_core.services.records.events import QUIET, log_entry
from cloud_core.testing.missing import left_out, needed_node
from cloud_core.testing.recordings import Recording

ROOT: Final = Path(__file__).resolve().parents[2]
RECORDING: Final = ROOT / "tests" / "unit" / "recordings" / "killed_and_retried.jsonl"
PACKAGE: Final = FOLDER / "node_modules" / "@dagrejs" / "dagre"


def node(*arguments: str, stdin: str = "") -> str:
    run = subprocess.run(
        [needed_node(), *arguments], input=stdin, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_its_own_tests_pass() -> None:
    node("--test", str(ROOT / "tests" / "dashboard" / "parts.test.mjs"))


def test_a_recorded_run_comes_to_the_same_in_the_page_and_here() -> None:
    recording = Recording.read(RECORDING)
    events = EventPage("D", tuple(recording.events), 0).to_data()["events"]
    begun = [{**operation_data(one), **standing_data(one, OperationView.begin(one))} for one in recording.begun]
    given = json.dumps({"operations": begun, "events": events})
    told: dict[str, Any] = json.loads(node(str(ROOT / "tests" / "dashboard" / "told.mjs"), stdin=given))
    for operation in recording.begun:
        view = fold(OperationView.begin(operation), recording.events)
        stacks = {name: [one.status.value, one.done, one.error, one.cause] for name, one in view.stacks.items()}
        assert told[operation.operation_id]["status"] == view.status.value
        assert told[operation.operation_id]["stacks"] == stacks
        ours = [one for one in recording.events if one.operation_id == operation.operation_id]
        lines = [log_entry(one).message for one in ours if one.event not in QUIET]
        assert told[operation.operation_id]["lines"] == lines


@pytest.mark.parametrize(
    ("here", "there"), [("dagre.esm.js", "dist/dagre.esm.js"), ("dagre.LICENSE", "LICENSE")], ids=str
)
def test_the_library_is_what_the_package_has(here: str, there: str) -> None:
    if not PACKAGE.is_dir():
        left_out("the package of the graph's library is missing: install Node 20 and run `make node`")
    assert (FOLDER / "monitor" / "vendor" / here).read_bytes() == (PACKAGE / there).read_bytes()
