"""One trial: an operation is begun, struck in a named phase at a moment that the seed chooses, mended, and compared."""

from __future__ import annotations

import random
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import psutil
from comparison import Aws, contradictions, dishonest
from phases import FIRST_KILL, RETRY, Phase, PhaseMissed, await_phase
from recovery import Course, retried, revive, settled, told_by_a_person
from strikes import Blow, strike
from subject import STACKS, Subject, answer_of
from watch import Watch

from cloud_core.domain.statuses import OperationStatus

GONE_SECONDS: Final = 10.0
COMMANDS: Final = {
    "deploy": ("deploy", "--auto-approve"),
    "update": ("deploy", "--auto-approve"),
    "refresh": ("refresh",),
    "destroy": ("destroy", "--auto-approve"),
}
AGAIN: Final = {"kill flow", "kill engine", "kill keeper"}
"""After one of these, the seed may have the retry struck too, up to twice."""


def begins_with(phase: Phase) -> str:
    """What the deployment has to be before the phase's action: `destroyed`, or `deployed`."""
    return "destroyed" if phase.action in ("deploy", "repair") else "deployed"


def leaves(phase: Phase) -> str:
    """What the deployment is once the phase's action was mended."""
    return "destroyed" if phase.action == "destroy" else "deployed"


@dataclass
class Row:
    """The outcome of a trial. `moment` is the last blow, in seconds from its command's start.

    `verdict` is ok, wrong (see `wrong`), or missed: the phase was over before the blow.
    """

    seed: str
    phase: str
    fault: str
    action: str
    moment: float = 0.0
    blow: str = ""
    kills: int = 0
    steps: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    rounds: int = 0
    seconds: float = 0.0
    verdict: str = ""

    def document(self) -> dict[str, Any]:
        return asdict(self)


class Trial:
    """Runs on a subject that is as its phase `begins_with`; afterwards it is as that `leaves` it."""

    def __init__(self, subject: Subject, aws: Aws, phase: Phase, fault: str, seed: str) -> None:
        self._subject = subject
        self._aws = aws
        self._phase = phase
        self._fault = fault
        self._rng = random.Random(f"{seed} {phase.name} {fault}")
        self._course = Course()
        self._row = Row(seed, phase.name, fault, phase.action)

    def run(self) -> Row:
        began = time.monotonic()
        try:
            arguments = self._prepared()
            watch = self._struck(self._phase, self._fault, arguments)
            if self._fault in AGAIN:
                watch = self._struck_again(watch)
            self._mend(watch)
            self._row.verdict = "wrong" if self._course.wrong else "ok"
        except PhaseMissed as missed:
            self._row.verdict, self._row.blow = "missed", str(missed)
        self._row.steps, self._row.wrong = self._course.steps, sorted(set(self._course.wrong))
        self._row.rounds = self._course.rounds
        self._row.seconds = round(time.monotonic() - began, 1)
        return self._row

    def _prepared(self) -> list[str]:
        """The command whose operation is struck."""
        identity = self._subject.id
        if self._phase.action == "update":
            self._edit()
        if self._phase.action != "repair":
            return [*COMMANDS[self._phase.action], identity, "--detach"]
        watch = self._struck(FIRST_KILL, "kill flow", [*COMMANDS["deploy"], identity, "--detach"])
        self._found(watch)
        return self._retry()

    def _found(self, watch: Watch) -> OperationStatus | None:
        """How the struck operation ended; what is told of it has to be so."""
        status = settled(watch, self._course)
        self._course.wrong += dishonest(self._subject, self._aws)
        return status

    def _retry(self) -> list[str]:
        """A retry that is told everything that a person can tell."""
        wishes = told_by_a_person(self._subject, self._aws, set(STACKS))
        return ["retry", self._subject.id, "--auto-approve", "--detach", *wishes]

    def _struck_again(self, watch: Watch) -> Watch:
        """Kill the retry as well; the last operation that was struck."""
        for _ in range(self._rng.choice((0, 1, 1, 2))):
            if self._found(watch) is OperationStatus.SUCCESS:
                break
            try:
                watch = self._struck(RETRY, self._rng.choice(sorted(AGAIN)), self._retry())
            except PhaseMissed as missed:
                self._course.steps.append(f"a retry was not struck: {missed}")
                break
        return watch

    def _edit(self) -> None:
        stack, key = self._rng.choice([("names", "text"), ("slow", "text"), ("slow", "seconds")])
        value = f"{self._rng.uniform(1, 2):.2f}" if key == "seconds" else f"text-{self._rng.randrange(10**6)}"
        self._subject.sandbox.ask("config-set", self._subject.id, key, value, "--stack", stack)

    def _struck(self, phase: Phase, fault: str, arguments: list[str]) -> Watch:
        """Begin the operation, wait for the phase, strike."""
        watch, began = Watch.of(self._subject), time.monotonic()
        command = self._subject.sandbox.begin(*arguments)
        try:
            halted = await_phase(watch, phase, lambda: command.poll() is None)
            try:
                time.sleep(self._rng.uniform(0, phase.spread))
                blow = strike(fault, watch, self._rng)
                psutil.wait_procs(blow.processes, timeout=GONE_SECONDS)
            finally:
                if halted is not None:
                    halted.resume()
        finally:
            answer_of(command)
        self._note(blow, time.monotonic() - began)
        return watch

    def _note(self, blow: Blow, seconds: float) -> None:
        self._row.moment = round(seconds, 2)
        self._row.blow = "; ".join(filter(None, [self._row.blow, blow.words]))
        self._row.kills += len(blow.processes)
        if blow.processes and any(process.is_running() for process in blow.processes):
            self._course.wrong.append("the victim outlived its kill")

    def _mend(self, watch: Watch) -> None:
        revive(self._subject, self._course)
        status = self._found(watch)
        if status is not OperationStatus.SUCCESS and not retried(self._subject, self._aws, self._course):
            return
        wanted = leaves(self._phase)
        self._course.wrong += contradictions(self._subject, self._aws, deployed=wanted == "deployed")
        told = self._subject.sandbox.ask("status", self._subject.id).data["environments"]["dev"]["status"]
        if told != wanted:
            self._course.wrong.append(f"the environment is told {told}")
