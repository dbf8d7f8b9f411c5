"""Retrying an operation that did not get to its end: a new one, over what is left of it.

What is left is what failed, was cancelled or never started, and what depends on that. An operation that is itself a
retry is taken together with those before it: the newest word about each stack counts. Of an operation that died
without a word, the stacks' records tell what it got done, and its events what it found unchanged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cloud_core.domain.errors import CloudError, InvalidInput, OperationRunning, VersionConflict
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment, Operation, StackRecord, StackResult
from cloud_core.domain.schedule import satisfies
from cloud_core.domain.statuses import StackStatus
from cloud_core.domain.wishes import RepairWish
from cloud_core.ports.engine import PendingChange, StackEngine
from cloud_core.ports.records import Records
from cloud_core.services.looking.watching import unchanged_in
from cloud_core.services.operations.guards import StartOperation, again, taken_key
from cloud_core.services.operations.service import OperationService
from cloud_core.services.records.graphs import OperationPlan, OperationPlans
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.records.targets import stack_target

_AT_ONCE: Final = 8


@dataclass(frozen=True)
class RetryWish:
    """`operation_id` None means the environment's latest operation. `stacks` confines the retry to some that are left;
    `everything` does the whole operation again. `latest` takes the record's manifest, whatever its version."""

    deployment_id: str
    environment: EnvironmentName
    started_by: str
    operation_id: str | None = None
    stacks: tuple[str, ...] = ()
    everything: bool = False
    latest: bool = False
    repair: RepairWish = field(default_factory=RepairWish)


@dataclass(frozen=True)
class Retry:
    """What a retry would do. `ended` is None when nothing has run yet; `request` and `plan` are when nothing is left.

    `reasons` tells of each stack why it runs, `repairs` what an interrupted run left of it: texts.
    """

    ended: Operation | None
    request: StartOperation | None = None
    plan: OperationPlan | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    repairs: Mapping[str, list[str]] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        """Each stack with its reason, what it waits for, and what has to be repaired first; `ended` has to be there."""
        ended = self.ended
        assert ended is not None
        graph = self.plan.graph if self.plan else None
        return {
            "deployment_id": ended.deployment_id,
            "environment": ended.environment.value,
            "type": ended.type.value,
            "retry_of": ended.operation_id,
            "total_stacks": len(graph.names) if graph else 0,
            "stacks": [
                {
                    "name": name,
                    "reason": self.reasons[name],
                    "dependencies": sorted(graph.dependencies(name)),
                    "repairs": self.repairs.get(name, []),
                }
                for name in graph.order
            ]
            if graph
            else [],
        }


def require_same_retry(known: Operation, wish: RetryWish) -> Operation:
    """The operation of the wish's idempotency key; Conflict when that does not retry what is to be retried."""
    of_it = known.retry_of is not None and wish.operation_id in (None, known.retry_of)
    confined = not wish.stacks or set(wish.stacks) == set(known.stacks)
    if of_it and confined and known.environment is wish.environment:
        return known
    raise taken_key(known)


