"""The embedded sandbox."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class SandboxSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    state_dir: Path | None = Field(
        default=None, description="The sandbox's state folder; `<workspace>/.cloud/sandbox` when not set."
    )
    start_seconds: float = Field(default=90.0, gt=0, description="Seconds that a process may take to start.")
