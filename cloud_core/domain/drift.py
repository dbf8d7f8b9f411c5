"""Where AWS differs from the engine's state: told property by property, and marked on a stack's record. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.domain.steps import Step

MAX_MARKED: Final = 20
"""A mark names no more resources than this; its count tells of all."""

CHANGED: Final = "changed"
GONE: Final = "gone"


class _Mark(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DriftedResource(_Mark):
    """A resource that is not as the state says; `status` is `changed` or `gone`."""

    type: str
    name: str
    urn: str
    status: str


class DriftMark(_Mark):
    """What AWS has otherwise than the engine's state says, as a comparison has found it and nobody has put right since.

    `count` is of all resources that differ; `resources` lists the first of them.
    """

    found_at: str
    count: int
    resources: list[DriftedResource] = Field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """One property that AWS has otherwise, or a resource that it does not have any more (`property` is None then).

    `expected` is the state's value, `actual` that of AWS: texts for people, None where there is no value.
    """

    type: str
    resource: str
    urn: str
    action: str
    property: str | None = None
    expected: str | None = None
    actual: str | None = None


def differences(steps: Iterable[Step]) -> tuple[Difference, ...]:
    """What a comparison has found; a resource of which no property is told is one difference too."""
    found: list[Difference] = []
    for step in steps:
        place = (step.type, step.name, step.urn, _word(step))
        told = [Difference(*place, one.path, one.before, one.after) for one in step.properties]
        found.extend(told or [Difference(*place)])
    return tuple(found)


def drift_mark(steps: Sequence[Step], found_at: str) -> DriftMark | None:
    """The mark of a stack in which these were found; None when nothing was."""
    if not steps:
        return None
    named = [
        DriftedResource(type=step.type, name=step.name, urn=step.urn, status=_word(step)) for step in steps[:MAX_MARKED]
    ]
    return DriftMark(found_at=found_at, count=len(steps), resources=named)


def _word(step: Step) -> str:
    return GONE if step.action == "delete" else CHANGED


@dataclass(frozen=True)
class StackFindings:
    """What was found in one stack. `status` is `compared` or `refreshed`, or what kept it from being so, with its
    `cause` or `error`. `note` says why nothing is known although it was looked at; `changes` counts resources by
    action.
    """

    name: str
    status: StackStatus
    cause: str | None = None
    error: str | None = None
    note: str | None = None
    checked_at: str | None = None
    changes: Mapping[str, int] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()

    @property
    def is_known(self) -> bool:
        return self.status in (StackStatus.COMPARED, StackStatus.REFRESHED) and self.note is None

    def to_data(self) -> dict[str, Any]:
        return {
            "stack_name": self.name,
            "status": self.status.value,
            "changes_detected": len(self.steps),
            "changes": [{"stack": self.name, **asdict(one)} for one in differences(self.steps)],
            "resources": dict(self.changes),
            "refreshed_at": self.checked_at if self.status is StackStatus.REFRESHED else None,
            "checked_at": self.checked_at,
            "cause": self.cause,
            "error": self.error,
            "note": self.note,
        }


@dataclass(frozen=True)
class Findings:
    """Of a comparison or a refresh, over all of its stacks in the order of their layers."""

    operation_id: str
    deployment_id: str
    environment: str
    action: Action
    stacks: tuple[StackFindings, ...]

    @property
    def drifted(self) -> tuple[StackFindings, ...]:
        return tuple(stack for stack in self.stacks if stack.steps)

    @property
    def unknown(self) -> tuple[StackFindings, ...]:
        """Stacks of which nothing is known."""
        return tuple(stack for stack in self.stacks if not stack.is_known)

    @property
    def resource_count(self) -> int:
        """Resources that differ."""
        return sum(len(stack.steps) for stack in self.stacks)

    def to_data(self) -> dict[str, Any]:
        return {
            "operation_id": self.operation_id,
            "deployment_id": self.deployment_id,
            "environment": self.environment,
            "type": self.action.value,
            "drift_detected": bool(self.drifted),
            "summary": {
                "total": len(self.stacks),
                "clean": len(self.stacks) - len(self.drifted) - len(self.unknown),
                "drifted": len(self.drifted),
                "unknown": len(self.unknown),
                "resources": self.resource_count,
            },
            "stacks": [stack.to_data() for stack in self.stacks],
        }
