"""What engines are given: how they reach AWS, and the backend that keeps their state."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cloud_core.domain.names import engine_project_name, engine_stack_name
from cloud_core.ports.engine import StackTarget


@dataclass(frozen=True)
class Attachment:
    """What one engine run needs to reach AWS: environment variables, and the provider's configuration."""

    environment: Mapping[str, str]
    config: Mapping[str, Any]


class AwsAccess(Protocol):
    """How engines reach AWS in the chosen profile."""

    def environment(self) -> dict[str, str]:
        """Variables of an engine that only talks to its backend, which may lie in AWS."""

    def attach(self, target: StackTarget) -> AbstractContextManager[Attachment]: ...


@dataclass(frozen=True)
class Backend:
    """Where the engine keeps its state, and how it encrypts the secrets in it."""

    url: str
    runs: Path
    plugins: Path
    secrets_provider: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    def environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The variables of an engine that keeps its state here."""
        return {
            **environment,
            **self.variables,
            "PULUMI_BACKEND_URL": self.url,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # A run's stack file names no key of the secrets: without this, each run would make another one.
            "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
            "TMPDIR": tempfile.gettempdir(),
        }

    def knows(self, target: StackTarget) -> bool:
        """Whether the stack exists, as far as can be told without asking the engine; True when it can't."""
        if not self.url.startswith("file://"):
            return True
        stack = engine_name(target)
        root = Path(self.url.removeprefix("file://")).expanduser()
        folder = root / ".pulumi" / "stacks" / engine_project_name(target.project)
        return any((folder / f"{stack}{ending}").exists() for ending in (".json", ".json.gz"))


def engine_name(target: StackTarget) -> str:
    return engine_stack_name(target.deployment_id, target.stack, target.environment)
