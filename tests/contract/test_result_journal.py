"""What every `ResultJournal` promises; and what the one on disk does to its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_core.adapters.local.result_journal import LocalResultJournal
from cloud_core.domain.errors import NotPermitted
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import StackRecord
from cloud_core.domain.statuses import StackStatus
from cloud_core.ports.journal import ResultJournal
from cloud_core.testing.builders import DEPLOYMENT_ID, a_stack
from cloud_core.testing.result_journal import InMemoryResultJournal

DEV = EnvironmentName.DEV


def a_result(stack: str = "network", operation: str = "op-1", **changes: object) -> StackRecord:
    fields = {"stack_name": stack, "last_operation_id": operation, "status": StackStatus.DEPLOYED, **changes}
    return a_stack(**fields)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture(params=["in memory", "on disk"])
def journal(request: pytest.FixtureRequest, folder: Path) -> ResultJournal:
    return InMemoryResultJournal() if request.param == "in memory" else LocalResultJournal(folder)


def test_gives_back_what_it_was_given(journal: ResultJournal) -> None:
    result = a_result(outputs={"subnetIds": ["subnet-1"], "count": 2}, fence=7)
    assert journal.keep(result)
    assert journal.kept(DEPLOYMENT_ID, DEV) == [result]


def test_keeps_one_for_each_stack_and_operation_the_newest(journal: ResultJournal) -> None:
    newer = a_result("network", status=StackStatus.FAILED)
    for result in (a_result("secrets"), a_result("network"), newer, a_result("network", "op-2")):
        journal.keep(result)
    assert journal.kept(DEPLOYMENT_ID, DEV) == [newer, a_result("network", "op-2"), a_result("secrets")]


def test_belongs_to_a_deployments_environment(journal: ResultJournal) -> None:
    journal.keep(a_result())
    assert journal.kept(DEPLOYMENT_ID, EnvironmentName.PROD) == []
    assert journal.kept("D000000", DEV) == []


def test_forgets_exactly_one(journal: ResultJournal) -> None:
    other = a_result("network", "op-2")
    for result in (a_result(), other):
        journal.keep(result)
    journal.discard(a_result())
    journal.discard(a_result())
    assert journal.kept(DEPLOYMENT_ID, DEV) == [other]


def test_on_disk_a_result_outlives_the_journal_and_only_its_owner_reads_it(folder: Path) -> None:
    place = Path(LocalResultJournal(folder).keep(a_result()))
    assert LocalResultJournal(folder).kept(DEPLOYMENT_ID, DEV) == [a_result()]
    assert place.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", ["", '{"stack_name": "network"', '{"of another": "version"}'])
def test_on_disk_a_damaged_file_is_named_left_and_in_nobodys_way(
    folder: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    journal = LocalResultJournal(folder)
    damaged = Path(journal.keep(a_result("dns")))
    damaged.write_text(content)
    journal.keep(a_result())
    assert journal.kept(DEPLOYMENT_ID, DEV) == [a_result()]
    assert str(damaged) in caplog.text
    assert damaged.read_text() == content


def test_on_disk_a_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file, not a folder")
    with pytest.raises(NotPermitted, match="journal"):
        LocalResultJournal(tmp_path / "journal").keep(a_result())
