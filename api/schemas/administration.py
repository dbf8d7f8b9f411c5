"""What administrators ask for besides operations: approvals, freed environments, schedules, states."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cloud_core.services.operations.approvals import LONGEST_COMMENT


class Approve(BaseModel):
    """The approval holds for what the operation would do now: look at it first."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"comment": "as discussed"}]})

    comment: str | None = Field(default=None, max_length=LONGEST_COMMENT, description="Kept with the approval.")
    dry_run: bool = Field(default=False, description="Only tell whether it could be approved.")


class Reject(BaseModel):
    """The operation ends before it began."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"comment": "not on a Friday"}]})

    comment: str | None = Field(default=None, max_length=LONGEST_COMMENT, description="Kept with the rejection.")


class Unlock(BaseModel):
    """`force` says that an owner on another host is gone for certain; its heartbeat is watched for 25 s then."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"dry_run": True}]})

    force: bool = False
    dry_run: bool = Field(default=False, description="Only tell who holds it.")


class SetSchedule(BaseModel):
    """`cron` has five fields, or is a name such as @daily."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"cron": "0 3 * * *", "timezone": "Europe/Berlin"}]}
    )

    cron: str = Field(max_length=100)
    timezone: str = Field(default="UTC", max_length=64, description="Whose clock, of the IANA database.")
    paused: bool = Field(default=False, description="Make it, and let it rest until it is resumed.")
    dry_run: bool = Field(default=False, description="Only tell when it would run.")


ScheduledAction = Literal["deploy", "refresh", "drift"]


class ImportState(BaseModel):
    """A state as `export` gives it. `force` also takes that of another stack, or one with pending operations."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"state": {"version": 3, "deployment": {}}, "dry_run": True}]},
    )

    state: dict[str, Any]
    force: bool = False
    dry_run: bool = Field(default=False, description="Only tell what it would change.")
