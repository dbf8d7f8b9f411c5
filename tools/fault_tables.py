"""The tables of docs/reliability.md, from the results that the fault suite left in docs/reliability.json."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from markdown_tables import code, table

RESULTS: Final = Path(__file__).resolve().parent.parent / "docs" / "reliability.json"
MANY_ROUNDS: Final = 3
"""So many retries, or more, are worth telling: one finds out what only a person can tell, the next is told so."""

Row = dict[str, Any]
Blow = tuple[Row, dict[str, Any]]
"""One blow, behind the row of its trial."""


def fault_summary(results: Path = RESULTS) -> str:
    rows = _document(results)["rows"]
    verdicts = Counter(row["verdict"] for row in rows)
    seeds = ", ".join(code(seed) for seed in sorted({row["seed"].partition(".")[0] for row in rows}, key=int))
    blows = [blow for _, blow in _blows(rows)]
    kills, fell = sum(blow["kills"] for blow in blows), sum(not blow["missed"] for blow in blows)
    return (
        f"**{kills} kills** and {fell - kills} other blows in {len(rows)} trials: {verdicts['ok']} ended as they must, "
        f"{verdicts['wrong']} did not, {verdicts['missed']} were never struck. {len(blows) - fell} blows missed, since "
        f"their phase or their victim was gone, and count as none. Seeds: {seeds}. A trial took "
        f"{statistics.median(row['seconds'] for row in rows):.0f} s (median), with its retries and the comparisons."
    )


def faults_by_phase(results: Path = RESULTS) -> str:
    """Each blow counts in its own phase, with the verdict of its trial."""
    document = _document(results)
    found: dict[str, list[Blow]] = {}
    for row, blow in _blows(document["rows"]):
        found.setdefault(blow["phase"], []).append((row, blow))
    rows = [(name, says, *_cells(found[name])) for name, says in document["phases"].items() if name in found]
    head = ["Phase", "What happens then", "Struck", "Kills", "In a retry", "As it must", "Wrong", "Missed"]
    return table(head, rows)


def faults_by_victim(results: Path = RESULTS) -> str:
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
        for fault, group in sorted(_grouped(_document(results)["rows"], "fault").items())
    ]
    head = ["Fault", "Trials", "Ended well by itself", "Retried", "A person had to tell", "Seconds, median"]
    return table(head, rows)


def odd_faults(results: Path = RESULTS) -> str:
    """Each trial that was wrong, was missed, or took many retries, with the seed that repeats it."""
    odd = [row for row in _document(results)["rows"] if row["verdict"] != "ok" or row["rounds"] >= MANY_ROUNDS]
    rows = [
        (code(row["seed"]), row["phase"], code(row["fault"]), row["verdict"], row["rounds"], _story(row)) for row in odd
    ]
    return table(["Seed", "Phase", "Fault", "Verdict", "Retries", "What happened"], rows) if rows else "None."


def _document(results: Path) -> Mapping[str, Any]:
    return dict(json.loads(results.read_text("utf-8")))


def _grouped(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def _blows(rows: Iterable[Row]) -> Iterator[Blow]:
    return ((row, blow) for row in rows for blow in row["strikes"])


def _cells(blows: Sequence[Blow]) -> tuple[str | int, ...]:
    fell = [(row, blow) for row, blow in blows if not blow["missed"]]
    counted = sorted(Counter(blow["fault"] for _, blow in fell).items())
    wrong = sum(row["verdict"] == "wrong" for row, _ in fell)
    return (
        ", ".join(f"{code(fault)} {count}" for fault, count in counted),
        sum(blow["kills"] for _, blow in fell),
        sum(blow["kills"] for _, blow in fell if blow["retry"]),
        len(fell) - wrong,
        wrong,
        len(blows) - len(fell),
    )


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
    told = [*map(_told, row["strikes"]), *row["steps"], *(f"**{text}**" for text in row["wrong"])]
    return " → ".join(told).replace("|", "\\|")


def _told(blow: dict[str, Any]) -> str:
    where = f"{'a retry, ' if blow['retry'] else ''}{blow['phase']}"
    return f"{where}: {'missed, ' if blow['missed'] else ''}{blow['blow']}"
