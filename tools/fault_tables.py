"""The tables of docs/reliability.md, from the results that the fault suite left in docs/reliability.json."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from markdown_tables import code, table

RESULTS: Final = Path(__file__).resolve().parent.parent / "docs" / "reliability.json"
MANY_ROUNDS: Final = 3
"""So many retries, or more, are worth telling: one finds out what only a person can tell, the next is told so."""

Row = dict[str, Any]


def fault_summary() -> str:
    rows = _document()["rows"]
    verdicts = Counter(row["verdict"] for row in rows)
    seeds = ", ".join(code(seed) for seed in sorted({row["seed"].partition(".")[0] for row in rows}))
    kills = sum(row["kills"] for row in rows)
    return (
        f"**{kills} kills** in {len(rows)} trials: {verdicts['ok']} ended as they must, {verdicts['wrong']} did not, "
        f"in {verdicts['missed']} the phase was over before the blow. Seeds: {seeds}. A trial took "
        f"{statistics.median(row['seconds'] for row in rows):.0f} s (median), with its retry and the comparison."
    )


def faults_by_phase() -> str:
    document = _document()
    found = _grouped(document["rows"], "phase")
    rows = [
        (name, says, _faults(found[name]), *_counts(found[name]))
        for name, says in document["phases"].items()
        if name in found
    ]
    return table(["Phase", "What happens then", "Struck", "Kills", "As it must", "Wrong", "Missed"], rows)


def faults_by_victim() -> str:
    """How runs were found, and what brought them to their end, for each fault."""
    rows = [
        (
            code(fault),
            len(group),
            _share(group, _ended_well),
            _share(group, _needed_retry),
            _share(group, _needed_person),
            _seconds(group),
        )
        for fault, group in sorted(_grouped(_document()["rows"], "fault").items())
    ]
    head = ["Fault", "Trials", "Ended well by itself", "Retried", "A person had to tell", "Seconds, median"]
    return table(head, rows)


def odd_faults() -> str:
    """Each trial that was wrong, was missed, or took many retries, with the seed that repeats it."""
    odd = [row for row in _document()["rows"] if row["verdict"] != "ok" or row["rounds"] >= MANY_ROUNDS]
    rows = [
        (code(row["seed"]), row["phase"], code(row["fault"]), row["verdict"], row["rounds"], _story(row)) for row in odd
    ]
    return table(["Seed", "Phase", "Fault", "Verdict", "Retries", "What happened"], rows) if rows else "None."


def _document() -> Mapping[str, Any]:
    return dict(json.loads(RESULTS.read_text("utf-8")))


def _grouped(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def _faults(group: list[Row]) -> str:
    counted = sorted(Counter(row["fault"] for row in group).items())
    return ", ".join(f"{code(fault)} {count}" for fault, count in counted)


def _counts(group: list[Row]) -> tuple[int, ...]:
    verdicts = Counter(row["verdict"] for row in group)
    return (sum(row["kills"] for row in group), *(verdicts[name] for name in ("ok", "wrong", "missed")))


def _share(group: list[Row], holds: Callable[[Row], bool]) -> int:
    return sum(map(holds, group))


def _ended_well(row: Row) -> bool:
    return row["verdict"] == "ok" and row["rounds"] == 0


def _needed_retry(row: Row) -> bool:
    return bool(row["rounds"])


def _needed_person(row: Row) -> bool:
    return any(step.startswith("a person told") for step in row["steps"])


def _seconds(group: list[Row]) -> str:
    return f"{statistics.median(row['seconds'] for row in group):.0f}"


def _story(row: Row) -> str:
    return " → ".join([row["blow"], *row["steps"], *(f"**{text}**" for text in row["wrong"])]).replace("|", "\\|")
