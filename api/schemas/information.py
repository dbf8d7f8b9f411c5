"""What is open to everybody."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Health(BaseModel):
    """Whether the platform is well; how its parts are is told to those who run it, by `cloud health`."""

    status: Literal["healthy", "degraded", "unhealthy"]
    version: str
    timestamp: str
    services: dict[str, str]


class Information(BaseModel):
    """What this is, and where its contract is."""

    name: str
    version: str
    api: str
    openapi: str | None
    docs: str | None
