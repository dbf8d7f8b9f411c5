"""What a flow run logs reaches its page in Prefect and the operators' file, from every thread."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.runtime import flow_run
from prefect.states import Completed

from cloud_core.domain.records import LogLevel
from cloud_core.logging import bound, carried
from cloud_core.settings import Settings
from cloud_core.testing.waiting import wait_for
from flows.logs import logs_of_run

_logger = logging.getLogger("cloud_core.services.rehearsal")


pytestmark = [pytest.mark.usefixtures("flow_service"), pytest.mark.xdist_group("flow-service")]


@task(persist_result=False)
def _work() -> Any:
    with bound(stack="network"):
        _logger.warning("from a task")
    return Completed(message="-")


def rehearse(settings: Settings) -> str:
    """Log from the flow, from a thread of it and from a task; returns the flow run's id."""
    ids: list[str] = []

    @flow(persist_result=False)
    def rehearsal() -> Any:
        ids.append(str(flow_run.id))
        with logs_of_run(settings), bound(deployment="D1BRV40", environment="dev", operation="op-1"):
            _logger.info("from the flow")
            _logger.debug("too fine")
            thread = threading.Thread(target=carried(lambda: _logger.error("from a thread")))
            thread.start()
            thread.join()
            _work.submit().wait()
        return Completed(message="-")

    rehearsal()
    return ids[0]


def on_the_page(run_id: str) -> list[str]:
    with get_client(sync_client=True) as client:
        mine = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[UUID(run_id)]))
        ours = [log for log in client.read_logs(log_filter=mine) if log.name in (_logger.name, "flows.logs")]
    return sorted(log.message for log in ours)


def test_lines_of_every_thread_reach_the_page_and_the_file(tmp_path: Path) -> None:
    file = tmp_path / "flow-runs.log"
    run_id = rehearse(Settings(log_file=file, log_json=True))
    told = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(one["message"], one["operation"], one.get("stack")) for one in told] == [
        ("from the flow", "op-1", None),
        ("from a thread", "op-1", None),
        ("from a task", "op-1", "network"),
    ]
    wait_for("three lines on the run's page", lambda: len(on_the_page(run_id)) == 3)
    assert on_the_page(run_id) == ["from a task", "from a thread", "from the flow"]


def test_the_level_is_the_settings_and_nothing_stays_behind(tmp_path: Path) -> None:
    file, package = tmp_path / "flow-runs.log", logging.getLogger("cloud_core")
    before = (package.level, list(package.handlers))
    rehearse(Settings(log_file=file, log_level=LogLevel.ERROR))
    (line,) = file.read_text().splitlines()
    assert line.endswith("ERROR cloud_core.services.rehearsal [D1BRV40 dev op-1] from a thread")
    assert (package.level, package.handlers) == before


def test_a_file_that_can_not_be_written_ends_no_run_and_is_told_on_the_page(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "flow-runs.log"
    run_id = rehearse(Settings(log_file=file))
    told = f"the log file {file} can't be written: No such file or directory"
    wait_for("the warning on the run's page", lambda: told in on_the_page(run_id))
