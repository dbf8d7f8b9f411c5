"""The recorded manifest."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cloud_core.answers.configuration import Environment
from cloud_core.answers.parts import Finding


class RecordedManifest(BaseModel):
    """`version` counts every change of the manifest; it is the ETag, too."""

    deployment_id: str
    version: int
    digest: str
    updated_at: str
    manifest: dict[str, Any]


class ReplacedManifest(BaseModel):
    """`changes` has a line for each difference, secret inputs masked; none when it said the same."""

    deployment_id: str
    version: int
    digest: str
    updated_at: str
    updated_by: str
    changes: list[str]
    warnings: list[Finding]


class Environments(BaseModel):
    """In the order of promotion."""

    deployment_id: str
    environments: list[Environment]


def or_alone(schema: dict[str, Any]) -> None:
    """In the contract: what the model says, or a manifest that comes alone."""
    inner = {name: schema.pop(name) for name in ("properties", "required", "additionalProperties", "type")}
    alone = {"type": "object", "additionalProperties": True, "not": {"required": ["manifest"]}}
    schema["anyOf"] = [inner, alone]


class GivenManifest(BaseModel):
    """A whole manifest, in either dialect; it may come alone. `version` is the one that it was made from."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=or_alone)

    manifest: dict[str, Any]
    version: int | None = Field(default=None, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _wrap(cls, data: Any) -> Any:
        return wrapped(data)


def wrapped(data: Any) -> Any:
    """A manifest that came alone, as one that came with something beside it."""
    return {"manifest": data} if isinstance(data, dict) and "manifest" not in data else data
