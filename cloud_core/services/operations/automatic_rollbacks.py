"""Taking a deploy back that failed and was to be (`--rollback-on-error`).

What is taken back is decided while the deploy still has the environment, and written in the same step as its end: from
then on its record names the operation that does it. That one is an operation of its own, queued when the lease is free.
So whoever dies in between leaves a failed deploy that names a rollback which is not there, never one that looks done.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from cloud_core.domain.errors import CloudError, ManifestConflict
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.records import Deployment, Operation
from cloud_core.domain.rollback_graph import still_needed
from cloud_core.domain.statuses import Action, OperationStatus, StackStatus
from cloud_core.domain.undoing import Undoing
from cloud_core.domain.wishes import RollbackWish
from cloud_core.ports.engine import StackEngine
from cloud_core.ports.records import Records
from cloud_core.services.operations.approval_gate import ApprovalGate
from cloud_core.services.operations.guards import StartOperation
from cloud_core.services.operations.service import OperationService, new_operation_id
from cloud_core.services.records.graphs import OperationPlans, needs_of
from cloud_core.services.records.operations import operations_of, update_operation
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.runs.run import OperationRun

_logger = logging.getLogger(__name__)


class AutomaticRollbacks:
    """`decide` inside the deploy's lease, `begin` after it."""

    def __init__(
        self,
        records: Records,
        plans: OperationPlans,
        operations: OperationService,
        engine: StackEngine,
        gate: ApprovalGate,
    ) -> None:
        self._records = records
        self._plans = plans
        self._operations = operations
        self._engine = engine
        self._gate = gate

    def decide(self, run: OperationRun) -> None:
        """Leave with the run what is to be taken back, if it failed and that was asked for. Never raises CloudError."""
        failed = any(result.status is StackStatus.FAILED for result in run.results.values())
        if not run.operation.rollback_on_error or not failed:
            return
        try:
            why_not = _why_not(run)
            run.undoing = Undoing.refused(why_not) if why_not else self._undoing(run)
        except CloudError as error:
            run.undoing = Undoing.refused(error.message)

    def begin(self, run: OperationRun) -> Operation | None:
        """Have the operation accepted that puts the record's manifest back and does the rest; None when there is none.
        Where changes need an approval it waits for its own, and nothing is put back before.

        Never raises CloudError: what keeps it from beginning is told by the failed deploy.
        """
        undoing, failed = run.undoing, run.operation
        if undoing is None or undoing.operation_id is None:
            return None
        request = _request(failed, undoing)
        try:
            self._operations.turns.require_idle(request)
            if undoing.moves_manifest:
                self._require_unmoved(run)
            return self._operations.start(request)
        except CloudError as error:
            _logger.error("the rollback of %s did not begin: %s", failed.operation_id, error)
            self._tell_not_begun(failed, undoing, error)
            return None

    def _undoing(self, run: OperationRun) -> Undoing:
        operation = run.operation
        stored = self._records.stacks.list_by_deployment(operation.deployment_id, operation.environment)
        needs = needs_of(stored)
        changed = {one.stack_name for one in stored if one.last_operation_id == operation.operation_id} & needs.keys()
        made = changed - set(operation.existed)
        earlier = self._earlier(run)
        left = {name: "protect is set" for name in changed if _is_protected(run, earlier, name)}
        left |= _not_put_back(run, earlier, changed - made - left.keys())
        back = changed - made - left.keys()
        left |= self._holding_protected(run, made - left.keys())
        graph = self._plans.make(earlier, operation.environment, Action.DEPLOY, []).graph if earlier else None
        kept = still_needed(needs, graph, made - left.keys(), back)
        left |= {name: f"{user} needs it and stays" for name, user in kept.items()}
        wish = RollbackWish(
            of=operation.operation_id,
            version=earlier.manifest_version if earlier else None,
            destroys=sorted(made - left.keys()),
            left=dict(sorted(left.items())),
        )
        return self._decided(run, wish, back, moves_manifest=_differs(run, earlier))

    def _decided(self, run: OperationRun, wish: RollbackWish, back: set[str], moves_manifest: bool) -> Undoing:
        stacks = tuple(sorted({*back, *wish.destroys}))
        if not stacks:
            stay = ", ".join(f"{name} ({why})" for name, why in wish.left.items())
            return Undoing.refused(f"of what it changed nothing can be: {stay}" if stay else "it changed nothing")
        waits = self._gate.rules.demand(run.operation.environment, Action.ROLLBACK)
        return Undoing.promised(new_operation_id(), stacks, wish, moves_manifest, waits)

    def _require_unmoved(self, run: OperationRun) -> None:
        """ManifestConflict when the record's manifest is not the one that failed any more."""
        operation = run.operation
        if require_deployment(self._records.deployments, operation.deployment_id).digest == operation.digest:
            return
        raise ManifestConflict(
            f"the manifest of {operation.deployment_id} was changed since", deployment_id=operation.deployment_id
        )

    def _earlier(self, run: OperationRun) -> Deployment | None:
        """The deployment with the manifest that the environment had before; None when it was not up before."""
        operation = run.operation
        for one in operations_of(self._records.operations, operation.deployment_id, operation.environment):
            if one.status is OperationStatus.SUCCESS and one.decides_environment:
                was_up = one.type is not Action.DESTROY
                return self._plans.at_version(run.deployment, one.manifest_version) if was_up else None
        return None

    def _holding_protected(self, run: OperationRun, stacks: Iterable[str]) -> dict[str, str]:
        """Stacks that no engine would delete, or of which that can't be told."""

        def look(stack: str) -> str | None:
            try:
                return "it holds protected resources" if self._engine.protected(run.target(stack)) else None
            except CloudError as error:
                return f"whether it is protected can't be told: {error.message}"

        names = sorted(stacks)
        with ThreadPoolExecutor(run.operation.parallel, "protection") as threads:
            return {name: why for name, why in zip(names, threads.map(look, names), strict=True) if why}

    def _tell_not_begun(self, failed: Operation, undoing: Undoing, error: CloudError) -> None:
        """Unless the operation is there: then it tells itself."""
        if self._records.operations.get(failed.deployment_id, undoing.operation_id or ""):
            return
        message = (failed.message or "").replace(undoing.words, Undoing.refused(error.message).words)
        changes = {"rolled_back_by": None, "message": message}
        update_operation(
            self._records.operations,
            failed.deployment_id,
            failed.operation_id,
            lambda current: current.model_copy(update=changes),
        )


