"""What starts operations, and what is answered about them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cloud_core.answers.operations import AcceptedOperation
from cloud_core.domain.names import EnvironmentName

Glob = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9*?\[\]-]+$")]
Parallel = Annotated[int, Field(ge=1, le=100, description="Stacks at once.")]


class StartedOperation(AcceptedOperation):
    """An operation, with the address where it can be followed."""

    status_url: str


class OperationPage(BaseModel):
    """Newest first; `has_more` says that older ones match too."""

    deployment_id: str
    operations: list[StartedOperation]
    has_more: bool


class Deploy(BaseModel):
    """`continue_on_error` lets branches go on that do not need what failed. `skip_unchanged` leaves stacks alone that
    are deployed as they should be."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"environment": "dev", "parallel": 8}]})

    environment: EnvironmentName = EnvironmentName.DEV
    dry_run: bool = Field(default=False, description="Only tell what would be done, from the records alone.")
    parallel: Parallel = 8
    continue_on_error: bool = True
    rollback_on_error: bool = False
    skip_unchanged: bool = True
    skip_validation: bool = False
    strict: bool = Field(default=False, description="Warnings of the validation count as errors.")
    plan_id: str | None = Field(default=None, description="Do only what this preview shows.")


class Cancel(BaseModel):
    """`drain` lets stacks that are at work finish, `interrupt` interrupts them, `kill` leaves stacks to be repaired."""

    model_config = ConfigDict(extra="forbid")

    level: Literal["drain", "interrupt", "kill"] = "interrupt"
