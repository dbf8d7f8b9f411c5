"""Single values of a deployment's recorded manifest."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from cloud_core.answers.configuration import ChangedValue


class SetValue(BaseModel):
    """`secret` takes nothing but a reference such as `{{SECRET:name}}`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"value": 3}]})

    value: Any = Field(description="Any JSON; null is a value as well.")
    secret: bool = False
    dry_run: bool = Field(default=False, description="Only tell what would change.")


class RecordedValue(ChangedValue):
    """`version` is the manifest's version now; it is the ETag, too."""

    version: int
