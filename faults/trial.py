"""One trial: an operation is begun, struck in a named phase at a moment that the seed chooses; its retries are struck
as well, as often as the seed says; then it is mended, and compared."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

import psutil
from aws import Aws
from comparison import contradictions, dishonest, unexplained
from phases import FIRST_KILL, RETRIES, Phase, PhaseMissed, await_phase
from recovery import Course, cleared_by_a_person, retried, revive, settled, told_by_a_person
from rows import Row, Strike
from strikes import Blow, strike
from subject import STACKS, Subject, answer_of
from watch import Watch

from cloud_core.domain.statuses import OperationStatus

GONE_SECONDS: Final = 10.0
RELEASE_SECONDS: Final = 5.0
COMMANDS: Final = {
    "deploy": ("deploy", "--auto-approve"),
    "update": ("deploy", "--auto-approve"),
    "refresh": ("refresh",),
    "destroy": ("destroy", "--auto-approve"),
}
RETRIES_STRUCK: Final = (0, 1, 2, 3, 4)
"""How many retries are struck, as long as there is anything to retry: the seed chooses one of these."""


def begins_with(phase: Phase) -> str:
    """What the deployment has to be before the phase's action: `destroyed`, or `deployed`."""
    return "destroyed" if phase.action in ("deploy", "repair") else "deployed"


def leaves(phase: Phase) -> str:
    """What the deployment is once the phase's action was mended."""
    return "destroyed" if phase.action == "destroy" else "deployed"


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
        self._mend(self._struck_again(self._struck_first()))
        row = self._row
        row.steps, row.wrong, row.rounds = self._course.steps, sorted(set(self._course.wrong)), self._course.rounds
        row.seconds = round(time.monotonic() - began, 1)
        row.verdict = "wrong" if row.wrong else "ok" if row.is_struck else "missed"
        return row

    def _struck_first(self) -> OperationStatus | None:
        """How the operation was found after its first blow, or its first two when a retry is aimed at."""
        arguments = [*COMMANDS["deploy" if self._phase.action == "repair" else self._phase.action], self._subject.id]
        if self._phase.action == "update":
            self._edit()
        if self._phase.action != "repair":
            return self._struck(self._phase, self._fault, [*arguments, "--detach"])
        found = self._struck(FIRST_KILL, "kill flow", [*arguments, "--detach"])
        return self._struck_retry(self._phase, self._fault) or found

    def _struck_again(self, status: OperationStatus | None) -> OperationStatus | None:
        """How the last retry that was struck was found."""
        for _ in range(self._rng.choice(RETRIES_STRUCK)):
            if status is OperationStatus.SUCCESS:
                break
            phase = self._rng.choice(RETRIES)
            found = self._struck_retry(phase, self._rng.choice(phase.faults))
            if found is None:  # nothing is left to retry
                break
            status = found
        return status

    def _struck_retry(self, phase: Phase, fault: str) -> OperationStatus | None:
        """Strike a retry that is told everything that a person can tell."""
        cleared_by_a_person(self._subject, self._aws, self._course)
        wishes = told_by_a_person(self._subject, self._aws, set(STACKS))
        arguments = ["retry", self._subject.id, "--auto-approve", "--detach", *wishes]
        return self._struck(phase, fault, arguments, retry=True)

    def _edit(self) -> None:
        stack, key = self._rng.choice([("names", "text"), ("slow", "text"), ("slow", "seconds")])
        value = f"{self._rng.uniform(1, 2):.2f}" if key == "seconds" else f"text-{self._rng.randrange(10**6)}"
        self._subject.sandbox.ask("config-set", self._subject.id, key, value, "--stack", stack)

    def _struck(self, phase: Phase, fault: str, arguments: list[str], retry: bool = False) -> OperationStatus | None:
        """Begin the operation, wait for the phase, strike; how the operation was found, None where none began.

        What is told of it has to be so, and nothing may stand in AWS that nobody knows.
        """
        watch, began = Watch.of(self._subject), time.monotonic()
        command = self._subject.sandbox.begin(*arguments)
        try:
            blow, fell_at = self._blow(watch, phase, fault, lambda: command.poll() is None)
            self._row.strikes.append(_strike(phase, fault, blow, round(fell_at - began, 2), retry))
        except PhaseMissed as missed:
            self._row.strikes.append(Strike(phase.name, fault, str(missed), retry=retry, missed=True))
        finally:
            answer = answer_of(command)
        revive(self._subject, self._course)
        if watch.look() is None:
            self._course.steps.append(f"{arguments[0]} began no operation: {answer.error.get('message')}")
            return None
        status = settled(watch, self._course)
        self._course.wrong += [*dishonest(self._subject, self._aws), *unexplained(self._subject, self._aws)]
        return status

    def _blow(self, watch: Watch, phase: Phase, fault: str, is_asked: Callable[[], bool]) -> tuple[Blow, float]:
        """The blow, and the moment when it fell."""
        halted = await_phase(watch, phase, is_asked)
        try:
            time.sleep(self._rng.uniform(0, phase.spread))
            fell_at = time.monotonic()
            blow = strike(fault, watch, self._rng)
            self._course.wrong += blow.wrong
            psutil.wait_procs(blow.processes, timeout=GONE_SECONDS)
        finally:
            if halted is not None:
                halted.resume()
        if any(process.is_running() for process in blow.processes):
            self._course.wrong.append("the victim outlived its kill")
        return blow, fell_at

    def _mend(self, status: OperationStatus | None) -> None:
        if status is not OperationStatus.SUCCESS and not retried(self._subject, self._aws, self._course):
            return
        self._wait_for_release()
        wanted = leaves(self._phase)
        self._course.wrong += contradictions(self._subject, self._aws, deployed=wanted == "deployed")
        told = self._subject.sandbox.ask("status", self._subject.id).data["environments"]["dev"]["status"]
        if told != wanted:
            self._course.wrong.append(f"the environment is told {told}")

    def _wait_for_release(self) -> None:
        """The record says that an operation has ended a moment before its flow gives the lease back."""
        deadline = time.monotonic() + RELEASE_SECONDS
        while (lease := self._subject.lease) and lease.owner and time.monotonic() < deadline:
            time.sleep(0.2)


def _strike(phase: Phase, fault: str, blow: Blow, moment: float, retry: bool) -> Strike:
    return Strike(phase.name, fault, blow.words, len(blow.processes), moment, retry, missed=not blow.fell)
