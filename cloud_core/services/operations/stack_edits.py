"""Stack records that are written by hand.

What only a run can know is not taken from people: a stack that was called deployed while it is not would be skipped
by the next deploy, one that was called destroyed would stay in AWS for ever. The one status that people may set is
`failed`, which makes every later operation look for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud_core.domain.clock import timestamp
from cloud_core.domain.conflicts import version_conflict
from cloud_core.domain.errors import IllegalTransition, InvalidInput, NotPermitted, StackNotFound
from cloud_core.domain.manifest import Manifest
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.records import Deployment, StackRecord
from cloud_core.domain.statuses import StackStatus
from cloud_core.ports.clock import Clock
from cloud_core.ports.records import Records
from cloud_core.services.operations.record_guards import RecordGuards, require_nothing_left
from cloud_core.services.records.statuses import require_deployment
from cloud_core.services.records.targets import stack_target
from cloud_core.services.stacks.records import new_stack_record


@dataclass(frozen=True)
class StackPlace:
    """Which record."""

    deployment_id: str
    stack_name: str
    environment: EnvironmentName

    def __str__(self) -> str:
        return f"stack {self.stack_name} of {self.deployment_id} {self.environment.value}"


@dataclass(frozen=True)
class NewStack:
    place: StackPlace
    pulumi_stack_name: str
    layer: int
    dependencies: tuple[str, ...]


@dataclass(frozen=True)
class StackEdit:
    """`version` is the one that the change was made from; `facts` is what only a run can know."""

    place: StackPlace
    version: int
    status: StackStatus | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


class StackEdits:
    """Every write is refused while an operation holds the environment (OperationRunning), and overtaken by none
    (LeaseLost): the store compares the fencing token."""

    def __init__(self, records: Callable[[], Records], guards: RecordGuards, clock: Clock) -> None:
        self._records = records
        self._guards = guards
        self._clock = clock

    def create(self, new: NewStack) -> StackRecord:
        """A pending one. InvalidInput unless it is what a deploy would make of the manifest's stack; AlreadyExists."""
        place = new.place
        deployment = require_deployment(self._records().deployments, place.deployment_id)
        fence = self._guards.idle_fence(place.deployment_id, place.environment)
        record = self._first(deployment, new, fence)
        return self._records().stacks.create(record)

    def update(self, edit: StackEdit) -> StackRecord:
        """StackNotFound, VersionConflict; NotPermitted for facts and statuses of a run, IllegalTransition for a stack
        that nothing can be in AWS of."""
        found = self._of_version(edit)
        if edit.facts:
            raise _not_told_by_people(", ".join(sorted(edit.facts)))
        status = edit.status or found.status
        if status is not found.status:
            _require_careful(found, status)
        fence = self._guards.idle_fence(found.deployment_id, found.environment)
        return self._records().stacks.update(found.model_copy(update={"status": status}), fence=fence)

    def delete(self, place: StackPlace) -> bool:
        """Whether there was one. Conflict while anything of it may be in AWS."""
        require_deployment(self._records().deployments, place.deployment_id)
        with self._guards.holding(place.deployment_id, [place.environment]):
            found = self._find(place)
            if found is not None:
                require_nothing_left(str(place), [found])
            return self._records().stacks.delete(place.deployment_id, place.stack_name, place.environment)

    def _find(self, place: StackPlace) -> StackRecord | None:
        return self._records().stacks.get_stack(place.deployment_id, place.stack_name, place.environment)

    def _of_version(self, edit: StackEdit) -> StackRecord:
        found = self._find(edit.place)
        if found is None:
            raise StackNotFound(f"{edit.place} does not exist", stack=edit.place.stack_name)
        if found.version != edit.version:
            raise version_conflict(str(edit.place), edit.version, found.version)
        return found

    def _first(self, deployment: Deployment, new: NewStack, fence: int) -> StackRecord:
        manifest = Manifest.model_validate(deployment.manifest)
        manifest.stack(new.place.stack_name)
        target = stack_target(deployment, manifest, new.place.environment, new.place.stack_name)
        record = new_stack_record(target, new.layer, timestamp(self._clock.now()), fence)
        if new.pulumi_stack_name != record.pulumi_stack_name:
            raise _unlike("pulumi_stack_name", new.pulumi_stack_name, record.pulumi_stack_name)
        if new.layer < 1:
            raise _unlike("layer", new.layer, "1 or more")
        unknown = sorted(set(new.dependencies) - set(manifest.stacks))
        if unknown:
            raise _unlike("dependencies", ", ".join(unknown), f"among {', '.join(sorted(manifest.stacks))}")
        return record.model_copy(update={"dependencies": list(new.dependencies)})


def _require_careful(found: StackRecord, status: StackStatus) -> None:
    if status is not StackStatus.FAILED:
        raise _not_told_by_people(f"status {status.value}")
    if not found.status.may_have_resources:
        raise IllegalTransition(
            f"a stack that is {found.status.value} can't have failed: nothing of it is in AWS",
            current=found.status.value,
            target=status.value,
            allowed=[],
        )


def _not_told_by_people(what: str) -> NotPermitted:
    return NotPermitted(
        f"{what}: this is what a run finds out, not what somebody says",
        suggestion="start an operation; or set the status failed, which has the next deploy look for itself",
    )


def _unlike(name: str, value: Any, expected: Any) -> InvalidInput:
    return InvalidInput(f"{name} {value!r} is wrong: it must be {expected}", field=name, value=value)
