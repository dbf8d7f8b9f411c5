"""The fault suite: a sandbox whose processes are killed at work, again and again, and mended with the command line.

    python faults/run.py [--kills 100] [--seed 1] [--phase NAME] [--fault NAME] [--minutes M]

Each trial prints one line as it ends. The rows go to docs/reliability.json and, as tables, to docs/reliability.md with
`--write`. A trial is repeated with `--seed`, `--phase` and `--fault` as its row tells them.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aws import Aws
from phases import PHASES, Phase
from report import read_rows, write_page, write_rows
from rows import Row, Strike
from subject import Sandbox, Subject
from trial import Trial, begins_with, leaves

_OUTAGE: Final = re.compile(r"(?<=^halt )(\S+) \d+$")


def main() -> int:
    arguments = _arguments()
    # So that the sandbox is stopped in this ending too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    rows = read_rows() if arguments.add else []
    wanted = [(phase, fault) for phase in PHASES for fault in _wanted(arguments, phase)]
    if not wanted:
        sys.exit(f"no such trial; phases: {', '.join(phase.name for phase in PHASES)}")
    with tempfile.TemporaryDirectory(prefix="cloud-faults-") as folder:
        sandbox = Sandbox(Path(folder))
        with sandbox.running():
            fresh = _trials(sandbox, wanted, arguments)
            for row in fresh:
                print(_line(row), flush=True)
                rows.append(row)
                if arguments.write:
                    write_rows(rows)
    if arguments.write:
        write_page()
    bad = [row for row in rows if row.verdict == "wrong"]
    print(f"\n{sum(row.kills for row in rows)} kills in {len(rows)} trials, {len(bad)} wrong")
    return 1 if bad else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kill a sandbox at work, mend it, compare what is there.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--phase", action="append", help="only this one; more than once: these")
    parser.add_argument("--fault", action="append", help="only this one, such as 'kill engine'; likewise")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no trial after so long")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.json and .md")
    parser.add_argument("--add", action="store_true", help="keep the rows that are there")
    return parser.parse_args()


def _wanted(arguments: argparse.Namespace, phase: Phase) -> list[str]:
    """The phase's faults that are asked for; an outage may be asked for with any number of seconds."""
    if arguments.phase and phase.name not in arguments.phase:
        return []
    named = arguments.fault or phase.faults
    return [fault for fault in named if fault in phase.faults or _OUTAGE.sub(r"\1", fault) in phase.faults]


@dataclass
class _Deck:
    """The trials to come, in an order that the seed shuffles. The next one is, if there is any, one that begins with
    the deployment as it is, deployed or destroyed: another would need a deploy or a destroy first."""

    wanted: list[tuple[Phase, str]]
    rng: random.Random

    def __post_init__(self) -> None:
        self._left: list[tuple[Phase, str]] = []

    def deal(self, stands: str) -> tuple[Phase, str]:
        if not self._left:
            self._left = self.rng.sample(self.wanted, len(self.wanted))
        chosen = next((one for one in self._left if begins_with(one[0]) == stands), self._left[0])
        self._left.remove(chosen)
        return chosen


def _trials(sandbox: Sandbox, wanted: list[tuple[Phase, str]], arguments: argparse.Namespace) -> Iterator[Row]:
    deck = _Deck(wanted, random.Random(arguments.seed))
    aws = Aws(sandbox.addresses.aws_endpoint)
    end = time.monotonic() + 60 * arguments.minutes
    subject, stands, kills, number = sandbox.new_deployment(), "destroyed", 0, 0
    while kills < arguments.kills and time.monotonic() < end:
        phase, fault = deck.deal(stands)
        if begins_with(phase) != stands:
            subject = _another(sandbox, subject, stands)
        seed = f"{arguments.seed}.{number}" if number else arguments.seed
        number += 1
        row = Trial(subject, aws, phase, fault, seed).run()
        yield row
        kills += row.kills
        stands = leaves(phase)
        if row.verdict != "ok":
            subject, stands = sandbox.new_deployment(), "destroyed"


def _another(sandbox: Sandbox, subject: Subject, stands: str) -> Subject:
    """For a trial that begins otherwise: a new deployment, or this one deployed, undisturbed."""
    if stands == "deployed":
        return sandbox.new_deployment()
    answer = sandbox.ask("deploy", subject.id, "--auto-approve")
    if answer.code:
        sys.exit(f"a deploy without any fault failed: {answer.error}")
    return subject


def _line(row: Row) -> str:
    wrong = "".join(f"\n      ! {text}" for text in row.wrong)
    struck = "; ".join(map(_told, row.strikes))
    told = " → ".join([struck, *row.steps])
    return f"{row.seed:>6} {row.verdict:6} {row.seconds:5.1f} s  {row.phase} × {row.fault}: {told}{wrong}"


def _told(strike: Strike) -> str:
    missed = " missed:" if strike.missed else ""
    return f"[{'retry, ' if strike.retry else ''}{strike.phase}]{missed} {strike.blow}"


if __name__ == "__main__":
    sys.exit(main())
