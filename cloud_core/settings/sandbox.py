"""The embedded sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Field(ge=0, le=65535)]


class SandboxSettings(BaseModel):
    """Ports are on 127.0.0.1; 0 takes a free one at each start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state_dir: Path | None = Field(
        default=None, description="The sandbox's state folder; `<workspace>/.cloud/sandbox` when not set."
    )
    aws_port: Port = Field(default=0, description="Port of the AWS endpoint; 0 takes a free one.")
    records_port: Port = Field(default=0, description="Port of the records' endpoint; 0 takes a free one.")
    provider_port: Port = Field(default=0, description="Port of the provider's control; 0 takes a free one.")
    prefect_port: Port = Field(default=0, description="Port of the flow service and its pages; 0 takes a free one.")
    api_port: Port = Field(default=0, description="Port of the REST API and its pages; 0 takes a free one.")
    organizations: str = Field(
        default="CompanyA",
        description="Organisations, between commas, whose deployments the sandbox's users see through the API.",
    )
    own_flow_service: bool = Field(
        default=True,
        description="Whether the sandbox starts a flow service and a runner of its own. With `false` it uses the "
        "Prefect server of `CLOUD_PREFECT__API_URL`, on this machine, with the workers that you start.",
    )
    start_seconds: float = Field(default=120.0, gt=0, description="Seconds that a process may take to start.")
    stop_seconds: float = Field(
        default=10.0, gt=0, description="Seconds that a process may take to end before it is killed."
    )