def _why_not(run: OperationRun) -> str | None:
    if run.lease.is_lost:
        return "another owner has the environment"
    if run.unwritten:
        return "the records do not know yet what was done"
    return "it was asked to stop" if run.obeyed is not None or run.stop.is_set else None


def _is_protected(run: OperationRun, earlier: Deployment | None, stack: str) -> bool:
    manifests = [run.manifest, *([Manifest.model_validate(earlier.manifest)] if earlier else [])]
    return any(stack in one.stacks and one.stacks[stack].protect for one in manifests)


def _not_put_back(run: OperationRun, earlier: Deployment | None, stacks: Iterable[str]) -> dict[str, str]:
    """Why stacks that were there before can't be put back."""
    if earlier is None:
        return dict.fromkeys(stacks, "no manifest was deployed as a whole before")
    version = earlier.manifest_version
    if not _differs(run, earlier):
        return dict.fromkeys(stacks, f"version {version} was deployed before too, and programs are not kept")
    then = set(Manifest.model_validate(earlier.manifest).stacks_in(run.operation.environment.value))
    return {name: f"version {version} does not have it" for name in stacks if name not in then}


def _differs(run: OperationRun, earlier: Deployment | None) -> bool:
    return earlier is not None and earlier.digest != run.operation.digest


def _request(failed: Operation, undoing: Undoing) -> StartOperation:
    return StartOperation(
        deployment_id=failed.deployment_id,
        environment=failed.environment,
        action=Action.ROLLBACK,
        started_by=failed.started_by,
        stacks=list(undoing.stacks),
        parallel=failed.parallel,
        idempotency_key=f"rollback of {failed.operation_id}",
        settles_environment=failed.decides_environment,
        rollback=undoing.wish,
        operation_id=undoing.operation_id,
    )
