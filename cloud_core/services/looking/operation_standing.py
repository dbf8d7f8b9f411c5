"""How far an operation is, in the fields that whoever follows one by its address asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cloud_core.domain.progress import OperationView, StackView
from cloud_core.domain.records import Operation
from cloud_core.domain.statuses import Action, StackStatus

_DEPLOYING: Final = (Action.DEPLOY, Action.ROLLBACK)
_ALMOST: Final = 99


def standing_data(operation: Operation, view: OperationView) -> dict[str, Any]:
    """`view` is the operation's, settled. Stacks are in the order of its layers."""
    going = [stack for stack in view.stacks.values() if not stack.status.is_passed_over]
    deployed = [one for one in going if operation.type in _DEPLOYING and one.name not in operation.destroys]
    destroyed = [one for one in going if operation.type is Action.DESTROY or one.name in operation.destroys]
    return {
        "stack_name": operation.stacks[0] if len(operation.stacks) == 1 else None,
        "progress": _progress(view),
        "estimated_duration": view.usual_duration,
        "layers": [_layer(number, names, view) for number, names in enumerate(operation.layers, 1)],
        "stacks_to_deploy": [_to_do(stack, view) for stack in deployed],
        "stacks_to_destroy": [_to_do(stack, view) for stack in destroyed],
        "stacks_skipped": [_skipped(stack, operation) for stack in view.stacks.values() if stack not in going],
    }


def _progress(view: OperationView) -> dict[str, int]:
    counts = view.counts
    completed = sum(stack.is_completed for stack in view.stacks.values())
    return {
        "total_stacks": counts.total,
        "completed_stacks": completed,
        "failed_stacks": counts.failed,
        "in_progress_stacks": counts.running,
        "pending_stacks": counts.waiting,
        "percentage": _percentage(list(view.stacks.values()), completed),
    }


def _percentage(stacks: Sequence[StackView], completed: int) -> int:
    """Running stacks count by their resources, those that failed or were passed over not at all."""
    if completed == len(stacks):
        return 100
    running = sum(stack.percent for stack in stacks if stack.is_running)
    return min(_ALMOST, (100 * completed + running) // len(stacks))


def _layer(number: int, names: Sequence[str], view: OperationView) -> dict[str, Any]:
    return {"layer": number, "stacks": list(names), "status": _layer_status([view.stacks[name] for name in names])}


def _layer_status(stacks: Sequence[StackView]) -> str:
    """It has failed as soon as one of its stacks can't be completed any more."""
    if any(stack.has_ended and not stack.is_completed for stack in stacks):
        return "failed"
    if all(stack.is_completed for stack in stacks):
        return "completed"
    return "pending" if all(stack.status is StackStatus.PENDING for stack in stacks) else "in_progress"


def _to_do(stack: StackView, view: OperationView) -> dict[str, Any]:
    return {
        "name": stack.name,
        "layer": stack.layer,
        "status": stack.status.value,
        "estimated_duration": view.estimates.get(stack.name),
    }


def _skipped(stack: StackView, operation: Operation) -> dict[str, Any]:
    result = operation.results.get(stack.name)
    return {
        "name": stack.name,
        "layer": stack.layer,
        "reason": stack.cause,
        "last_deployed": result.last_deployed_at if result else None,
    }
