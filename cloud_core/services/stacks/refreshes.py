"""The engine's state against AWS: compared and marked without a lease, or read anew under it. AWS is never changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cloud_core.domain.clock import timestamp
from cloud_core.domain.drift import drift_mark
from cloud_core.domain.errors import StackNotFound
from cloud_core.domain.records import StackRecord, StackResult
from cloud_core.ports.clock import Clock
from cloud_core.ports.engine import EngineResult
from cloud_core.services.runs.engine_runs import EngineRuns
from cloud_core.services.runs.run import OperationRun
from cloud_core.services.stacks import changes as stack_changes
from cloud_core.services.stacks.changes import Applied
from cloud_core.services.stacks.checks import Checked, StackChecks
from cloud_core.services.stacks.fingerprints import Fingerprints
from cloud_core.services.stacks.records import StackRecords

MOVED: Final = "somebody was at work on the stack while it was compared: nothing is known, and nothing is marked"


class StackRefreshes:
    """Safe from many threads."""

    def __init__(self, records: StackRecords, runs: EngineRuns, fingerprints: Fingerprints, clock: Clock) -> None:
        self._records = records
        self._runs = runs
        self._fingerprints = fingerprints
        self._clock = clock
        self._checks = StackChecks(clock)

    def refresh(self, run: OperationRun, stack: str, layer: int) -> StackResult:
        """Make the state say what AWS has. Where that differed, the next deploy runs: it alone can tell whether it is
        what the program wants."""
        return self._checks.carry_out(run, stack, layer, self._refresh)

    def drift(self, run: OperationRun, stack: str, layer: int) -> StackResult:
        """Compare only, and leave a mark on the record of a stack in which AWS differs. A stack that somebody writes
        meanwhile is left alone, and so told."""
        return self._checks.carry_out(run, stack, layer, self._compare)

    def _refresh(self, run: OperationRun, stack: str) -> Checked:
        before = self._records.read(run, stack)
        entered = self._records.save(run, stack, stack_changes.refreshing(run))
        found = self._runs.refresh(run, before)
        fingerprint = {} if found.steps else before.fingerprint
        digests = self._fingerprints.outputs(found.outputs)
        change = stack_changes.refreshed(Applied(found, fingerprint=fingerprint, output_digests=digests))
        return Checked(
            found,
            {"resource_count": len(found.resources)},
            lambda tell: self._records.conclude(run, entered, change, tell),
        )

    def _compare(self, run: OperationRun, stack: str) -> Checked:
        seen = self._records.find(run, stack)
        if seen is None:
            raise StackNotFound(f"stack {stack!r} is not recorded any more", stack=stack)
        found = self._runs.compare(run, seen)
        if self._marked(run, seen, found):
            return Checked(found)
        return Checked(replace(found, steps=(), changes={}), {"note": MOVED})

    def _marked(self, run: OperationRun, seen: StackRecord, found: EngineResult) -> bool:
        """Whether the record says what was found; not when somebody else was at work on the stack."""
        if seen.status.is_changing:
            return False
        mark = drift_mark(found.steps, timestamp(self._clock.now()))
        if mark is None and seen.drift is None:
            return self._records.find(run, seen.stack_name) == seen
        return self._records.mark_drift(seen, mark)
