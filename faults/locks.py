"""Blows at the lease: an owner that is silent, one of another host, one whose process numbers another process has now,
and many who ask for the environment at the same moment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

import psutil
from subject import Answer, Subject, answer_of
from watch import Watch

from cloud_core.domain.records import LeaseOwner, ProcessIdentity

RUNNING: Final = "OPERATION_RUNNING"
_DEPLOY: Final = (("deploy", "--auto-approve", "--detach"),)
_RETRY: Final = (("retry", "--auto-approve", "--detach"),)
TRIGGERS: Final = (
    *_DEPLOY,
    *_DEPLOY,
    ("destroy", "--auto-approve", "--detach"),
    ("refresh", "--detach"),
    *_RETRY,
)
ELSEWHERE: Final = "elsewhere/another-boot"
GONE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Asked:
    """What was seen while the lease was struck: in words, and what must not have been."""

    words: str
    wrong: tuple[str, ...] = ()


def triggered(watch: Watch, flow: psutil.Process) -> Asked:
    """Five commands at the same moment, beside the operation at work: each has to be refused. Its flow stands still
    meanwhile: commands take seconds to start, and one that came after its end would rightly be let in."""
    flow.suspend()
    try:
        begun = [watch.subject.sandbox.begin(command, watch.subject.id, *rest) for command, *rest in TRIGGERS]
        return _refused(watch, [(command, answer_of(one)) for (command, *_), one in zip(TRIGGERS, begun, strict=True)])
    finally:
        flow.resume()


def asked_while_silent(watch: Watch, flow: psutil.Process) -> Asked:
    """The owner stands still: it is alive, and nobody may take its place, nor be told that it is free."""
    flow.suspend()
    try:
        return _refused(watch, _asked(watch.subject, (*_RETRY, ("unlock", "--yes", "--force"))))
    finally:
        flow.resume()


def owner_elsewhere(watch: Watch) -> Asked:
    """The owner is dead, but of another host: nothing is proven from here, so only a person's word frees it."""
    subject = watch.subject
    _own_as(subject, lambda owner: owner.model_copy(update={"host": ELSEWHERE}))
    seen = _refused(watch, _asked(subject, (*_RETRY, ("unlock", "--yes"))))
    freed = subject.sandbox.ask("unlock", subject.id, "--yes", "--force")
    wrong = () if freed.code == 0 else (f"unlock --force: {freed.error.get('message')}",)
    return replace(seen, words=f"{seen.words}, then freed by a person", wrong=(*seen.wrong, *wrong))


def numbers_reused(watch: Watch) -> Asked:
    """The owner is dead, and its process numbers are those of a living process now: only the start time tells."""

    def reused(owner: LeaseOwner) -> LeaseOwner:
        engines = [_mine(one) for one in owner.engine_processes]
        return owner.model_copy(update={"flow_process": _mine(owner.flow_process), "engine_processes": engines})

    _own_as(watch.subject, reused)
    return Asked(f"its process numbers are that of process {os.getpid()} now")


def _mine(process: ProcessIdentity) -> ProcessIdentity:
    return process.model_copy(update={"pid": os.getpid()})


def _own_as(subject: Subject, change: Callable[[LeaseOwner], LeaseOwner]) -> None:
    """Let the dead owner's lease be of an owner that is changed so; once nothing of it runs any more."""
    psutil.wait_procs([*subject.engines(), *subject.keepers()], timeout=GONE_SECONDS)
    lease = subject.lease
    assert lease is not None, "there is no lease"
    assert lease.owner is not None, "nobody holds the lease"
    subject.replace_owner(lease, change(lease.owner))


def _asked(subject: Subject, commands: Iterable[tuple[str, ...]]) -> list[tuple[str, Answer]]:
    return [(command, subject.sandbox.ask(command, subject.id, *rest)) for command, *rest in commands]


def _refused(watch: Watch, answers: list[tuple[str, Answer]]) -> Asked:
    running = watch.operation.operation_id
    wrong = [
        f"{command} was not refused beside {running}: exit code {answer.code}, {answer.error or 'ok'}"
        for command, answer in answers
        if answer.error.get("code") != RUNNING
    ]
    return Asked(f"{len(answers)} refused beside it" if not wrong else "not refused beside it", tuple(wrong))
