"""What a person does after the blow, with the real command line: look, start what died, retry, tell what is there."""

from __future__ import annotations

import subprocess
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from aws import Aws, Resource
from comparison import in_state, pending, unknown
from subject import COMMAND_SECONDS, Answer, Subject, answer_of
from watch import Watch

from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import OperationStatus
from cloud_core.ports.engine import BEGUN

SETTLE_SECONDS: Final = 300.0
ROUNDS: Final = 5
SERVERS: Final = ("moto-aws", "moto-records", "provider", "prefect-server", "flow-runner")
PERSON: Final = "PENDING_OPERATIONS"
LOCKED: Final = "ENGINE_LOCKED"
RUNNING: Final = "OPERATION_RUNNING"


@dataclass
class Course:
    """How it went on: steps in plain words, and what must not have happened."""

    steps: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    rounds: int = 0


def revive(subject: Subject, course: Course) -> None:
    """Start again what died of the sandbox, as its status says."""
    if all(map(subject.sandbox.process, SERVERS)):
        return
    status = subject.sandbox.ask("sandbox", "status").data
    if status["state"] == "running":
        return
    if status["way_out"] != "cloud sandbox start":
        course.wrong.append(f"the sandbox is {status['state']}, its way out {status['way_out']}")
    answer = subject.sandbox.ask("sandbox", "start")
    course.steps.append("sandbox start")
    if answer.code:
        course.wrong.append(f"sandbox start: {answer.error.get('message')}")


def settled(watch: Watch, course: Course) -> OperationStatus | None:
    """Wait until the operation has ended, or nothing of it runs; then `cloud status` has to say how it ended. Of one
    that never began, only whoever asks for the environment next can tell."""
    subject, identity = watch.subject, watch.operation.operation_id
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        operation = subject.operation_now(identity)
        if operation.status.is_terminal or _is_dead(watch, operation):
            break
        time.sleep(0.2)
    told = subject.sandbox.ask("status", subject.id).data["environments"]["dev"]
    found = told["operation"]
    if found["status"] == "pending":
        course.steps.append("found pending: its flow died before it began")
        return OperationStatus.PENDING
    if found["operation_id"] != identity or not OperationStatus(found["status"]).is_terminal:
        course.wrong.append(f"nothing of it runs, but the status says {found['status']}: {found.get('message')}")
        return None
    course.steps.append(f"found {found['status']}: {found.get('message')}")
    return OperationStatus(found["status"])


def _is_dead(watch: Watch, operation: Operation) -> bool:
    """Whether none of its processes is there; a run that waits for its runner is not dead."""
    subject = watch.subject
    if operation.status is OperationStatus.PENDING and not watch.has_seen_flow:
        return False
    return not subject.flow(operation) and not subject.engines() and not subject.keepers()


def retried(subject: Subject, aws: Aws, course: Course) -> bool:
    """Retry until it succeeds; what only a person can tell is looked up in AWS and told. Whether it did succeed."""
    wishes: list[str] = []
    for _ in range(ROUNDS):
        cleared_by_a_person(subject, aws, course)
        answer = _accepted(subject, course, ["retry", subject.id, "--auto-approve", *wishes])
        course.rounds += 1
        if answer.code == 0:
            course.steps.append(_told(answer.data))
            return True
        failed = answer.error.get("details", {}).get("results") or []
        codes = {one["stack"]: one["error_code"] for one in failed if one.get("error_code")}
        course.steps.append(f"retry refused: {codes or answer.error.get('message')}")
        wishes = _wishes(subject, aws, codes)
        if not wishes:
            course.wrong.append(f"retry: {answer.error.get('code')} {answer.error.get('message')} {_reasons(failed)}")
            return False
        course.steps.append(f"a person told: {' '.join(wishes)}")
    course.wrong.append(f"not deployed after {ROUNDS} retries")
    return False


def _accepted(subject: Subject, course: Course, arguments: list[str]) -> Answer:
    """The answer of a command that is asked again while it is told that the dead one still runs: the flow service may
    need a moment to see that a run died before it began."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        answer = _watched(subject, course, *arguments)
        if answer.error.get("code") != RUNNING or time.monotonic() > deadline:
            return answer
        time.sleep(1)


def _wishes(subject: Subject, aws: Aws, codes: dict[str, str]) -> list[str]:
    wishes = told_by_a_person(subject, aws, {stack for stack, code in codes.items() if code == PERSON})
    for stack, code in codes.items():
        if code == LOCKED:
            wishes += ["--repair", "--break-lock", stack]
    return wishes


def told_by_a_person(subject: Subject, aws: Aws, stacks: set[str]) -> list[str]:
    """Of each creation without an end: whether AWS has what it was to make, looked up there."""
    unknown: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    known = set(in_state(subject))
    for one in aws.resources(subject.id):
        if one not in known:
            unknown[one.stack, one.type].append(one)
    wishes = []
    for stack, operation in pending(subject):
        if stack in stacks and operation.kind in BEGUN:
            there = unknown[stack, operation.type]
            wishes += ["--adopt", f"{operation.urn}={there[0].id}"] if there else ["--forget", operation.urn]
    return wishes


def cleared_by_a_person(subject: Subject, aws: Aws, course: Course) -> None:
    """Where a failure says that AWS may have made something and the state can't be told: looked for, and deleted.
    A subnet goes before its network: they are sorted so."""
    for one in unknown(subject, aws):
        aws.delete(one)
        course.steps.append(f"a person deleted {one.type} {one.id} of {one.stack}")


def _watched(subject: Subject, course: Course, *arguments: str) -> Answer:
    """Run a command and look meanwhile that no stack has two engines."""
    command = subject.sandbox.begin(*arguments)
    deadline = time.monotonic() + COMMAND_SECONDS
    while command.poll() is None and time.monotonic() < deadline:
        note_two_writers(subject, course)
        try:
            command.wait(0.25)
        except subprocess.TimeoutExpired:
            continue
    return answer_of(command)


def note_two_writers(subject: Subject, course: Course) -> None:
    stacks = [subject.stack_of(engine) for engine in subject.engines()]
    for stack in {one for one in stacks if stacks.count(one) > 1 and one != "?"}:
        course.wrong.append(f"two engines at work on {stack}")


def _told(data: dict[str, Any]) -> str:
    results = data.get("results") or []
    if not results:
        return "retry: nothing was left"
    repairs = [text for one in results for text in one.get("repairs") or []]
    done = ", ".join(f"{one['stack']} {one['status']}" for one in results)
    return f"retried: {done}" + (f" ({'; '.join(repairs)})" if repairs else "")


def _reasons(failed: list[dict[str, Any]]) -> str:
    return "; ".join(f"{one['stack']}: {one['error']}" for one in failed if one.get("error"))[:600]
