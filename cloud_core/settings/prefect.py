"""The flow service."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PrefectSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    api_url: str | None = Field(default=None, description="Prefect's API; set by the sandbox itself.")
    ui_url: str | None = Field(default=None, description="Prefect's pages for people.")
    work_pool: str = Field(default="cloud", description="Work pool that the flow runs are submitted to.")
    blocks: str | None = Field(
        default=None, description="Name of the Prefect blocks that flows take their pointers from; none when not set."
    )
