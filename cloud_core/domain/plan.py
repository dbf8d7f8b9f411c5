"""A plan: what a deploy or a destroy would do, stack by stack, as a preview found it. Plain data, free of secrets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from cloud_core.domain.digest import content_digest
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.names import EnvironmentName, command_place
from cloud_core.domain.states import UNCHANGED
from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.domain.steps import Step

FORMAT: Final = 1
"""Of a plan that is kept in a file."""


@dataclass(frozen=True)
class StackPlan:
    """One stack. `status` is `previewed`, `skipped` with its `cause`, `failed` with its `error`, or `cancelled`.

    `reasons` tell why it would not be skipped, `waits_for` whose outputs are not known yet, `protected` what no destroy
    may delete. `changes` counts resources by action, unchanged ones included.
    """

    name: str
    layer: int
    status: StackStatus
    cause: str | None = None
    error: str | None = None
    last_deployed_at: str | None = None
    reasons: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    changes: Mapping[str, int] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()

    def to_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "layer": self.layer,
            "status": self.status.value,
            "cause": self.cause,
            "error": self.error,
            "last_deployed_at": self.last_deployed_at,
            "reasons": list(self.reasons),
            "waits_for": list(self.waits_for),
            "protected": list(self.protected),
            "changes": dict(self.changes),
            "steps": [step.to_data() for step in self.steps],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        lists = {name: tuple(data[name]) for name in ("reasons", "waits_for", "protected")}
        steps = tuple(Step.from_data(step) for step in data["steps"])
        return cls(**{**data, **lists, "status": StackStatus(data["status"]), "steps": steps})


@dataclass(frozen=True)
class Plan:
    """All stacks, in the order of their layers. `goal` is deploy or destroy; `digest` is the manifest's."""

    operation_id: str
    deployment_id: str
    environment: str
    goal: Action
    manifest_version: int
    digest: str
    created_at: str
    stacks: tuple[StackPlan, ...]
    confined_to: tuple[str, ...] = ()

    @property
    def changed(self) -> tuple[StackPlan, ...]:
        """Stacks that would be worked on."""
        return tuple(stack for stack in self.stacks if stack.status is StackStatus.PREVIEWED)

    @property
    def place(self) -> str:
        """What it is for, as commands name it."""
        return command_place(self.deployment_id, EnvironmentName(self.environment))

    @property
    def skipped(self) -> tuple[StackPlan, ...]:
        return tuple(stack for stack in self.stacks if stack.status is StackStatus.SKIPPED)

    @property
    def is_complete(self) -> bool:
        """Whether every stack could be looked at, or is unchanged."""
        return all(stack.status is StackStatus.PREVIEWED or stack.cause == UNCHANGED for stack in self.stacks)

    @property
    def summary(self) -> dict[str, int]:
        """Resources by action, over all stacks."""
        total: Counter[str] = Counter()
        for stack in self.stacks:
            total.update(stack.changes)
        return {action: total[action] for action in ("create", "update", "replace", "delete", "same")}

    def to_data(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "operation_id": self.operation_id,
            "deployment_id": self.deployment_id,
            "environment": self.environment,
            "goal": self.goal.value,
            "manifest_version": self.manifest_version,
            "digest": self.digest,
            "created_at": self.created_at,
            "confined_to": list(self.confined_to),
            "total_stacks": len(self.stacks),
            "complete": self.is_complete,
            "summary": self.summary,
            "stacks": [stack.to_data() for stack in self.stacks],
        }

    def to_file(self) -> dict[str, Any]:
        """With a seal over the content, so that what was edited or cut is not taken for the plan."""
        data = self.to_data()
        return {**data, "seal": content_digest(data)}

    @classmethod
    def from_file(cls, data: Any) -> Self:
        """InvalidInput for anything that `to_file` has not made."""
        if not isinstance(data, Mapping) or data.get("format") != FORMAT:
            raise InvalidInput("this is no plan, or one of another version of the tool", field="plan", suggestion=_ANEW)
        content = {name: value for name, value in data.items() if name != "seal"}
        if data.get("seal") != content_digest(content):
            raise InvalidInput("the plan was changed after it was made", field="plan", suggestion=_ANEW)
        names = ("operation_id", "deployment_id", "environment", "manifest_version", "digest", "created_at")
        return cls(
            **{name: data[name] for name in names},
            goal=Action(data["goal"]),
            stacks=tuple(StackPlan.from_data(stack) for stack in data["stacks"]),
            confined_to=tuple(data["confined_to"]),
        )


_ANEW: Final = "make it with 'cloud plan DEPLOYMENT_ID --out FILE'"
