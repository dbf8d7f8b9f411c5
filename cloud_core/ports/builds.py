"""Port to builds of stacks, which run in a process of their own: no edge imports a stack's program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Protocol

from cloud_core.domain.names import EnvironmentName


class BuildStep(StrEnum):
    """What a build does, in this order."""

    IMPORT = "import"
    CONTRACT = "contract"
    PREVIEW = "preview"


@dataclass(frozen=True)
class StackBuild:
    """How the build of one stack ended. `failed_step` is None for a success; `resources` and `outputs` are how many
    the preview showed."""

    stack: str
    failed_step: BuildStep | None = None
    problems: tuple[str, ...] = ()
    resources: int = 0
    outputs: int = 0
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return self.failed_step is None

    def to_data(self) -> dict[str, Any]:
        return {**asdict(self), "problems": list(self.problems), "status": "passed" if self.passed else "failed"}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> StackBuild:
        values = {name: value for name, value in data.items() if name != "status"}
        step = values["failed_step"]
        return cls(
            **{**values, "problems": tuple(values["problems"]), "failed_step": BuildStep(step) if step else None}
        )


@dataclass(frozen=True)
class Builds:
    """All builds of one request, by stack, and how long they took together."""

    environment: EnvironmentName
    builds: tuple[StackBuild, ...]
    seconds: float

    @property
    def failed(self) -> list[StackBuild]:
        return [build for build in self.builds if not build.passed]

    def to_data(self) -> dict[str, Any]:
        return {
            "environment": self.environment.value,
            "total": len(self.builds),
            "passed": len(self.builds) - len(self.failed),
            "failed": len(self.failed),
            "duration_seconds": round(self.seconds, 3),
            "stacks": [build.to_data() for build in self.builds],
        }


@dataclass(frozen=True)
class BuildRequest:
    """The stacks to build, each with inputs over its template's defaults; at most `parallel` at once."""

    stacks: Mapping[str, Mapping[str, Any]]
    environment: EnvironmentName
    parallel: int


OnBuild = Callable[[str, StackBuild | None], None]
"""Called with a stack's name when its build starts (None) and when it has ended."""


class StackBuilder(Protocol):
    """Builds stacks against a throwaway AWS of its own; neither a sandbox nor an account is needed."""

    def build(self, request: BuildRequest, tell: OnBuild) -> Builds:
        """Unavailable when the builds could not be carried out at all."""
