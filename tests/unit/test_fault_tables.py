"""The tables of the fault suite: each blow counts in its own phase, one that missed counts as none."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "faults")
    return importlib.import_module("rows")


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "tools")
    return importlib.import_module("fault_tables")


@pytest.fixture
def results(tmp_path: Path, rows: ModuleType) -> Path:
    """Of two trials: one with three kills, one whose blow missed."""
    document = {
        "phases": {"lease taken": "the lease names the flow", "repair": "a retry mends", "refresh": "AWS is read"},
        "rows": [one.document() for one in (struck(rows), missed(rows))],
    }
    path = tmp_path / "reliability.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


def struck(rows: ModuleType) -> Any:
    strikes = [
        rows.Strike("lease taken", "kill flow", "flow (pid 1)", kills=1, moment=2.0),
        rows.Strike("repair", "kill engine", "engine (pid 2 of net)", kills=1, retry=True),
        rows.Strike("lease taken", "kill flow", "flow (pid 3)", kills=1, retry=True),
        rows.Strike("repair", "kill keeper", "there was no keeper any more", retry=True, missed=True),
        rows.Strike("repair", "cancel", "asked to stop, exit code 0", retry=True),
    ]
    steps = ["found failed", "retried: net deployed"]
    return rows.Row("7.1", "lease taken", "kill flow", "deploy", strikes, steps, rounds=1, seconds=20.0, verdict="ok")


def missed(rows: ModuleType) -> Any:
    strikes = [rows.Strike("refresh", "kill flow", "it ended success", missed=True)]
    return rows.Row("8", "refresh", "kill flow", "refresh", strikes, seconds=10.0, verdict="missed")


def test_a_row_is_read_as_it_was_written(rows: ModuleType) -> None:
    row = struck(rows)
    assert rows.Row.of(json.loads(json.dumps(row.document()))) == row
    assert (row.kills, row.is_struck, missed(rows).is_struck) == (3, True, False)


def test_kills_other_blows_and_misses_are_told_apart(tables: ModuleType, results: Path) -> None:
    told = tables.fault_summary(results)
    assert "**3 kills** and 1 other blows in 2 trials: 1 ended as they must, 0 did not, 1 were never struck" in told
    assert "2 blows missed" in told
    assert "Seeds: `7`, `8`" in told


def test_a_blow_counts_in_its_phase_and_a_missed_one_as_missed(tables: ModuleType, results: Path) -> None:
    lines = tables.faults_by_phase(results).splitlines()
    assert "| lease taken | the lease names the flow | `kill flow` 2 | 2 | 1 | 2 | 0 | 0 |" in lines
    assert "| repair | a retry mends | `cancel` 1, `kill engine` 1 | 1 | 1 | 2 | 0 | 1 |" in lines
    assert "| refresh | AWS is read |  | 0 | 0 | 0 | 0 | 1 |" in lines


def test_only_odd_trials_are_told_one_by_one(tables: ModuleType, results: Path) -> None:
    told = tables.odd_faults(results)
    assert "`8`" in told
    assert "`7.1`" not in told