class RetryService:
    """Reads and plans; the operation is started with the request by whoever was shown the plan."""

    def __init__(
        self, records: Records, operations: OperationService, plans: OperationPlans, engine: StackEngine
    ) -> None:
        self._records = records
        self._operations = operations
        self._plans = plans
        self._engine = engine

    def prepare(self, wish: RetryWish) -> Retry:
        """Find out what is left; an operation that is proven dead is ended first.

        Raises OperationNotFound, OperationRunning while it runs, VersionConflict when the manifest moved on,
        InvalidInput for a stack with nothing left to do, and whatever the plan of the rest raises.
        """
        deployment = require_deployment(self._records.deployments, wish.deployment_id)
        ended = self._ended(wish)
        if ended is None:
            return Retry(None)
        deployment = self._operations.former_manifests.expected(deployment, ended.rollback)
        whole = self._plans.make(deployment, ended.environment, ended.goal, [], ended.rollback).graph
        reasons = _everything(ended, whole) if wish.everything else self._left(ended, whole)
        chosen = {name: reasons[name] for name in _chosen(wish, reasons)}
        if not chosen:
            return Retry(ended)
        _require_same_manifest(wish, ended, deployment)
        request = _request(wish, ended, list(chosen))
        plan = self._operations.plan(request, deployment)
        return Retry(ended, request, plan, chosen, self._repairs(deployment, ended, plan))

    def _ended(self, wish: RetryWish) -> Operation | None:
        if wish.operation_id is None:
            found = self._operations.latest(wish.deployment_id, wish.environment)
        else:
            found = self._operations.get(wish.deployment_id, wish.operation_id)
        if found is None:
            return None
        if found.type.only_reads:
            raise InvalidInput(
                f"operation {found.operation_id} is a {found.type.value}: it changes nothing, so nothing can be left",
                field="operation",
                value=found.operation_id,
                suggestion="run it again",
            )
        if not self._operations.settle(found):
            raise OperationRunning(
                f"operation {found.operation_id} ({found.type.value}, {found.status.value}) "
                f"{'waits for an approval' if found.status.is_waiting else 'is still running'}",
                operation_id=found.operation_id,
                suggestion=f"follow it with 'cloud status {found.place} --watch', or cancel it first",
            )
        return self._operations.get(found.deployment_id, found.operation_id)

    def _left(self, ended: Operation, whole: StackGraph) -> dict[str, str]:
        """Why each stack has to run, in the order of the plan."""
        chain = list(self._chain(ended))
        stored = self._records.stacks.list_by_deployment(ended.deployment_id, ended.environment)
        records = {record.stack_name: record for record in stored}
        scope = {name for operation in chain for layer in operation.layers for name in layer}
        unchanged = {one.operation_id: self._unchanged(one) for one in chain}
        own = {name: why for name in sorted(scope) if (why := _why_left(chain, name, records.get(name), unchanged))}
        dependents = whole.dependents_closure(own.keys() & set(whole.names)) - own.keys()
        first = sorted(own)[0] if own else ""
        needs = {name: f"depends on {_nearest(whole, name, own) or first}" for name in dependents & scope}
        return {name: {**own, **needs}[name] for name in whole.order if name in own or name in needs}

    def _unchanged(self, operation: Operation) -> frozenset[str]:
        """What an operation that died without a word has skipped because there was nothing to do."""
        return frozenset() if operation.results else unchanged_in(self._records.events, operation)

    def _chain(self, ended: Operation) -> Iterator[Operation]:
        """The operation, what it retries, and so on; the newest first."""
        found: Operation | None = ended
        while found is not None:
            yield found
            before = found.retry_of
            found = self._records.operations.get(found.deployment_id, before) if before else None

    def _repairs(self, deployment: Deployment, ended: Operation, plan: OperationPlan) -> dict[str, list[str]]:
        """What interrupted runs left of these stacks, as far as the engine can be asked from here."""
        stored = self._records.stacks.list_by_deployment(ended.deployment_id, ended.environment)
        names = set(plan.graph.names)
        unclear = [one.stack_name for one in stored if one.stack_name in names and one.status.may_be_interrupted]

        def ask(stack: str) -> list[str]:
            try:
                target = stack_target(deployment, plan.manifest, ended.environment, stack)
                return [_repair_words(one) for one in self._engine.pending(target)]
            except CloudError as error:
                return [f"can't be told from here: {error.message}"]

        with ThreadPoolExecutor(_AT_ONCE, "repairs") as threads:
            found = zip(unclear, threads.map(ask, unclear), strict=True)
            return {stack: texts for stack, texts in found if texts}


def _why_left(
    chain: list[Operation], stack: str, record: StackRecord | None, unchanged: Mapping[str, Collection[str]]
) -> str | None:
    """None for a stack that the newest operation which came to it brought to its end, or found there."""
    for operation in chain:
        result = operation.results.get(stack)
        if result is not None:
            return None if satisfies(result) else _result_words(result)
        if record is not None and record.last_operation_id == operation.operation_id:
            return None if record.status is operation.done(stack) else _record_words(record)
        if stack in unchanged[operation.operation_id]:
            return None
    return "never started"


def _result_words(result: StackResult) -> str:
    if result.status is StackStatus.FAILED:
        reason = (result.error or "").split("\n", 1)[0]
        return f"failed: {reason}" if reason else "failed"
    # One whose turn had not come has no error.
    return "cancelled" if result.status is StackStatus.CANCELLED and result.error else "never started"


def _record_words(record: StackRecord) -> str:
    return "interrupted" if record.status.is_changing else record.status.value


def _nearest(whole: StackGraph, stack: str, own: Mapping[str, str]) -> str | None:
    return next((name for name in whole.order if name in whole.dependencies(stack) and name in own), None)


def _everything(ended: Operation, whole: StackGraph) -> dict[str, str]:
    return {name: "asked for" for name in whole.order if not ended.stacks or name in ended.stacks}


def _chosen(wish: RetryWish, reasons: Mapping[str, str]) -> list[str]:
    for stack in wish.stacks:
        if stack not in reasons:
            raise InvalidInput(
                f"nothing is left to do of stack {stack!r}; there is of: {', '.join(reasons) or 'none'}",
                field="stack",
                value=stack,
                suggestion="leave it out, or name one of those" if reasons else None,
            )
    return [name for name in reasons if not wish.stacks or name in wish.stacks]


def _require_same_manifest(wish: RetryWish, ended: Operation, deployment: Deployment) -> None:
    if wish.latest or deployment.digest == ended.digest:
        return
    raise VersionConflict(
        f"operation {ended.operation_id} ran with manifest version {ended.manifest_version}, the record of "
        f"{deployment.deployment_id} has version {deployment.manifest_version}",
        suggestion="add --latest to retry with the record's version",
    )


def _request(wish: RetryWish, ended: Operation, stacks: list[str]) -> StartOperation:
    return replace(
        again(ended, wish.started_by),
        stacks=stacks,
        skip_unchanged=ended.skip_unchanged and not wish.everything,
        plan_id=None if wish.latest else ended.plan_id,
        repair=wish.repair,
    )


def _repair_words(one: PendingChange) -> str:
    return f"{one.type} {one.name!r} was interrupted while {one.kind}"
