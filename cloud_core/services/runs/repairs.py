"""Before an interrupted stack is run again: the engine's lock of a dead engine, and changes that never ended.

What may be done is said by `interruptions`; else a person has to say whether a resource is there. Nothing is done
silently: each step is told as an event and kept in the stack's result. In prod nothing is done unless somebody asked
for it.

Whoever repairs holds the environment's lease, so no engine of the platform is at work on the stack. A lock can only be
that of an engine which is gone, or of one that somebody runs by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from cloud_core.domain.errors import EngineLocked, PendingOperations
from cloud_core.domain.names import EnvironmentName
from cloud_core.ports.engine import BEGUN, Found, OnResource, PendingChange, StackEngine, StackRun
from cloud_core.ports.processes import Processes
from cloud_core.services.runs.interruptions import Interruption, LockOwners, Owner, unlocking
from cloud_core.services.runs.run import OperationRun

T = TypeVar("T")


class StackRepairs:
    """Safe from many threads, each with a stack of its own."""

    def __init__(self, engine: StackEngine, processes: Processes) -> None:
        self._engine = engine
        self._processes = processes

    def mend(self, run: OperationRun, work: StackRun, on_resource: OnResource) -> None:
        """Resolve what an interrupted run of the stack left; nothing when it left nothing.

        Raises PendingOperations when that may not, or can't, be done; EngineLocked as `unlocking`.
        """
        stack, wish = work.target.stack, run.operation.repair
        pending = self._engine.pending(work.target)
        if not pending:
            return
        if not run.operation.may_repair:
            raise _not_allowed(run, stack, pending)
        left = Interruption(pending, wish)
        if unknown := left.for_a_person:
            raise _needs_a_person(run, stack, unknown)
        found = self.unlocking(run, stack, lambda: self._engine.repair(work, left.adopt, list(wish.adopt), on_resource))
        self._tell(run, stack, pending, left.adopt, found)
        if foreign := left.foreign(found):
            raise _not_proven(run, stack, foreign, left.adopt)

    def unlocking(self, run: OperationRun, stack: str, work: Callable[[], T]) -> T:
        """Do the work; when the engine of a dead run holds the stack's lock, remove the lock and do it again.

        Raises EngineLocked, naming the owner and the way out, when the owner may be alive.
        """
        return unlocking(work, lambda error: self._remove_lock(run, stack, error))

    def _remove_lock(self, run: OperationRun, stack: str, error: EngineLocked) -> None:
        dead = run.lease.previous_owner
        engines = {engine.pid: engine for engine in (dead.engine_processes if dead else [])}
        owners = LockOwners(error, self._processes, engines)
        proven = owners.are_gone
        forced = stack in run.operation.repair.break_locks and not owners.may_be_here
        if not (proven or forced) or not run.operation.may_repair:
            raise _still_locked(run, stack, error, owners.known)
        self._engine.unlock(run.target(stack))
        who = ", ".join(map(_owner_words, owners.known)) or "somebody unknown"
        run.note_repair(stack, f"the engine's lock of {who} was removed: {'it is gone' if proven else 'as asked for'}")

    @staticmethod
    def _tell(
        run: OperationRun,
        stack: str,
        pending: Sequence[PendingChange],
        adopt: Mapping[str, str],
        found: Mapping[str, Found],
    ) -> None:
        for one in pending:
            if one.urn not in adopt:
                what = "forgotten: it is made again" if one.kind in BEGUN else "read anew from AWS"
            elif found.get(one.urn) is Found.ABSENT:
                what = f"looked up in AWS as {adopt[one.urn]}: it is not there"
            else:
                what = f"looked up in AWS as {adopt[one.urn]}: it is there"
            run.note_repair(stack, f"{_words(one)}, which was interrupted while {one.kind}, was {what}")


def _not_allowed(run: OperationRun, stack: str, pending: Sequence[PendingChange]) -> PendingOperations:
    return PendingOperations(
        f"stack {stack!r} was interrupted while {_listed(pending)}; in {EnvironmentName.PROD.value} nothing is "
        "repaired unless it is asked for",
        **_context(stack, pending),
        suggestion=f"look at it, then run '{_retry(run)} --repair'",
    )


def _needs_a_person(run: OperationRun, stack: str, pending: Sequence[PendingChange]) -> PendingOperations:
    first = pending[0]
    return PendingOperations(
        f"stack {stack!r} was interrupted while {_listed(pending)}: whether AWS has made that can't be told from here",
        **_context(stack, pending),
        suggestion=f"look for it in AWS. If it is there: '{_retry(run)} --adopt {first.urn}=ITS_ID'. "
        f"If not: '{_retry(run)} --forget {first.urn}'",
    )


def _not_proven(
    run: OperationRun, stack: str, pending: Sequence[PendingChange], adopt: Mapping[str, str]
) -> PendingOperations:
    first = pending[0]
    return PendingOperations(
        f"AWS has {_words(first)} as {adopt[first.urn]}, but without the tags of stack {stack!r}: it may be another's, "
        "so it was not taken into the stack",
        **_context(stack, pending),
        suggestion=f"if it is this stack's: '{_retry(run)} --adopt {first.urn}={adopt[first.urn]}'; "
        "else give the resource another name, or delete the one in AWS",
    )


def _still_locked(run: OperationRun, stack: str, error: EngineLocked, owners: Sequence[Owner]) -> EngineLocked:
    who = ", ".join(map(_owner_words, owners)) or "another engine run"
    return EngineLocked(
        f"the engine's state of stack {stack!r} is locked by {who}",
        **{key: value for key, value in error.context.items() if key != "suggestion"},
        suggestion=f"wait until it ends. If that process is gone for certain: '{_retry(run)} --repair "
        f"--break-lock {stack}'",
    )


def _owner_words(owner: Owner) -> str:
    return f"{owner['user']} on host {owner['host']} (process {owner['pid']}, since {owner['since']})"


def _retry(run: OperationRun) -> str:
    return f"cloud retry {run.operation.place}"


def _words(one: PendingChange) -> str:
    return f"{one.type} {one.name!r}"


def _listed(pending: Sequence[PendingChange]) -> str:
    return ", ".join(f"{one.kind} {_words(one)} ({one.urn})" for one in pending)


def _context(stack: str, pending: Sequence[PendingChange]) -> dict[str, Any]:
    return {"stack": stack, "resource": pending[0].urn, "pending": [f"{one.kind} {one.urn}" for one in pending]}
