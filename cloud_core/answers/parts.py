"""What several answers have in common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from cloud_core.domain.names import DEPLOYMENT_ID, EnvironmentName

DeploymentId = Annotated[str, Field(pattern=f"^{DEPLOYMENT_ID.pattern}$")]
Timestamp = Annotated[str, Field(description="ISO 8601, UTC.", pattern=r"^\d{4}-\d{2}-\d{2}T.*Z$")]
Seconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Values = Annotated[dict[str, Any], Field(description="Any values by name; secrets are masked unless asked for.")]


class Answer(BaseModel):
    """Later versions may add fields; none is taken away or changes its meaning."""


class Place(Answer):
    """Which environment of which deployment."""

    deployment_id: DeploymentId
    environment: EnvironmentName


class Finding(Answer):
    """What a validation has found; `details.location` names the place."""

    code: str
    severity: str
    message: str
    details: dict[str, Any]
    remediation: str


class Problem(Answer):
    """Why a command failed; codes are listed in docs/cli.md with their exit codes."""

    code: str
    message: str
    details: dict[str, Any]
    suggestion: str | None
