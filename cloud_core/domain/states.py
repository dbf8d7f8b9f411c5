"""The state machines of deployments (and each of their environments), stacks and operations. Pure.

An arrow that is not in these tables does not exist: `advance` raises IllegalTransition. The status of a deployment
is never moved by itself but follows from its environments (`deployment_status_over`), and an environment's status
after a run follows from what happened to its stacks (`environment_status_of`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from cloud_core.domain.errors import IllegalTransition
from cloud_core.domain.records import StackResult
from cloud_core.domain.statuses import RESULTS_ONLY, Action, DeploymentStatus, OperationStatus, StackStatus

Status = TypeVar("Status", DeploymentStatus, StackStatus, OperationStatus)

UNCHANGED: Final = "unchanged"
"""The cause of a skip that satisfies the dependents: the stack is deployed as it should be."""

_D, _S, _O = DeploymentStatus, StackStatus, OperationStatus

DEPLOYMENT_ARROWS: Final[Mapping[DeploymentStatus, frozenset[DeploymentStatus]]] = {
    # To destroying as well: single stacks may have been deployed, which does not change this status.
    _D.INITIALIZED: frozenset({_D.DEPLOYING, _D.DESTROYING}),
    _D.DEPLOYING: frozenset({_D.DEPLOYED, _D.PARTIAL, _D.FAILED, _D.ROLLING_BACK}),
    _D.DEPLOYED: frozenset({_D.DEPLOYING, _D.DESTROYING}),
    _D.PARTIAL: frozenset({_D.DEPLOYING, _D.DESTROYING, _D.ROLLING_BACK}),
    _D.FAILED: frozenset({_D.DEPLOYING, _D.DESTROYING, _D.ROLLING_BACK}),
    _D.ROLLING_BACK: frozenset({_D.ROLLED_BACK, _D.FAILED}),
    _D.ROLLED_BACK: frozenset({_D.DEPLOYING, _D.DESTROYING}),
    _D.DESTROYING: frozenset({_D.DESTROYED, _D.FAILED}),
    # To destroying as well: single stacks may have been deployed since, which does not change this status.
    _D.DESTROYED: frozenset({_D.DEPLOYING, _D.DESTROYING}),
}

STACK_ARROWS: Final[Mapping[StackStatus, frozenset[StackStatus]]] = {
    _S.PENDING: frozenset({_S.DEPLOYING, _S.SKIPPED, _S.CANCELLED}),
    _S.DEPLOYING: frozenset({_S.DEPLOYED, _S.FAILED}),
    _S.DEPLOYED: frozenset({_S.DEPLOYING, _S.DESTROYING}),
    _S.FAILED: frozenset({_S.DEPLOYING, _S.DESTROYING}),
    _S.DESTROYING: frozenset({_S.DESTROYED, _S.FAILED}),
    _S.DESTROYED: frozenset({_S.DEPLOYING}),
    # The stored status stays as it was.
    **{status: frozenset() for status in RESULTS_ONLY},
}

OPERATION_ARROWS: Final[Mapping[OperationStatus, frozenset[OperationStatus]]] = {
    _O.PENDING: frozenset({_O.AWAITING_APPROVAL, _O.IN_PROGRESS, _O.CANCELLING, _O.CANCELLED, _O.FAILED}),
    # Approved, it may still have to queue.
    _O.AWAITING_APPROVAL: frozenset({_O.PENDING, _O.IN_PROGRESS, _O.CANCELLED, _O.FAILED}),
    _O.IN_PROGRESS: frozenset({_O.CANCELLING, _O.SUCCESS, _O.FAILED, _O.CANCELLED}),
    # Whatever was running may finish, well or not, before the cancel reaches it.
    _O.CANCELLING: frozenset({_O.CANCELLED, _O.SUCCESS, _O.FAILED}),
    _O.SUCCESS: frozenset(),
    _O.FAILED: frozenset(),
    _O.CANCELLED: frozenset(),
}

_MACHINES: Final[Mapping[type[StrEnum], tuple[str, Mapping[Any, frozenset[Any]]]]] = {
    DeploymentStatus: ("a deployment", DEPLOYMENT_ARROWS),
    StackStatus: ("a stack", STACK_ARROWS),
    OperationStatus: ("an operation", OPERATION_ARROWS),
}

_FIRST_PRESENT: Final = (
    _D.DEPLOYING,
    _D.DESTROYING,
    _D.ROLLING_BACK,
    _D.FAILED,
    _D.PARTIAL,
    _D.DEPLOYED,
    _D.ROLLED_BACK,
)


def can_advance(current: Status, target: Status) -> bool:
    _, arrows = _MACHINES[type(current)]
    return target in arrows[current]


def advance(current: Status, target: Status) -> Status:
    """Return `target`, or raise IllegalTransition naming both statuses and what is allowed instead."""
    if can_advance(current, target):
        return target
    noun, arrows = _MACHINES[type(current)]
    allowed = sorted(status.value for status in arrows[current])
    after = f"allowed from here: {', '.join(allowed)}" if allowed else f"{current.value!r} is final"
    raise IllegalTransition(
        f"{noun} can't go from {current.value!r} to {target.value!r}: {after}",
        current=current.value,
        target=target.value,
        allowed=allowed,
    )


def deployment_status_over(environment_statuses: Mapping[str, DeploymentStatus]) -> DeploymentStatus:
    """The one status that stands for all environments: what runs, then what is wrong, then what is up.

    `destroyed` only if all of them are; `initialized` when there is nothing to tell.
    """
    present = set(environment_statuses.values())
    if present == {DeploymentStatus.DESTROYED}:
        return DeploymentStatus.DESTROYED
    return next((status for status in _FIRST_PRESENT if status in present), DeploymentStatus.INITIALIZED)


def is_up(result: StackResult) -> bool:
    """Whether the stack is deployed as the run wanted it: its dependents may start."""
    unchanged = result.status is StackStatus.SKIPPED and result.cause == UNCHANGED
    return unchanged or result.status is StackStatus.DEPLOYED


def environment_status_of(
    action: Action,
    results: Mapping[str, StackResult],
    stored: Mapping[str, StackStatus],
    enabled: Iterable[str],
) -> DeploymentStatus:
    """How an environment stands after an operation on it that ended with these results.

    `stored` holds the status that each stack's record has; `enabled` names the stacks that the manifest has switched
    on. A stack without a result was no part of the run.
    """
    if action is Action.ROLLBACK:
        return _after_rollback(results)
    if action is Action.DESTROY:
        return _after_destroy(results, stored)
    return _after_deploy(results, {name: stored.get(name, StackStatus.PENDING) for name in enabled})


def _after_deploy(results: Mapping[str, StackResult], previous: Mapping[str, StackStatus]) -> DeploymentStatus:
    """All up is `deployed`. A failed stack counts as unusable even if it was up before; one that was skipped or
    cancelled is still what it was. Something usable is `partial`, nothing is `failed`."""
    names = previous.keys() | results.keys()
    up = [name for name in names if _is_up_after(results.get(name), previous.get(name))]
    if len(up) == len(names):
        return DeploymentStatus.DEPLOYED
    usable = up or [name for name in names if _is_still_up(results.get(name), previous.get(name))]
    return DeploymentStatus.PARTIAL if usable else DeploymentStatus.FAILED


def _after_destroy(results: Mapping[str, StackResult], previous: Mapping[str, StackStatus]) -> DeploymentStatus:
    """`destroyed` when nothing is left of any stack, switched on or not; else `failed`."""
    after = {**previous, **{name: _destroyed_or(result, previous.get(name)) for name, result in results.items()}}
    left = any(status.may_have_resources for status in after.values())
    return DeploymentStatus.FAILED if left else DeploymentStatus.DESTROYED


def _after_rollback(results: Mapping[str, StackResult]) -> DeploymentStatus:
    """`rolled_back` when each stack was put back, or went, as it was meant to; else `failed`."""
    done = all(is_up(result) or result.status is StackStatus.DESTROYED for result in results.values())
    return DeploymentStatus.ROLLED_BACK if done else DeploymentStatus.FAILED


def _is_up_after(result: StackResult | None, previous: StackStatus | None) -> bool:
    return previous is StackStatus.DEPLOYED if result is None else is_up(result)


def _is_still_up(result: StackResult | None, previous: StackStatus | None) -> bool:
    untouched = result is None or result.status.is_passed_over
    return untouched and previous is StackStatus.DEPLOYED


def _destroyed_or(result: StackResult, previous: StackStatus | None) -> StackStatus:
    untouched = result.status.is_passed_over
    return (previous or StackStatus.PENDING) if untouched else result.status
