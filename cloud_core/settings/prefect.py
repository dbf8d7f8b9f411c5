"""The flow service."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

WORK_POOL: Final = "cloud"
"""Work pool that flow runs are submitted to; `prefect.yaml` names it."""


class PrefectSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    api_url: str | None = Field(
        default=None, description="Prefect's API; a sandbox with a flow service of its own ignores it."
    )
    ui_url: str | None = Field(default=None, description="Prefect's pages for people.")
    blocks: str | None = Field(
        default=None, description="Name of the Prefect blocks that flows take their pointers from; none when not set."
    )
